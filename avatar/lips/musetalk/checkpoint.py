"""Model files -> modules, strictly: a key that is missing, surplus or of another shape is an error that names it.

Every model is built without memory (on torch's meta device) and takes the tensors of its file as they are. Three
layouts are known: the UNet's flat state dict, Whisper's `model.encoder.` among other keys, and the VAE's attention
under the names of diffusers before 0.17 (query, key, value, proj_attn) or after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch

from avatar.errors import EnvironmentProblem
from avatar.weights import disk
from avatar.weights.from_config import from_config
from avatar.weights.strict import Network, fill, mend, read, refuse_other_layout, renamed, some

Tensors = dict[str, torch.Tensor]

OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def build(
    make: Callable[[], Network], tensors: Tensors, file: Path, device: torch.device, dtype: torch.dtype
) -> Network:
    """The module that `make` describes, holding exactly these tensors, for inference."""
    with torch.device("meta"):
        module = make()
    return fill(module, tensors, file, device, dtype)


def read_config(file: Path) -> dict:
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise EnvironmentProblem(f"{file} is not readable as JSON ({error}). {mend()}.") from error


def load_unet(config_file: Path, tensors_file: Path, device: torch.device, dtype: torch.dtype):
    """MuseTalk's UNet (diffusers' UNet2DConditionModel) from musetalk.json and the converted tensors."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    config = read_config(config_file)
    return build(lambda: from_config(UNet2DConditionModel, config), read(tensors_file), tensors_file, device, dtype)


def load_vae(config_file: Path, tensors_file: Path, device: torch.device, dtype: torch.dtype):
    """The picture coder (diffusers' AutoencoderKL)."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    config = read_config(config_file)
    tensors = renamed(read(tensors_file), new_attention_name, tensors_file)
    return build(lambda: from_config(AutoencoderKL, config), tensors, tensors_file, device, dtype)


def load_encoder(config_file: Path, tensors_file: Path, device: torch.device, dtype: torch.dtype):
    """Whisper's encoder; the decoder's tensors, 29.6 of 37.8 million values, are never read."""
    from safetensors import safe_open
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    known, prefix = ("model.encoder.", "model.decoder.", "proj_out."), "model.encoder."
    with safe_open(tensors_file, "pt") as file:
        if strangers := [key for key in file.keys() if not key.startswith(known)]:
            raise EnvironmentProblem(f"{tensors_file} has the unknown {some(strangers)}: it is no Whisper. {mend()}.")
        tensors = {key.removeprefix(prefix): file.get_tensor(key) for key in file.keys() if key.startswith(prefix)}
    config = WhisperConfig(**read_config(config_file))
    return build(lambda: WhisperEncoder(config), tensors, tensors_file, device, dtype)


def new_attention_name(key: str) -> str:
    """A VAE key in today's layout: ...attentions.0.query.weight -> ...attentions.0.to_q.weight."""
    parts = key.split(".")
    if "attentions" in parts and parts[-2] in OLD_ATTENTION:
        parts[-2] = OLD_ATTENTION[parts[-2]]
    return ".".join(parts)


def convert_unet(files: dict[str, Path], target: Path) -> None:
    """unet.pth (float32, a pickle, 3.4 GB) -> float16 safetensors, half as large. Its digest was checked before.

    Only tensors are unpickled (weights_only), from a memory-mapped file.
    """
    source = files["musetalkV15/unet.pth"]
    try:
        tensors = torch.load(source, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise EnvironmentProblem(f"cannot read the tensors of {source} ({error}). {mend()}.") from error
    if not isinstance(tensors, dict) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise EnvironmentProblem(f"{source} is no flat dict of tensors. {mend()}.")
    _refuse_other_unet(tensors, files)
    halves = {}
    for key, tensor in tensors.items():
        halves[key] = tensor.to(torch.float16).contiguous()
        if not torch.isfinite(halves[key]).all():
            raise EnvironmentProblem(f"{source}: {key} holds values beyond half precision. {mend()}.")
    disk.save(halves, target)


def _refuse_other_unet(tensors: Tensors, files: dict[str, Path]) -> None:
    """A wrong layout is found before the conversion is cached."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    with torch.device("meta"):
        expected = from_config(UNet2DConditionModel, read_config(files["musetalkV15/musetalk.json"])).state_dict()
    refuse_other_layout(expected, tensors, files["musetalkV15/unet.pth"])
