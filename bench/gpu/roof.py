"""The roof: how fast this very card multiplies matrices and copies memory, and which share of that a part reaches."""

from __future__ import annotations

import torch

from bench.gpu.meter import repeated

# Arithmetic of one frame at 256 x 256 pixels, in 1e9 operations (a multiplication and an addition are two): counted from
# the published shapes of MuseTalk's UNet and of the VAE's decoder.
GFLOP_A_FRAME = {"unet": 177.8, "vae_decoder": 622.2}


def measure(device: torch.device, side: int, copy_bytes: int, least_s: float) -> dict:
    """{"matmul_tflops", "copy_gb_per_s", ...}: float16 matrices of side x side, a copy of copy_bytes (read and written).

    Random numbers, not zeros: a card clocks higher on zeros.
    """
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    product = torch.empty_like(one)
    matmul_s = repeated(device, lambda: torch.matmul(one, other, out=product), least_s)
    source = torch.randint(0, 255, (copy_bytes,), dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    copy_s = repeated(device, lambda: target.copy_(source), least_s)
    return {
        "dtype": str(dtype).removeprefix("torch."),
        "matmul_side": side,
        "matmul_tflops": round(2 * side**3 / matmul_s / 1e12, 3),
        "copy_bytes": copy_bytes,
        "copy_gb_per_s": round(2 * copy_bytes / copy_s / 1e9, 2),
    }


def share(part: str, frames_per_s: float, roof: dict) -> float | None:
    """The share of the measured matrix product that a part's arithmetic reaches, 0..1; None where that failed."""
    if not roof:
        return None
    return round(GFLOP_A_FRAME[part] * frames_per_s / 1000 / roof["matmul_tflops"], 4)
