"""c2pa's library at work, in a process of its own that is closed to the network (c2pa_program.py)."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from avatar.environment import c_library
from avatar.environment.packaged import MEND
from avatar.errors import AvatarError, EnvironmentProblem, TemporaryProblem
from avatar.host.closed_child import Limits, run

PROGRAM = Path(__file__).with_name("c2pa_program.py")
WITHIN = Limits(wall_s=600, cpu_s=600, memory_mib=1024)


class Refused(AvatarError):
    """The library would not; kind: its name for why."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.of = kind


def obstacle() -> str:
    """Why the library cannot work on this host; "" where it can."""
    if not is_here() and not elsewhere():
        return f"c2pa-python is not installed; {MEND}"
    return c_library.signing_problem(c_library.host_glibc())


def is_here() -> bool:
    return bool(importlib.util.find_spec("c2pa"))


def elsewhere() -> str:
    """The Python of the environment that makes the videos, where this one talks to a network and makes none."""
    return os.environ.get("AVATAR_WORKER_PYTHON", "")


def ask(asked: dict[str, Any], largest: int, readable: Path | None = None) -> dict[str, Any]:
    """What the library answers. largest: bytes that it may write; readable: the one file that it may read, where a stranger
    made it.

    Raises Refused, EnvironmentProblem where the library does not work here, TemporaryProblem where the host ended it.
    """
    within = replace(WITHIN, file_mib=(largest >> 20) + 64)
    python, flags = sys.executable, ["-I"]
    environment = {name: value for name, value in os.environ.items() if name != "C2PA_LIBRARY_NAME"}
    if is_here():
        packages = _packages()
        flags, environment["PYTHONPATH"] = ["-P", "-S"], packages
        if readable:
            within = replace(within, readable=(sys.prefix, sys.base_prefix, PROGRAM, packages, readable))
    else:
        python = elsewhere()
    with tempfile.TemporaryFile() as question:
        question.write(json.dumps(asked).encode())
        question.seek(0)
        ended = run([python, *flags, PROGRAM], within, question, environment)
    if ended.ended_by_host:
        how = f"ran into its limit of {ended.limit}" if ended.limit else f"was ended by signal {-ended.status}"
        raise TemporaryProblem(f"c2pa's library {how}; end other programs, or try again later.")
    answer = {}
    with contextlib.suppress(ValueError):
        answer = json.loads(ended.stdout)
    if ended.status or not isinstance(answer, dict):
        said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        if "[Errno " in said[0]:  # what the system refused may be there later
            raise TemporaryProblem(f"c2pa's library could not work: {said[0]}; free some, or try again later.")
        raise EnvironmentProblem(f"c2pa's library does not work here ({said[0]}); {MEND}.")
    if "failed" in answer:
        raise Refused(answer["failed"], answer["kind"])
    return answer


def _packages() -> str:
    """The folder that c2pa is installed in."""
    found = importlib.util.find_spec("c2pa")
    assert found and found.origin
    return str(Path(found.origin).parents[1])
