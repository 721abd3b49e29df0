"""Open the ONNX voices with settings that repeat the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import onnxruntime

from avatar.environment.packaged import MEND
from avatar.errors import EnvironmentProblem

BLOCK_BYTES = 1 << 22


def read_blocks(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def open_session(blocks: Iterable[bytes | bytearray], *, threads: int) -> onnxruntime.InferenceSession:
    """A CPU session over a model given as blocks of bytes. The same threads and inputs give the same bytes.

    threads: of one operator. Settings, measured with both voices on 2 cores:
    - The model is handed over as a file in memory: onnxruntime keeps a bytes object for as long as the session lives
      (its own size more at the peak: 92 MB of 465 MB with Kokoro).
    - No memory pattern: it stores a plan per input shape, and no two sentences have one shape (364 MB instead of 433 MB
      after 14 sentences of Kokoro, at the same speed).
    - No spinning threads: the same wall time, 20 % less CPU time.
    - The CPU arena stays on: without it Kokoro's peak is 1.5 GB.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with os.fdopen(os.memfd_create("model.onnx"), "wb", buffering=0) as file:
        for block in blocks:
            file.write(block)
        try:
            return onnxruntime.InferenceSession(
                f"/proc/self/fd/{file.fileno()}", options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises a class of its own per status, under no common name
            raise EnvironmentProblem(f"a voice's model does not load ({error}); {MEND}.") from error
