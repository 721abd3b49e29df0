"""The weights of the next stages are read into the system's page cache while Python still imports, or another stage runs.

A model library maps its file and reads it when its tensors are touched. Measured with a file of 1.9 GB that is not in the
page cache, imports and loading together (bench/cold_start.py): 6.9 s from a disk of 500 MB/s, 4.5 s where this thread had
read it meanwhile. A disk of 4 GB/s makes no difference, the thread takes as much of the processor as it saves.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from avatar import hardware
from avatar.weights import conversions, lock, places

CHUNK_BYTES = 8 << 20
SHARE_OF_MEMORY = 0.5  # of the host's: more would push out of the cache what is needed first


@contextlib.contextmanager
def read_ahead(names: Sequence[str]) -> Iterator[threading.Thread | None]:
    """While the block runs, a thread reads the files that these models load, in this order, and throws them away.

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
    made = [path for folder in conversions.every(name) for path in sorted(folder.iterdir())]
    return [path for path in published + made if path.suffix == ".safetensors"]


def read(files: list[Path], stopped: threading.Event) -> None:
    """Read files through, one after the other, until `stopped` is set or half of the memory's worth was read."""
    left = hardware.memory_mib() * hardware.MIB * SHARE_OF_MEMORY
    buffer = bytearray(CHUNK_BYTES)
    for path in files:
        with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
            while not stopped.is_set() and left > 0 and (count := file.readinto(buffer)):
                left -= count
