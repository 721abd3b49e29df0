"""Levers in the networks: memory layout, norms that keep it, graphs; where the time goes; equal bytes."""

from __future__ import annotations

import torch

from avatar.lips.musetalk.fused import fuse, unfuse
from bench.gpu.foreign.levers import Card

AS_BUILT, LAST, FIRST = "as built", "channels last, no kernels of our own", "contiguous"
WAYS = (AS_BUILT, LAST, FIRST)

# What the names of kernels say of their kind; the first that fits.
KINDS = {
    "layout copies": ("nchwToNhwc", "nhwcToNchw", "direct_copy", "copy_kernel", "Memcpy DtoD", "convertTensor"),
    "our own": ("sums", "normed", "join", "enlarge"),
    "norm": ("group_norm", "GroupNorm", "RowwiseMoments", "ComputeFusedParams", "Welford", "layer_norm"),
    "attention": ("flash", "fmha", "attention", "softmax"),
    "convolution and products": ("conv", "xmma", "gemm", "cutlass", "cudnn", "nvjet", "implicit"),
    "upsample": ("upsample",),
    "elementwise": ("elementwise", "vectorized", "reduce", "CatArray", "index"),
}


def set_way(card: Card, way: str) -> None:
    """Give the networks one of WAYS, whatever they had."""
    for network in (card.models.unet, card.models.vae):
        unfuse(network)
        network.to(memory_format=torch.contiguous_format if way == FIRST else torch.channels_last)
        if card.cuda and way == AS_BUILT:
            fuse(network)


def ways(card: Card) -> dict:
    """{"decoder, batch 16, WAY": milliseconds of a batch, of launching it, of its graph, MiB at the peak, how far off}."""
    found = {}
    try:
        for batch in card.batches:
            set_way(card, WAYS[0])
            wanted = {name: result_of(work) for name, work in card.works(batch).items()}
            for way in WAYS:
                set_way(card, way)
                card.release()
                for name, work in card.works(batch).items():
                    found[f"{name}, batch {batch}, {way}"] = measured(card, work, batch, wanted[name])
    finally:
        set_way(card, AS_BUILT if card.cuda else FIRST)
    return found


@torch.inference_mode()
def result_of(work) -> torch.Tensor:
    return work()[0].float()


def measured(card: Card, work, batch: int, wanted: torch.Tensor) -> dict:
    if card.cuda:
        torch.cuda.reset_peak_memory_stats()
    row = {"ms": card.timed_ms(work), "launching_ms": card.launching_ms(work)}
    row["peak_mib"] = torch.cuda.max_memory_allocated() >> 20 if card.cuda else None
    row["graph_ms"] = card.graphed_ms(work)
    row["frames_per_s"] = round(1e3 * batch / row["ms"], 1)
    row["most_off"] = round(float((result_of(work) - wanted).abs().max()), 4)  # levels of 255 in the decoder
    return row


@torch.inference_mode()
def where_time_goes(card: Card) -> dict | str:
    """{"decoder, batch 16": milliseconds, launches and share by kind of kernel, and the longest kernels}."""
    if not card.cuda:
        return "no card"
    from torch.profiler import ProfilerActivity, profile

    made = {}
    for batch in card.batches:
        for name, work in card.works(batch).items():
            work()
            card.synchronize()
            with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as profiled:
                work()
                card.synchronize()
            rows = [
                (each.key, each.device_time_total, each.count)
                for each in profiled.key_averages()
                if each.device_type.name == "CUDA" and each.device_time_total
            ]
            made[f"{name}, batch {batch}"] = summed(rows)
    return made


def summed(rows: list[tuple[str, float, int]]) -> dict:
    """rows: (kernel, microseconds, launches)."""
    total_us, kinds = sum(row[1] for row in rows) or 1, {}
    for key, us, count in rows:
        kind = next((kind for kind, words in KINDS.items() if any(w.lower() in key.lower() for w in words)), "other")
        before = kinds.get(kind, (0, 0))
        kinds[kind] = (before[0] + us, before[1] + count)
    return {
        "kernels": sum(row[2] for row in rows),
        "ms": round(total_us / 1e3, 3),
        "kinds": {
            kind: {"ms": round(us / 1e3, 3), "launches": count, "share": round(us / total_us, 3)}
            for kind, (us, count) in sorted(kinds.items(), key=lambda item: -item[1][0])
        },
        "longest": [
            [key[:110], round(us / 1e3, 3), count] for key, us, count in sorted(rows, key=lambda row: -row[1])[:12]
        ],
    }


@torch.inference_mode()
def portrait(card: Card) -> dict:
    """Stable Diffusion's UNet at 512 pixels, one guided step (batch 2), and the VAE's decoding of one picture."""
    from avatar.fit.shapes import build, randomize

    unet, vae = (
        randomize(build(name, card.smaller.get(name)), card.device, card.dtype) for name in ("sd-unet", "sd-vae")
    )
    side = 64 if card.cuda else 8
    noise = torch.randn(2, 4, side, side, device=card.device, dtype=card.dtype)
    words = torch.randn(2, 77, unet.config.cross_attention_dim, device=card.device, dtype=card.dtype)
    at = torch.tensor(500, device=card.device)
    made = {}
    for way, layout in (("contiguous", torch.contiguous_format), ("channels_last", torch.channels_last)):
        unet.to(memory_format=layout)
        vae.to(memory_format=layout)
        given = noise.to(memory_format=layout)

        def step(given=given):
            return unet(given, at, encoder_hidden_states=words).sample

        def decode(given=given):
            return vae.decode(given[:1]).sample

        row = {
            "step_ms": card.timed_ms(step),
            "launching_ms": card.launching_ms(step),
            "decode_ms": card.timed_ms(decode),
        }
        row |= {"graph_ms": card.graphed_ms(step), "iterations_per_s": round(1e3 / row["step_ms"], 1)}
        made[way] = row
    return made


@torch.inference_mode()
def equal(card: Card) -> dict:
    """Is a batch the same to the byte twice, and in a batch of 1? That decides what a resumed job may promise."""
    made = {}
    for batch in card.batches:
        latents, tokens, faces = card.inputs(batch)
        drawn, again = card.models.decode(faces)[0], card.models.decode(faces)[0]
        alone = torch.cat([card.models.decode(faces[number : number + 1])[0] for number in range(2)])
        predicted, twice = card.models.predict(latents, tokens)[0], card.models.predict(latents, tokens)[0]
        made[f"batch {batch}"] = {
            "decoder twice": bool((drawn == again).all()),
            "unet twice": bool((predicted == twice).all()),
            "decoder, as batches of 1: most levels": int((drawn[:2].int() - alone.int()).abs().max()),
        }
    return made
