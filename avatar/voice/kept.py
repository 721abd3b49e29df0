"""Speech that was made before, kept by the sentence: <home>/speech/<name>, one file for each sound.

A sound is known by all that it follows from: the sentence as the model is given it, and what made it (engine, code,
weights, voice, language, seed, as in the cause of a stage). It is kept as the model made it, before silence is cut and
levels are set, so a speech that is put together of kept sounds has the bytes of one that is spoken from nothing.

What is kept only saves work. A file that is missing, damaged or of another sound is made anew; where nothing can be
written nothing is kept. Whoever makes the same sound at the same time writes the same bytes, whole.

A name begins with the digest of the recording whose voice it is, so that all goes that was spoken with a voice that is
removed. What no job was made of (`avatar speak`) is found by its age alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar.errors import AvatarError
from avatar.files import is_folder, open_regular, written_whole

if TYPE_CHECKING:
    import numpy as np

FOLDER = "speech"  # of a home
NAME = re.compile(r"[0-9a-f]{64}")
VOICE_DIGITS = 16  # at the beginning of a name: of the recording's digest, zeros where there is none
MOST_BYTES = 500_000_000  # of all sounds of a home, about 80 minutes; those go that were not used for longest
LARGEST_BYTES = 64 << 20  # of one: the longest sentence has 3 MB


@dataclass(frozen=True)
class Sound:
    """What a model made of one sentence, or of a part that is spoken in one go.

    samples: float32 (n,). boundaries_s: float64 (m,), times that the engine needs besides. problem: why it is of no
    use, where the model's verdict is the same each time.
    """

    samples: np.ndarray
    boundaries_s: np.ndarray | None = None
    problem: str = ""


class KeptSpeech:
    """The sounds of one speech, found or kept in a home; without a home nothing is kept.

    names: of all that it used and that are there, each once; made: how many had to be made.
    """

    def __init__(self, home: Path | None = None, made_by: str = "", recording: str = "") -> None:
        """made_by: digest of all that the sounds follow from but the sentence; recording: sha256 of the voice's, if any."""
        self._home, self._made_by = home, made_by
        self._voice = recording[:VOICE_DIGITS] or "0" * VOICE_DIGITS
        self._names: dict[str, None] = {}
        self.made = 0

    @property
    def names(self) -> list[str]:
        return list(self._names)

    def find(self, said: dict[str, Any]) -> Sound | None:
        """The sound of this, where it is kept and whole. said: what the model is given, as JSON-able values."""
        if self._home is None:
            return None
        name = self._name(said)
        path = self._home / FOLDER / name
        sound = _read(path, name)
        if sound is not None:
            self._names[name] = None
            with contextlib.suppress(OSError):
                os.utime(path)
        return sound

    def keep(self, said: dict[str, Any], sound: Sound) -> None:
        """Keep a sound that was just made; where it cannot be written, go on without."""
        self.made += 1
        if self._home is None:
            return
        name = self._name(said)
        with contextlib.suppress(OSError, AvatarError):
            _write(self._home / FOLDER / name, name, sound)
            self._names[name] = None

    def bound(self) -> None:
        """Where something was added, let the oldest of the home go, so that all of it takes MOST_BYTES at most."""
        if self._home is not None and self.made:
            clear(self._home)

    def _name(self, said: dict[str, Any]) -> str:
        digest = hashlib.sha256(json.dumps([self._made_by, said], sort_keys=True).encode()).hexdigest()
        return self._voice + digest[VOICE_DIGITS:]


# ---------------------------------------------------------------- all that a home keeps


def clear(home: Path, before: float = 0.0, most_bytes: int = MOST_BYTES) -> None:
    """Remove what was last used before this time (s since the epoch), then the oldest until the rest takes no more than
    this; and what somebody who was killed left half written."""
    found = sorted(_every(home), key=lambda each: each[1], reverse=True)
    total = 0
    for path, used, size in found:
        total += size
        if used < before or total > most_bytes:
            _remove(path)


def forget(home: Path, name: str) -> None:
    """Remove one sound."""
    if NAME.fullmatch(name):
        with contextlib.suppress(AvatarError):
            if is_folder(home / FOLDER):
                _remove(home / FOLDER / name)


def forget_voice(home: Path, recording: str) -> None:
    """Remove all that was spoken in the voice of a recording. recording: its sha256."""
    for path, _, _ in _every(home):
        if path.name.lstrip(".").startswith(recording[:VOICE_DIGITS]):
            _remove(path)


def _every(home: Path) -> Iterator[tuple[Path, float, int]]:
    """(path, when it was last used, bytes on the disk) of all that lies there, whatever it is."""
    folder = home / FOLDER
    names: list[str] = []
    with contextlib.suppress(OSError, AvatarError):
        names = os.listdir(folder) if is_folder(folder) else []
    for name in names:
        with contextlib.suppress(OSError):
            status = os.lstat(folder / name)
            yield folder / name, status.st_mtime, status.st_blocks * 512


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # removed meanwhile, or a folder that somebody else made
        path.unlink()


# ---------------------------------------------------------------- one file: its digest, a line of JSON, the numbers


def _write(path: Path, name: str, sound: Sound) -> None:
    """Raises OSError."""
    import numpy as np

    samples = np.ascontiguousarray(sound.samples, "<f4")
    times = np.ascontiguousarray([] if sound.boundaries_s is None else sound.boundaries_s, "<f8")
    told = {"name": name, "samples": len(samples), "times": len(times), "problem": sound.problem}
    content = b"\n".join([json.dumps(told).encode(), times.tobytes() + samples.tobytes()])
    if not is_folder(path.parent):
        path.parent.unlink(missing_ok=True)  # what leads elsewhere was not made here
        path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial, open(partial, "xb") as file:
        file.write(hashlib.sha256(content).hexdigest().encode() + b"\n")
        file.write(content)


def _read(path: Path, name: str) -> Sound | None:
    """None where it is not there, not whole, or another one."""
    import numpy as np

    try:
        with open(open_regular(path), "rb") as file:
            digest, _, content = file.read(LARGEST_BYTES).partition(b"\n")
        if digest.decode() != hashlib.sha256(content).hexdigest():
            return None
        line, _, numbers = content.partition(b"\n")
        told = json.loads(line)
        times = np.frombuffer(numbers, "<f8", told["times"]).copy()
        samples = np.frombuffer(numbers, "<f4", told["samples"], offset=times.nbytes).copy()
        is_this = told["name"] == name and times.nbytes + samples.nbytes == len(numbers)
        return Sound(samples, times, str(told["problem"])) if is_this else None
    except (OSError, AvatarError, ValueError, KeyError, TypeError):
        return None
