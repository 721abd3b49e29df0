"""What Pocket TTS hears of a voice: latents of a reference recording, kept beside the voices as XTTS's are.

<home>/voices/.latents/<digest of the reference>-pocket-<digest of the model>-<number>.safetensors
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from avatar.voice import latents

if TYPE_CHECKING:
    import torch
    from transformers import PocketTTSAudioTokenizerModel

    from avatar.voice.recording import Recording

SAMPLE_RATE = 24_000  # Hz, of the codec
LONGEST_S = 30.0  # of a reference that is heard, as Kyutai's package cuts it
PART_SAMPLES = 25 * 1_920  # heard at a time, 2 s: all 30 in one go take 0.6 GB
COMPUTED_AS = "1"  # raise it when `from_recording` computes other values
ENGINE = "pocket-"  # in the names of the files


def kept_path(reference_sha256: str, model_digest: str) -> Path:
    """Where the latents of a recording are kept for a model. Both digests are in hexadecimal."""
    return latents.path(reference_sha256, f"{ENGINE}{model_digest[:16]}-{COMPUTED_AS}")


def kept(path: Path) -> torch.Tensor | None:
    """The latents in a file that `keep` wrote; None where there is none, or it cannot be read."""
    found = latents.kept(path, ("voice",))
    return None if found is None else found["voice"]


def keep(voice: torch.Tensor, path: Path) -> None:
    """Write latents, whole or not at all."""
    latents.keep({"voice": voice}, path)


def from_recording(codec: PocketTTSAudioTokenizerModel, recording: Recording) -> torch.Tensor:
    """float32 (frames, latent_dim) on the CPU, 12.5 frames a second of the trimmed recording's first 30 s. It ends on a
    short pause, after which the model begins to speak."""
    import soxr
    import torch
    from transformers import PocketTTSFeatureExtractor

    samples = soxr.resample(recording.samples, recording.sample_rate, SAMPLE_RATE)[: round(LONGEST_S * SAMPLE_RATE)]
    heard = PocketTTSFeatureExtractor()([samples], sampling_rate=SAMPLE_RATE)["input_values"]
    parts, state = [], {}
    with torch.inference_mode():
        for part in heard.split(PART_SAMPLES, dim=-1):
            encoded = codec.encode(part, use_streaming=True, **state)
            state = {name: getattr(encoded, name) for name in ("encoder_past_key_values", "padding_cache")}
            assert encoded.latents is not None
            parts.append(encoded.latents[0])
    return torch.cat(parts).float().clone()  # a clone: inference tensors cannot leave inference mode
