"""One model on the device at a time: which device, whether the model fits, what it took, and that it is gone again.

An engine of the full stack loads inside of `measured` and drops its model before that ends:

    device = memory.device(profile)
    with memory.measured("voice", need_bytes, device, profile) as usage:  # refuses here, before anything is loaded
        model = ...
        told.facts["memory"] = usage.as_facts()  # for each thing that it makes: the worst moment so far
        del model
    notes = usage.notes

Everything here works on a CPU too, where PyTorch counts nothing: the figures are zeros there.
"""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from avatar import settings
from avatar.device import freed_memory, hardware
from avatar.device.hardware import MIB, Profile
from avatar.errors import EnvironmentProblem, RequestError, TemporaryProblem
from avatar.invocation import to_type

if TYPE_CHECKING:
    import torch

# PyTorch's worker threads wait for each other asleep; OpenMP reads this when torch loads, which is after this module.
# Spinning, its default, they take the core from the very thread that they wait for where another process runs too.
# MuseTalk on a tiny checkpoint, 2 threads on 2 cores: 3 frames a second spinning, 20 asleep; on a quiet host 33 and 33.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

LEFT_OVER_MIB = 100  # cuBLAS keeps a workspace of 8 to 32 MiB for the life of the process; more than this is a leak


def cuda_graphs() -> bool:
    """Whether networks are launched as CUDA graphs on a card: yes, but for AVATAR_CUDA_GRAPHS=0.

    No setting and not in the request: it changes how long a render takes, not what it is. Figures: bench/NOTES.md.
    Raises RequestError.
    """
    said = os.environ.get("AVATAR_CUDA_GRAPHS", "1")
    if said not in ("0", "1"):
        raise RequestError(f"AVATAR_CUDA_GRAPHS is {said!r}; it takes 1 (on) or 0 (off).")
    return said == "1"


def profile() -> Profile:
    """The profile in force: the one in the settings (AVATAR_PROFILE), "auto" if they say nothing.

    Raises RequestError and EnvironmentProblem as profile_named_or_fitting does.
    """
    return profile_named_or_fitting(settings.load().profile)


def profile_named_or_fitting(name: str) -> Profile:
    """A profile by its name; for "auto" the largest that fits the GPU that PyTorch uses.

    Raises RequestError for an unknown name, EnvironmentProblem for a GPU profile where PyTorch can use no GPU, or where
    the host has one that it cannot use.
    """
    import torch

    usable = torch.cuda.is_available()
    if name == "auto":
        if not usable and (card := hardware.card_file()):
            raise EnvironmentProblem(
                f"this host has an NVIDIA GPU ({card}), and PyTorch cannot use it: {why_not_usable()}. "
                f"'{to_type('status')}' checks the driver; with AVATAR_NETWORK=open in front the network stays open, "
                "which a driver may want; the profile cpu does without a GPU."
            )
        vram_mib = torch.cuda.get_device_properties(0).total_memory // MIB if usable else 0
        return next(each for each in hardware.PROFILES if vram_mib >= each.least_vram_mib)
    try:
        chosen = hardware.profile_named(name)
    except KeyError as error:
        known = ", ".join(["auto", *(each.name for each in hardware.PROFILES)])
        raise RequestError(f"there is no profile {name!r}; choose one of: {known}.") from error
    if chosen.device == "cuda" and not usable:
        raise EnvironmentProblem(
            f"the profile {name!r} needs a CUDA GPU, and PyTorch can use none on this host; "
            f"'{to_type('status')}' shows why, the profile cpu does without."
        )
    return chosen


def _or_in_force(chosen: Profile | None) -> Profile:
    return chosen or profile()


def why_not_usable() -> str:
    """CUDA's own words. torch.cuda.is_available() says no more than False, and a render on a CPU takes hours."""
    import torch

    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:  # the latter of a PyTorch without CUDA
        return str(error).splitlines()[0].rstrip(".")
    return "it names no reason"


def device(profile: Profile | None = None) -> torch.device:
    """The device of a profile, by default the one in force: the first CUDA device, else the CPU."""
    return _torch_device(_or_in_force(profile))


def _torch_device(profile: Profile) -> torch.device:
    import torch

    return card() if profile.device == "cuda" else torch.device("cpu")


def card() -> torch.device:
    """The first CUDA device, set up as every engine here wants it."""
    import torch

    # cuDNN's attention makes a plan for each new shape in each new thread: by that MuseTalk's first frame came 0.4 to 0.9 s
    # later on an H200. PyTorch's others make none, and frames come as fast (bench/NOTES.md).
    torch.backends.cuda.enable_cudnn_sdp(False)
    return torch.device("cuda", 0)


def dtype_for(device: torch.device) -> torch.dtype:
    """float16 on CUDA, float32 elsewhere: CPUs are slower in half precision."""
    import torch

    return torch.float16 if device.type == "cuda" else torch.float32


@dataclass
class Usage:
    """What one engine takes of its device, in MiB as PyTorch's allocator counts them; zeros on a CPU.

    allocated is what tensors held at the worst moment, reserved what the allocator held of the card for them; left is
    how much more the allocator holds afterwards than it did before, None until then.
    """

    name: str
    device: str
    needed_mib: int = 0  # what the engine expected, from the shapes
    peak_allocated_mib: int = 0
    peak_reserved_mib: int = 0
    left_mib: int | None = None
    notes: list[str] = field(default_factory=list)
    watched: torch.device | None = None  # while the engine is there

    def look(self) -> None:
        """Read the peaks since the engine began to load."""
        import torch

        if self.watched is not None and self.watched.type == "cuda":
            self.peak_allocated_mib = _mib(torch.cuda.max_memory_allocated(self.watched))
            self.peak_reserved_mib = _mib(torch.cuda.max_memory_reserved(self.watched))

    def as_facts(self) -> dict:
        """For the stage's record, as of now; left_mib is there when the engine is gone."""
        self.look()
        facts = {
            "device": self.device,
            "needed_mib": self.needed_mib,
            "peak_allocated_mib": self.peak_allocated_mib,
            "peak_reserved_mib": self.peak_reserved_mib,
        }
        return facts if self.left_mib is None else facts | {"left_mib": self.left_mib}


@contextmanager
def measured(
    name: str, need_bytes: int | None = None, device: torch.device | None = None, profile: Profile | None = None
) -> Iterator[Usage]:
    """Around the life of one engine on the device: from before its model loads to after it was dropped.

    name: for messages ("voice"); need_bytes: weights and working memory at the worst moment; device and profile: by
    default those in force. Raises EnvironmentProblem before anything is loaded when that is more than the device has.
    All figures are there when the block has ended; a model that did not go leaves a note, because what it made is
    good: the next engine's own check refuses if it must.
    """
    import torch

    chosen = _torch_device(_or_in_force(profile)) if device is None else device
    usage = Usage(name, describe(chosen), needed_mib=_mib(need_bytes or 0), watched=chosen)
    release(chosen)
    before_mib = reserved_mib(chosen)
    if need_bytes:
        refuse_too_small(name, need_bytes, chosen, profile)
    if chosen.type == "cuda":
        torch.cuda.reset_peak_memory_stats(chosen)
    try:
        yield usage
    finally:
        usage.look()
        usage.watched = None
        release(chosen)
        usage.left_mib = max(0, reserved_mib(chosen) - before_mib)
    if usage.left_mib > LEFT_OVER_MIB:
        usage.notes.append(f"{name}: {usage.left_mib} MiB stayed on {usage.device} after its model was dropped.")


def release(device: torch.device) -> None:
    """Collect what nothing refers to any more, and hand it back: to the host, and PyTorch's cached blocks to the card."""
    import torch

    gc.collect()
    freed_memory.hand_back()  # 40 MiB after 120 s of given speech
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()


def reserved_mib(device: torch.device) -> int:
    """What PyTorch's allocator holds of a card; 0 on a CPU."""
    import torch

    return _mib(torch.cuda.memory_reserved(device)) if device.type == "cuda" else 0


def refuse_too_small(name: str, need_bytes: int, device: torch.device, profile: Profile | None = None) -> None:
    """Raises EnvironmentProblem when the device has less memory than is needed, TemporaryProblem when less is free."""
    import torch

    if device.type == "cuda":
        free_mib, total_mib = (_mib(count) for count in torch.cuda.mem_get_info(device))
    else:
        free_mib = total_mib = hardware.memory_mib()  # a CPU's memory is freed by the system where it can be
    need_mib = _mib(need_bytes)
    if need_mib > total_mib:
        advice, mend = smaller_profile(total_mib, profile)
        raise EnvironmentProblem(
            f"{name}: about {need_mib:,} MiB are needed, and {describe(device)} has {total_mib:,} MiB; {advice}.",
            mend=mend,
        )
    if need_mib > free_mib:
        advice, mend = smaller_profile(free_mib, profile)
        raise TemporaryProblem(
            f"{name}: about {need_mib:,} MiB are needed, and {free_mib:,} of the {total_mib:,} MiB of "
            f"{describe(device)} are free; close what else uses it (nvidia-smi lists that), or {advice}.",
            mend=mend,
        )


def smaller_profile(room_mib: int | float = math.inf, profile: Profile | None = None) -> tuple[str, dict[str, object]]:
    """What to take where there is so much memory: a sentence's end, and the field of the request that would say so."""
    most_mib = min(_or_in_force(profile).least_vram_mib, room_mib)
    smaller = [each for each in hardware.PROFILES if each.least_vram_mib < most_mib]
    if not smaller:
        return "render on a host with more memory, or with the preview stack", {"stack": "preview"}
    return "take a smaller profile", {"profile": smaller[0].name}


def describe(device: torch.device) -> str:
    """A device by a name that people know."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else "this host"


def _mib(count: int) -> int:
    """Bytes as MiB, rounded up."""
    return -(-count // MIB)
