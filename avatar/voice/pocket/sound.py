"""Latents of Pocket TTS to sound, in parts: the codec's last layers over 18 s in one go take half a gigabyte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from transformers import PocketTTSAudioTokenizerModel

PART_FRAMES = 25  # latents that become sound at a time, 2 s
BEFORE_FRAMES = 2  # of those before a part, which its first convolutions still reach; what they sound like is cut off


def decoded(codec: PocketTTSAudioTokenizerModel, latents: torch.Tensor) -> np.ndarray:
    """float32 (n,) at 24 kHz of latents (frames, latent_dim), 1,920 samples each.

    As the codec's own `decode`, but for rounding: its transformer runs over all, its convolutions, whose tensors are a
    thousand times as long, by the part.
    """
    decoder, positions, samples = codec.decoder, codec.config.latent_stride, codec.config.frame_size
    assert decoder is not None and decoder.upsample is not None  # the codec is whole
    hidden = decoder.upsample(codec.latent_proj(latents[None].transpose(1, 2)))
    hidden = decoder.decoder_transformer(hidden.transpose(1, 2)).last_hidden_state.transpose(1, 2)
    parts = []
    for first in range(0, len(latents), PART_FRAMES):
        before = min(first, BEFORE_FRAMES)
        part = hidden[..., (first - before) * positions : (first + PART_FRAMES) * positions]
        parts.append(decoder.decoder_seanet(part)[0, 0, before * samples :].float().cpu().numpy())
    return np.concatenate(parts)
