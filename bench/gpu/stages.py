"""Portrait and the two voices on a device, and all stages with the card capped to a smaller one's memory."""

from __future__ import annotations

import os
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import torch

from avatar.device import hardware, memory, need
from avatar.device.hardware import Profile
from avatar.errors import AvatarError
from avatar.fit import steps
from avatar.fit.shapes import build, randomize
from bench.gpu.meter import capped, peaks, release

VIDEO_S = 10.0
TIMED = ("portrait", "voice", "pocket")  # voice: XTTS-v2; pocket: Pocket TTS


@contextmanager
def in_force(profile: Profile):
    """A profile chosen as a user does, by AVATAR_PROFILE: the engines' own parts ask for it."""
    before = os.environ.get("AVATAR_PROFILE")
    os.environ["AVATAR_PROFILE"] = profile.name
    try:
        yield
    finally:
        os.environ.pop("AVATAR_PROFILE")
        if before is not None:
            os.environ["AVATAR_PROFILE"] = before


def measure(stage: str, profile: Profile, smaller: steps.Smaller, portrait_size: int) -> dict:
    """Load peak, run peak, cold and warm seconds of one of TIMED, and what its steps say of themselves.

    cold: the first time in this process, with building the model; warm: the same again.
    """
    device, work = memory.device(), _work(stage, profile, smaller, portrait_size)
    before = release(device)
    with peaks(device) as load:
        held = _build(stage, profile, smaller)
    del held
    release(device)
    with peaks(device) as run:
        cold_s, _ = _timed(work)
    release(device)
    warm_s, made = _timed(work)
    after = release(device)
    result = {"load": load, "run": run, "cold_s": cold_s, "warm_s": warm_s} | made
    result["left_mib"] = None if after is None else after - before
    if stage == "portrait":
        result["iterations_per_s"] = round(1 / made["parts"]["step_s"], 2) if made["parts"]["step_s"] else None
    return result


def _work(stage: str, profile: Profile, smaller: steps.Smaller, portrait_size: int):
    if stage == "portrait":
        return lambda: steps.portrait(profile, VIDEO_S, smaller, portrait_size)
    if stage == "lips":
        from bench.gpu import lips

        return lambda: lips.three_batches(profile, smaller)
    speak = steps.pocket_voice if stage == "pocket" else steps.voice
    return lambda: speak(profile, VIDEO_S, smaller)


def _build(stage: str, profile: Profile, smaller: steps.Smaller) -> object:
    """The stage's networks as they are held after loading."""
    device = memory.device()
    if stage == "voice":
        return steps.speaking_model(getattr(torch, profile.voice_dtype), device, smaller.get("xtts"))
    if stage == "pocket":
        return steps.pocket_networks(device, smaller)
    dtype = getattr(torch, profile.dtype)
    return [randomize(build(name, smaller.get(name)), device, dtype) for name in need.PORTRAIT]


def _timed(work) -> tuple[float, dict]:
    started = time.perf_counter()
    made = work()
    return round(time.perf_counter() - started, 3), made


# ---------------------------------------------------------------- smaller cards


def profile_of(cap_gib: float) -> Profile:
    """The profile that a card of so much memory gets by itself."""
    return next(each for each in hardware.PROFILES if cap_gib * 1024 >= each.least_vram_mib)


def run_capped(
    cap_gib: float, stages: list[str], context_mib: int, smaller: steps.Smaller, portrait_size: int, profile: Profile
) -> dict:
    """The profile's stages one after the other with no more memory than cap_gib; a batch is never made smaller.

    Runs on a CPU too, without the cap, to try the code.
    """
    device = torch.device(profile.device)
    result: dict = {"profile": profile.name, "context_mib": context_mib, "completes": False, "stages": {}}
    limit = capped(torch.device("cuda", 0), cap_gib, context_mib) if device.type == "cuda" else _uncapped()
    with in_force(profile), limit:
        for stage in stages:
            work = _work(stage, profile, smaller, portrait_size)
            try:
                with peaks(memory.device()) as run:
                    made = work()
            except Exception as error:  # out of memory, which is the question, or anything else: the others go on
                result["stages"][stage] = {"completes": False, "why": described(error)}
            else:
                result["stages"][stage] = {"completes": True, "run": run, "seconds": made["seconds"]}
            release(memory.device())
    result["completes"] = bool(stages) and all(each["completes"] for each in result["stages"].values())
    return result


@contextmanager
def _uncapped():
    yield


def described(error: Exception) -> str:
    """One line: what was raised, and where in these files."""
    said = (str(error).strip() or "no message").splitlines()[0]
    if isinstance(error, AvatarError):
        return said
    root = Path(__file__).resolve().parents[2]
    own = [step for step in traceback.extract_tb(error.__traceback__) if Path(step.filename).is_relative_to(root)]
    own = [step for step in own if ".venv" not in Path(step.filename).parts]
    where = f" ({Path(own[-1].filename).relative_to(root)}:{own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {said}{where}"
