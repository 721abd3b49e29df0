"""Memory and time of a piece of work on a device. On a CPU, where PyTorch counts nothing, memory is None."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator

import torch

from avatar.device.hardware import MIB
from bench import machine


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(device: torch.device, work: Callable[[], object]) -> float:
    """Wall seconds until all that `work` asked of the device is done."""
    synchronize(device)
    started = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - started


def repeated(device: torch.device, work: Callable[[], object], least_s: float, most: int = 5000) -> float:
    """Seconds of one run of `work`, warm: the mean over as many as fill least_s, at most `most`, after one unmeasured."""
    seconds(device, work)
    once = seconds(device, work)
    count = max(1, min(most, round(least_s / max(once, 1e-6))))

    def many() -> None:
        for _ in range(count):
            work()

    return seconds(device, many) / count


@contextlib.contextmanager
def peaks(device: torch.device) -> Iterator[dict]:
    """{"allocated_mib", "reserved_mib", "device_mib"} of a block, filled at its end.

    allocated: of tensors, PyTorch's own count, the gate. reserved: what its allocator held for them. device: in use on
    the whole card as the driver counts (NVML), CUDA's context and other processes with it; read once at the end, which
    is the peak, because the allocator hands nothing back before `release`.
    """
    found: dict = {"allocated_mib": None, "reserved_mib": None, "device_mib": None}
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    yield found
    if device.type == "cuda":
        synchronize(device)
        found["allocated_mib"] = -(-torch.cuda.max_memory_allocated(device) // MIB)
        found["reserved_mib"] = -(-torch.cuda.max_memory_reserved(device) // MIB)
        found["device_mib"] = machine.used_mib()


def release(device: torch.device) -> int | None:
    """Collect what nothing refers to, and return what is still allocated, in MiB: the baseline between stages."""
    gc.collect()
    if device.type != "cuda":
        return None
    synchronize(device)
    torch.cuda.empty_cache()
    return -(-torch.cuda.memory_allocated(device) // MIB)


@contextlib.contextmanager
def capped(device: torch.device, cap_gib: float, context_mib: int) -> Iterator[None]:
    """PyTorch's allocator limited as if the card had cap_gib, of which CUDA's context takes its share."""
    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction((cap_gib * 1024 - context_mib) * MIB / total, device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
