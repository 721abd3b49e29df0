"""A tiny MuseTalk 1.5: UNet, VAE and Whisper in the layouts of their three repositories, with random weights.

It draws grey noise that changes with the sound. The configs are upstream's with smaller numbers; `write(...,
tiny=False)` writes upstream's own shapes (3.9 GB), for a look at memory and speed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from avatar.fit.configs import FT_MSE_VAE as VAE
from avatar.fit.configs import MUSETALK_UNET as UNET
from avatar.fit.configs import WHISPER as EAR

TALK, CODER, WHISPER = "TMElyralab/MuseTalk", "stabilityai/sd-vae-ft-mse", "openai/whisper-tiny"

# UPSTREAM | TINY is what is written.
# Attention only where the picture is 16 x 16: at 32 x 32 it takes four times as long as all the rest.
TINY_UNET = {
    "attention_head_dim": 2,
    "block_out_channels": [8, 16],
    "cross_attention_dim": 48,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
}
# With 2 to 8 channels PyTorch's normalisation of a batch takes ten times as long (2.10, CPU).
TINY_VAE = {"block_out_channels": [1, 1, 1, 1], "layers_per_block": 1, "norm_num_groups": 1}
TINY_EAR = {
    "bos_token_id": 1,
    "d_model": 48,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 48,
    "decoder_layers": 1,
    "decoder_start_token_id": 1,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 96,
    "eos_token_id": 1,
    "pad_token_id": 1,
    "vocab_size": 8,
}
MEL = {
    "chunk_length": 30,
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "hop_length": 160,
    "n_fft": 400,
    "n_samples": 480000,
    "nb_max_frames": 3000,
    "padding_side": "right",
    "padding_value": 0.0,
    "processor_class": "WhisperProcessor",
    "return_attention_mask": False,
    "sampling_rate": 16000,
}
NEW_TO_OLD = {"to_q": "query", "to_k": "key", "to_v": "value"}  # and to_out.0 -> proj_attn

Change = Callable[[dict], None]


def write(models_folder: Path, tiny: bool = True, old_vae: bool = True, change_unet: Change | None = None) -> None:
    """Write the three checkpoints under `models_folder`, each in its repository's folder.

    old_vae: the VAE's attention under the names that sd-vae-ft-mse has, query and so on. change_unet: alters the UNet's
    state dict in place before it is saved.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(25)
        _write_talk(models_folder / TALK / "musetalkV15", UNET | (TINY_UNET if tiny else {}), change_unet)
        _write_coder(models_folder / CODER, VAE | (TINY_VAE if tiny else {}), old_vae)
        _write_ear(models_folder / WHISPER, EAR | (TINY_EAR if tiny else {}))


def write_with_lock(models_folder: Path, **how) -> Path:
    """`write`, and a models.lock of the three checkpoints alone; returns the folder."""
    from testing.tiny import built_in_models, write_lock

    write(models_folder, **how)
    write_lock(models_folder, tuple(model for model in built_in_models() if model.repo in (TALK, CODER, WHISPER)))
    return models_folder


def _write_talk(folder: Path, config: dict, change: Change | None) -> None:
    """musetalk.json and unet.pth: a pickle of a flat dict of float32 tensors."""
    import torch
    from diffusers import UNet2DConditionModel

    tensors = dict(UNet2DConditionModel.from_config(config).state_dict())
    if change:
        change(tensors)
    _write_json(folder / "musetalk.json", config)
    torch.save(tensors, folder / "unet.pth")


def _write_coder(folder: Path, config: dict, old_names: bool) -> None:
    from diffusers import AutoencoderKL
    from safetensors.torch import save_file

    tensors = AutoencoderKL.from_config(config).state_dict()
    if old_names:
        tensors = {old_attention_name(key): tensor for key, tensor in tensors.items()}
    _write_json(folder / "config.json", config)
    save_file(tensors, folder / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})


def old_attention_name(key: str) -> str:
    """A key of the VAE as diffusers before 0.17 wrote it."""
    if ".attentions." not in key:
        return key
    for new, old in NEW_TO_OLD.items():
        key = key.replace(f".{new}.", f".{old}.")
    return key.replace(".to_out.0.", ".proj_attn.")


def _write_ear(folder: Path, config: dict) -> None:
    """All of Whisper, as upstream has it: its output layer is the embedding again and is not stored."""
    from safetensors.torch import save_file
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    tensors = WhisperForConditionalGeneration(WhisperConfig(**config)).state_dict()
    del tensors["proj_out.weight"]
    _write_json(folder / "config.json", config)
    _write_json(folder / "preprocessor_config.json", MEL)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
