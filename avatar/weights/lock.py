"""models.lock: every file of weights, pinned by repository, revision, path, size and sha256, with its licence."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from avatar.errors import EnvironmentProblem, RequestError

BUILT_IN = Path(__file__).parent / "models.lock"

POCKET_TTS = {"en": "pocket-en"}  # Pocket TTS's models, by the language that each speaks

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Repo = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*$")]
Revision = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]  # a whole commit: branches and tags move
# No part of a path begins with a dot, so that none leads out of its folder.
RepoPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Strict):
    key: Name
    name: str
    terms: str  # in a sentence, for a person who decides
    url: str
    consent: bool  # must be accepted before the weights are used
    commercial: bool = False  # whether what is made with them may be sold or advertise; where nobody says so, no


class File(Strict):
    """One file of a repository, as it must be."""

    model: Name
    repo: Repo
    revision: Revision
    path: RepoPath
    size: Annotated[int, Field(gt=0)]  # bytes
    sha256: Sha256
    needed: bool  # False: comes with `--optional` only, and nothing here loads it


class Model(Strict):
    name: Name
    purpose: str
    repo: Repo
    revision: Revision
    licence: Licence
    files: tuple[File, ...]
    preview: bool = False  # for the preview too, which speaks without it: fetched where it is named
    evaluation: bool = False  # judges videos and renders none: fetched where it is named, and only there

    @property
    def needed(self) -> list[File]:
        return [file for file in self.files if file.needed]

    @property
    def needed_bytes(self) -> int:
        return sum(file.size for file in self.needed)

    @property
    def digest(self) -> str:
        """sha256 over the paths and digests of the needed files: other weights have another one. Reads no weights."""
        lines = sorted(f"{file.path} {file.sha256}\n" for file in self.needed)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


class Lock(Strict):
    path: Path
    models: tuple[Model, ...]  # of the full stack: what a video is made with
    preview: tuple[Model, ...] = ()  # what the preview can be given beyond its wheels, and the full stack too
    evaluation: tuple[Model, ...] = ()  # what a video can be judged by

    @property
    def every(self) -> tuple[Model, ...]:
        return (*self.models, *self.by_name)

    @property
    def by_name(self) -> tuple[Model, ...]:
        """Those that are fetched only where they are named."""
        return (*self.preview, *self.evaluation)

    def model(self, name: str) -> Model:
        """The model of this name. Raises RequestError when the lock has none."""
        for model in self.every:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.every)
        raise RequestError(f"there is no model {name!r} in {self.path}; there are: {known}.")

    def select(self, names: Iterable[str]) -> list[Model]:
        """The models of these names, each once; where no name is given, all that a video is made with."""
        return [self.model(name) for name in dict.fromkeys(names)] or list(self.models)


def lock_path() -> Path:
    """The built-in lock, or the file that AVATAR_MODELS_LOCK names. A lock in a folder of weights is never looked for:
    whoever can change the weights there could change what they are checked against."""
    named = os.environ.get("AVATAR_MODELS_LOCK")
    return Path(named).expanduser().absolute() if named else BUILT_IN


def read(path: Path | None = None) -> Lock:
    """The lock in force, or the one at `path`. Raises EnvironmentProblem for one that is unreadable or impossible."""
    path = path or lock_path()
    try:
        content = tomllib.loads(path.read_text())
        licences = {key: Licence(key=key, **entry) for key, entry in content["licences"].items()}
        models = [_model(name, entry, licences) for name, entry in content["models"].items()]
        kinds = {
            "preview": tuple(model for model in models if model.preview),
            "evaluation": tuple(model for model in models if model.evaluation),
            "models": tuple(model for model in models if not (model.preview or model.evaluation)),
        }
        return Lock(path=path, **kinds)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{error.title} {first['input']!r}: {where}: {first['msg']}"
    except OSError as error:
        reason = str(error.strerror)
    except KeyError as error:
        reason = f"it has no entry {error}"
    except (ValueError, TypeError, AttributeError) as error:
        reason = str(error)
    raise EnvironmentProblem(
        f"cannot use the lock of weights {path} ({reason}); mend it, or unset AVATAR_MODELS_LOCK for the built-in one."
    )


def _model(name: str, entry: dict, licences: dict[str, Licence]) -> Model:
    origin = {"model": name, "repo": entry["repo"], "revision": entry["revision"]}
    files = tuple(File(**(origin | file)) for file in entry["files"])
    if len({file.path for file in files}) != len(files):
        raise ValueError(f"{name} names a file twice")
    return Model(name=name, **(entry | {"licence": licences[entry["licence"]], "files": files}))


def gigabytes(size: int) -> str:
    """Bytes for people, in the decimal units that disks and hubs use: 1.88 GB, 4.4 kB."""
    for unit, factor, digits in (("GB", 10**9, 2), ("MB", 10**6, 1), ("kB", 10**3, 1)):
        if size >= factor:
            return f"{size / factor:.{digits}f} {unit}"
    return f"{size} bytes"
