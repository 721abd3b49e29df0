"""What XTTS keeps of a voice: computed once from a reference recording, then read from a file beside the voices.

<home>/voices/.latents/<digest of the reference>-<digest of the model>-<number>.safetensors
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.voice import latents

if TYPE_CHECKING:
    import torch
    from TTS.tts.models.xtts import Xtts

    from avatar.voice.recording import Recording

SAMPLE_RATE = 22_050  # Hz, of XTTS's conditioning
LONGEST_S = 30.0  # of a reference that is heard: gpt_cond_len and max_ref_len of the checkpoint
COMPUTED_AS = "2"  # raise it when `from_recording` computes other values; 2: of recordings that are equally loud
EARS = {"gpt": ("conditioning_encoder", "conditioning_perceiver"), "hifigan_decoder": ("speaker_encoder",)}


@dataclass(frozen=True)
class Speaker:
    """A voice as XTTS speaks with it. manner: float32 (1, 32, channels), what its GPT hears of the reference; timbre:
    float32 (1, 512, 1), the speaker embedding that its decoder takes."""

    manner: torch.Tensor
    timbre: torch.Tensor

    def is_usable(self) -> bool:
        """Whether all values are finite."""
        import torch

        return all(bool(torch.isfinite(each).all()) for each in (self.manner, self.timbre))


def kept_path(reference_sha256: str, model_digest: str) -> Path:
    """Where the speaker of a recording is kept for a model. Both digests are in hexadecimal."""
    return latents.path(reference_sha256, f"{model_digest[:16]}-{COMPUTED_AS}")


def kept(path: Path) -> Speaker | None:
    """The speaker in a file that `keep` wrote; None where there is none, or it cannot be read."""
    found = latents.kept(path, ("manner", "timbre"))
    return None if found is None else Speaker(found["manner"], found["timbre"])


def keep(speaker: Speaker, path: Path) -> None:
    """Write a speaker, whole or not at all."""
    latents.keep({"manner": speaker.manner, "timbre": speaker.timbre}, path)


def take_ears(model: Xtts) -> Xtts:
    """The parts of a model that hear a recording, as a model of their own for `from_recording`.

    `model` has them no longer, and needs them no more to speak: so they stay in float32 on the CPU, as they were read,
    when the rest leaves for a card or for half precision, and each is in memory once.
    """
    ears = copy.copy(model)
    ears._modules, ears._buffers = {}, dict(model._buffers)
    for name, parts in EARS.items():
        whole = model.get_submodule(name)
        ears._modules[name] = hearing = copy.copy(whole)
        hearing._modules = {part: whole._modules.pop(part) for part in parts}
    return ears


def from_recording(model: Xtts, recording: Recording) -> Speaker:
    """The speaker of a trimmed recording, computed by a model (or its ears) in float32 on the CPU, over the checkpoint's
    lengths."""
    import soxr
    import torch

    config = model.config
    samples = torch.from_numpy(soxr.resample(recording.samples, recording.sample_rate, SAMPLE_RATE))[None]
    manner = model.get_gpt_cond_latents(
        samples, SAMPLE_RATE, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
    )
    timbre = model.get_speaker_embedding(samples[:, : config.max_ref_len * SAMPLE_RATE], SAMPLE_RATE)
    return Speaker(manner.clone(), timbre.clone())  # clones: inference tensors cannot leave inference mode


def first_of(path: Path) -> tuple[str, Speaker]:
    """(name, speaker) of the first voice in speakers_xtts.pth, which comes with the checkpoint.

    The pickle is opened for tensors alone, after the weights store found its digest right.
    """
    import torch

    speakers = torch.load(path, map_location="cpu", weights_only=True)
    name, tensors = next(iter(speakers.items()))
    return name, Speaker(tensors["gpt_cond_latent"].float(), tensors["speaker_embedding"].float())
