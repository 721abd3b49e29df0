"""Every byte against its digest, whatever the stamps say: `avatar models verify`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from avatar.weights import conversions, places
from avatar.weights.digests import problem_with
from avatar.weights.lock import Model, gigabytes
from avatar.weights.step import FetchProgress
from avatar.weights.store import mending_command


def verify(models: Iterable[Model], progress: FetchProgress) -> list[dict]:
    """One result for each model and each of its conversions: {"name", "ok", "message", "problems": one line each}."""
    results = []
    for model in models:
        results.append(_model_result(model, progress))
        results += [_conversion_result(folder) for folder in conversions.every(model.name)]
    return results


def bytes_to_hash(models: Iterable[Model]) -> int:
    """How much `verify` will read of the fetched files."""
    return sum(file.size for model in models for file in model.files if places.find(file))


def _model_result(model: Model, progress: FetchProgress) -> dict:
    problems, missing = [], []
    for file in model.files:
        place = places.find(file)
        if place is None:
            missing += [file] if file.needed else []
            continue
        progress.begin("checking", file)
        path = place.path_of(file)
        if problem := problem_with(path, file.size, file.sha256, full=True, on_read=progress.advance):
            problems.append(f"{path} {problem}; '{mending_command(file)}' replaces it.")
    if missing:
        names = ", ".join(file.path for file in missing)
        size = gigabytes(sum(file.size for file in missing))
        problems.append(f"not here: {names} ({size}); '{mending_command(missing[0])}' brings what is missing.")
    if problems:
        message = "missing" if len(missing) == len(model.needed) else "not as locked"
    else:
        message = f"{len(model.needed)} files, {gigabytes(model.needed_bytes)}, as locked"
    return {"name": model.name, "ok": not problems, "message": message, "problems": problems}


def _conversion_result(folder: Path) -> dict:
    problems = [f"{problem}; it is made again when it is next used." for problem in conversions.problems(folder, True)]
    return {
        "name": f"converted/{folder.name}",
        "ok": not problems,
        "message": "not as it was made" if problems else "as it was made",
        "problems": problems,
    }
