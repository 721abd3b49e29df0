"""Stable Diffusion 1.5 from the files that were verified, and from nothing else.

`StableDiffusionPipeline.from_pretrained` takes what lies in a folder and only logs what does not fit. Here each
network is built from its config and filled strictly from its one file: a missing, surplus or misshapen key is an error
that names it, so no part can keep random weights in silence. The hub is never asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.device import need
from avatar.errors import EnvironmentProblem
from avatar.weights import strict
from avatar.weights.from_config import from_config

if TYPE_CHECKING:
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPTextModel, CLIPTokenizer

MODEL = "stable-diffusion-v1-5"  # its name in weights/models.lock
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
VAE = "vae/diffusion_pytorch_model.fp16.safetensors"
TEXT_ENCODER = "text_encoder/model.fp16.safetensors"
SAFETY_CHECKER = "safety_checker/model.fp16.safetensors"

# Keys as older library versions wrote them -> as this one names them. The upstream CLIP files have a prefix that
# transformers 5 dropped; diffusers renamed the VAE's attention in 0.17.
RENAMED = (
    (re.compile(r"^text_model\."), ""),
    (re.compile(r"^vision_model\.vision_model\."), "vision_model."),
    (re.compile(r"\.query\."), ".to_q."),
    (re.compile(r"\.key\."), ".to_k."),
    (re.compile(r"\.value\."), ".to_v."),
    (re.compile(r"\.proj_attn\."), ".to_out.0."),
)
DROPPED = "position_ids"  # 0, 1, 2 …: older CLIP files hold it, models count it themselves now


@dataclass(frozen=True)
class Networks:
    """The four networks as their configs describe them; until `fill`, without weights and without memory for them."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    safety_checker: StableDiffusionSafetyChecker

    def parameter_count(self) -> int:
        return sum(parameter.numel() for network in self._all() for parameter in network.parameters())

    def fill(self, files: dict[str, Path], device: torch.device, dtype: torch.dtype) -> None:
        """Load every network's weights onto the device."""
        for network, path in zip(self._all(), (UNET, VAE, TEXT_ENCODER, SAFETY_CHECKER), strict=True):
            strict.fill(network, tensors_of(files[path], device), files[path], device, dtype)

    def _all(self) -> tuple:
        return self.unet, self.vae, self.text_encoder, self.safety_checker


def build(files: dict[str, Path]) -> Networks:
    """The networks that the configs among `files` (by path in the repository) describe. Takes no memory yet."""
    from accelerate import init_empty_weights
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPTextConfig, CLIPTextModel

    quiet_libraries()
    with init_empty_weights():
        return Networks(
            from_config(UNet2DConditionModel, read_json(files["unet/config.json"])),
            from_config(AutoencoderKL, read_json(files["vae/config.json"])),
            CLIPTextModel(CLIPTextConfig(**read_json(files["text_encoder/config.json"]))),
            StableDiffusionSafetyChecker(CLIPConfig(**read_json(files["safety_checker/config.json"]))),
        )


def quiet_libraries() -> None:
    """Keep the libraries' warnings off stderr: what they warn of here is checked here, and told in our words."""
    import diffusers
    import transformers

    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()


def need_bytes(networks: Networks, size: int, dtype: torch.dtype, tiled: bool = False) -> int:
    """Device memory at the worst moment of drawing size x size pixels: all weights and the VAE decoder at work.

    tiled: the decoder takes the picture in tiles.
    """
    weights = networks.parameter_count() * dtype.itemsize
    half = dtype.itemsize == 2
    return need.portrait("float16" if half else "float32", size, tiled, on_gpu=half, weights=weights).total


def pipeline(networks: Networks, files: dict[str, Path]) -> StableDiffusionPipeline:
    """diffusers' pipeline around filled networks."""
    schedule = read_json(files["scheduler/scheduler_config.json"])
    features = read_json(files["feature_extractor/preprocessor_config.json"])
    return assembled(networks, read_tokenizer(files), schedule, features)


def assembled(
    networks: Networks, tokenizer: CLIPTokenizer | None, schedule: dict, features: dict
) -> StableDiffusionPipeline:
    """The same from the contents of two config files; without a tokenizer it takes no words, only their embeddings.

    The checkpoint's own sampler is PNDM, which wants about 50 steps. DPM-Solver++ (2M, Lu et al. 2022,
    arXiv 2211.01095) with Karras' spacing reaches the same pictures in 20 to 30 of the same cost, on the same noise
    schedule; like PNDM it adds no noise of its own, so a seed alone decides the picture.
    """
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
    from transformers import CLIPImageProcessorPil

    scheduler = from_config(
        DPMSolverMultistepScheduler, schedule | {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True}
    )
    extractor = CLIPImageProcessorPil(**features)
    made = StableDiffusionPipeline(
        unet=networks.unet,
        vae=networks.vae,
        text_encoder=networks.text_encoder,
        tokenizer=tokenizer,  # pyright: ignore[reportArgumentType]  # not asked for where words come as embeddings
        scheduler=scheduler,  # pyright: ignore[reportArgumentType]  # declared as an enumeration of the classes' names
        safety_checker=networks.safety_checker,
        feature_extractor=extractor,  # pyright: ignore[reportArgumentType]  # declared as its twin that needs torchvision
    )
    made.set_progress_bar_config(disable=True)
    return made


def read_tokenizer(files: dict[str, Path]) -> CLIPTokenizer:
    """CLIP's tokenizer from its vocabulary and merges; a tokenizer.json that lies beside them is not looked at."""
    from transformers import CLIPTokenizer

    merges = files["tokenizer/merges.txt"].read_text(encoding="utf-8").splitlines()[1:]  # the first line is a version
    return CLIPTokenizer(
        vocab=read_json(files["tokenizer/vocab.json"]),
        merges=[tuple(line.split()) for line in merges if line],  # pyright: ignore[reportArgumentType]  # pairs are read too
        model_max_length=read_json(files["tokenizer/tokenizer_config.json"])["model_max_length"],
    )


def read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EnvironmentProblem(f"cannot read {path}: {error}. {strict.mend()}.") from error


def tensors_of(file: Path, device: torch.device) -> dict[str, torch.Tensor]:
    """The tensors of one of the checkpoint's files, under the names that today's classes use."""
    tensors = strict.renamed(strict.read(file, str(device)), name_of_today, file)
    return {name: tensor for name, tensor in tensors.items() if not name.endswith(DROPPED)}


def name_of_today(key: str) -> str:
    for old, new in RENAMED:
        key = old.sub(new, key)
    return key
