"""Networks small enough for a test: what to replace in the published configs, by network (avatar/fit/shapes.py)."""

from __future__ import annotations

from testing.tiny import musetalk, stable_diffusion

TINY = {
    "sd-unet": stable_diffusion.TINY_UNET,
    "sd-vae": stable_diffusion.TINY_VAE,
    "clip-text": stable_diffusion.TINY_CLIP | {"projection_dim": 32},
    "safety-checker": {
        "projection_dim": stable_diffusion.TINY_PROJECTION,
        "vision_config": stable_diffusion.SAFETY_CHECKER["vision_config"] | stable_diffusion.TINY_CLIP,
    },
    "xtts": {"gpt_layers": 2, "gpt_n_model_channels": 64, "gpt_n_heads": 4, "decoder_input_dim": 64},
    "pocket-speech": {"num_hidden_layers": 1, "intermediate_size": 64},
    "pocket-codec": {"num_hidden_layers": 1, "intermediate_size": 64, "num_filters": 8},
    "musetalk-unet": musetalk.TINY_UNET,
    "ft-mse-vae": musetalk.TINY_VAE,
    "whisper-encoder": musetalk.TINY_EAR,
}
