"""Bring what is missing or wrong: first a plan, which touches nothing, then the downloads, one file after another."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from avatar.errors import EnvironmentProblem
from avatar.invocation import in_full_environment
from avatar.weights import places, small_download
from avatar.weights.digests import problem_with
from avatar.weights.disk import existing, need_room
from avatar.weights.lock import Model, gigabytes
from avatar.weights.step import FetchProgress, Step

SPARE_BYTES = 200_000_000  # left free on the disk after everything is there


def plan(models: Iterable[Model], optional: bool = False, progress: FetchProgress | None = None) -> list[Step]:
    """What must be brought so that these models are whole. Files that are there are checked, by stamp or by digest."""
    progress = progress or FetchProgress()
    steps = []
    for file in (file for model in models for file in model.files if file.needed or optional):
        place = places.find(file)
        if place is None:
            steps.append(Step(file, places.destination(None), None))
            continue
        progress.begin("checking", file)
        path = place.path_of(file)
        if problem := problem_with(path, file.size, file.sha256, on_read=progress.advance):
            steps.append(Step(file, places.destination(place), f"{path} {problem}"))
    return steps


def check_room(steps: list[Step]) -> None:
    """Raises EnvironmentProblem when a disk has no room for what goes there."""
    disks: dict[int, tuple[Path, int]] = {}
    for step in steps:
        folder = existing(step.partial.parent)
        disk = folder.stat().st_dev
        disks[disk] = folder, disks.get(disk, (folder, 0))[1] + step.bytes_to_come
    for folder, size in disks.values():
        need_room(folder, size + SPARE_BYTES, f"fetching {gigabytes(size)} of weights")


def need_library(steps: list[Step], names: Iterable[str] = ()) -> None:
    """Raises EnvironmentProblem where the hub's library is not installed and there is more to fetch than small files: only
    the full environment has it. names: the models that were asked for by name."""
    if not has_library() and any(step.file.size > small_download.MOST_BYTES for step in steps):
        raise EnvironmentProblem(
            "fetching large weights needs the hub's library, which only the full environment has; "
            f"{in_full_environment(' '.join(['models fetch', *names]))}."
        )


def has_library() -> bool:
    return find_spec("huggingface_hub") is not None


def run(steps: list[Step], progress: FetchProgress) -> None:
    """Do the steps, for which there is room and the library. Raises EnvironmentProblem when a download fails; what is
    whole by then stays, what is half is gone on with by the next fetch."""
    # Read when the library is imported. Without it the library tells the hub what else is installed here, and asks it
    # for more than the files. A user who wants that can set it to 0.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if has_library():
        from avatar.weights import download as by  # it loads the hub's library
    else:
        from avatar.weights import small_download as by
    for step in steps:
        by.bring(step, progress)
