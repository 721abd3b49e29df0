"""What clones a voice: languages, size, memory, and whether its speech may be published with. Imports no model library."""

from __future__ import annotations

from typing import Any

from avatar.device import need
from avatar.device.hardware import MIB, Profile
from avatar.limits import LANGUAGES, NEEDS_PACKAGE
from avatar.weights import loaders, lock, store

CODE = {"pocket": "Apache-2.0 (transformers)", "xtts": "MPL-2.0 (coqui-tts)"}  # licences of what runs the weights


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
    return {
        row["engine"]: f"{told(row)}; weights {'here' if store.is_here(row['model']) else 'not here'}"
        for row in engines(profile)
    }
