"""XTTS-v2's GPT while it makes audio codes: the host waits for the device once a code, to learn whether it was the last.

That one wait is of transformers' `generate`. Whatever else stops the host each time leaves the device idle, because a
code is some 700 small kernels and the host launches them more slowly than a GPU runs them (bench/NOTES.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from avatar.voice.piecewise import NotFinite

if TYPE_CHECKING:
    import torch
    from transformers import GPT2Model
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block
    from TTS.tts.layers.tortoise.autoregressive import LearnedPositionEmbeddings
    from TTS.tts.layers.xtts.gpt import GPT

UNLIKELY, CERTAIN = -1e4, 1e4  # as logits; both are within float16


def blocks(network: GPT2Model) -> Iterable[GPT2Block]:
    """The layers of GPT-2, in order."""
    return cast("Iterable[GPT2Block]", network.h)  # a ModuleList does not say what is in it


def refuse_not_finite(gpt: GPT) -> None:
    """Let the GPT raise NotFinite after the last code of a sentence, where a value of its head was not finite.

    Sampling from such values ends a CUDA process, and asking after each code whether there are any would stop the host.
    So the head then leaves the stop token alone to be sampled, and the answer is read when the codes are complete.
    """
    import torch

    only_stop = torch.full_like(gpt.mel_head.bias, UNLIKELY, requires_grad=False)
    only_stop[gpt.stop_audio_token] = CERTAIN
    gpt.mel_head.register_buffer("only_stop", only_stop, persistent=False)
    finite = only_stop.isfinite().all()

    def stop_where_not_finite(head: torch.nn.Module, inputs: tuple, logits: torch.Tensor) -> torch.Tensor:
        nonlocal finite
        finite = torch.isfinite(logits).all()
        return torch.where(finite, logits, head.get_buffer("only_stop"))

    def refuse(gpt: torch.nn.Module, inputs: tuple) -> None:  # its latents are asked for once the codes are complete
        if not finite:
            raise NotFinite

    gpt.mel_head.register_forward_hook(stop_where_not_finite)
    gpt.register_forward_pre_hook(refuse)


def look_up_positions_by_slice(gpt: GPT) -> None:
    """Take the embedding of a code's position as a slice of the table: coqui-tts makes a tensor of the position on the
    host and sends it to the device, which is waited for."""
    positions = cast("LearnedPositionEmbeddings", gpt.mel_pos_embedding)  # XTTS-v2 has a most of codes, so a table

    def one(ind: int, dev: torch.device) -> torch.Tensor:
        return positions.emb.weight[None, ind : ind + 1]

    positions.get_fixed_embedding = one


def fuse_activations(gpt: GPT) -> None:
    """Compute GPT-2's GELU in one kernel: transformers writes the same formula (tanh) as eight.

    The last digits differ: one rounding instead of eight, so in half precision it is nearer to the exact value.
    """
    import torch

    for block in blocks(gpt.gpt):
        block.mlp.act = torch.nn.GELU(approximate="tanh")
