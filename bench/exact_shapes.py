"""The models of the full stack in their real shapes, with random weights: do the configs make the published models?

    ./run --full python bench/exact_shapes.py              count every model's parameters, without memory
    ./run --full python bench/exact_shapes.py --real vae   build some in real memory, one after the other, in float32

The figures expected are those that published file sizes confirm to the byte (docs/models.md tells which). A config
whose file can be rebuilt from these dicts is compared with its sha256 in avatar/weights/models.lock too. Prints one
JSON object a model; exits with 1 when a count or a digest differs.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import accelerate
import torch

from avatar.job import peak_memory_mib, reset_peak_memory
from avatar.weights import lock
from tests.tiny import musetalk, stable_diffusion  # upstream's configs stand there beside the tiny ones

# model_args of coqui/XTTS-v2's config.json that shape the model; the rest are XttsArgs' defaults.
XTTS_ARGS = {
    "gpt_layers": 30,
    "gpt_n_model_channels": 1024,
    "gpt_n_heads": 16,
    "gpt_number_text_tokens": 6681,
    "gpt_start_text_token": 261,
    "gpt_stop_text_token": 0,
    "gpt_num_audio_tokens": 1026,
    "gpt_start_audio_token": 1024,
    "gpt_stop_audio_token": 1025,
    "gpt_max_audio_tokens": 605,
    "gpt_max_text_tokens": 402,
    "gpt_max_prompt_tokens": 70,
    "gpt_use_perceiver_resampler": True,
    "decoder_input_dim": 1024,
    "d_vector_dim": 512,
}


class Shape(NamedTuple):
    """One model: how it is built, how many parameters it must have, and which locked file its config is, if it can be
    rebuilt: (model in the lock, path, content)."""

    make: Callable[[], torch.nn.Module]
    parameters: int
    config: tuple[str, str, dict] | None = None


def diffusers_model(name: str, config: dict) -> torch.nn.Module:
    import diffusers

    return getattr(diffusers, name).from_config(config)


def whisper_encoder() -> torch.nn.Module:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    return WhisperEncoder(WhisperConfig(**musetalk.EAR))


def clip_text() -> torch.nn.Module:
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(CLIPTextConfig(**stable_diffusion.TEXT_ENCODER))


def xtts() -> torch.nn.Module:
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts, XttsArgs

    return Xtts(XttsConfig(model_args=XttsArgs(**XTTS_ARGS)))


SHAPES = {
    "musetalk-unet": Shape(
        lambda: diffusers_model("UNet2DConditionModel", musetalk.UNET), 849_947_844,
        ("musetalk-v15", "musetalkV15/musetalk.json", musetalk.UNET),
    ),
    "vae": Shape(
        lambda: diffusers_model("AutoencoderKL", musetalk.VAE), 83_653_863,
        ("sd-vae-ft-mse", "config.json", musetalk.VAE),
    ),
    "whisper-encoder": Shape(whisper_encoder, 8_208_384),
    "sd-unet": Shape(
        lambda: diffusers_model("UNet2DConditionModel", stable_diffusion.UNET), 859_520_964,
        ("stable-diffusion-v1-5", "unet/config.json", stable_diffusion.UNET),
    ),
    "sd-vae": Shape(
        lambda: diffusers_model("AutoencoderKL", stable_diffusion.VAE), 83_653_863,
        ("stable-diffusion-v1-5", "vae/config.json", stable_diffusion.VAE),
    ),
    "clip-text": Shape(clip_text, 123_060_480),
    "xtts": Shape(xtts, 466_874_863),
}  # fmt: skip


def config_is_locked(model: str, path: str, content: dict) -> bool:
    """Whether a config, written as diffusers writes it, has the sha256 that the lock names."""
    digest = hashlib.sha256((json.dumps(content, indent=2) + "\n").encode()).hexdigest()
    return any(file.path == path and file.sha256 == digest for file in lock.read(lock.BUILT_IN).model(model).files)


def measure(name: str, real: bool) -> dict:
    """Build one model and count it; in real memory, tell what that took."""
    shape = SHAPES[name]
    reset_peak_memory()
    started = time.monotonic()
    with contextlib.nullcontext() if real else accelerate.init_empty_weights():  # parameters on the meta device
        model = shape.make()
    counted = sum(parameter.numel() for parameter in model.parameters())
    result = {"model": name, "parameters": counted, "right": counted == shape.parameters}
    if shape.config:
        result["config_is_locked"] = config_is_locked(*shape.config)
    if real:
        sizes = [tensor.numel() * tensor.element_size() for tensor in model.state_dict().values()]
        result |= {
            "seconds": round(time.monotonic() - started, 1),
            "mib": sum(sizes) >> 20,
            "peak_mib": peak_memory_mib(),
        }
    del model
    gc.collect()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of: {', '.join(SHAPES)}; all if none is named")
    parser.add_argument("--real", action="store_true", help="in real memory, float32")
    arguments = parser.parse_args()
    if unknown := set(arguments.models) - set(SHAPES):
        parser.error(f"unknown: {', '.join(unknown)}")
    torch.set_num_threads(2)
    all_right = True
    for name in arguments.models or SHAPES:
        result = measure(name, arguments.real)
        print(json.dumps(result), flush=True)
        all_right &= result["right"] and result.get("config_is_locked", True)
    return 0 if all_right else 1


if __name__ == "__main__":
    sys.exit(main())
