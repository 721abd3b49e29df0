"""The answer of `avatar fit`: which profile, what each stage needs, how long, how much disk. As JSON-able data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar import settings
from avatar.device import hardware, need
from avatar.device.hardware import MIB, Profile
from avatar.errors import EnvironmentProblem, RequestError
from avatar.fit import cards
from avatar.invocation import to_type
from avatar.weights import cloning, loaders

if TYPE_CHECKING:
    from collections.abc import Callable

ARITHMETIC = "by arithmetic from the shapes, not measured on this card"
NO_SECONDS = "not measured on this card"
NO_CPU_SECONDS = "not measured; --measure takes many minutes on a CPU"
AS_GIVEN = "as given"
AS_GIVEN_ALONE = "as given; --capability tells whether the locked PyTorch has code for it"
MOST_GIB = 1024  # more than any card has: whoever asks for more means MiB


def for_card(name: str, seconds: float) -> dict:
    """What is known of a card by its name, from any host and in any environment.

    Raises RequestError for an unknown name, EnvironmentProblem for a card that PyTorch has no code for.
    """
    card = cards.find(name)
    return for_gpu(
        {"name": card.label, "vram_mib": card.vram_mib, "capability": card.capability, "source": card.source}, seconds
    )


def for_memory(vram_gib: float, capability: str | None, seconds: float) -> dict:
    """What is known of any card by its memory, as nvidia-smi shows it, and its compute capability, like "8.9".

    Raises RequestError for figures that no card has, EnvironmentProblem for a card that PyTorch has no code for.
    """
    if not 0 < vram_gib <= MOST_GIB:  # nor is "nan"
        raise RequestError(
            f"--vram {vram_gib:g} is no card's memory; give GiB, above 0 and up to {MOST_GIB:,} (16,384 MiB are 16)."
        )
    if capability is not None and not re.fullmatch(r"[0-9]{1,2}\.[0-9]", capability):
        raise RequestError(f"--capability {capability!r} is none; NVIDIA writes it like 8.9 (docs/fit.md lists cards).")
    source = AS_GIVEN if capability else AS_GIVEN_ALONE
    name = f"card with {vram_gib:g} GiB"
    return for_gpu(
        {"name": name, "vram_mib": int(vram_gib * 1024), "capability": capability, "source": source}, seconds
    )


def for_gpu(gpu: dict, seconds: float) -> dict:
    """The report on a card elsewhere. One too small for every profile is compared with the smallest and does not fit."""
    if gpu["capability"]:
        cards.refuse_unsupported(gpu["name"], gpu["capability"])
    profile, vram_mib = largest_profile(gpu["vram_mib"]), gpu["vram_mib"]
    if profile.device == "cpu":
        profile = hardware.smallest_gpu_profile()
    report = answer(gpu, profile, seconds, room_mib=vram_mib)
    report["fits"] = report["fits"] and vram_mib >= profile.least_vram_mib
    return report


def for_cpu(seconds: float) -> dict:
    """This host without a GPU: the profile cpu."""
    report = answer(None, hardware.profile_named("cpu"), seconds, room_mib=hardware.memory_mib(), here=True)
    report["seconds_from"] = NO_CPU_SECONDS
    return report


def for_host(seconds: float, tell: Callable[[str], None], measure_cpu: bool) -> dict:
    """Measured on this host, in the profile in force: its GPU, or its CPU where the profile is cpu and that is wanted.

    Raises EnvironmentProblem where the GPU cannot be used: driver, generation, or memory that others hold.
    """
    host = hardware.detect(settings.home())
    if host.gpu_problem:
        raise EnvironmentProblem(f"{host.gpu_problem}; reload or install the NVIDIA driver, or ask with --gpu NAME.")
    if host.gpus:
        refuse_unusable(host.gpus[0])
    refuse_base_environment()
    from avatar.device import memory
    from avatar.fit import steps

    profile = memory.profile()
    if profile.device == "cpu" and host.gpus and not measure_cpu:
        return for_cpu(seconds) | {"passed_over": why_passed_over(host.gpus[0])}
    gpu = used_gpu(host) if profile.device == "cuda" else None
    report = answer(gpu, profile, seconds, gpu["vram_mib"] if gpu else host.memory_mib, here=True)
    take(report, steps.measure(profile, seconds, tell), "measured on this host")
    return report | {"measured": True}


def refuse_unusable(gpu: hardware.Gpu) -> None:
    """Raises EnvironmentProblem when the driver is too old for the locked PyTorch, or the GPU."""
    from avatar.environment import driver, locks

    cuda = driver.locked_cuda(locks.read_payload(locks.find_locks()))
    if cuda and driver.is_older(gpu.driver, least := driver.least_driver(cuda)):
        raise EnvironmentProblem(
            f"the driver {gpu.driver} of the {gpu.name} is too old: CUDA {cuda} in the locked torch needs {least} or newer; "
            "update it."
        )
    if capability := driver.read_capability():
        cards.refuse_unsupported(gpu.name, capability)


def why_passed_over(gpu: hardware.Gpu) -> str:
    """Why the profile is cpu although there is a GPU. Raises EnvironmentProblem where PyTorch should see it."""
    import torch

    if settings.load().profile == "cpu":
        return f"the {gpu.name} is not used: the profile is set to cpu"
    if not torch.cuda.is_available():
        raise EnvironmentProblem(
            f"nvidia-smi shows the {gpu.name}, and PyTorch can use no GPU; look at CUDA_VISIBLE_DEVICES, and whether "
            "the container was started with its GPUs."
        )
    least = hardware.smallest_gpu_profile().least_vram_mib
    return f"the {gpu.name} is not used: it has {gpu.vram_mib:,} MiB, and the smallest GPU profile wants {least:,}"


def refuse_base_environment() -> None:
    import importlib.util

    if not importlib.util.find_spec("torch"):
        raise EnvironmentProblem(
            "measuring needs the full environment, and this is the base one; "
            f"type '{to_type('fit', full=True)}', or ask by name: '{to_type('fit --gpu NAME')}'."
        )


def used_gpu(host: hardware.Hardware) -> dict:
    """The GPU that PyTorch uses: memory and driver as nvidia-smi has them."""
    import torch

    properties = torch.cuda.get_device_properties(0)
    return {
        "name": properties.name,
        "vram_mib": properties.total_memory // MIB,
        "capability": f"{properties.major}.{properties.minor}",
        "source": "this host",
        "driver": host.gpus[0].driver if host.gpus else "",
        "torch": torch.__version__,
    }


def largest_profile(vram_mib: int) -> Profile:
    """The largest profile whose every stage a card has room for; cpu where none of the others."""
    for profile in hardware.PROFILES:
        if vram_mib >= profile.least_vram_mib and all(each.total <= vram_mib * MIB for each in need.stages(profile)):
            return profile
    return hardware.profile_named("cpu")


def smallest_card_gb(profile: Profile) -> int:
    """How large a card a profile wants, in GB as sold: of that size and larger every known card has room for it.

    The answer to "how large a card do I need" is that of `hardware.smallest_gpu_profile()`; README and docs say it.
    """
    most_mib = max([profile.least_vram_mib, *(mib(each.total) for each in need.stages(profile))])
    too_small = [card.gb for card in cards.CARDS if card.vram_mib < most_mib]
    return min(card.gb for card in cards.CARDS if card.gb > max(too_small, default=0))


def answer(gpu: dict | None, profile: Profile, seconds: float, room_mib: int | None, here: bool = False) -> dict:
    """The report by arithmetic. room_mib: memory of the device; None where that host is not known. here: it is this host,
    with what its environment can load."""
    pocket_alone = here and loaders.is_without_xtts()
    stages = {each.stage: stage(each) for each in need.stages(profile, pocket_alone)}
    return {
        "gpu": gpu,
        "profile": profile.name,
        "dtype": profile.dtype,
        "lips_batch": profile.lips_batch,
        "portrait_steps": profile.portrait_steps,
        "video_seconds": seconds,
        "least_vram_mib": profile.least_vram_mib,
        "room_mib": room_mib,
        "fits": room_mib is None or all(each["need_mib"] <= room_mib for each in stages.values()),
        "stages": stages,
        "peaks_from": ARITHMETIC if gpu else "by arithmetic from the shapes",
        "seconds_from": NO_SECONDS,
        "measured": False,
        "disk": disk(pocket_alone),
        "cloning": cloning.engines(profile),
    }


def stage(needed: need.Need) -> dict:
    return {
        "model": needed.model,
        "weights_mib": mib(needed.weights),
        "live_mib": mib(needed.live),
        "copies_mib": mib(needed.copies),
        "allowance_mib": mib(needed.allowance),
        "floor_mib": mib(needed.floor),
        "need_mib": mib(needed.total),
        "worst": needed.worst,
        "peak_allocated_mib": None,
        "seconds": None,
    }


def take(report: dict, stages: dict, where: str) -> None:
    """Put measured figures into a report: seconds, and peaks where there are any."""
    for name, measured in stages.items():
        report["stages"][name] |= measured | {"peak_allocated_mib": measured["peak_allocated_mib"] or None}
    report["seconds_from"] = where
    if any(each["peak_allocated_mib"] for each in report["stages"].values()):
        report["peaks_from"] = where


def disk(pocket_alone: bool) -> dict:
    """Bytes of the weights as they are fetched, of what is made from them, and what is missing and free here."""
    import shutil

    from avatar.weights import lock, store
    from avatar.weights.disk import existing

    models = loaders.of_the_full_stack(lock.read()) if pocket_alone else lock.read().models
    if pocket_alone:
        voice_bytes = 2 * (need.PARAMETERS["pocket-speech"] + need.PARAMETERS["pocket-codec"])
    else:
        voice_bytes = 4 * (need.PARAMETERS["xtts-gpt"] + need.PARAMETERS["xtts-decoder"])
    return {
        "weights": sum(model.needed_bytes for model in models),
        # MuseTalk's UNet in float16, XTTS's tensors in float32, Pocket TTS's as they come: see `store.converted`.
        "converted": 2 * need.PARAMETERS["musetalk-unet"] + voice_bytes,
        "missing": sum(store.state(model)["missing_bytes"] for model in models),
        "free": shutil.disk_usage(existing(settings.home())).free,
    }


def mib(count: int) -> int:
    return -(-count // MIB)
