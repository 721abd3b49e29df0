"""Whether the host's C library is as new as the locked wheels want it: the floor in their platform tags (PEP 600)."""

from __future__ import annotations

import os
import re

from avatar.environment.locks import Wheel

# What the older names of platform tags stand for (PEP 513, 571, 599): the minor version of glibc 2.
OLD_NAMES = {"manylinux1_x86_64": 5, "manylinux2010_x86_64": 12, "manylinux2014_x86_64": 17}

SIGNING = (
    2,
    34,
)  # what c2pa's native library needs, whose wheel says 2.28 (symbols of libc2pa_c.so, since c2pa-python 0.10)


def host_glibc() -> tuple[int, int] | None:
    """(2, 36) for glibc 2.36; None where Python runs on another C library, such as musl."""
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):
        return None
    match = re.fullmatch(r"glibc (\d+)\.(\d+).*", name)
    return (int(match[1]), int(match[2])) if match else None


def least_glibc(wheel: Wheel) -> tuple[int, int] | None:
    """The oldest glibc that a wheel says it runs on; None for a wheel of any platform.

    A wheel may carry several tags, each of which is enough: the lowest counts.
    """
    tags = wheel.file.removesuffix(".whl").rpartition("-")[2].split(".")
    floors = [(2, OLD_NAMES[tag]) for tag in tags if tag in OLD_NAMES]
    floors += [(int(m[1]), int(m[2])) for tag in tags if (m := re.fullmatch(r"manylinux_(\d+)_(\d+)_x86_64", tag))]
    return min(floors, default=None)


def signing_problem(host: tuple[int, int] | None) -> str:
    """Why nothing can be signed or verified on a host with this C library; "" where it can."""
    if host is None or host < SIGNING:
        return f"c2pa's library needs {written(SIGNING)}, and this host has {written(host)}"
    return ""


def written(version: tuple[int, int] | None) -> str:
    return "glibc " + ".".join(map(str, version)) if version else "a C library other than glibc"


def problems(wheels: list[Wheel], host: tuple[int, int] | None) -> list[str]:
    """The wheels that are for a newer C library than the host's; everything but `any` where it has no glibc."""
    return [
        f"{wheel.file} needs {written(least)}"
        for wheel in wheels
        if (least := least_glibc(wheel)) and (host is None or host < least)
    ]
