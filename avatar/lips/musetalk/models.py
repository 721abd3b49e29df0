"""The three networks on the device: Whisper's encoder, the VAE and the UNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from avatar.errors import EnvironmentProblem
from avatar.lips.musetalk import checkpoint, kernels
from avatar.lips.musetalk.audio_features import Ear
from avatar.lips.musetalk.audio_windows import WINDOW_STEPS, positions
from avatar.lips.musetalk.fused import fuse
from avatar.lips.musetalk.overflow import all_finite, go_on_in_float32
from avatar.lips.musetalk.transfer import upload
from avatar.weights import store
from avatar.weights.strict import mend

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

CONVERTED_NAME = "musetalk-unet.fp16.safetensors"


class Models:
    """Dropping the object drops the networks. `notes` tells of every fall back to float32.

    What a network makes comes with whether all of it is finite, a bool () on the device: nothing here waits for the
    device, so that the VAE is queued while the UNet runs. Who reads the result must read that too.
    """

    def __init__(
        self, unet: UNet2DConditionModel, vae: AutoencoderKL, encoder: WhisperEncoder, device: torch.device
    ) -> None:
        """The networks are on the device."""
        self.device = device
        self.dtype = unet.dtype
        self.notes: list[str] = []
        self.unet, self.vae, self.ear = unet, vae, Ear(encoder, self.notes)
        if device.type == "cuda":
            self._lay_out()
        self._refuse_mismatch()
        tokens = positions(WINDOW_STEPS * self.ear.layers, self.ear.width)
        self._positions = torch.from_numpy(tokens).to(device)
        self._step = torch.zeros(1, dtype=torch.long, device=device)  # MuseTalk denoises nothing: one pass at time 0

    @classmethod
    def load(cls, device: torch.device, dtype: torch.dtype) -> Models:
        """From the verified files. Raises EnvironmentProblem for one that is missing or of another layout."""
        talk, coder, whisper = (store.require(name) for name in ("musetalk-v15", "sd-vae-ft-mse", "whisper-tiny"))
        unet_file = store.converted("musetalk-v15", CONVERTED_NAME, checkpoint.convert_unet)
        unet = checkpoint.load_unet(talk["musetalkV15/musetalk.json"], unet_file, device, dtype)
        vae = checkpoint.load_vae(coder["config.json"], coder["diffusion_pytorch_model.safetensors"], device, dtype)
        encoder = checkpoint.load_encoder(whisper["config.json"], whisper["model.safetensors"], device, dtype)
        return cls(unet, vae, encoder, device)

    def _lay_out(self) -> None:
        """As a card is fastest; on a CPU other sums would come out."""
        slower = kernels.why_not()
        if slower:
            self.notes.append(f"the kernels of our own were left out, and drawing takes longer: {slower}.")
        for network in (self.unet, self.vae):
            # As cuDNN's half-precision convolutions read them.
            network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # wrapped by diffusers
            if not slower:
                fuse(network)

    def _refuse_mismatch(self) -> None:
        heard, expected = self.ear.width, self.unet.config["cross_attention_dim"]
        if heard != expected:
            raise EnvironmentProblem(f"the UNet expects sound in {expected} numbers, Whisper gives {heard}. {mend()}.")

    @torch.inference_mode()
    def encode(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (n, 3, 256, 256) in -1..1, float32 on the CPU -> their scaled latents (n, 4, 32, 32); finite.

        The mode of the VAE's distribution, as in training. Upstream's inference draws a sample, which flickers.
        """
        mode = self.vae.encode(upload(pictures, self.device).to(self.vae.dtype), return_dict=False)[0].mode()
        return mode * self.vae.config["scaling_factor"], all_finite(mode)

    def tokens(self, heard: torch.Tensor) -> torch.Tensor:
        """Windows of sound, float32 (n, WINDOW_STEPS, layers, width) -> the UNet's tokens (n, WINDOW_STEPS * layers,
        width).

        Time-major: token k is step k // layers, layer k % layers; then the positions are added, in float32.
        """
        return heard.flatten(1, 2) + self._positions

    @torch.inference_mode()
    def predict(self, latents: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The scaled latents of the drawn faces (n, 4, 32, 32); finite.

        latents: (n, 8, 32, 32), the masked crop's first, then the whole one's; tokens: float32 (n, WINDOW_STEPS *
        layers, width); both on the device.
        """
        dtype = self.unet.dtype
        drawn = self.unet(latents.to(dtype), self._step, encoder_hidden_states=tokens.to(dtype)).sample
        return drawn, all_finite(drawn)

    @torch.inference_mode()
    def decode(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scaled latents (n, 4, 32, 32) on the device -> faces, uint8 (n, 256, 256, 3) RGB, there too; finite."""
        scaled = (latents / self.vae.config["scaling_factor"]).to(self.vae.dtype)
        drawn = self.vae.decode(scaled, return_dict=False)[0]
        pictures = (drawn.float() / 2 + 0.5).clamp(0, 1)
        return (pictures * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous(), all_finite(drawn)

    def begin_anew(self) -> bool:
        """For another video: what fell back to float32 is of the type again that was loaded. Whether anything did.

        A number in half precision is the same again after float32; so are the bytes of what is drawn next.
        """
        fell_back = [network for network in (self.unet, self.vae, self.ear.encoder) if network.dtype != self.dtype]
        for network in fell_back:
            network.to(self.dtype)  # pyright: ignore[reportArgumentType]  # wrapped by diffusers and transformers
        return bool(fell_back)

    def go_on_in_float32(self, network: str) -> None:
        """For the "UNet" or the "VAE", whose result was not finite. Raises EnvironmentProblem when it is already."""
        go_on_in_float32(network, self.unet if network == "UNet" else self.vae, self.notes)
