"""Weights for the engines: each file by its path in the repository, after it was found to be what the lock says.

    files = store.require("xtts-v2")            {"model.pth": Path(…), "config.json": Path(…), …}
    path = store.converted("musetalk-v15", "unet.fp16.safetensors", make)
    store.check_present("xtts-v2", "whisper-tiny")   before any work: are they there? (existence and size)

Nothing is returned, and so nothing is opened by a model library, before its digest was the locked one. What is
missing or wrong raises an EnvironmentProblem that names the file and the command that mends it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from avatar.errors import EnvironmentProblem
from avatar.invocation import to_type
from avatar.weights import conversions, licences, loaders, lock, places
from avatar.weights.digests import is_stamped, problem_with
from avatar.weights.lock import File, Model, gigabytes


def require(name: str, full: bool = False) -> dict[str, Path]:
    """{path in the repository: where it is} of a model's needed files, checked. full: hash whatever the stamps say.

    Raises RequestError for a name that is not in the lock, EnvironmentProblem for a licence that was not accepted, and
    for a missing or wrong file.
    """
    model = lock.read().model(name)
    found = _found([model])
    licences.refuse_unaccepted(model)
    for file, path in found.items():
        if problem := problem_with(path, file.size, file.sha256, full):
            raise EnvironmentProblem(f"{path} {problem}; '{mending_command(file)}' replaces it.")
    return {file.path: path for file, path in found.items()}


def converted(name: str, output: str, make: Callable[[dict[str, Path], Path], None], version: str = "1") -> Path:
    """What `make(files, target)` makes of a model's files, made once: a file or a folder called `output`.

    files: as of `require`, every byte of them hashed just before; target: the path to write. Made again when the
    model's locked digests or `version` (of the converter) change, or when the bytes are no longer those that were made.
    """
    model = lock.read().model(name)
    require(name)  # the original must be there and right, and its licence accepted, even where the conversion is
    return conversions.converted(model, output, version, lambda target: make(require(name, full=True), target))


def check_present(*names: str) -> None:
    """Raises EnvironmentProblem, in two lines, when files of these models are missing or have the wrong size, or when
    a licence was not accepted. Hashes nothing: meant for the beginning of a run."""
    models = [lock.read().model(name) for name in names]
    for file, path in _found(models).items():
        if (size := path.stat().st_size) != file.size:
            raise EnvironmentProblem(
                f"{path} is not the file that was locked: it has {size:,} bytes, not {file.size:,}; "
                f"'{mending_command(file)}' replaces it."
            )
    for model in models:
        licences.refuse_unaccepted(model)


def can_load(*names: str) -> bool:
    """Whether these models can be used, as far as that can be seen without hashing: files are there in their size,
    licences were accepted, and what loads them is installed. False too where the lock has none of a name."""
    return is_here(*names) and not loaders.missing(*names)


def is_here(*names: str) -> bool:
    """The same, whatever is installed."""
    return not any(map(why_unused, names))


def why_unused(name: str) -> str:
    """Why a model is not used whatever is installed, as far as that can be seen without hashing: "missing", "wrong" for
    other files in the place of its own, "unaccepted" for its licence; "" where it is."""
    known = {model.name: model for model in lock.read().every}
    if name not in known:
        return "missing"
    if (word := state(known[name])["state"]) in ("missing", "wrong"):
        return word
    return "unaccepted" if licences.wants_consent(known[name]) else ""


def is_spoilt(name: str) -> bool:
    """Whether a model could be used here, but for files that are none of the locked ones, as far as their size tells."""
    known = {model.name: model for model in lock.read().every}
    return name in known and not loaders.missing(name) and state(known[name])["state"] == "wrong"


def facts(name: str) -> dict:
    """For a report: which weights these are, and under which terms they were used."""
    current = lock.read()
    model = current.model(name)
    return {
        "model": model.name,
        "repo": model.repo,
        "revision": model.revision,
        "files": {file.path: file.sha256 for file in model.needed},
        "licence": {
            "name": model.licence.name,
            "terms": model.licence.terms,
            "url": model.licence.url,
            "accepted": (licences.accepted(model.licence) or {}).get("accepted"),
        },
        "lock": "built-in" if current.path == lock.BUILT_IN else str(current.path),
    }


def digest(name: str) -> str:
    """sha256 of what the lock says of a model: belongs to the inputs of a stage that uses it. Reads no weights."""
    return lock.read().model(name).digest


def state(model: Model) -> dict:
    """What is here of a model, without hashing: {"state": "ready" | "unchecked" | "missing" | "wrong", …}.

    ready: every needed file is there and was found right before; unchecked: there, in the right size, to be hashed at
    first use. missing_bytes: of the needed files; problems: a sentence each; folders: where files were found.
    """
    missing, problems, unchecked, folders = 0, [], False, []
    for file in model.needed:
        place = places.find(file)
        if place is None:
            missing += file.size
            continue
        path = place.path_of(file)
        folders.append(str(place.repo_folder(file)))
        if path.stat().st_size != file.size:
            problems.append(f"{path} has {path.stat().st_size:,} bytes, not {file.size:,}")
        elif not is_stamped(path, file.sha256):
            unchecked = True
    word = "wrong" if problems else "missing" if missing else "unchecked" if unchecked else "ready"
    return {"state": word, "missing_bytes": missing, "problems": problems, "folders": list(dict.fromkeys(folders))}


def summary() -> str:
    """One line for `avatar status`: '3 of 5 models, 2.74 GB missing'."""
    states = [state(model) for model in loaders.of_the_full_stack(lock.read())]
    there = sum(each["state"] in ("ready", "unchecked") for each in states)
    missing = sum(each["missing_bytes"] for each in states)
    return f"{there} of {len(states)} models" + (f", {gigabytes(missing)} missing" if missing else "")


def mending_command(file: File) -> str:
    return to_type(f"models fetch {file.model}", full=True)


def _found(models: list[Model]) -> dict[File, Path]:
    """Where the needed files of these models are. Raises EnvironmentProblem that tells of all missing ones at once."""
    found, missing = {}, []
    for model in models:
        for file in model.needed:
            place = places.find(file)
            if place:
                found[file] = place.path_of(file)
            else:
                missing.append(file)
    if missing:
        raise EnvironmentProblem(missing_message(missing))
    return found


def missing_message(files: list[File]) -> str:
    """Two lines: what is missing, how large it is and where it was looked for; the command that brings it."""
    sizes: dict[str, int] = {}
    for file in files:
        sizes[file.model] = sizes.get(file.model, 0) + file.size
    what = ", ".join(f"{name} ({gigabytes(size)})" for name, size in sizes.items())
    where = ", ".join(str(place.root) for place in places.search_order())
    return (
        f"weights are missing: {what}; {gigabytes(sum(sizes.values()))} in all, not found in {where}.\n"
        f"this brings them, once: {to_type(' '.join(['models fetch', *sizes]), full=True)}"
    )
