"""XTTS-v2's codes: one by transformers, one by our own step, one as a CUDA graph; then sentences of the last two."""

from __future__ import annotations

import os
import time

import torch

from bench.gpu.foreign.levers import Card


def one_code(card: Card) -> dict:
    """Milliseconds of GPT-2's answer to one code after 200 others: the device's, and the host's for launching it."""
    from avatar.fit import steps

    model = steps.speaking_model(card.dtype, card.device, card.smaller.get("xtts"))
    vars(model.gpt.gpt).pop("forward", None)  # our own step, which a card has: transformers' is measured too
    with torch.inference_mode():
        return ways_of_one_code(card, model.gpt)


def ways_of_one_code(card: Card, gpt: torch.nn.Module) -> dict:
    from transformers import DynamicCache

    from avatar.voice.xtts import graph as xtts_graph

    network = gpt.gpt
    length = min(200, network.config.n_positions // 2)
    draw = torch.Generator().manual_seed(7)
    prompt = torch.randn(1, length, gpt.model_dim, generator=draw).to(card.device, card.dtype)
    code = prompt[:, :1].clone()
    cache = DynamicCache()
    network(inputs_embeds=prompt, past_key_values=cache, use_cache=True)

    def by_transformers() -> object:
        made = network(inputs_embeds=code, past_key_values=cache, use_cache=True)
        for layer in cache.layers:
            layer.keys, layer.values = layer.keys[:, :, :length], layer.values[:, :, :length]
        return made[0]

    one, notes = xtts_graph.OneCode(network), []
    wanted = by_transformers()
    one.begin(cache)

    def by_step() -> object:
        one.go_to(length)
        return one(code)

    most_off = float((by_step() - wanted).abs().max())
    made = {"transformers": by_transformers, "step": by_step}
    if card.cuda:
        replay = xtts_graph.record(one, code, length, notes)

        def by_graph() -> object:
            one.go_to(length)
            return replay(code)

        made["graph"] = by_graph
    ways = {name: {"ms": card.timed_ms(work), "launching_ms": card.launching_ms(work)} for name, work in made.items()}
    return ways | {"most_off": most_off, "largest": float(wanted.abs().max()), "notes": notes}


def sentences(card: Card) -> dict:
    """The longest sentence through coqui-tts' inference, our step without and with the graph: seconds, real-time factor."""
    from avatar.fit import steps

    made = {}
    for way in ("0", "1"):
        os.environ["AVATAR_CUDA_GRAPHS"] = way
        try:
            model = steps.speaking_model(card.dtype, card.device, card.smaller.get("xtts"))
            codes = min(steps.LONGEST_CODES if card.cuda else 4, model.gpt.max_gen_mel_tokens)
            steps._speak(model, 8)
            card.synchronize()
            if card.cuda:
                torch.cuda.reset_peak_memory_stats()
            took = []
            for _ in range(2):
                started = time.perf_counter()
                steps._speak(model, codes)
                card.synchronize()
                took.append(time.perf_counter() - started)
        finally:
            del os.environ["AVATAR_CUDA_GRAPHS"]
        made["with the graph" if way == "1" else "without"] = {
            "seconds": [round(each, 3) for each in took], "codes": codes,
            "real_time_factor": round(min(took) / (codes / steps.CODES_PER_S), 4),
            "peak_mib": torch.cuda.max_memory_allocated() >> 20 if card.cuda else None,
        }  # fmt: skip
        del model
        card.release()
    return made
