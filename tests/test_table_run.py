"""`avatar pipeline run --table`: a video for each row, whatever is wrong with the others, and nothing done twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from avatar.batch import making
from avatar.errors import TemporaryProblem
from avatar.jobs import home as homes

ROWS = {"one": "Hello.", "two": "", "three": "Goodbye."}


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "lessons.csv"
    path.write_text("name,text\n" + "".join(f"{name},{text}\n" for name, text in ROWS.items()))
    return path


@pytest.fixture
def run(avatar, table, home, tmp_path):
    """Runs the table with preset joe; its videos are in tmp_path / videos."""

    def run(*more):
        return avatar(
            "pipeline", "run", "--table", str(table), "-O", str(tmp_path / "videos"), "--preset", "joe", *more
        )

    return run


def videos(tmp_path: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted((tmp_path / "videos").glob("*"))}


def test_a_table_is_made_past_a_bad_row_and_nothing_twice(run, table, tmp_path, home):
    first = run()
    assert first.code == 1
    assert first.stdout.split() == [str(tmp_path / "videos" / name) for name in ("one.mp4", "three.mp4")]
    assert "row 2 (two): text, audio: there is nothing to say" in first.stderr
    assert "3 rows: 2 made, 0 there already, 1 failed" in first.stderr
    made = videos(tmp_path)
    assert list(made) == ["one.mp4", "three.mp4"]
    again = run()
    assert "3 rows: 0 made, 2 there already, 1 failed" in again.stderr
    assert again.stdout == first.stdout
    assert videos(tmp_path) == made, "what was there was written again"
    table.write_text(table.read_text().replace("two,", "two,Now with words."))
    (tmp_path / "videos/one.mp4").unlink()
    mended = run()
    assert (mended.code, len(mended.stdout.split())) == (0, 3)
    assert "[3/4] lips  two" in mended.stderr and "lips  one" not in mended.stderr


def test_a_changed_row_replaces_its_video_only_when_told(run, table, tmp_path):
    table.write_text("name,text\none,Hello.\n")
    assert run().code == 0
    before = (tmp_path / "videos/one.mp4").read_bytes()
    table.write_text("name,text\none,Another text.\n")
    refused = run()
    assert refused.code == 1
    assert "row 1 (one): output: " in refused.stderr and "exists" in refused.stderr
    assert (tmp_path / "videos/one.mp4").read_bytes() == before
    assert run("--missing").stdout == "", "its video is there, whatever it says"
    assert run("--overwrite").code == 0
    assert (tmp_path / "videos/one.mp4").read_bytes() != before


def test_a_dry_run_tells_and_makes_nothing(run, tmp_path, home):
    told = run("--dry-run")
    assert told.code == 1
    assert (
        f"{tmp_path}/videos/one.mp4  about 1 s of speech by the preset joe, for previews, 512x512, preview stack"
        in told.stdout
    )
    assert "row 2 (two)" in told.stderr and "2 would be made" in told.stderr
    assert not (tmp_path / "videos").exists()
    assert homes.every(home) == []


def test_one_row_alone_has_its_own_exit_code(run, tmp_path):
    assert run("--row", "3").code == 0
    assert list(videos(tmp_path)) == ["three.mp4"]
    assert run("--row", "2").code == 2
    outside = run("--row", "4")
    assert (outside.code, "3 rows, and no row 4" in outside.stderr) == (2, True)


def test_what_may_work_when_tried_again_is_told_by_the_exit_code(run, table, home):
    table.write_text("name,text\none,Hello.\n")
    assert run("--row", "1").code == 0
    (job,) = homes.every(home)
    (table.parent / "videos/one.mp4").unlink()
    with job.locked():
        assert run().code == 75


def test_a_table_in_waves_is_the_same_table(run, table, monkeypatch):
    monkeypatch.setattr(making, "WAVE", 2)
    done = run("--json")
    assert [(row["name"], row["is_new"]) for row in json.loads(done.stdout)["rows"]] == [
        ("one", True), ("two", False), ("three", True)
    ]  # fmt: skip
    assert json.loads(done.stdout)["rows"][1]["error"]["kind"] == "request"


def test_rows_that_ask_for_the_same_are_made_once(run, table, tmp_path, home):
    table.write_text("name,text\na,Hello.\nb,Hello.\n")
    assert run().code == 0
    assert (tmp_path / "videos/a.mp4").read_bytes() == (tmp_path / "videos/b.mp4").read_bytes()
    assert len(homes.every(home)) == 1


def test_a_row_overrides_what_is_asked_for_all(run, table, tmp_path, home):
    (tmp_path / "long.txt").write_text("From a file.")
    table.write_text("name,text,text_file,seed,subtitles,mark\na,Hello.,,3,yes,no\nb,,long.txt,,,\nc,x,long.txt,,,\n")
    done = run("--seed", "5")
    assert "row 3 (c): text, text_file: a text and a file with one exclude each other" in done.stderr
    asked = {job.request().text: job.request() for job in homes.every(home)}
    assert (asked["Hello."].seed, asked["Hello."].mark, asked["Hello."].preset) == (3, False, "joe")
    assert (asked["From a file."].seed, asked["From a file."].subtitles) == (5, False)
    assert list(videos(tmp_path)) == ["a.mp4", "a.srt", "b.mp4"]


def test_a_row_whose_picture_shows_no_face_leaves_no_job(run, table, tmp_path, home):
    from PIL import Image

    Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    table.write_text("name,text,portrait\na,Hello.,grey.png\nb,Hello.,none.png\nc,Hello.,\n")
    done = run()
    assert "row 1 (a): " in done.stderr and "no face" in done.stderr
    assert "row 2 (b): portrait: there is no kept portrait and no file" in done.stderr
    assert [job.state() for job in homes.every(home)] == ["done"]


def test_a_zero_that_is_asked_for_all_is_one(run, home):
    run("--row", "1", "--seed", "0")
    assert [job.request().seed for job in homes.every(home)] == [0]
    assert "steps" in run("--row", "1", "--steps", "0").stderr


def test_a_row_with_finished_speech_needs_no_voice_of_all(run, table, tmp_path):
    (tmp_path / "speech.wav").write_bytes(b"no sound; that is told later")
    table.write_text("text,audio,preset\n,speech.wav,\nHello.,,joe\n")
    planned = run("--dry-run", "--subtitles", "--speed", "1.2").stderr
    assert "keeps its own pace" not in planned
    assert "a voice makes speech" not in planned
    assert "subtitles are made from" not in planned


def test_a_run_that_was_killed_before_the_subtitles_goes_on(run, table, tmp_path):
    table.write_text("name,text\none,Hello.\n")
    assert run("--subtitles").code == 0
    (tmp_path / "videos" / "one.srt").unlink()
    assert "would be made" in run("--subtitles", "--dry-run").stderr
    assert run("--subtitles").code == 0
    assert (tmp_path / "videos" / "one.srt").exists()


def test_a_row_that_another_process_is_at_ends_no_table(run, table, monkeypatch):
    def held(job) -> None:
        raise TemporaryProblem("busy")

    monkeypatch.setattr(homes, "remove", held)
    Image.new("RGB", (300, 300), "grey").save(table.parent / "grey.png")
    table.write_text("name,text,portrait\none,Hello.,grey.png\n")
    assert "1 rows: 0 made, 0 there already, 1 failed" in run().stderr


def test_a_folder_that_is_a_file_is_refused(run, tmp_path):
    (tmp_path / "videos").touch()
    for options in ((), ("--dry-run",), ("--queue",)):
        refused = run(*options)
        assert (refused.code, "is no folder" in refused.stderr) == (2, True)


def test_rows_that_ask_for_the_same_are_each_delivered_from_the_queue(run, avatar, table, tmp_path):
    table.write_text("name,text\none,Hello.\ntwo,Hello.\n")
    assert run("--queue").code == 0
    assert avatar("queue", "work", "--until-empty").code == 0
    assert list(videos(tmp_path)) == ["one.mp4", "two.mp4"]


def test_a_table_may_be_put_into_the_queue(run, avatar, table, tmp_path):
    table.write_text("name,text\none,Hello.\nthree,Goodbye.\n")
    put = run("--queue")
    assert "2 queued, 0 there already, 0 failed" in put.stderr
    assert videos(tmp_path) == {}
    assert avatar("queue", "work", "--until-empty").code == 0
    assert list(videos(tmp_path)) == ["one.mp4", "three.mp4"]
    assert "0 queued, 2 there already" in run("--queue").stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--text", "x"], "--text: this is for one video"), (["--audio", "x"], "--audio"), (["-o", "x.mp4"], "--output")],
)
def test_what_is_for_one_video_is_refused_beside_a_table(run, more, said):
    done = run(*more)
    assert (done.code, said in done.stderr) == (2, True), done.stderr


def test_what_is_for_a_table_is_refused_without_one(avatar, table):
    done = avatar("pipeline", "run", "--text", "Hello.", "--missing")
    assert (done.code, "--missing: this is for a table" in done.stderr) == (2, True), done.stderr
    done = avatar("pipeline", "run", "--table", str(table))
    assert (done.code, "--folder" in done.stderr) == (2, True), done.stderr


def test_a_table_that_is_stopped_goes_on(run, table, tmp_path, monkeypatch):
    from avatar.lips.warp.engine import WarpLipsEngine

    table.write_text("name,text\none,Hello.\nthree,Goodbye.\n")
    with monkeypatch.context() as stopping:
        stopping.setattr(WarpLipsEngine, "load", lambda profile=None: (_ for _ in ()).throw(KeyboardInterrupt))
        done = run()
    assert done.code == 130 and "the same command goes on" in done.stderr
    assert list(videos(tmp_path)) == []
    assert run().code == 0
    shutil.rmtree(tmp_path / "videos")
