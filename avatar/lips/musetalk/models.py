"""The three networks on the device: Whisper's encoder, the VAE and the UNet."""

from __future__ import annotations

import torch

from avatar.errors import EnvironmentProblem
from avatar.lips.musetalk import checkpoint
from avatar.lips.musetalk.audio_features import Ear
from avatar.lips.musetalk.audio_windows import WINDOW_STEPS, positions
from avatar.lips.musetalk.finite import finite
from avatar.weights import store
from avatar.weights.strict import mend

CONVERTED_NAME = "musetalk-unet.fp16.safetensors"


class Models:
    """Loads on construction; dropping the object drops the models. `notes` tells of every fall back to float32."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        talk, coder, whisper = (store.require(name) for name in ("musetalk-v15", "sd-vae-ft-mse", "whisper-tiny"))
        unet_file = store.converted("musetalk-v15", CONVERTED_NAME, checkpoint.convert_unet)
        self.device = device
        self.notes: list[str] = []
        self.unet = checkpoint.load_unet(talk["musetalkV15/musetalk.json"], unet_file, device, dtype)
        coder_file = coder["diffusion_pytorch_model.safetensors"]
        self.vae = checkpoint.load_vae(coder["config.json"], coder_file, device, dtype)
        ear_file = whisper["model.safetensors"]
        self.ear = Ear(checkpoint.load_encoder(whisper["config.json"], ear_file, device, dtype), self.notes)
        if device.type == "cuda":
            # As cuDNN's half-precision convolutions read them; on a CPU other sums would come out.
            self.unet.to(memory_format=torch.channels_last)
            self.vae.to(memory_format=torch.channels_last)
        self._refuse_mismatch()
        tokens = positions(WINDOW_STEPS * self.ear.layers, self.ear.width)
        self._positions = torch.from_numpy(tokens).to(device)

    def _refuse_mismatch(self) -> None:
        heard, expected = self.ear.width, self.unet.config.cross_attention_dim
        if heard != expected:
            raise EnvironmentProblem(f"the UNet expects sound in {expected} numbers, Whisper gives {heard}. {mend()}.")

    @torch.inference_mode()
    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (n, 3, 256, 256) in -1..1 -> their scaled latents (n, 4, 32, 32).

        The mode of the VAE's distribution, as in training. Upstream's inference draws a sample, which flickers.
        """

        def run() -> torch.Tensor:
            return self.vae.encode(pictures.to(self.device, self.vae.dtype)).latent_dist.mode()

        return finite("VAE", self.vae, run, self.notes) * self.vae.config.scaling_factor

    def tokens(self, heard: torch.Tensor) -> torch.Tensor:
        """Windows of sound, float32 (n, WINDOW_STEPS, layers, width) -> the UNet's tokens (n, WINDOW_STEPS * layers,
        width).

        Time-major: token k is step k // layers, layer k % layers; then the positions are added, in float32.
        """
        return heard.flatten(1, 2) + self._positions

    @torch.inference_mode()
    def predict(self, latents: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """The scaled latents of the drawn faces (n, 4, 32, 32).

        latents: (n, 8, 32, 32), the masked crop's first, then the whole one's; tokens: float32 (n, WINDOW_STEPS *
        layers, width). One pass at time step 0.
        """
        step = torch.zeros(1, dtype=torch.long, device=self.device)

        def run() -> torch.Tensor:
            dtype = self.unet.dtype
            inputs = latents.to(self.device, dtype)
            return self.unet(inputs, step, encoder_hidden_states=tokens.to(self.device, dtype)).sample

        return finite("UNet", self.unet, run, self.notes)

    @torch.inference_mode()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Scaled latents (n, 4, 32, 32) -> faces, uint8 (n, 256, 256, 3) RGB on the CPU."""

        def run() -> torch.Tensor:
            return self.vae.decode((latents / self.vae.config.scaling_factor).to(self.vae.dtype)).sample

        pictures = (finite("VAE", self.vae, run, self.notes).float() / 2 + 0.5).clamp(0, 1)
        return (pictures * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu()
