"""One video for each row of a table: ./run python docs/examples/lessons.py lessons.csv FOLDER

The table has the columns name, text and preset. A row whose video is there already is left alone, so that the same
command goes on after an interruption; a row that cannot be rendered does not stop the others.
"""

import csv
import sys
from pathlib import Path

import avatar
from avatar.errors import AvatarError


def main(table: Path, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for row in csv.DictReader(table.open(encoding="utf-8", newline="")):
        video = folder / f"{row['name']}.mp4"
        if video.exists():
            continue
        try:
            print(avatar.make(text=row["text"], preset=row["preset"], out=video).path)
        except AvatarError as error:
            print(f"{row['name']}: {error}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
