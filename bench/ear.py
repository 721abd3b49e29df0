"""Are written scripts understood as well as their spoken forms? Word error rates by whisper-base, the same voice reading both.

    ./run --full python bench/ear.py FOLDER [--preset joe] [-o bench/results/ear.json]

FOLDER holds NAME.txt beside NAME.spoken.txt; -o puts the preset's rates into a file beside those of other presets.

Each is compared with both texts. Both sides go through Whisper's own English normaliser, and single letters are joined.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import jiwer

from avatar import asking, work
from bench.wer import transcribe

ALTERNATIVES = re.compile(r"\[([^\]|/]*)[^\]]*\]")  # [email/e mail]: the first is spoken
MARKS = re.compile(r"[*#_`>]")  # Markdown's, which nobody says
LETTERS = re.compile(r"\b(?:[a-z] )+[a-z]\b")


def normal(text: str) -> str:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    return LETTERS.sub(lambda letters: letters.group().replace(" ", ""), EnglishTextNormalizer({})(MARKS.sub("", text)))


def heard(text: str, preset: str, folder: Path) -> str:
    sound = folder / "speech.wav"
    work.speak(asking.request_of(text=text, preset=preset), sound, True, lambda event: None)
    return normal(transcribe(sound))


def keep(path: Path, preset: str, rates: dict) -> None:
    command = "./run --full python bench/ear.py FOLDER --preset PRESET -o bench/results/ear.json"
    kept = json.loads(path.read_text()) if path.exists() else {"command": command, "presets": {}}
    kept["date"] = rates["date"]
    kept["presets"][preset] = rates
    path.write_text(json.dumps(kept, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", default="joe")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as temporary:
        for path in sorted(options.folder.glob("*.spoken.txt")):
            script = path.with_name(path.name.replace(".spoken", "")).read_text()
            spoken = ALTERNATIVES.sub(r"\1", path.read_text())
            row = {}
            for read, text in (("script", script), ("spoken form", spoken)):
                said = heard(text, options.preset, Path(temporary))
                against = {"script": normal(script), "spoken form": normal(spoken)}
                row |= {f"{read} read, against the {name}": jiwer.wer(truth, said) for name, truth in against.items()}
            rows[path.name.removesuffix(".spoken.txt")] = {key: round(value, 3) for key, value in row.items()}
            print(path.name, rows[path.name.removesuffix(".spoken.txt")], file=sys.stderr)
    means = {key: round(mean(row[key] for row in rows.values()), 3) for key in next(iter(rows.values()))}
    print(json.dumps({"preset": options.preset, "mean": means, "texts": rows}, indent=1))
    if options.output:
        keep(options.output, options.preset, {"date": time.strftime("%Y-%m-%d"), "mean": means, "texts": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
