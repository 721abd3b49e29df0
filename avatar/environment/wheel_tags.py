"""Which wheels the locks may hold, by their tags (PEP 425, PEP 600).

c_library.py reads the floor of glibc out of a wheel's name by itself: `avatar status` asks for it before it is known
whether the package packaging is there.
"""

from __future__ import annotations

from packaging import tags

from avatar.environment.installer import GLIBC_FLOOR

PYTHON = (3, 11)


def supported_tags() -> set[tags.Tag]:
    """The tags that CPython 3.11 on x86-64 Linux with glibc 2.28 takes."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC_FLOOR, 4, -1)]
    platforms += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
    return {*tags.cpython_tags(PYTHON, platforms=platforms), *tags.compatible_tags(PYTHON, "cp311", platforms)}
