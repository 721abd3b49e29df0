"""What clones a voice: languages, size, memory, and whether its speech may be published with. Imports no model library."""

from __future__ import annotations

from typing import Any

from avatar.device import need
from avatar.device.hardware import MIB, Profile
from avatar.invocation import in_full_environment, to_type
from avatar.limits import LANGUAGES, NEEDS_PACKAGE
from avatar.weights import loaders, lock, store

CODE = {"pocket": "Apache-2.0 (transformers)", "xtts": "MPL-2.0 (coqui-tts)"}  # licences of what runs the weights
STANDING = {
    "": "weights here", "missing": "weights not here", "wrong": "other files in the place of its weights",
    "unaccepted": "weights here, their licence not accepted yet",
}  # fmt: skip


def engines(profile: Profile) -> list[dict[str, Any]]:
    """A row for each value of --engine, the one that may be published with first. need_mib: on the profile's device."""
    on_gpu = profile.device == "cuda"
    rows = [
        _row(
            "pocket",
            name,
            [language for language, model in lock.POCKET_TTS.items() if model == name],
            need.pocket(on_gpu),
        )
        for name in dict.fromkeys(lock.POCKET_TTS.values())
    ]
    spoken = [language for language in LANGUAGES if language not in NEEDS_PACKAGE]
    return [*rows, _row("xtts", "xtts-v2", spoken, need.voice(profile.voice_dtype, on_gpu=on_gpu))]


def _row(engine: str, model: str, languages: list[str], needed: need.Need) -> dict[str, Any]:
    locked = lock.read(lock.BUILT_IN).model(model)
    return {
        "engine": engine,
        "model": model,
        "languages": languages,
        "bytes": locked.needed_bytes,
        "need_mib": -(-needed.total // MIB),
        "code": CODE[engine],
        "weights": locked.licence.name,
        "commercial": locked.licence.commercial,
    }


def told(row: dict[str, Any]) -> str:
    """A row in words: "en; 0.22 GB, 1,365 MiB; code …, weights …: commercial use allowed"."""
    package = loaders.missing(row["model"])
    here = f"; not in this environment, which is without {package}" if package else ""
    use = "commercial use allowed" if row["commercial"] else "no commercial use"
    languages = row["languages"] if len(row["languages"]) < 5 else [f"{len(row['languages'])} languages"]
    return (
        f"{', '.join(languages)}; {lock.gigabytes(row['bytes'])}, {row['need_mib']:,} MiB; "
        f"code {row['code']}, weights {row['weights']}: {use}{here}"
    )


def summary(profile: Profile) -> dict[str, str]:
    """For `avatar status`, by engine: that, and whether its weights are here."""
    return {row["engine"]: f"{told(row)}; {STANDING[store.why_unused(row['model'])]}" for row in engines(profile)}


def with_pocket(language: str) -> str:
    """How Pocket TTS comes to clone a voice in this language, which it does not here, as an end of "Pocket TTS clones it";
    "" where it does not speak the language. Whoever may publish for money wants to know."""
    model = lock.POCKET_TTS.get(language)
    return "" if model is None else how(model)


def how(model: str) -> str:
    """How a model comes to clone a voice that it does not clone here, as an end of "… clones it"."""
    in_full = f"in the full environment: {in_full_environment('…')}"
    if loaders.missing(model) == "coqui-tts":  # its weights would be of no use here
        return in_full
    where = "on a CPU, " if model in lock.POCKET_TTS.values() else ""
    fetch = f"'{to_type(f'models fetch {model}', full=True)}'"
    match store.why_unused(model):
        case "":
            return in_full if loaders.missing(model) else "now that its weights are here, where it is asked for anew"
        case "unaccepted":
            return f"{where}once its licence is accepted: {fetch} asks"
        case _:
            return f"{where}once {fetch} brought it"
