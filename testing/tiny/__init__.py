"""Tiny random checkpoints in the upstream file layout, and a models.lock of them: the full stack without its weights.

    <folder>/<owner>/<name>/<path>     every file that avatar/weights/models.lock needs, written by the real classes
    <folder>/models.lock               their sizes and digests

They are loaded by the code that loads the real ones; what they say, draw and move is noise.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from avatar.errors import EnvironmentProblem
from avatar.weights import lock

REVISION = "0" * 40  # no commit has this name: these files are fetched from nowhere
LICENCE = """\
[licences.none]
name = "none"
terms = "Random numbers; nobody owns them."
url = ""
consent = false
commercial = true

[licences.none-commercial]
name = "none for sale"
terms = "Random numbers, as if they stood for weights that forbid commercial use."
url = ""
consent = false
commercial = false
"""


def write_all(folder: Path) -> None:
    """Write every tiny checkpoint under `folder`, then the lock that describes them."""
    from testing.tiny import musetalk, stable_diffusion, xtts

    for checkpoint in (xtts, stable_diffusion, musetalk):
        checkpoint.write(folder)
    write_lock(folder)


def write_lock(folder: Path, models: tuple[lock.Model, ...] | None = None) -> Path:
    """Write `folder`/models.lock for the files that lie there, by the names and paths of `models` (the built-in ones).

    Raises EnvironmentProblem when a needed file was not written.
    """
    text = "# Tiny random checkpoints, made by ci/tiny-models.\n\n" + LICENCE
    for model in models or built_in_models():
        licence = "none" if model.licence.commercial else "none-commercial"
        entries = [_entry(folder, file, model.repo) for file in model.needed]
        text += (
            f"\n[models.{model.name}]\npurpose = {json.dumps(model.purpose)}\nrepo = {json.dumps(model.repo)}\n"
            f'revision = "{REVISION}"\nlicence = "{licence}"\nfiles = [\n{"".join(entries)}]\n'
        )
    (folder / "models.lock").write_text(text)
    return folder / "models.lock"


def environment(folder: Path) -> dict[str, str]:
    """The variables with which avatar uses the checkpoints in `folder`."""
    return {"AVATAR_MODELS": str(folder), "AVATAR_MODELS_LOCK": str(folder / "models.lock")}


def built_in_models() -> tuple[lock.Model, ...]:
    return lock.read(lock.BUILT_IN).models


def _entry(folder: Path, file: lock.File, repo: str) -> str:
    """A line of the lock. repo: of the model, which is said where the file lies in another one."""
    try:
        content = (folder / file.repo / file.path).read_bytes()
    except OSError as error:
        raise EnvironmentProblem(f"the tiny checkpoints lack {file.repo}/{file.path}: {error.strerror}.") from error
    sha256 = hashlib.sha256(content).hexdigest()
    elsewhere = "" if file.repo == repo else f'repo = "{file.repo}", revision = "{REVISION}", '
    return f'  {{ path = "{file.path}", {elsewhere}size = {len(content)}, sha256 = "{sha256}", needed = true }},\n'
