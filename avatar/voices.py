"""Cloned voices, kept by name: <home>/voices/<name>/ holds reference.wav and profile.json.

The preview stack keeps the checked, trimmed reference and speaks with the preset nearest in pitch; the full stack
clones from the same reference.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

from avatar.errors import RequestError
from avatar.files import file_digest, new_folder, rename_new, write_json
from avatar.invocation import to_type

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def create(home: Path, name: str, reference: Path, language: str, consent: bool) -> dict:
    """Check a recording and keep it as a voice. language: what it speaks where no other one is asked for.

    Raises RequestError for a taken or unusable name and an unknown language, InputError for the recording.
    """
    from avatar.voice.presets.catalog import nearest_preset
    from avatar.voice.recording import check_reference, trim
    from avatar.voice.xtts.text import refuse_language

    if not NAME.fullmatch(name):
        raise RequestError(f"{name!r} is no voice name: letters, digits, '.', '_' and '-', 64 at most; choose another.")
    refuse_language(language)
    folder = home / "voices" / name
    if folder.exists():
        raise RequestError(
            f"the voice {name!r} exists; choose another name, or remove it first: {to_type(f'voice remove {name}')}"
        )
    recording = trim(check_reference(reference))
    profile = {
        "name": name,
        "language": language,
        "created": round(time.time(), 3),
        "consent": consent,
        "source": reference.name,
        "seconds": round(recording.seconds, 2),
        "median_f0_hz": recording.median_f0_hz and round(recording.median_f0_hz, 1),
        "preview_preset": nearest_preset(recording),
        "warnings": list(recording.warnings),
    }
    save(folder, profile, recording)
    return profile


def save(folder: Path, profile: dict, recording) -> None:
    """Write a new profile folder whole or not at all."""
    from avatar.media.sound_file import write_wav

    with new_folder(folder) as scratch:
        write_wav(scratch / "reference.wav", recording.samples, recording.sample_rate)
        profile["reference_sha256"] = file_digest(scratch / "reference.wav")
        write_json(scratch / "profile.json", profile)
        try:
            rename_new(scratch, folder)
        except FileExistsError as error:
            raise RequestError(f"the voice {folder.name!r} was made by another process meanwhile.") from error


def every(home: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((home / "voices").glob("[!.]*/profile.json"))]


def read(home: Path, name: str) -> dict:
    """The profile of this name. Raises RequestError when there is none."""
    path = home / "voices" / name / "profile.json"
    if not NAME.fullmatch(name) or not path.is_file():
        raise RequestError(f"no voice {name!r} in {home / 'voices'}; '{to_type('voice list')}' shows those there are.")
    return json.loads(path.read_text())


def update(home: Path, name: str, language: str | None, consent: bool | None) -> dict:
    """Change what is noted of a voice; its reference stays. Another reference is another voice.

    Raises RequestError for an unknown voice or language.
    """
    from avatar.voice.xtts.text import refuse_language

    if language is not None:
        refuse_language(language)
    profile = read(home, name)
    profile |= {key: value for key, value in (("language", language), ("consent", consent)) if value is not None}
    write_json(home / "voices" / name / "profile.json", profile)
    return profile


def remove(home: Path, name: str) -> None:
    """Delete a voice, and what XTTS kept of its reference."""
    from avatar.voice.xtts import speaker as xtts_speaker

    xtts_speaker.forget(read(home, name)["reference_sha256"])
    shutil.rmtree(home / "voices" / name)


def recording_of(home: Path, name: str) -> Path | None:
    """The reference of a cloned voice, or None where no voice has this name."""
    path = home / "voices" / name / "reference.wav"
    return path if NAME.fullmatch(name) and path.is_file() else None


def language_of(home: Path, name: str) -> str | None:
    """The language that a kept voice speaks where none is asked for, or None where no voice has this name."""
    return read(home, name)["language"] if recording_of(home, name) else None
