"""One call of each network as the engines make it, on meta tensors, and the table of what is alive in it.

The table, table.json, is what `need` adds up, so that no PyTorch is wanted for that:

    ./run --full python bench/exact_shapes.py --table     writes it again; a test follows a call of each kind
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch

from avatar.fit import shapes
from avatar.fit.live_bytes import follow

LIPS_SIDE = 256  # pixels of a face crop
LIPS_BATCHES = (1, 2, 4, 8, 16, 32)
PORTRAIT_SIDES = (256, 512, 768, 1024)  # pixels
TILE = 256  # pixels a side that Stable Diffusion's VAE decodes at once where it tiles
SOUND_TOKENS, WORDS = 50, 77  # cross-attended by MuseTalk's UNet, and by Stable Diffusion's
# XTTS-v2's longest sentence: the voice's 32 positions, 402 text tokens with two marks, 602 audio codes (28 s) with three.
VOICE, TEXT, CODES = 32, 404, 605


class Call(NamedTuple):
    """network: of SHAPES; size: pixels a side, or positions; run: makes its inputs on meta and calls the network."""

    network: str
    call: str
    batch: int
    size: int
    run: Callable[[torch.nn.Module, torch.dtype], object]


def calls() -> Iterator[Call]:
    """Every call that decides the memory of a stage."""
    for batch in LIPS_BATCHES:
        yield Call("musetalk-unet", "predict", batch, LIPS_SIDE, partial(_unet, batch, 8, LIPS_SIDE, SOUND_TOKENS, 384))
        yield Call("ft-mse-vae", "decode", batch, LIPS_SIDE, partial(_decode, batch, LIPS_SIDE, LIPS_SIDE))
    yield Call("ft-mse-vae", "encode", 2, LIPS_SIDE, _encode)  # the crop, masked and whole
    yield Call("whisper-encoder", "hear", 1, 3000, _hear)  # 30 s
    for side in PORTRAIT_SIDES:
        yield Call("sd-unet", "step", 2, side, partial(_unet, 2, 4, side, WORDS, 768))  # with the prompt and without
        yield Call("sd-vae", "decode", 1, side, partial(_decode, 1, side, side))
        yield Call("sd-vae", "decode in tiles", 1, side, partial(_decode, 1, side, TILE))
    yield Call("clip-text", "read", 1, WORDS, _read)
    yield Call("safety-checker", "look", 1, 224, _look)
    yield Call("xtts", "speak", 1, VOICE + TEXT + CODES, _speak)
    yield Call("xtts", "latents", 1, VOICE + TEXT + CODES, _latents)
    yield Call("xtts", "decode", 1, CODES, _sound)


def table(only: Callable[[Call], bool] = lambda call: True) -> list[dict]:
    """The rows of table.json: each call in both types. XTTS's decoder is float32 in both."""
    rows, networks = [], {}
    for dtype in (torch.float16, torch.float32):
        for call in filter(only, calls()):
            if call.network not in networks:
                networks[call.network] = shapes.build(call.network).to("meta")
            network = networks[call.network]
            torch.nn.Module.to(network, torch.float32 if call.run is _sound else dtype)  # diffusers' own `to` warns
            live = follow(partial(call.run, network, dtype))
            name = str(dtype).removeprefix("torch.")
            row = {"network": call.network, "call": call.call, "dtype": name, "batch": call.batch, "size": call.size}
            rows.append(row | {"live": live.peak, "with_copies": live.with_copies})
    return rows


def _empty(*shape: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


def _unet(batch: int, channels: int, side: int, tokens: int, width: int, unet, dtype: torch.dtype) -> torch.Tensor:
    step = _empty(1, dtype=torch.long)
    latents = _empty(batch, channels, side // 8, side // 8, dtype=dtype)
    return unet(latents, step, encoder_hidden_states=_empty(batch, tokens, width, dtype=dtype)).sample


def _decode(batch: int, side: int, tile: int, vae, dtype: torch.dtype) -> torch.Tensor:
    vae.use_tiling = tile < side
    vae.tile_sample_min_size, vae.tile_latent_min_size = tile, tile // 8
    return vae.decode(_empty(batch, 4, side // 8, side // 8, dtype=dtype)).sample


def _encode(vae, dtype: torch.dtype) -> torch.Tensor:
    return vae.encode(_empty(2, 3, LIPS_SIDE, LIPS_SIDE, dtype=dtype)).latent_dist.mode()


def _hear(encoder, dtype: torch.dtype) -> torch.Tensor:
    states = encoder(_empty(1, 80, 3000, dtype=dtype), output_hidden_states=True).hidden_states
    return torch.stack(states, dim=2)[0]


def _read(encoder, dtype: torch.dtype) -> torch.Tensor:
    return encoder(_empty(1, WORDS, dtype=torch.long)).last_hidden_state


def _look(checker, dtype: torch.dtype) -> torch.Tensor:
    """Its picture encoder and projection; what follows compares 768 numbers with 20 others."""
    return checker.visual_projection(checker.vision_model(_empty(1, 3, 224, 224, dtype=dtype))[1])


def _speak(xtts, dtype: torch.dtype) -> torch.Tensor:
    """The last audio code of the longest sentence: the keys and values of all positions before are held, and each
    layer's are copied when one position is added."""
    from transformers import DynamicCache

    gpt = _without_positions(xtts.gpt, dtype)
    cache = DynamicCache()
    heads, width = gpt.heads, gpt.model_dim // gpt.heads
    for layer in range(gpt.layers):
        held = _empty(1, heads, VOICE + TEXT + CODES - 1, width, dtype=dtype)
        cache.update(held, torch.empty_like(held), layer)
    states = gpt.gpt(inputs_embeds=_empty(1, 1, gpt.model_dim, dtype=dtype), past_key_values=cache).last_hidden_state
    return gpt.mel_head(gpt.final_norm(states))


def _latents(xtts, dtype: torch.dtype) -> torch.Tensor:
    """All positions at once, for what the decoder hears; the GPT keeps its keys and values here too."""
    gpt = _without_positions(xtts.gpt, dtype)
    answer = gpt.gpt(inputs_embeds=_empty(1, VOICE + TEXT + CODES, gpt.model_dim, dtype=dtype), return_dict=True)
    return gpt.final_norm(answer.last_hidden_state)


def _without_positions(gpt, dtype: torch.dtype):
    """coqui-tts puts zeros in float32 in the place of GPT-2's positions; the engine makes them of the GPT's type."""
    gpt.gpt.wpe = lambda ids: _empty(*ids.shape, gpt.model_dim, dtype=dtype)
    return gpt


def _sound(xtts, dtype: torch.dtype) -> torch.Tensor:
    return xtts.hifigan_decoder(_empty(1, CODES, 1024, dtype=torch.float32), g=_empty(1, 512, 1, dtype=torch.float32))
