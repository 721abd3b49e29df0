"""What a stage's result follows from, as one digest: equal causes make equal bytes, so what was made is not made again.

A cause holds the stage's inputs, the seed among them; the code of avatar/ that the engine and the stage declare; the
weights; the locked distributions that they declare, FFmpeg among them, each by the digest of what its wheel puts on disk;
and what of the profile changes bytes. The model of the CPU stays out: sums may differ between processors in their last
digits, so on another kind of host a stage is taken for the same that would not be so to the byte.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.environment.locks import find_locks, read_payload
from avatar.environment.payload import layer_fingerprint
from avatar.errors import EnvironmentProblem
from avatar.files import file_digest
from avatar.weights import loaders, store

if TYPE_CHECKING:
    from avatar.device.hardware import Profile
    from avatar.engines import Engine

PACKAGE = Path(__file__).parents[1]  # avatar/
# What each stage does around its engine.
STAGE_CODE = {
    "portrait": ("portrait/framing.py", "portrait/landmarks.py"),
    "voice": ("voice/speech.py",),
    "lips": ("voice/speech.py", "frame/assembly.py", "media/encoder.py", "media/ffmpeg.py", "media/mark.py"),
    "video": (
        "voice/speech.py", "media/ffmpeg.py", "media/level.py", "media/lufs.py", "media/sound_file.py",
        "media/subtitles.py", "media/unspaced.py", "jobs/report.py",
    ),
}  # fmt: skip
STAGE_LIBRARIES = {
    "portrait": ("pillow",),
    "voice": ("soundfile", "cffi"),
    "lips": ("imageio-ffmpeg", "pillow"),
    "video": ("imageio-ffmpeg", "numpy", "soundfile", "cffi"),
}
COMMON_CODE = ("stages.py", "limits.py")
ONLY_ON_A_CARD = ("lips_batch",)  # on a CPU the frames are the same in batches of any size


@dataclass(frozen=True)
class Program:
    """Stands for the engine of a stage that has none of ours, as FFmpeg for the video."""

    name: str
    version: str
    models: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


def made_by(stage: str, engine: type[Engine] | Program, profile: Profile | None) -> dict:
    """All but the inputs, for the stage's record."""
    code = (*COMMON_CODE, *STAGE_CODE[stage], *engine.code)
    libraries = sorted({*STAGE_LIBRARIES[stage], *engine.libraries})
    return {
        "engine": engine.name,
        "version": engine.version,
        "code": code_digest(tuple(sorted(set(code)))),
        "libraries": digest({name: library_digest(name) for name in libraries}),
        "models": {model: store.digest(model) for model in engine.models},
        "profile": profile_part(engine, profile),
    }


def cause(made_by: dict, inputs: dict) -> str:
    """sha256. inputs: all that the outcome depends on besides; a Path stands for the file's content."""
    content = {key: file_digest(value) if isinstance(value, Path) else value for key, value in inputs.items()}
    return digest({"made_by": made_by, "inputs": content})


def profile_part(engine: type[Engine] | Program, profile: Profile | None) -> dict:
    """What of the profile changes this engine's bytes."""
    if profile is None:
        return {}
    on_card = profile.device == "cuda"
    return {name: getattr(profile, name) for name in engine.uses if on_card or name not in ONLY_ON_A_CARD}


@cache
def code_digest(parts: tuple[str, ...]) -> str:
    """sha256 over Python files of avatar/ and what lies beside them. parts: folders and files, relative to the package."""
    files = set()
    for part in parts:
        path = PACKAGE / part
        files |= {each for each in path.rglob("*") if "__pycache__" not in each.parts} if path.is_dir() else {path}
    total = hashlib.sha256()
    for path in sorted(file for file in files if file.is_file()):
        total.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


@cache
def library_digest(name: str) -> str:
    """The digest that the locks have of a distribution; where no locks are at hand, its installed version."""
    for packages in locked_layers().values():
        if name in packages:
            return packages[name]["payload"]
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


@cache
def locked_layers() -> dict[str, dict[str, dict[str, str]]]:
    """payload.json; empty where no locks are at hand."""
    try:
        return read_payload(find_locks())
    except EnvironmentProblem:
        return {}


def locked_fingerprints() -> dict[str, str]:
    """{layer: fingerprint} that an environment made from the locks must show; empty where no locks are at hand."""
    layers = ("base", "pocket" if loaders.is_without_xtts() else "full")
    return {layer: layer_fingerprint(locked_layers()[layer]) for layer in layers if layer in locked_layers()}


@cache
def source_digest() -> str:
    """sha256 over all of avatar's own code, for the report: which code this was."""
    total = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.cu")]):
        total.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def digest(content: dict) -> str:
    """sha256 of a JSON-able dict."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
