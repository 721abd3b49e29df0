"""Which encoder makes the picture: the setting `encoder`, or AVATAR_ENCODER. It is "x264", "nvenc" or "auto".

x264, the default, runs on every host and gives the same bytes for the same frames. NVENC is a part of most NVIDIA GPUs
(an H100 or A100 has none); its bytes depend on card and driver, and the pinned FFmpeg wants driver 610 or newer for it,
where PyTorch is content with a much older one. So it is used only after one trial frame was encoded.

The rule of "auto": NVENC where the lips are drawn on a CUDA device, the host has fewer cores than x264 leaves room for,
and the trial frame encodes; else x264. At the goal for the lips, 200 frames a second, the cores have to do:

    the thread that drives the GPU                                        1.00 core at most
    blending, 3.1 ms a frame                                              0.62
    FFmpeg with x264, 2.1 ms a frame, and 0.1 ms to hand it the frame     0.44
                                                                          2.06

NVENC takes 1.5 of these 2.1 ms away, 0.3 of a core: FFmpeg still converts RGB to YUV. With three cores it gains
nothing. Blending and encoding were measured on an AMD EPYC, 512 x 512 (bench/NOTES.md, bench/results/ceiling.json); the
thread's full core is the most that one thread can take.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from avatar import settings
from avatar.device import hardware
from avatar.errors import EnvironmentProblem, RequestError
from avatar.media.ffmpeg import BITEXACT, encode_command, nvenc_reason, refuse_ended_by_host

CHOICES = ("x264", "nvenc", "auto")
GOAL = 200  # frames a second of the lips, end to end, on an H100
CORES_WITH_X264 = 1 + GOAL * (0.0031 + 0.0021 + 0.0001)  # seconds a frame: the sum above
TRIAL_TIMEOUT_S = 30  # a driver that hangs says nothing at all; the first use of a GPU takes a few seconds


@dataclass(frozen=True)
class Encoder:
    """What was chosen. name: one of ffmpeg.ENCODERS; why: for the stage's record."""

    name: str
    why: str

    @property
    def inputs(self) -> dict[str, str]:
        """What it adds to the inputs of a stage: x264 nothing, so that choosing it by any way is the same job."""
        return {} if self.name == "x264" else {"encoder": self.name}


def choose(device: str, size: int, frame_rate: Fraction) -> Encoder:
    """The encoder for a picture of size x size, by the setting in force. device: "cuda" or "cpu", which draws the lips.

    Raises RequestError for an unknown setting, EnvironmentProblem where NVENC was asked for by name and does not encode.
    """
    refuse_unusable(size, frame_rate)
    chosen = settings.load().encoder
    if chosen != "auto":
        return Encoder(chosen, f"set by {settings.origin('encoder')}" if settings.origin("encoder") else "the default")
    return by_rule(device, hardware.cpu_cores(), size, frame_rate)


def by_rule(device: str, cores: float, size: int, frame_rate: Fraction) -> Encoder:
    """The rule of "auto", see above. device: "cuda" or "cpu", which draws the lips; cores: that this process may use."""
    if device != "cuda":
        return Encoder("x264", "auto: the lips are drawn on the CPU")
    if cores >= CORES_WITH_X264:
        return Encoder("x264", f"auto: {cores:g} cores do, x264 at {GOAL} frames/s needs {CORES_WITH_X264:.2f}")
    if problem := nvenc_problem(size, frame_rate):
        return Encoder("x264", f"auto: NVENC encoded no trial frame: {problem}")
    return Encoder("nvenc", f"auto: {cores:g} cores are few, x264 at {GOAL} frames/s needs {CORES_WITH_X264:.2f}")


def refuse_unusable(size: int, frame_rate: Fraction) -> None:
    """Raises RequestError for an unknown setting, EnvironmentProblem for an NVENC that encodes no trial frame.

    Loads no model library.
    """
    chosen = settings.load().encoder
    if chosen not in CHOICES:
        raise RequestError(
            f"there is no encoder {chosen!r} ({settings.origin('encoder')}); choose one of: {', '.join(CHOICES)}."
        )
    if chosen == "nvenc" and (problem := nvenc_problem(size, frame_rate)):
        raise EnvironmentProblem(
            f"NVENC ({settings.origin('encoder')}) encoded no trial frame on this host: {problem}; "
            "AVATAR_ENCODER=x264 before the same command does without it."
        )


@cache
def nvenc_problem(size: int, frame_rate: Fraction) -> str:
    """Why NVENC does not encode one black frame of this size, in FFmpeg's words; "" where it does. Writes no file."""
    command = [*encode_command(size, size, frame_rate, "nvenc"), *BITEXACT, "-f", "null", "-"]
    try:
        done = subprocess.run(command, input=bytes(3 * size * size), capture_output=True, timeout=TRIAL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"FFmpeg gave no answer in {TRIAL_TIMEOUT_S} s"
    if not done.returncode:
        return ""
    messages = done.stderr.decode(errors="replace")
    if not nvenc_reason(messages):  # a GPU without memory is told as such
        refuse_ended_by_host(done.returncode, messages, "while encoding a trial frame")
    return nvenc_reason(messages) or messages.strip().partition("\n")[0] or f"FFmpeg's exit status {done.returncode}"
