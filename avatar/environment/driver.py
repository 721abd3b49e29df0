"""Whether the locked torch can use the host's GPU: its driver is new enough, and there is code for its generation."""

from __future__ import annotations

import re
import shutil
import subprocess

from avatar.device.hardware import NVIDIA_SMI_TIMEOUT_S
from avatar.environment.compare import Lock

# The least Linux driver for each major release of CUDA; minor releases are compatible within a major one
# (NVIDIA, CUDA Compatibility, "Minor Version Compatibility").
LEAST_DRIVER = {11: "450.80.02", 12: "525.60.13", 13: "580.65.06"}

# The compute capabilities that the locked torch holds code for (torch.cuda.get_arch_list(); a test compares). There is
# no PTX in it that a driver could compile for a later generation.
ARCHITECTURES = ("7.0", "7.5", "8.0", "8.6", "9.0", "10.0", "12.0")


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


def read_capability() -> str:
    """The compute capability of the first GPU, like "8.6"; "" where nvidia-smi is not there or does not know it.

    Asked for apart from the rest: an nvidia-smi that does not know the field answers nothing at all.
    """
    program = shutil.which("nvidia-smi")
    if not program:
        return ""
    query = [program, "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_SMI_TIMEOUT_S).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    first = said.partition("\n")[0].strip()
    return first if re.fullmatch(r"\d+\.\d+", first) else ""


def has_code_for(capability: str) -> bool:
    """Code for X.y runs on every X.z with z >= y, and on no other X (CUDA C++ Programming Guide, 'Binary
    Compatibility')."""
    major, minor = map(int, capability.split("."))
    built = [tuple(map(int, architecture.split("."))) for architecture in ARCHITECTURES]
    return any(major == built_major and minor >= built_minor for built_major, built_minor in built)
