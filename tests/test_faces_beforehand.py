"""A picture without a usable face is refused by dry runs and by the queue, in the sentence that the portrait stage has for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar.jobs import home as homes
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.given_picture import GivenPortrait

WAYS = {"at once": (), "dry run": ("--dry-run",), "queue": ("--queue",)}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    face = bundled_picture()
    Image.new("RGB", (300, 300), "grey").save(folder / "nobody.png")
    Image.fromarray(np.rot90(face, 2)).save(folder / "lying.png")
    Image.fromarray(np.hstack([face, face])).save(folder / "two.png")
    Image.fromarray(face).save(folder / "one.png")
    left = 190  # a part of the cheek is cut off, which is noted and no more
    Image.fromarray(face[:, left:]).save(folder / "cut.png")
    return folder


@pytest.fixture
def looks(monkeypatch) -> list[Path]:
    """The pictures whose faces were read, in their order."""
    read, seen = GivenPortrait.picture, list[Path]()

    def picture(engine, wanted, told, progress):
        seen.append(wanted.path)
        return read(engine, wanted, told, progress)

    monkeypatch.setattr(GivenPortrait, "picture", picture)
    return seen


@pytest.mark.parametrize(
    ("name", "words"), [("nobody", "no face was found"), ("lying", "upside down"), ("two", "shows 2 faces")]
)
def test_one_sentence_in_every_way(avatar, home, pictures, tmp_path, name, words):
    asked = ("pipeline", "run", "--text", "Hello.", "--preset", "joe", "--portrait", pictures / f"{name}.png")
    said = {way: avatar(*asked, "-o", tmp_path / "x.mp4", *options) for way, options in WAYS.items()}
    assert words in said["at once"].stderr
    for way, done in said.items():
        assert (way, done.code, done.stdout) == (way, said["at once"].code, "")
        assert done.stderr.splitlines()[-1] == said["at once"].stderr.splitlines()[-1]
    assert homes.every(home) == [], "what is refused leaves no job"


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_refused_alike(avatar, home, pictures, tmp_path, way):
    table = tmp_path / "rows.csv"
    table.write_text(f"name,text,portrait\na,Hello.,{pictures}/nobody.png\nb,Hello.,{pictures}/one.png\n")
    done = avatar("pipeline", "run", "--table", table, "-O", tmp_path / "out", "--preset", "joe", *WAYS[way])
    assert done.code == 1
    assert "row 1 (a): no face was found in the picture; give one where" in done.stderr
    assert "1 failed" in done.stderr and f"{tmp_path}/out/b.mp4" in done.stdout


def test_a_face_is_read_once_for_a_video_and_once_for_a_picture_of_many_rows(avatar, pictures, tmp_path, looks):
    one = pictures / "one.png"
    made = avatar("pipeline", "run", "--text", "Hi.", "--preset", "joe", "--portrait", one, "-o", tmp_path / "a.mp4")
    assert (made.code, len(looks)) == (0, 1), made.stderr
    looks.clear()
    (tmp_path / "rows.jsonl").write_text(
        "".join(
            json.dumps({"name": f"{number}-{face}", "text": "Hi.", "portrait": str(one), "face": face}) + "\n"
            for number in range(4)
            for face in (1, 2)
        )
    )
    told = avatar("pipeline", "run", "--table", tmp_path / "rows.jsonl", "-O", tmp_path / "out", "--dry-run")
    assert told.stderr.count("there is no face 2") == 4 and "4 would be made" in told.stderr
    assert len(looks) == 2, "each face of a picture is looked for once"


def test_a_dry_run_of_one_video_tells_and_makes_nothing(avatar, home, pictures, tmp_path):
    asked = ("pipeline", "run", "--text", "Hello there.", "--portrait", pictures / "cut.png", "--dry-run")
    told = avatar(*asked, "-o", tmp_path / "x.mp4")
    assert told.code == 0, told.stderr
    assert told.stdout == f"{tmp_path}/x.mp4  about 2 s of speech, 512x512, preview stack\n"
    assert "of the face lies outside the picture" in told.stderr
    plan = json.loads(avatar(*asked, "--json").stdout)
    assert plan["video"].startswith(f"{home}/jobs/hello-there-") and "lies outside" in plan["notes"][0]
    assert homes.every(home) == [] and list(tmp_path.iterdir()) == []
    (tmp_path / "x.mp4").touch()
    refused = avatar(*asked, "-o", tmp_path / "x.mp4")
    assert (refused.code, "exists" in refused.stderr) == (2, True), refused.stderr
