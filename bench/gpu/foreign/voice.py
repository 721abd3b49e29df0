"""XTTS-v2: one code by transformers, by our own step, as a CUDA graph; then sentences of the last two. Pocket TTS: a latent."""

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
    ways = {
        name: {"ms": card.timed_ms(work), "clock_mhz": card.clock_mhz(), "launching_ms": card.launching_ms(work)}
        for name, work in made.items()
    }
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


def pocket(card: Card) -> dict:
    """Pocket TTS: milliseconds of a latent (80 ms of sound) and the kernels of one, and the codec's part of 8 s."""
    from torch.profiler import ProfilerActivity, profile

    from avatar.fit import steps
    from avatar.voice.pocket.generation import spoken
    from avatar.voice.pocket.sound import decoded

    speech, codec = steps.pocket_networks(card.device, card.smaller)
    count = steps.LATENTS if card.cuda else 8
    heard = torch.zeros(count, codec.config.latent_dim, device=card.device)
    words = list(range(steps.TEXT_TOKENS // 3))

    def speak(most: int) -> torch.Tensor:
        return spoken(speech, heard, words, after=most, most=most, seed=7)

    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if card.cuda else [])]
    with torch.inference_mode():
        latents = speak(count)
        decoded(codec, latents)
        few, many = (_seconds(card, speak, each) for each in (count // 4, count))
        decode_s = _seconds(card, decoded, codec, latents)
        with profile(activities=activities) as seen:
            speak(count // 4)
            card.synchronize()
    kernels = [each for each in seen.events() if each.device_type != torch.autograd.DeviceType.CPU]
    a_latent_ms = 1e3 * (many - few) / (count - count // 4)
    return {
        "latent_ms": round(a_latent_ms, 3), "before_the_first_ms": round(1e3 * few - a_latent_ms * (count // 4), 1),
        "kernels": round(len(kernels) / (count // 4), 1),
        "kernels_ms": round(sum(each.device_time for each in kernels) / 1e3 / (count // 4), 3),
        "decode_s": round(decode_s, 4), "latents": count,
        "real_time_factor": round((many + decode_s) / (count / speech.config.frame_rate), 4),
        "peak_mib": torch.cuda.max_memory_allocated() >> 20 if card.cuda else None,
    }  # fmt: skip


def _seconds(card: Card, work, *given) -> float:
    """The least of three."""
    took = []
    for _ in range(3):
        card.synchronize()
        started = time.perf_counter()
        work(*given)
        card.synchronize()
        took.append(time.perf_counter() - started)
    return min(took)
