"""Latents of a text in a voice, one after the other, as Kyutai's package draws them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import torch
    from transformers import PocketTTSForConditionalGeneration
    from transformers.models.pocket_tts.generation_pocket_tts import PocketTTSGenerateOutput

# Kyutai's package 4.0.1, config/english.yaml and default_parameters.py. The temperature is the variance of the noise that a
# latent is drawn from.
TEMPERATURE, END_THRESHOLD, LEAST_FRAMES = 0.3, -4.0, 6


def most_frames(tokens: list[int], frame_rate: float) -> int:
    """How many latents a text may take, by Kyutai's reckoning; one that needs more has not ended well."""
    return math.ceil((len(tokens) / 3 + 2) * frame_rate)


def spoken(
    speech: PocketTTSForConditionalGeneration, voice: torch.Tensor, tokens: list[int], after: int, most: int, seed: int
) -> torch.Tensor:
    """Latents (frames, latent_dim) on the model's device. voice: (frames, latent_dim), of the reference; after: latents
    that are still made once the end is heard; most: of all together."""
    import torch

    config = speech.config
    prompt = [config.audio_prompt_bos_token_id, *[config.audio_prompt_token_id] * len(voice)]
    ids = torch.tensor([[*prompt, *tokens, config.audio_bos_token_id]], device=speech.device)
    devices = [speech.device] if speech.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):  # leaves the global generators as they were
        torch.manual_seed(seed)
        made = speech.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), audio_prompt_latents=voice[None].to(speech.device),
            do_sample=True, temperature=TEMPERATURE, frames_after_eos=after, eos_threshold=END_THRESHOLD,
            min_frames_before_eos=LEAST_FRAMES, max_new_tokens=most, return_dict_in_generate=True,
        )  # fmt: skip
    latents = cast("PocketTTSGenerateOutput", made).audio_latents  # of that type because it was asked for
    assert latents is not None
    return latents[0]
