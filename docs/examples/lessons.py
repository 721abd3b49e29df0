"""One video for each row of a table: ./run python docs/examples/lessons.py lessons.csv FOLDER

The table has the columns name, text and preset. A row whose video is there already is left alone, so that the same
command goes on after an interruption; a row that cannot be rendered does not stop the others. This is also how avatar
is used from Python: a request, a job, and render.
"""

import csv
import shutil
import sys
from pathlib import Path

from avatar import job, pipeline, preflight, settings
from avatar.errors import AvatarError
from avatar.progress import Progress
from avatar.request import make_request


def main(table: Path, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for row in csv.DictReader(table.open(encoding="utf-8", newline="")):
        video = folder / f"{row['name']}.mp4"
        if video.exists():
            continue
        try:
            request = make_request(text=row["text"], preset=row["preset"])
            preflight.check(request)
            made = pipeline.render(homes.create(settings.home(), request), Progress())
        except AvatarError as error:
            print(f"{row['name']}: {error}", file=sys.stderr)
            failed += 1
            continue
        shutil.copyfile(made, video)
        print(video)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
