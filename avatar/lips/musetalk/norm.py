"""GroupNorm that keeps channels last, for the VAE's decoder on a card.

PyTorch's own kernel (2.10, 2.11) gives channels first whatever it was given, and the convolution after it wants them
last: on an H100 30 copies of layout were 37 % of the decoder's time, and without them drawing and blending at batch 16
went from 215 to 288 frames/s (bench/results/foreign-h100/levers.json).
"""

from __future__ import annotations

import torch
from torch import nn


class ChannelsLastNorm(nn.Module):
    """The same formula from plain operations: its last digits differ. Sums are in float32, which half would overflow."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (n, channels, height, width) in any float type; PyTorch's own norm answers for what is not channels last."""
        norm = self.norm
        if x.dim() != 4 or not x.is_contiguous(memory_format=torch.channels_last):
            return norm(x)
        batch, channels, height, width = x.shape
        groups = norm.num_groups
        rows = x.permute(0, 2, 3, 1).view(batch, height * width, groups, channels // groups)
        count = rows.shape[1] * rows.shape[3]
        mean = rows.mean(dim=(1, 3), dtype=torch.float32)
        square = torch.linalg.vector_norm(rows, dim=(1, 3), dtype=torch.float32).square() / count
        variance = (square - mean.square()).clamp_min(0)
        scale = norm.weight.float().view(groups, -1) * torch.rsqrt(variance + norm.eps)[:, :, None]
        shift = norm.bias.float().view(groups, -1) - mean[:, :, None] * scale
        scale, shift = (each.to(x.dtype).reshape(batch, channels, 1, 1) for each in (scale, shift))
        return torch.addcmul(shift, x, scale)


def keep_channels_last(network: nn.Module) -> None:
    """Put ChannelsLastNorm in the place of each GroupNorm in a network."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.GroupNorm):
                setattr(parent, name, ChannelsLastNorm(child))


def as_before(network: nn.Module) -> None:
    """Undo keep_channels_last."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, ChannelsLastNorm):
                setattr(parent, name, child.norm)
