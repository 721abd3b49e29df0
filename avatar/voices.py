"""Cloned voices, kept by name: <home>/voices/<name>/ holds reference.wav and profile.json.

The preview stack keeps the checked, trimmed reference and speaks with the preset nearest in pitch; the full stack
clones from the same reference.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from avatar.errors import AvatarError, RequestError
from avatar.files import file_digest, is_folder, is_regular, new_folder, rename_new, write_json
from avatar.invocation import to_type
from avatar.json_files import Damaged, read_json
from avatar.limits import language_from_tag

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 1000 and value.isprintable()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12


# What a profile says, and what each of it must be.
FITS = {
    "name": _is_text,
    "language": lambda value: _is_text(value) and re.fullmatch(r"[a-z]{2}(-[a-z]{2})?", value),
    "created": _is_number,
    "consent": lambda value: isinstance(value, bool),
    "consent_id": lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value),
    "source": _is_text,
    "seconds": _is_number,
    "median_f0_hz": lambda value: value is None or _is_number(value),
    "preview_preset": _is_text,
    "warnings": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "reference_sha256": lambda value: isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value),
}
NEEDED = ("name", "language", "consent", "reference_sha256")


def create(home: Path, name: str, reference: Path, language: str, consent: bool, consent_id: str = "") -> dict:
    """Check a recording and keep it as a voice. language: what it speaks where no other one is asked for; consent_id: of what the
    API keeps of the speaker's consent.

    Raises RequestError for a taken or unusable name and an unknown language, InputError for the recording.
    """
    from avatar.voice.presets.catalog import PRESETS, nearest_preset
    from avatar.voice.recording import check_reference, trim
    from avatar.voice.xtts.text import refuse_language

    if not NAME.fullmatch(name):
        raise RequestError(f"{name!r} is no voice name: letters, digits, '.', '_' and '-', 64 at most; choose another.")
    if name in PRESETS:
        raise RequestError(f"a preset is called {name!r}, and a voice may be named by either; choose another name.")
    language = language_from_tag(language)
    refuse_language(language)
    folder = home / "voices" / name
    if os.path.lexists(folder):
        raise RequestError(
            f"the voice {name!r} exists; choose another name, or remove it first: {to_type(f'voice remove {name}')}"
        )
    recording = trim(check_reference(reference))
    profile = {
        "name": name,
        "language": language,
        "created": round(time.time(), 3),
        "consent": consent,
        **({"consent_id": consent_id} if consent_id else {}),
        "source": reference.name,
        "seconds": round(recording.seconds, 2),
        "median_f0_hz": recording.median_f0_hz and round(recording.median_f0_hz, 1),
        "preview_preset": nearest_preset(recording, language),
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
    """The profiles of all voices that can be used, by name."""
    return [profile for name in names(home) if not isinstance(profile := profile_of(home / "voices" / name), Damaged)]


def damaged(home: Path) -> dict[str, str]:
    """{name: why} of the voices that cannot be used; `remove` removes them."""
    found = {name: profile_of(home / "voices" / name) for name in names(home)}
    return {name: str(why) for name, why in found.items() if isinstance(why, Damaged)}


def names(home: Path) -> list[str]:
    """Of all that is kept; an empty folder is nothing."""
    try:
        paths = [path for path in (home / "voices").iterdir() if NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(path.name for path in paths if not is_folder(path) or any(path.iterdir()))


def read(home: Path, name: str) -> dict:
    """The profile of this name. Raises RequestError when there is none, AvatarError when it is damaged."""
    _refuse_unknown(home, name)
    profile = profile_of(home / "voices" / name)
    if isinstance(profile, Damaged):
        raise AvatarError(
            f"the voice {name!r} is damaged ({profile}); '{to_type(f'voice remove {name}')}' removes it."
        ) from profile
    return profile


def _refuse_unknown(home: Path, name: str) -> None:
    if name not in names(home):
        raise RequestError(f"no voice {name!r} in {home / 'voices'}; '{to_type('voice list')}' shows those there are.")


def profile_of(folder: Path) -> dict | Damaged:
    """What profile.json says, or what is wrong with it. Nothing is followed out of the folder."""
    try:
        if not is_folder(folder):
            raise Damaged("it is no folder")
        profile = read_json(folder / "profile.json")
        if not isinstance(profile, dict):
            raise Damaged("profile.json does not fit")
        for key, fits in FITS.items():
            if key in profile and not fits(profile[key]) or key in NEEDED and key not in profile:
                raise Damaged(f"profile.json does not fit at {key!r}")
        if profile["name"] != folder.name:
            raise Damaged("profile.json is of another voice")
        if os.path.lexists(folder / "reference.wav") and not is_regular(folder / "reference.wav"):
            raise Damaged("reference.wav is no regular file")
    except FileNotFoundError:
        return Damaged("profile.json is missing")
    except Damaged as error:
        return error
    return profile


def update(home: Path, name: str, language: str | None, consent: bool | None) -> dict:
    """Change what is noted of a voice; its reference stays. Another reference is another voice.

    Raises RequestError for an unknown voice or language.
    """
    from avatar.voice.xtts.text import refuse_language

    if language is not None:
        language = language_from_tag(language)
        refuse_language(language)
    profile = read(home, name)
    profile |= {key: value for key, value in (("language", language), ("consent", consent)) if value is not None}
    if consent is False:
        profile.pop("consent_id", None)
    write_json(home / "voices" / name / "profile.json", profile)
    return profile


def remove(home: Path, name: str) -> None:
    """Delete a voice, damaged or not, what was computed of its reference, and what is kept of its speech."""
    from avatar.voice import kept, latents

    _refuse_unknown(home, name)
    folder = home / "voices" / name
    if not is_folder(folder):
        folder.unlink()
        return
    profile = profile_of(folder)
    digests = set() if isinstance(profile, Damaged) else {profile["reference_sha256"]}
    if is_regular(folder / "reference.wav"):
        digests.add(file_digest(folder / "reference.wav"))
    for digest in digests:
        latents.forget(digest)
        kept.forget_voice(home, digest)
    shutil.rmtree(folder)


def forget_recording(home: Path, sha256: str) -> None:
    """Remove what was computed of a recording that is gone, unless a voice is kept with it. sha256: of it; anything else is
    of none."""
    from avatar.voice import latents

    if re.fullmatch("[0-9a-f]{64}", sha256) and sha256 not in {profile["reference_sha256"] for profile in every(home)}:
        latents.forget(sha256)


def clear(home: Path, before: float) -> None:
    """Remove what was computed of recordings of which no voice is kept, and last used before this time (s since the epoch)."""
    from avatar.voice import latents

    latents.clear(before, [profile["reference_sha256"] for profile in every(home)])


def recording_of(home: Path, name: str) -> Path | None:
    """The reference of a cloned voice, or None where no voice has this name."""
    path = home / "voices" / name / "reference.wav"
    return path if NAME.fullmatch(name) and is_folder(path.parent) and is_regular(path) else None


def language_of(home: Path, name: str) -> str | None:
    """The language that a kept voice speaks where none is asked for, or None where no voice has this name."""
    return read(home, name)["language"] if recording_of(home, name) else None
