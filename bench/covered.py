"""How often pictures in folders of your own are said to be covered, or to show glasses.

usage: ./run --full python bench/covered.py FOLDER…

One line a folder: how many pictures show one usable face, and of these how many are told to have a covered mouth, covered
eyes, glasses. Sort pictures into folders (free, masked, with glasses) to have hits and false alarms.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from avatar.errors import InputError
from avatar.portrait.covered import coverings
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import choose_face
from avatar.portrait.given_picture import framed
from avatar.portrait.picture import read_picture


def main(folders: list[str]) -> None:
    print(f"{'pictures':>9} {'mouth':>6} {'eyes':>6} {'glasses':>8}")
    with FaceReader() as reader:
        for folder in folders:
            told = Counter()
            for path in sorted(Path(folder).iterdir()):
                told += told_of(reader, path)
            print(f"{told['']:9} {told['mouth']:6} {told['eyes']:6} {told['glasses']:8}  {folder}")


def told_of(reader: FaceReader, path: Path) -> Counter:
    """What is told of one picture, and "" for itself; nothing of one that a render would refuse."""
    try:
        rgb = read_picture(path)
        face = choose_face(reader.read(rgb), None, rgb.shape[1], rgb.shape[0])
    except InputError:
        return Counter()
    portrait = framed(reader, rgb, face)
    told = Counter(covering.part for covering in coverings(reader, portrait.picture, portrait.landmarks))
    return told + Counter({"": 1, "glasses": int(portrait.glasses >= 0.5)})


if __name__ == "__main__":
    main(sys.argv[1:])
