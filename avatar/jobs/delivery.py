"""From a finished file in the home to where the user wants it: refused beforehand where it cannot be, never half a file."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from avatar.errors import EnvironmentProblem, RequestError, TemporaryProblem
from avatar.files import written_whole
from avatar.jobs.job import Job

LEAST_FREE_BYTES = 50 << 20  # a plain square of 120 s needs about 20 MB; below this a render would die half way


def check_output(output: Path, overwrite: bool, suffix: str = ".mp4") -> None:
    """Refuse an output that cannot be written, before any work is done."""
    shown, folder, about = repr(str(output)), output.parent, ("output",)
    if os.path.isdir(output):
        raise RequestError(f"the output {shown} is a folder; name a file in it.", about)
    if output.suffix.lower() != suffix:
        raise RequestError(f"the output {shown} must end in {suffix}; that is what is written.", about)
    if len(os.fsencode(output.name)) + len("..partial") > os.pathconf("/", "PC_NAME_MAX"):
        raise RequestError(f"the name of the output is {len(output.name)} characters long; name a shorter one.", about)
    if not folder.is_dir():
        raise RequestError(f"the folder {str(folder)!r} does not exist; make it first, or name another output.", about)
    if os.path.lexists(output) and not overwrite:
        raise RequestError(
            f"the output {shown} exists; name another file, or have it overwritten.", ("output",), {"overwrite": True}
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RequestError(
            f"cannot write into {str(folder)!r}: {error.strerror}; name another output.", about
        ) from error


def refuse_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse, whatever may be overwritten, an output that is a file which it is made from."""
    inputs = list(inputs)
    for output in outputs:
        if any(_is_same(output, each) for each in inputs):
            raise RequestError(
                f"the output {str(output)!r} is a file that it is made from, and would replace it; name another output.",
                ("output",),
            )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # one of them is not there, or its name can be none
        return False


def check_home(home: Path, needed_bytes: int = LEAST_FREE_BYTES) -> None:
    """Refuse a home that cannot be written or has no room for so much, before any work is done."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        free = shutil.disk_usage(home).free
    except OSError as error:
        raise EnvironmentProblem(
            f"cannot write into {str(home)!r}, where jobs are kept: {error.strerror}; set AVATAR_HOME to another folder."
        ) from error
    if free < needed_bytes:
        raise TemporaryProblem(
            f"the disk that holds {str(home)!r} is full ({free >> 20} MiB free, {needed_bytes >> 20} are needed); "
            "free some space, or set AVATAR_HOME to a folder on another disk."
        )


def deliver(source: Path, target: Path) -> None:
    """Copy a finished file to where the user wants it."""
    try:
        deliver_with(lambda partial: shutil.copyfile(source, partial), target)
    except EnvironmentProblem as error:
        raise type(error)(f"{error} The finished file is safe at {str(source)!r}.") from error


def deliver_captions(job: Job, target: Path) -> None:
    """The captions that go beside a video."""
    if name := job.request().captions_file:
        deliver(job.file(name), target.with_suffix(Path(name).suffix))


def deliver_with(write: Callable[[Path], object], target: Path) -> None:
    """Let `write` write beside the final name, then rename: the target is never half a file."""
    try:
        with written_whole(target) as partial:
            write(partial)
    except OSError as error:
        raise TemporaryProblem(
            f"cannot write {str(target)!r}: {error.strerror}; free space or name another output."
        ) from error


def free_name(path: Path) -> Path:
    """path, or path-2, path-3 … where it is taken."""
    candidate, number = path, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
