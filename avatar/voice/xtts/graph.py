"""XTTS-v2's GPT-2 on a card, one CUDA graph a code: what one code launches, recorded once and launched as one.

A code is some 700 small kernels, which a host launches more slowly than a card runs them (bench/NOTES.md). A recording
reads and writes the same memory each time, so keys and values lie in memory for the longest sentence rather than in
transformers' cache, which grows by a copy of all of it at each code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import scaled_dot_product_attention

from avatar.voice.xtts.codes import blocks

if TYPE_CHECKING:
    from transformers import Cache, GPT2Model
    from TTS.tts.layers.xtts.gpt import GPT

WARM_UPS = 2  # the first loads kernels and makes cuBLAS's workspaces, which a recording must not


class OneCode:
    """GPT-2's answer to one code, after those whose keys and values it holds."""

    def __init__(self, network: GPT2Model) -> None:
        """Takes memory for n_positions keys and values in every layer: 130 MB in half precision."""
        config, weight = network.config, network.ln_f.weight
        heads, width = config.n_head, config.n_embd // config.n_head
        self._network, self.places = network, config.n_positions
        self._split = (1, 1, heads, width)
        self.keys = weight.new_zeros(config.n_layer, 1, heads, self.places, width)
        self.values = torch.zeros_like(self.keys)
        self._position = torch.zeros(1, dtype=torch.long, device=weight.device)
        self._all_places = torch.arange(self.places, device=weight.device)

    def begin(self, cache: Cache) -> None:
        """Take over what transformers' cache holds; from here on its layers show this memory."""
        count = cache.get_seq_length()
        for number, layer in enumerate(cache.layers):
            for kept, name in ((self.keys, "keys"), (self.values, "values")):
                kept[number, :, :, :count].copy_(getattr(layer, name))
                setattr(layer, name, kept[number, :, :, :count])
        self.go_to(count)

    def go_to(self, position: int) -> None:
        self._position.fill_(position)

    def __call__(self, embedded: torch.Tensor) -> torch.Tensor:
        """embedded: (1, 1, width), a code with its position; returns GPT-2's last hidden state for it, as long.

        Asks the device nothing and allocates only passing tensors, so that it can be recorded.
        """
        x = embedded
        seen = (self._all_places <= self._position)[None, None, None]
        for number, block in enumerate(blocks(self._network)):
            parts = block.attn.c_attn(block.ln_1(x)).chunk(3, dim=2)
            query, key, value = (part.view(self._split).transpose(1, 2) for part in parts)
            keys, values = self.keys[number], self.values[number]
            keys.index_copy_(2, self._position, key)
            values.index_copy_(2, self._position, value)
            heard = scaled_dot_product_attention(query, keys, values, attn_mask=seen)
            x = x + block.attn.c_proj(heard.transpose(1, 2).reshape(x.shape))
            x = x + block.mlp(block.ln_2(x))
        self._position.add_(1)
        return self._network.ln_f(x)


def code_by_code(gpt: GPT, recorded: bool, notes: list[str]) -> None:
    """Let the GPT answer single codes by OneCode, on a card as a CUDA graph; a prompt goes its way as before.

    recorded: False leaves the graph out, and makes the same sums one by one. notes: where it is told that recording
    failed. Sums are made in another order than by transformers: the last digits differ.
    """
    from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions as Output

    network, whole = gpt.gpt, gpt.gpt.forward
    one = OneCode(network)
    answer: Callable[[torch.Tensor], torch.Tensor] | None = None if recorded else one

    def forward(inputs_embeds: torch.Tensor, past_key_values: Cache | None = None, **options: object) -> Output:
        nonlocal answer
        if past_key_values is None or inputs_embeds.shape[1] > 1:
            # The options are transformers' own, handed on as they came.
            made = whole(inputs_embeds=inputs_embeds, past_key_values=past_key_values, **options)  # pyright: ignore[reportArgumentType]
            if past_key_values is not None:
                one.begin(past_key_values)
            return made
        count = past_key_values.get_seq_length()
        if count >= one.places:
            raise RuntimeError(f"{count} places are taken, XTTS-v2's GPT has no more")
        if answer is None:
            answer = record(one, inputs_embeds, count, notes)
        hidden = answer(inputs_embeds)
        first = past_key_values.layers[0]  # whose length is that of the cache
        # A layer of GPT-2 has keys; other kinds of layers need not.
        first.keys = one.keys[0, :, :, : count + 1]  # pyright: ignore[reportAttributeAccessIssue]
        return Output(last_hidden_state=hidden, past_key_values=past_key_values)

    network.forward = forward  # pyright: ignore[reportAttributeAccessIssue]  # it is called with names alone


def record(
    one: OneCode, embedded: torch.Tensor, position: int, notes: list[str]
) -> Callable[[torch.Tensor], torch.Tensor]:
    """`one` as a CUDA graph, or itself where recording fails. What the tries leave behind is written over."""
    try:
        kept, hidden, replay_all = _recorded(one, embedded)
    except RuntimeError as error:
        notes.append(f"CUDA graphs were left out: {str(error).splitlines()[0]}")
        return one
    finally:
        one.go_to(position)

    def replay(embedded: torch.Tensor) -> torch.Tensor:
        kept.copy_(embedded)
        replay_all()
        return hidden.clone()  # the next replay writes here again

    return replay


def _recorded(one: OneCode, embedded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Callable[[], None]]:
    """The memory that the recording reads, that which it writes, and what launches it."""
    kept, stream, graph = embedded.clone(), torch.cuda.Stream(), torch.cuda.CUDAGraph()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            one(kept)
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            hidden = one(kept)
    torch.cuda.current_stream().wait_stream(stream)
    return kept, hidden, graph.replay
