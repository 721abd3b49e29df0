"""A tiny Pocket TTS in the layout of kyutai/pocket-tts: random weights under the names and in the shapes of Kyutai's file.

It speaks noise, 0.7 or 0.9 s of it for any text: its end is heard as soon as it may be.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

FOLDER, TOKENIZER_FOLDER = "kyutai/pocket-tts", "kyutai/pocket-tts-without-voice-cloning"
LANGUAGE = "languages/english"
ALPHABET = [chr(code) for first, last in ((33, 127), (161, 384)) for code in range(first, last)]
END = -4.0  # the logit over which a latent is the last; Kyutai's threshold
MARK = "\u2581"  # stands for a space


@dataclass(frozen=True)
class Sizes:
    """Of the published model, by default. words: of the vocabulary; ratios: of the codec's convolutions."""

    words: int = 4000
    width: int = 1024
    layers: int = 6
    inner: int = 4096
    latent: int = 32
    flow: int = 512
    flow_layers: int = 6
    codec: int = 512
    codec_inner: int = 2048
    codec_layers: int = 2
    filters: int = 64
    ratios: tuple[int, ...] = (6, 5, 4)


TINY = Sizes(len(ALPHABET) + 4, 128, 2, 256, 32, 64, 2, 128, 256, 1, 8)


def write(models_folder: Path, change: Callable[[dict], None] | None = None, sizes: Sizes = TINY) -> None:
    """Write the checkpoint's files under `models_folder`.

    change: alters the state dict, under Kyutai's names, in place before it is saved; sizes: `Sizes()` has the published
    ones (219 MB), for a look at memory and speed.
    """
    from safetensors.torch import save_file

    state = random_state(sizes)
    if change:
        change(state)
    weights, tokenizer = (models_folder / folder / LANGUAGE for folder in (FOLDER, TOKENIZER_FOLDER))
    for folder in (weights, tokenizer):
        folder.mkdir(parents=True)
    save_file({key: tensor.contiguous() for key, tensor in state.items()}, weights / "model.safetensors")
    (tokenizer / "tokenizer.json").write_text(json.dumps(vocabulary(sizes.words)))


def random_state(sizes: Sizes) -> dict[str, torch.Tensor]:
    """Random weights under Kyutai's names, in bfloat16 as published."""
    import torch

    chance = torch.Generator().manual_seed(5)
    state = {}
    for name, shape in shapes(sizes):
        noise = torch.randn(shape, generator=chance)
        if name.endswith(("norm1.weight", "norm2.weight", "out_norm.weight", "in_ln.weight", "alpha", "emb_std")):
            state[name] = 1 + 0.05 * noise
        elif name.endswith(".scale"):  # of a layer of the codec
            state[name] = 0.01 * noise
        else:
            state[name] = noise / math.sqrt(max(1, math.prod(shape[1:]))) if len(shape) > 1 else 0.05 * noise
        if name.endswith("freqs"):
            half = shape[0]
            state[name] = torch.exp(-math.log(10_000) * torch.arange(half) / half)
    state["flow_lm.out_eos.weight"] *= 0.01
    state["flow_lm.out_eos.bias"] += END + 1
    return {name: tensor.to(torch.bfloat16) for name, tensor in state.items()}


def shapes(sizes: Sizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of Kyutai's file."""
    yield from (("flow_lm." + name, shape) for name, shape in _speech_shapes(sizes))
    yield from (("mimi." + name, shape) for name, shape in _codec_shapes(sizes))


def _speech_shapes(sizes: Sizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, latent, flow = sizes.width, sizes.latent, sizes.flow
    yield from {
        "bos_emb": (latent,),
        "bos_before_voice": (1, 1, width),
        "emb_std": (latent,),
        "emb_mean": (latent,),
    }.items()
    yield "conditioner.embed.weight", (sizes.words + 1, width)
    for number in range(2):
        yield f"flow_net.time_embed.{number}.freqs", (128,)
        yield from _linear(f"flow_net.time_embed.{number}.mlp.0", flow, 256)
        yield from _linear(f"flow_net.time_embed.{number}.mlp.2", flow, flow)
        yield f"flow_net.time_embed.{number}.mlp.3.alpha", (flow,)
    yield from _linear("flow_net.cond_embed", flow, width)
    yield from _linear("flow_net.input_proj", flow, latent)
    for number in range(sizes.flow_layers):
        block = f"flow_net.res_blocks.{number}"
        yield from {f"{block}.in_ln.weight": (flow,), f"{block}.in_ln.bias": (flow,)}.items()
        yield from _linear(f"{block}.mlp.0", flow, flow)
        yield from _linear(f"{block}.mlp.2", flow, flow)
        yield from _linear(f"{block}.adaLN_modulation.1", 3 * flow, flow)
    yield from _linear("flow_net.final_layer.linear", latent, flow)
    yield from _linear("flow_net.final_layer.adaLN_modulation.1", 2 * flow, flow)
    yield "input_linear.weight", (width, latent)
    yield from _transformer("transformer.layers", sizes.layers, width, sizes.inner, False)
    yield from {"out_norm.weight": (width,), "out_norm.bias": (width,)}.items()
    yield from _linear("out_eos", 1, width)
    yield "speaker_proj_weight", (width, latent)


def _codec_shapes(sizes: Sizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    hidden, few = sizes.codec, sizes.filters
    yield from _convolution("encoder.model.0.conv", few, 1, 7)
    for number, ratio in enumerate(reversed(sizes.ratios)):
        yield from _block(f"encoder.model.{3 * number + 1}", few)
        yield from _convolution(f"encoder.model.{3 * number + 3}.conv", 2 * few, few, 2 * ratio)
        few *= 2
    yield from _convolution("encoder.model.11.conv", hidden, few, 3)
    yield from _convolution("decoder.model.0.conv", few, hidden, 7)
    for number, ratio in enumerate(sizes.ratios):
        name = f"decoder.model.{3 * number + 2}.convtr"
        yield from {f"{name}.weight": (few, few // 2, 2 * ratio), f"{name}.bias": (few // 2,)}.items()
        few //= 2
        yield from _block(f"decoder.model.{3 * number + 3}", few)
    yield from _convolution("decoder.model.11.conv", 1, few, 3)
    for side in ("encoder", "decoder"):
        layers = f"{side}_transformer.transformer.layers"
        yield from _transformer(layers, sizes.codec_layers, hidden, sizes.codec_inner, True)
    yield "quantizer.output_proj.weight", (hidden, sizes.latent, 1)
    yield "downsample.conv.conv.weight", (sizes.latent, hidden, 32)
    yield "upsample.convtr.convtr.weight", (hidden, 1, 32)


def _transformer(name: str, layers: int, width: int, inner: int, scaled: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    for number in range(layers):
        layer = f"{name}.{number}"
        yield f"{layer}.self_attn.in_proj.weight", (3 * width, width)
        yield f"{layer}.self_attn.out_proj.weight", (width, width)
        for norm in ("norm1", "norm2"):
            yield from {f"{layer}.{norm}.weight": (width,), f"{layer}.{norm}.bias": (width,)}.items()
        yield f"{layer}.linear1.weight", (inner, width)
        yield f"{layer}.linear2.weight", (width, inner)
        if scaled:
            yield from {f"{layer}.layer_scale_{each}.scale": (width,) for each in (1, 2)}.items()


def _block(name: str, channels: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _convolution(f"{name}.block.1.conv", channels // 2, channels, 3)
    yield from _convolution(f"{name}.block.3.conv", channels, channels // 2, 1)


def _convolution(name: str, to: int, of: int, kernel: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from {f"{name}.weight": (to, of, kernel), f"{name}.bias": (to,)}.items()


def _linear(name: str, to: int, of: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from {f"{name}.weight": (to, of), f"{name}.bias": (to,)}.items()


def vocabulary(size: int) -> dict:
    """tokenizer.json: single characters, in the format of the package tokenizers, filled up to `size` entries."""
    symbols = ["<unk>", "<s>", "</s>", MARK, *ALPHABET]
    symbols += [f"<{number}>" for number in range(len(symbols), size)]
    metaspace = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": "always", "split": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": metaspace,
        "post_processor": None,
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": 0,
            "vocab": [[symbol, 0.0] for symbol in symbols],
            "byte_fallback": False,
        },
    }
