"""Whether the host's NVIDIA driver is new enough for the CUDA inside the locked torch wheels."""

from __future__ import annotations

from avatar.environment.compare import Lock

# The least Linux driver for each major release of CUDA; minor releases are compatible within a major one
# (NVIDIA, CUDA Compatibility, "Minor Version Compatibility").
LEAST_DRIVER = {11: "450.80.02", 12: "525.60.13", 13: "580.65.06"}


def locked_cuda(lock: Lock) -> str | None:
    """The CUDA version that torch brings along, read from the lock; None where no layer holds it.

    On Linux torch's wheels of CUDA 12 depend on nvidia-cuda-runtime-cu12, those of CUDA 13 on nvidia-cuda-runtime.
    """
    for packages in lock.values():
        for name, entry in packages.items():
            if name.startswith("nvidia-cuda-runtime"):
                return entry["version"]
    return None


def least_driver(cuda: str) -> str:
    """The oldest driver that runs a CUDA version. Raises KeyError for a major release not in LEAST_DRIVER."""
    return LEAST_DRIVER[int(cuda.split(".")[0])]


def is_older(driver: str, least: str) -> bool:
    """Whether one dotted driver version comes before another."""
    return [int(part) for part in driver.split(".")] < [int(part) for part in least.split(".")]
