"""The weights of the next stages come into the system's page cache while Python still imports, or another stage runs.

A model library maps its file, and each part is read when it is touched. Measured with a file of 1.9 GB that is not in the
page cache, imports and loading together (bench/cold_start.py, medians of three): 7.3 s from a disk of 500 MB/s, 4.0 s
where it was asked for meanwhile; from a disk of 4 GB/s 3.6 and 3.3 s.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from avatar.device import hardware
from avatar.weights import conversions, lock, places

CHUNK_BYTES = 1 << 20  # Linux answers a larger wish in part
SHARE_OF_MEMORY = 0.5  # of the host's: more would push out of the cache what is needed first


@contextlib.contextmanager
def read_ahead(names: Sequence[str]) -> Iterator[threading.Thread | None]:
    """While the block runs, a thread has the system read the files that these models load, in this order.

    names: of models.lock, in the order of their use. A file that is missing or cannot be read is left to the engine that
    needs it, whose message says what mends it. Yields the thread; None where there is nothing to read.
    """
    files = [path for name in dict.fromkeys(names) for path in loaded_files(name)]
    stopped = threading.Event()
    thread = threading.Thread(target=read, args=(files, stopped), name="read ahead", daemon=True) if files else None
    if thread:
        thread.start()
    try:
        yield thread
    finally:
        stopped.set()


def loaded_files(name: str) -> list[Path]:
    """The large files that a model is loaded from: safetensors, as published or converted. Pickles are read once, to be
    converted."""
    published = [
        place.path_of(file) for file in lock.read().model(name).needed if (place := places.find(file)) is not None
    ]
    made = [path for folder in conversions.every(name) for path in sorted(folder.glob("*.safetensors"))]
    return [path for path in published if path.suffix == ".safetensors"] + made


def read(files: list[Path], stopped: threading.Event) -> None:
    """Ask for files, one after the other, until `stopped` is set or half of the memory's worth was asked for.

    posix_fadvise copies nothing to this process, and costs next to nothing for what is in the cache.
    """
    left = hardware.memory_mib() * hardware.MIB * SHARE_OF_MEMORY
    for path in files:
        with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
            for start in range(0, os.fstat(file.fileno()).st_size, CHUNK_BYTES):
                if stopped.is_set() or left <= 0:
                    return
                os.posix_fadvise(file.fileno(), start, CHUNK_BYTES, os.POSIX_FADV_WILLNEED)
                left -= CHUNK_BYTES
