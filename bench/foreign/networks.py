"""Levers in the networks: memory layout, GroupNorm that keeps channels last, graphs; where the time goes; equal bytes."""

from __future__ import annotations

import torch
from torch import nn

from bench.foreign.levers import Card

WAYS = ("channels_last", "contiguous", "channels_last, norm in half", "channels_last, norm with float32 sums")

# What the names of kernels say of their kind; the first that fits.
KINDS = {
    "layout copies": ("nchwToNhwc", "nhwcToNchw", "direct_copy", "copy_kernel", "Memcpy DtoD", "convertTensor"),
    "norm": ("group_norm", "GroupNorm", "RowwiseMoments", "ComputeFusedParams", "Welford", "layer_norm"),
    "attention": ("flash", "fmha", "attention", "softmax"),
    "convolution and products": ("conv", "xmma", "gemm", "cutlass", "cudnn", "nvjet", "implicit"),
    "upsample": ("upsample",),
    "elementwise": ("elementwise", "vectorized", "reduce", "CatArray", "index"),
}


class ChannelsLastNorm(nn.Module):
    """GroupNorm of plain operations that keep channels last: PyTorch 2.10's own kernel gives channels first.

    in_half: the sums in the input's type, which may overflow in half precision; else in float32.
    """

    def __init__(self, norm: nn.GroupNorm, in_half: bool) -> None:
        super().__init__()
        self.norm, self.in_half = norm, in_half

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        norm = self.norm
        if x.dim() != 4 or not x.is_contiguous(memory_format=torch.channels_last):
            return norm(x)
        batch, channels, height, width = x.shape
        groups = norm.num_groups
        rows = x.permute(0, 2, 3, 1).view(batch, height * width, groups, channels // groups)
        if self.in_half:
            variance, mean = torch.var_mean(rows, dim=(1, 3), correction=0)
            variance, mean = variance.float(), mean.float()
        else:
            count = rows.shape[1] * rows.shape[3]
            mean = rows.mean(dim=(1, 3), dtype=torch.float32)
            square = torch.linalg.vector_norm(rows, dim=(1, 3), dtype=torch.float32).square() / count
            variance = (square - mean.square()).clamp_min(0)
        scale = norm.weight.float().view(groups, -1) * torch.rsqrt(variance + norm.eps)[:, :, None]
        shift = norm.bias.float().view(groups, -1) - mean[:, :, None] * scale
        scale, shift = (each.to(x.dtype).reshape(batch, channels, 1, 1) for each in (scale, shift))
        return torch.addcmul(shift, x, scale)


def set_way(card: Card, way: str) -> None:
    """Give the networks one of WAYS, whatever they had."""
    for network in (card.models.unet, card.models.vae):
        replace(network, ChannelsLastNorm, lambda norm: norm.norm)
        network.to(memory_format=torch.contiguous_format if way == "contiguous" else torch.channels_last)
        if "norm" in way:
            in_half = way.endswith("half")
            replace(network, nn.GroupNorm, lambda norm, in_half=in_half: ChannelsLastNorm(norm, in_half))


def replace(network: nn.Module, kind: type, make) -> None:
    """Put make(module) in the place of each module of a kind; one inside another of ours is left alone."""
    for parent in [
        each for each in network.modules() if not isinstance(each, ChannelsLastNorm) or kind is ChannelsLastNorm
    ]:
        for name, child in list(parent.named_children()):
            if isinstance(child, kind):
                setattr(parent, name, make(child))


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
        set_way(card, "channels_last" if card.cuda else "contiguous")
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
