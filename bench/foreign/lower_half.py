"""The decoder's two upper levels over the lower rows of the picture alone: 45 % of what it makes is thrown away.

GroupNorm sums over the whole picture, so the sums of the upper rows are kept from one whole decoding of the same source
frame. A halo of 22 rows keeps the zeros at the cut out of the rows that are used.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from avatar.lips.musetalk.fused import unfuse
from bench.foreign.levers import Card

FIRST_ROW = 116  # of 256: where the bundled portrait's mask begins, less the reach of Lanczos
CUT = 46  # the first row kept of 128


class SumsNorm(nn.Module):
    """GroupNorm over the lower rows. shared: {"mode": whole | reference | lower | crop}, the same for all of them."""

    def __init__(self, norm: nn.GroupNorm, shared: dict) -> None:
        super().__init__()
        self.norm, self.shared, self.above = norm, shared, None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mode, width = self.shared["mode"], x.shape[-1]
        edge, start = FIRST_ROW * width // 256, 2 * CUT * width // 256
        if mode == "reference":
            self.above = tuple(each[:1] for each in self.sums(x[:, :, :edge]))
        if mode != "lower":
            return self.norm(x)
        (above, above_square), (below, below_square) = self.above, self.sums(x[:, :, edge - start :])
        batch, channels = x.shape[:2]
        count = channels // self.norm.num_groups * width * width
        mean = (above + below) / count
        variance = ((above_square + below_square) / count - mean.square()).clamp_min(0)
        scale = (
            self.norm.weight.float().view(self.norm.num_groups, -1) * torch.rsqrt(variance + self.norm.eps)[:, :, None]
        )
        shift = self.norm.bias.float().view(self.norm.num_groups, -1) - mean[:, :, None] * scale
        scale, shift = (each.reshape(batch, channels, 1, 1).to(x.dtype) for each in (scale, shift))
        return x * scale + shift

    def sums(self, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of the values and of their squares, float32 (batch, groups)."""
        values = part.float().reshape(part.shape[0], self.norm.num_groups, -1)
        return values.sum(-1), values.square().sum(-1)


def with_sums(decoder: nn.Module, shared: dict) -> None:
    """Put SumsNorm in the place of each GroupNorm of the two upper levels."""
    for block in decoder.up_blocks[-2:]:
        for parent in list(block.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.GroupNorm) and not isinstance(parent, SumsNorm):
                    setattr(parent, name, SumsNorm(child, shared))
    decoder.conv_norm_out = SumsNorm(decoder.conv_norm_out, shared)


@torch.inference_mode()
def measure(card: Card) -> dict:
    """How far off the lower rows are, in levels of 255, with the kept sums and with the crop's own; and the time."""
    vae, shared = copy.deepcopy(card.models.vae), {"mode": "whole"}
    decoder = vae.decoder
    unfuse(vae)
    with_sums(decoder, shared)

    def decode(latents: torch.Tensor, mode: str) -> torch.Tensor:
        shared["mode"] = mode
        x = decoder.mid_block(decoder.conv_in(vae.post_quant_conv(latents)))
        for block in decoder.up_blocks[:-2]:
            x = block(x)
        if mode in ("lower", "crop"):
            layout = torch.channels_last if card.cuda else torch.contiguous_format
            x = x[:, :, CUT:].contiguous(memory_format=layout)
        for block in decoder.up_blocks[-2:]:
            x = block(x)
        return decoder.conv_out(decoder.conv_act(decoder.conv_norm_out(x)))

    batch = card.batches[-1] if card.cuda else 1
    draw = torch.Generator().manual_seed(3)
    base = torch.randn(1, 4, 32, 32, generator=draw)
    made: dict = {"first_row": FIRST_ROW, "rows_decoded": 256 - 2 * CUT, "batch": batch}
    for share in (0.0, 0.02, 0.1):
        latents = base.repeat(batch, 1, 1, 1)
        latents[:, :, 16:] = torch.randn(batch, 4, 16, 32, generator=draw)
        latents[:, :, :16] += share * torch.randn(batch, 4, 16, 32, generator=draw)
        given, reference = (each.to(card.device, card.dtype) / 0.18215 for each in (latents, base))
        wanted = levels(decode(given, "whole")[:, :, FIRST_ROW:])
        decode(reference, "reference")
        row = {}
        for kind, mode in (("kept sums", "lower"), ("the crop's own sums", "crop")):
            off = (levels(decode(given, mode)[:, :, FIRST_ROW - 2 * CUT :]) - wanted).abs()
            row[kind] = {"most": int(off.max()), "mean": round(float(off.mean()), 4)}
        made[f"upper latents {share:.0%} other"] = row
    made["whole_ms"] = card.timed_ms(lambda: decode(given, "whole"))
    made["lower_ms"] = card.timed_ms(lambda: decode(given, "lower"))
    made["ratio"] = round(made["lower_ms"] / made["whole_ms"], 3)
    return made


def levels(picture: torch.Tensor) -> torch.Tensor:
    return ((picture.float() / 2 + 0.5).clamp(0, 1) * 255).round()
