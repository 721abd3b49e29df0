"""Puts the kernels of kernels.py into diffusers' networks: what lies between two convolutions takes few passes.

A convolution leaves its bias to what comes after it, and the division by a factor of one is left out. In float32, to
which a network may fall back, each module goes its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from torch import nn
from torch.nn import functional

from avatar.lips.musetalk import kernels

Forward = Callable[..., torch.Tensor]


def fuse(network: nn.Module) -> None:
    """All blocks of a UNet or a VAE."""
    for module in network.modules():
        if isinstance(module, ResnetBlock2D) and is_plain(module):
            _replace(module, residual)
        elif isinstance(module, Transformer2DModel) and isinstance(module.norm, nn.GroupNorm):
            _replace(module.norm, partial(normed, silu=False))
        elif isinstance(module, Upsample2D) and module.use_conv and module.norm is None and module.interpolate:
            _replace(module, enlarged)
        norm, act = getattr(module, "conv_norm_out", None), getattr(module, "conv_act", None)
        if isinstance(norm, nn.GroupNorm) and isinstance(act, nn.SiLU):  # at the end of a UNet, an encoder, a decoder
            _replace(norm, partial(normed, silu=True))
            _replace(act, partial(silu_done, groups=norm.num_groups))


def unfuse(network: nn.Module) -> None:
    """Undo `fuse`."""
    for module in network.modules():
        vars(module).pop("forward", None)


def is_plain(block: ResnetBlock2D) -> bool:
    """Whether a block does what `residual` does: nothing is enlarged or divided in it."""
    return (
        block.upsample is None and block.downsample is None and block.output_scale_factor == 1
        and (block.time_embedding_norm == "default" or block.time_emb_proj is None) and not block.skip_time_act
        and isinstance(block.nonlinearity, nn.SiLU)
        and not block.training and isinstance(block.norm1, nn.GroupNorm) and isinstance(block.norm2, nn.GroupNorm)
    )  # fmt: skip


def _replace(module: nn.Module, forward: Callable[..., torch.Tensor]) -> None:
    """Have a module called through `forward`, which is given the module, its own way, and what it is called with."""
    module.forward = partial(forward, module, module.forward)


# ---------------------------------------------------------------- in place of the modules' own


def residual(
    block: ResnetBlock2D, own: Forward, x: torch.Tensor, temb: torch.Tensor | None = None, *rest: object
) -> torch.Tensor:
    if not kernels.serve(x, block.norm1.num_groups) or rest:
        return own(x, temb, *rest)
    hidden = unbiased(block.conv1, norm_silu(block.norm1, x, None))
    bias = bias_of(block.conv1)[None]
    if temb is not None and block.time_emb_proj is not None:
        bias = bias + block.time_emb_proj(functional.silu(temb))
    hidden = unbiased(block.conv2, norm_silu(block.norm2, hidden, bias))
    shortcut = block.conv_shortcut
    if shortcut is None:
        return kernels.join(x, hidden, bias_of(block.conv2))
    return kernels.join(unbiased(shortcut, x), hidden, bias_of(block.conv2) + bias_of(shortcut))


def normed(norm: nn.GroupNorm, own: Forward, x: torch.Tensor, silu: bool) -> torch.Tensor:
    if not kernels.serve(x, norm.num_groups):
        return own(x)
    return kernels.norm(x, None, norm.weight, norm.bias, norm.num_groups, norm.eps, silu)


def silu_done(act: nn.SiLU, own: Forward, x: torch.Tensor, groups: int) -> torch.Tensor:
    """The norm before it has done it."""
    return x if kernels.serve(x, groups) else own(x)


def enlarged(
    upsample: Upsample2D, own: Forward, x: torch.Tensor, output_size: object = None, *rest: object
) -> torch.Tensor:
    if not kernels.serve(x) or output_size is not None or rest:
        return own(x, output_size, *rest)
    conv = upsample.conv if upsample.name == "conv" else upsample.Conv2d_0
    assert conv is not None  # use_conv says so
    return conv(kernels.enlarge(x))


def norm_silu(norm: nn.GroupNorm, x: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return kernels.norm(x, bias, norm.weight, norm.bias, norm.num_groups, norm.eps, True)


def bias_of(conv: nn.Conv2d) -> torch.Tensor:
    assert conv.bias is not None  # as in all of these networks
    return conv.bias


def unbiased(conv: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
    """A convolution without its bias, which PyTorch adds in a pass of its own."""
    return functional.conv2d(x, conv.weight, None, conv.stride, conv.padding)
