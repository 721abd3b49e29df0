"""What lies between the convolutions, as kernels of our own on a card: norm and SiLU, the sum at a block's end, enlarging.

PyTorch takes 21 passes over memory for a residual block of the VAE, these take 9: on an H200 a batch of 16 went from 39 to
23 ms in the decoder and from 14 to 11 in the UNet (bench/results/foreign-h200/2026-11-27). NVRTC compiles kernels.cu in
0.2 s, for the card that is there; PyTorch brings it, so no compiler is asked for on the host.

Each operation is one of PyTorch's, so that it runs on fake tensors and may be recorded in a CUDA graph; on a CPU, and as
what the kernels are held against, it is the formula in plain PyTorch.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

NAMES = ("sums", "normed", "join", "enlarge")
WIDE = 8  # channels that a thread reads at once, 16 bytes
MOST_GROUPS = 64  # as `normed` in kernels.cu has room for
THREADS, MOST_PARTS, MOST_BLOCKS = 256, 64, 1056  # of a block, of a picture, and 8 for each multiprocessor of an H100
HALF = r"""
typedef unsigned short half_bits;
__device__ __forceinline__ float wide(half_bits x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
__device__ __forceinline__ half_bits narrow(float x) { half_bits y; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
"""


def serve(x: torch.Tensor, groups: int = 1) -> bool:
    """Whether the kernels are for such a tensor: half precision (n, channels, height, width)."""
    return x.dtype == torch.float16 and x.dim() == 4 and not x.shape[1] % WIDE and groups <= MOST_GROUPS


# ---------------------------------------------------------------- the operations


@torch.library.custom_op("avatar::norm", mutates_args=())
def norm(
    x: torch.Tensor,
    bias: torch.Tensor | None,
    weight: torch.Tensor,
    shift: torch.Tensor,
    groups: int,
    eps: float,
    silu: bool,
) -> torch.Tensor:
    """GroupNorm of x + bias, and SiLU after it: (n, channels, height, width), channels last.

    x: half precision; bias: (1 or n, channels) or None; weight, shift: (channels,); sums are in float32, which half would
    overflow.
    """
    biased = x.float() if bias is None else x.float() + bias.float()[:, :, None, None]
    y = functional.group_norm(biased, groups, weight.float(), shift.float(), eps)
    return _last((functional.silu(y) if silu else y).to(x.dtype))


@torch.library.custom_op("avatar::join", mutates_args=())
def join(first: torch.Tensor, second: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """first + second + bias, half precision (n, channels, height, width), channels last; bias: (channels,)."""
    return _last((first.float() + second.float() + bias.float()[:, None, None]).to(first.dtype))


@torch.library.custom_op("avatar::enlarge", mutates_args=())
def enlarge(x: torch.Tensor) -> torch.Tensor:
    """Twice as high and wide, each pixel four times: half precision (n, channels, height, width), channels last."""
    return _last(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


@norm.register_fake
def _(x, bias, weight, shift, groups, eps, silu):
    return torch.empty_like(x, memory_format=torch.channels_last)


@join.register_fake
def _(first, second, bias):
    return torch.empty_like(first, memory_format=torch.channels_last)


@enlarge.register_fake
def _(x):
    return _twice_as_large(x)


# ---------------------------------------------------------------- on a card


@norm.register_kernel("cuda")
def norm_on_card(x, bias, weight, shift, groups, eps, silu):
    x, kernels = _last(x), compiled()
    count, channels, height, width = x.shape
    rows, columns = height * width, channels // WIDE
    threads = columns * max(1, THREADS // columns)
    parts = max(1, min(MOST_PARTS, rows * columns // threads // 4))
    part = torch.empty(count, parts, groups, 2, device=x.device)
    made = torch.empty_like(x)
    grid, block = (parts, count, 1), (threads, 1, 1)
    stride = -1 if bias is None else columns if len(bias) > 1 else 0
    bias = weight if bias is None else bias  # a pointer to something
    kernels["sums"](grid, block, [x, bias, part, rows, columns, groups, stride], shared_mem=64 * threads)
    given = [x, bias, part, weight, shift, made, rows, columns, groups, stride, parts, int(silu), float(eps)]
    kernels["normed"](grid, block, given)
    return made


@join.register_kernel("cuda")
def join_on_card(first, second, bias):
    first, second = _last(first), _last(second)
    made = torch.empty_like(first)
    _each(made, "join", [first, second, bias, made])
    return made


@enlarge.register_kernel("cuda")
def enlarge_on_card(x):
    x = _last(x)
    made = _twice_as_large(x)
    _each(made, "enlarge", [x, made], x.shape[3])
    return made


def _each(made: torch.Tensor, name: str, tensors: list[torch.Tensor], *more: int) -> None:
    """Launch a kernel that goes over the Eights of what it makes."""
    count = made.numel() // WIDE
    blocks = min(MOST_BLOCKS, -(-count // THREADS))
    compiled()[name]((blocks, 1, 1), (THREADS, 1, 1), [*tensors, count, made.shape[1] // WIDE, *more])


def _last(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _twice_as_large(x: torch.Tensor) -> torch.Tensor:
    count, channels, height, width = x.shape
    shape = (count, channels, 2 * height, 2 * width)
    return torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)


# ---------------------------------------------------------------- compiling


@cache
def compiled() -> dict[str, Any]:
    """The kernels for the card in use, by name. Raises RuntimeError, OSError, ImportError or AttributeError where that cannot be."""
    from torch.cuda import _utils  # PyTorch's own way to launch what NVRTC made; no other is offered from Python

    major, minor = torch.cuda.get_device_capability()
    loaded = _utils._cuda_load_module(cubin(f"sm_{major}{minor}"), list(NAMES))
    assert isinstance(loaded, dict)  # as it is where names are given
    return loaded


def why_not() -> str:
    """Why the kernels cannot be had on this card; "" where they can."""
    try:
        compiled()
    except (RuntimeError, OSError, ImportError, AttributeError) as error:
        return str(error).splitlines()[0]
    return ""


def cubin(architecture: str) -> bytes:
    """kernels.cu as machine code, which any driver loads that runs PyTorch; PTX would want as new a one as NVRTC's."""
    from torch.cuda import _utils

    nvrtc, program, size = _utils._get_gpu_rtc_library(), ctypes.c_void_p(), ctypes.c_size_t()
    text = HALF + Path(__file__).with_suffix(".cu").read_text("utf-8")
    options = (ctypes.c_char_p * 1)(f"--gpu-architecture={architecture}".encode())
    if nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), b"kernels.cu", 0, None, None):
        raise RuntimeError("NVRTC takes no program")
    try:
        if nvrtc.nvrtcCompileProgram(program, len(options), options):
            nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
            log = ctypes.create_string_buffer(size.value)
            nvrtc.nvrtcGetProgramLog(program, log)
            raise RuntimeError(f"NVRTC did not compile kernels.cu for {architecture}: {log.value.decode().strip()}")
        nvrtc.nvrtcGetCUBINSize(program, ctypes.byref(size))
        made = ctypes.create_string_buffer(size.value)
        nvrtc.nvrtcGetCUBIN(program, made)
        return made.raw
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
