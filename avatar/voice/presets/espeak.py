"""Text to IPA by espeak-ng, called in a process of its own.

espeak-ng is GPL-3. This file is both sides of a pipe: `phonemize` starts one child for all clauses, and the child
(this file run as a program) is the only process that loads the library. It imports the standard library alone, so it is
done in about 0.1 s. It is told where the wheel's library lies; the data is taken from beside it, and ESPEAK_DATA_PATH
or another espeak-ng of the host changes nothing.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

# espeak-ng/speak_lib.h
AUDIO_OUTPUT_RETRIEVAL = 1  # no sound device
INITIALIZE_DONT_EXIT = 0x8000  # return an error instead of ending the process
CHARACTERS_UTF8 = 1
PHONEMES_IPA = 0x02

TIMEOUT_S = 60


def phonemize(clauses: list[str], voice: str = "en-us") -> list[str]:
    """IPA of each clause, words separated by spaces (espeak-ng runs some words together: `in the` -> `ɪnðə`).

    Punctuation is not part of the result; a clause with nothing to say gives an empty string.
    Raises EnvironmentProblem when the library does not load, knows no such voice or dies.
    """
    if not clauses:
        return []
    lines = "".join(" ".join(clause.replace("\0", " ").split()) + "\n" for clause in clauses)
    # -I: neither the environment nor the folder of this file decides what the child imports.
    command = [sys.executable, "-I", str(Path(__file__).resolve()), voice, str(_library())]
    try:
        child = subprocess.run(command, input=lines.encode(), capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise _problem(f"gave no answer in {TIMEOUT_S} s") from error
    if child.returncode:
        last_words = child.stderr.decode(errors="replace").strip().splitlines()
        raise _problem(f"ended with status {child.returncode}" + (f" ({last_words[-1]})" if last_words else ""))
    answers = child.stdout.decode().split("\n")[:-1]
    if len(answers) != len(clauses):
        raise _problem(f"gave {len(answers)} lines for {len(clauses)} clauses")
    return answers


def _library() -> Path:
    from avatar.environment.packaged import recorded_file  # the child must not need the package

    return recorded_file("espeakng_loader", "libespeak-ng.so")


def _problem(what: str) -> Exception:
    from avatar.environment.packaged import MEND
    from avatar.errors import EnvironmentProblem

    return EnvironmentProblem(
        f"espeak-ng (of the package espeakng-loader), which turns text into phonemes, {what}; {MEND}."
    )


def _load_library(voice: str, path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    # espeak-ng keeps the data's path in a short fixed buffer and falls back to a folder of the machine that built it
    # when the path does not fit (seen with 380 characters), so the path it gets is ".".
    os.chdir(path.with_name("espeak-ng-data"))
    if library.espeak_Initialize(AUDIO_OUTPUT_RETRIEVAL, 0, b".", INITIALIZE_DONT_EXIT) <= 0:
        sys.exit(f"no usable data in {os.getcwd()}")
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        sys.exit(f"no voice named {voice}")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    return library


def _clause_to_ipa(library: ctypes.CDLL, text: bytes) -> str:
    """One call reads up to the end of what espeak-ng takes for a clause and moves the pointer; NULL is the end."""
    buffer = ctypes.create_string_buffer(text)
    pointer = ctypes.c_void_p(ctypes.addressof(buffer))
    parts: list[bytes] = []
    while pointer.value:
        parts.append(library.espeak_TextToPhonemes(ctypes.byref(pointer), CHARACTERS_UTF8, PHONEMES_IPA) or b"")
    ipa = b" ".join(parts).decode()
    return " ".join(re.sub(r"\([a-z-]+\)", "", ipa).split())  # (fr): espeak-ng read a word by another language's rules


def _serve() -> None:
    library = _load_library(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(_clause_to_ipa(library, line.rstrip(b"\n")).encode() + b"\n")


if __name__ == "__main__":
    _serve()
