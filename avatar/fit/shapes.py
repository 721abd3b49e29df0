"""The full stack's networks in their published shapes: without memory, or filled with random numbers on a device.

network = build("musetalk-unet")                        on PyTorch's meta device: shapes, no memory
randomize(network, torch.device("cuda"), torch.float16) the same network with numbers in it
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from avatar.fit import configs
from avatar.weights.from_config import from_config

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Shape:
    """One network. parameters: the count that the size of its published file confirms (docs/models.md).

    locked: (model, path) in models.lock of its config file, where that can be written again to the byte.
    """

    make: Callable[[dict], torch.nn.Module]
    config: dict
    parameters: int
    locked: tuple[str, str] | None = None


def unet(config: dict) -> torch.nn.Module:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    return from_config(UNet2DConditionModel, config)


def vae(config: dict) -> torch.nn.Module:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    return from_config(AutoencoderKL, config)


def whisper_encoder(config: dict) -> torch.nn.Module:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    return WhisperEncoder(WhisperConfig(**config))


def clip_text(config: dict) -> torch.nn.Module:
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(CLIPTextConfig(**config))


def safety_checker(config: dict) -> torch.nn.Module:
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    return StableDiffusionSafetyChecker(CLIPConfig(**config))


def xtts(model_args: dict) -> torch.nn.Module:
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts, XttsArgs

    return Xtts(XttsConfig(model_args=XttsArgs(**model_args)))


def pocket_speech(config: dict) -> torch.nn.Module:
    from transformers import PocketTTSConfig, PocketTTSForConditionalGeneration

    from avatar.voice.pocket.checkpoint import FOR_TRAINING

    speech = PocketTTSForConditionalGeneration(PocketTTSConfig(**config))
    for name in FOR_TRAINING:
        delattr(speech, name)
    return speech


def pocket_codec(config: dict) -> torch.nn.Module:
    from transformers import PocketTTSAudioTokenizerConfig, PocketTTSAudioTokenizerModel

    return PocketTTSAudioTokenizerModel(PocketTTSAudioTokenizerConfig(**config))


SHAPES = {
    "sd-unet": Shape(unet, configs.SD_UNET, 859_520_964, ("stable-diffusion-v1-5", "unet/config.json")),
    "sd-vae": Shape(vae, configs.SD_VAE, 83_653_863, ("stable-diffusion-v1-5", "vae/config.json")),
    "clip-text": Shape(clip_text, configs.CLIP_TEXT, 123_060_480),
    "safety-checker": Shape(safety_checker, configs.SAFETY_CHECKER, 303_981_588),
    "xtts": Shape(xtts, configs.XTTS_ARGS, 466_874_863),
    "pocket-speech": Shape(pocket_speech, {}, 89_449_537),
    "pocket-codec": Shape(pocket_codec, {}, 20_054_337),
    "musetalk-unet": Shape(unet, configs.MUSETALK_UNET, 849_947_844, ("musetalk-v15", "musetalkV15/musetalk.json")),
    "ft-mse-vae": Shape(vae, configs.FT_MSE_VAE, 83_653_863, ("sd-vae-ft-mse", "config.json")),
    "whisper-encoder": Shape(whisper_encoder, configs.WHISPER, 8_208_384),
}


def build(name: str, smaller: dict | None = None) -> torch.nn.Module:
    """A network of SHAPES, its parameters on the meta device. smaller: values of its config to replace, for tests."""
    import torch
    from accelerate import init_empty_weights

    from avatar.device.quiet import quiet_transformers

    shape = SHAPES[name]
    with quiet_transformers(), torch.random.fork_rng(devices=[]), init_empty_weights():
        network = shape.make(shape.config | (smaller or {}))
    return network.train(False).requires_grad_(False)  # not eval(): Xtts' own makes a generation wrapper


def randomize(network: torch.nn.Module, device: torch.device, dtype: torch.dtype, seed: int = 7) -> torch.nn.Module:
    """Fill a network of `build` with the same random numbers each time, made on the device in its type.

    Each layer keeps the size of what it is given (normal, deviation 1 / sqrt(numbers that are summed up); scales of norms
    1, biases 0), so that half precision stays finite.
    """
    import torch

    generator = torch.Generator(device).manual_seed(seed)
    tensors = {}
    for name, parameter in network.named_parameters():
        tensor = torch.empty(parameter.shape, device=device, dtype=dtype)
        if tensor.dim() > 1:
            tensors[name] = tensor.normal_(0, (tensor.numel() / len(tensor)) ** -0.5, generator=generator)
        else:
            tensors[name] = tensor.fill_(float(name.endswith("weight")))
    network.load_state_dict(tensors, strict=False, assign=True)  # not strict: buffers are there already
    return network.to(device).requires_grad_(False)


def count(network: torch.nn.Module) -> int:
    """Parameters of a network; PyTorch names those that two layers share once."""
    return sum(parameter.numel() for parameter in network.parameters())


def config_sha256(name: str) -> str:
    """The digest of a network's config file as diffusers writes it."""
    return sha256((json.dumps(SHAPES[name].config, indent=2) + "\n").encode()).hexdigest()
