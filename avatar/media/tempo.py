"""Speech faster or slower at its own pitch, by FFmpeg's atempo: for a voice whose model knows no pace but its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from avatar.media.ffmpeg import Input, command, running


def at_speed(samples: np.ndarray, sample_rate: int, speed: float) -> np.ndarray:
    """float32 (about n / speed,) of float32 (n,) at `sample_rate` Hz. speed: 0.5 to 2; at 1 the samples as they are."""
    if speed == 1:
        return samples
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "own.f32"), Path(folder, "stretched.f32")
        source.write_bytes(np.ascontiguousarray(samples, "<f4").tobytes())
        own = Input(source, "f32le", ("-f", "f32le", "-ar", str(sample_rate), "-ac", "1"))
        with running(command(own, output=["-af", f"atempo={speed:.6f}", "-f", "f32le", f"file:{target}"]), target):
            pass
        return np.frombuffer(target.read_bytes(), "<f4").copy()
