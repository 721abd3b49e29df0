"""Does cloned speech sound like its reference? By XTTS's own speaker encoder, which the decoder is steered with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avatar.media.sound_file import read_wav
from avatar.voice.xtts import checkpoint as xtts_checkpoint
from avatar.voice.xtts.speaker import SAMPLE_RATE
from avatar.weights import loaders, store

LONGEST_S = 30


def check_speaker(spoken: Path, reference: Path, other: Path) -> dict:
    """Cosines of the embeddings of three recordings, and the failed limit: the speech must be nearer to its reference
    than a stranger's voice (`other`) is to either. There is no limit on the figure itself: cosines of different
    encoders are different scales, and none is published for this one.

    Loads XTTS-v2 on the CPU. Raises EnvironmentProblem where its weights or its library are not there.
    """
    loaders.refuse_missing(xtts_checkpoint.MODEL)
    files = store.require(xtts_checkpoint.MODEL)
    weights = store.converted(
        xtts_checkpoint.MODEL, "model.safetensors", xtts_checkpoint.convert, xtts_checkpoint.CONVERTER
    )
    model = xtts_checkpoint.load(files, weights)
    voices = {name: embedding(model, path) for name, path in (("s", spoken), ("r", reference), ("o", other))}
    report = {
        "to_reference": round(float(voices["s"] @ voices["r"]), 4),
        "to_stranger": round(float(voices["s"] @ voices["o"]), 4),
        "reference_to_stranger": round(float(voices["r"] @ voices["o"]), 4),
    }
    return report | {"failed": failures(report)}


def failures(report: dict) -> list[str]:
    near, strangers = report["to_reference"], max(report["to_stranger"], report["reference_to_stranger"])
    if near > strangers:
        return []
    return [
        f"the speech is no nearer to its reference (cosine {near:.2f}) than a stranger's voice is ({strangers:.2f})"
    ]


def embedding(model, path: Path) -> np.ndarray:
    """The unit vector of a recording's voice, float64 (512,)."""
    import soxr
    import torch

    mono = soxr.resample(*read_wav(path), SAMPLE_RATE)[: LONGEST_S * SAMPLE_RATE]
    with torch.inference_mode():
        vector = model.get_speaker_embedding(torch.from_numpy(mono)[None], SAMPLE_RATE)
    vector = vector.numpy().astype(np.float64).ravel()
    return vector / np.linalg.norm(vector)
