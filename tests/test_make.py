"""`avatar make`: what a person types who wants a video to publish."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from avatar import settings
from avatar.batch.table import read_table
from avatar.frame.purposes import PURPOSES, with_purpose
from avatar.jobs import home as homes
from avatar.request import make_request

TEXT = "# A talk\n\nWe are **here**.\n"


@pytest.mark.parametrize("purpose", list(PURPOSES))
def test_each_purpose_is_a_request(purpose):
    request = make_request(text="Hello.", **with_purpose(purpose, {}))
    assert request.size in ("landscape", "portrait", "square") and request.worded in ("soft", "burned")


def test_what_the_user_says_counts_more():
    assert with_purpose("shorts", {"captions": "srt"}) == {"size": "portrait", "captions": "srt"}
    assert with_purpose("shorts", {"size": "512x512", "caption_style": "plain"}) == {
        "size": "512x512", "captions": "burned", "caption_style": "plain",
    }  # fmt: skip
    assert with_purpose("square", {"audio": "talk.wav"}) == {"size": "square", "audio": "talk.wav"}
    assert with_purpose("square", {"audio": "talk.wav", "transcript": "talk.txt"})["captions"] == "burned"


@pytest.mark.parametrize(
    ("arguments", "size", "captions"),
    [((), (1920, 1080), "soft"), (("--for", "shorts"), (1080, 1920), "burned"), (("--size", "256x256"), (256, 256), "soft"),
     (("--for", "square", "--captions", "none"), (1080, 1080), "none")],
)  # fmt: skip
def test_a_plan_says_what_would_be_made_and_makes_nothing(avatar, tmp_path, home, arguments, size, captions):
    script = tmp_path / "talk.md"
    script.write_text(TEXT)
    done = avatar("make", script, "-o", tmp_path / "talk.mp4", "--dry-run", "--json", *arguments)
    plan = json.loads(done.stdout)
    assert (plan["width"], plan["height"]) == size and plan["captions"] == captions and plan["version"] == 1
    assert not homes.every(home) and not (tmp_path / "talk.mp4").exists()
    told = avatar("make", script, "-o", tmp_path / "talk.mp4", "--dry-run", *arguments).stdout
    assert f"{size[0]}x{size[1]}" in told and "about" in told


def test_a_video_is_named_after_its_script(avatar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text(TEXT)
    done = avatar("make", "talk.md", "--size", "128x128", "--captions", "vtt", "--voice", "joe", "-q")
    assert done.code == 0 and done.stdout == f"{tmp_path / 'talk.mp4'}\n" and done.stderr == ""
    assert (tmp_path / "talk.vtt").read_text().startswith("WEBVTT\n\n00:00:00")
    assert "We are here." in (tmp_path / "talk.vtt").read_text()
    again = avatar("make", "talk.md", "--size", "128x128", "--captions", "vtt", "--voice", "joe", "-q")
    assert again.code == 2 and "exists" in again.stderr


@pytest.mark.parametrize("given", ["videos", "videos/", "."])
def test_a_folder_for_an_output_holds_the_script_s_name(avatar, tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text(TEXT)
    (tmp_path / "videos").mkdir()
    done = avatar("make", "talk.md", "-o", given, "--dry-run")
    assert done.code == 0 and str(tmp_path / given / "talk.mp4") in done.stdout, done.stderr
    one = avatar("pipeline", "run", "--text", "Hello.", "-o", given)
    assert one.code == 2 and "is a folder; name a file in it" in one.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("nothing.md",), "cannot read the text file"), ((), "nothing to say"), (("talk.md", "-O", "talk.md"), "is no folder"), (("table.csv", "-o", "one.mp4"), "name their folder"), (("talk.md", "-O", "a", "-o", "b.mp4"), "exclude each other"),
     (("talk.md", "--size", "641x480"), "642x480"), (("talk.md", "--audio", "talk.wav"), "exclude each other"),
     (("talk.md", "--background", "nowhere.jpg"), "there is no background"), (("table.csv",), "needs a folder"),
     (("talk.md", "--background", "talk.md"), "neither a picture"), (("talk.md", "--captions", "burned", "--font", "talk.md"), "no TrueType"),
     (("Hello there.",), "pipeline run --text"), (("none.csv", "-O", "videos"), "avatar: there is no table"),
     (("empty.txt",), "avatar: the text is empty"), (("talk.md", "--voice", "joe", "--preset", "heart"), "exclude each other"),
     (("talk.md", "--background", "pixel.png"), "64 a side are the least"),
     (("talk.md", "--voice", "nobody"), "no cloned voice"), (("talk.md", "-o", "talk.avi"), ".mp4")],
)  # fmt: skip
def test_what_is_asked_wrongly_is_said_in_one_sentence(avatar, tmp_path, monkeypatch, home, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text(TEXT)
    (tmp_path / "table.csv").write_text("text\nHello.\n")
    (tmp_path / "empty.txt").write_text(" \n")
    Image.new("RGB", (1, 1)).save(tmp_path / "pixel.png")
    done = avatar("make", *arguments)
    assert done.code in (1, 2) and said in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and not homes.every(home)


@pytest.mark.parametrize(
    ("name", "written"),
    [("t.tsv", "name\ttext\na\tHello.\nb\tBye.\n"), ("t.ndjson", '{"name": "a", "text": "Hello."}\n{"name": "b", "text": "Bye."}'),
     ("t.json", '[{"name": "a", "text": "Hello."},\n {"name": "b", "text": "Bye."}]'), ("t.json", '{"name": "a", "text": "Hello."}\n{"name": "b", "text": "Bye."}')],
)  # fmt: skip
@pytest.mark.parametrize("option", ["-o", "-O"])
def test_any_kind_of_table_is_one_and_no_script(avatar, tmp_path, monkeypatch, name, written, option):
    """A table that was taken for a script was spoken, commas and all."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(written)
    done = avatar("make", name, option, "videos", "--dry-run")
    assert done.code == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [f"{tmp_path}/videos/{row}.mp4" for row in "ab"]
    for damaged, said in (
        ('[{"text": "a"}, 3]', "row 2 of the table"),
        ('[{"text": "a"', "is not JSON"),
        ("[]", "has no rows"),
    ):
        (tmp_path / "t.json").write_text(damaged)
        assert said in avatar("make", "t.json", option, "videos", "--dry-run").stderr


def test_a_folder_for_one_video_is_made(avatar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text("Hello.")
    one = ("make", "talk.md", "-O", "new/videos", "--size", "128x128", "--captions", "none")
    planned = avatar(*one, "--dry-run")
    assert planned.code == 0 and str(tmp_path / "new/videos/talk.mp4") in planned.stdout
    assert not (tmp_path / "new").exists()
    assert avatar(*one, "-q").stdout == f"{tmp_path / 'new/videos/talk.mp4'}\n"
    assert avatar(*one).code == 2, "it exists"


@pytest.mark.parametrize(
    ("written", "said"),
    [(b"{\\rtf1\\ansi Hello.}", "Rich Text"), (b"%PDF-1.7 Hello.", "a PDF"), (b"PK\x03\x04 Hello.", "word processor")],
)
def test_a_document_is_no_script(avatar, tmp_path, written, said):
    (tmp_path / "talk.txt").write_bytes(written)
    done = avatar("make", tmp_path / "talk.txt", "--dry-run")
    assert done.code == 2 and said in done.stderr and "save what is to be said as .txt" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_script_with_a_mark_of_its_encoding_is_read(avatar, tmp_path, encoding):
    (tmp_path / "talk.txt").write_bytes("\ufeffCafé.".encode(encoding.removesuffix("-sig")))
    assert avatar("speak", "--show", tmp_path / "talk.txt").stdout == "Café.\n"


def test_a_table_is_planned_with_the_purpose_for_every_row(avatar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beach.png").write_bytes(b"no picture")
    (tmp_path / "table.csv").write_text("name,text,size,background\na,Hello.,,white\nb,Good bye.,128x128,beach.png\n")
    done = avatar("make", "table.csv", "-O", "videos", "--for", "shorts", "--dry-run")
    assert "a.mp4" in done.stdout and "b.mp4" not in done.stdout
    assert "row 2 (b): background: the background" in done.stderr and "neither a picture" in done.stderr


def test_a_recording_or_a_picture_is_no_script(avatar, tmp_path):
    for name, option in (
        ("talk.wav", "--audio"),
        ("talk.m4a", "--audio"),
        ("clip.mp4", "--audio"),
        ("me.jpg", "--portrait"),
    ):
        (tmp_path / name).write_bytes(b"\xff\0")
        done = avatar("make", tmp_path / name)
        assert (
            done.code == 2 and "no script; give it as" in done.stderr and f"({option} {tmp_path / name})" in done.stderr
        )


def test_of_a_recording_it_is_said_what_its_captions_want(avatar, tmp_path):
    speech_file = tmp_path / "speech.wav"
    assert avatar("speak", "Hello there.", "-o", speech_file).code == 0
    (tmp_path / "talk.txt").write_text("Hola, me llamo Ana. Hoy aprendemos 3 cosas.")
    one = ("make", "--audio", speech_file, "--for", "shorts", "--dry-run")
    assert "no captions without the words" in avatar(*one).stderr
    assert not any("captions" in avatar(*one, *quiet).stderr for quiet in (("-q",), ("--captions", "none")))
    with_words = avatar(*one, "--transcript", tmp_path / "talk.txt").stderr
    assert (
        "the transcript seems to be in Spanish, and is read as English" in with_words
        and "no captions" not in with_words
    )


def test_a_row_s_own_captions_are_asked_for_alone(avatar, tmp_path, monkeypatch):
    """With the style of a purpose for all rows, a row with a track was refused for a style that it did not ask for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(
        "name,text,captions,subtitles\na,Hello.,soft,\nb,Hello.,None,\nc,Hello.,,yes\nd,Hello.,,no\ne,Hello.,vtt,\n"
    )
    rows = json.loads(avatar("make", "table.csv", "-O", "videos", "--for", "shorts", "--dry-run", "--json").stdout)[
        "rows"
    ]
    assert not [row["error"] for row in rows if row["error"]]
    plans = [row["plan"].split("1080x1920")[1].split(" stack")[0] for row in rows]
    assert plans == [
        ", soft captions, preview", ", preview", ", soft captions, preview", ", burned captions, preview", ", vtt captions, preview",
    ]  # fmt: skip


def test_each_row_may_have_a_purpose_of_its_own(avatar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.wav").write_bytes(b"no sound; that is told later")
    (tmp_path / "table.csv").write_text(
        "name,text,audio,For,size,captions,caption_style\na,Hello.,,Shorts,,,\nb,Hello.,,square,,,\nc,Hello.,,youtube,,,\n"
        "d,Hello.,,shorts,128x256,,plain\ne,Hello.,,shorts,,srt,\nf,,talk.wav,square,,,\ng,Hello.,,tiktok,,,\nh,Hello.,,,,,\n"
    )
    rows = {row.name: row for row in read_table(tmp_path / "table.csv")}
    asked = {
        name: {key: row.asked[key] for key in ("size", "captions", "caption_style") if key in row.asked}
        for name, row in rows.items()
    }
    assert [asked[name] for name in "abc"] == [PURPOSES[purpose] for purpose in ("shorts", "square", "youtube")]
    assert asked["d"] == {"size": "128x256", "captions": "burned", "caption_style": "plain"}
    assert (asked["e"], asked["f"]) == ({"size": "portrait", "captions": "srt"}, {"size": "square"})
    assert "there is no purpose 'tiktok'; there are: youtube, shorts, square" in str(rows["g"].wrong) and not asked["h"]
    (tmp_path / "table.csv").write_text("name,text,for\na,Hello.,youtube\nb,Hello.,shorts\nc,Hello.,\n")
    planned = avatar("make", "table.csv", "-O", "videos", "--for", "square", "--dry-run").stdout
    frames = ["1920x1080, soft captions", "1080x1920, burned captions", "1080x1080, burned captions"]
    assert [frame in line for frame, line in zip(frames, planned.splitlines(), strict=True)] == [True] * 3
    small = avatar("pipeline", "run", "--table", "table.csv", "-O", "videos", "--subtitles", "--dry-run")
    assert small.code == 0 and "512x512, soft" in small.stdout.splitlines()[2], small.stderr


def test_a_dry_run_says_what_will_be_noted_of_the_text(avatar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text("Hola, me llamo Ana. Hoy aprendemos 3 cosas.")
    done = avatar("make", "talk.md", "--dry-run")
    assert done.code == 0 and "note: the text seems to be in Spanish, and is read as English" in done.stderr
    assert "seems" not in avatar("make", "talk.md", "--dry-run", "-q").stderr
    (tmp_path / "table.csv").write_text("name,text_file,text\na,talk.md,\nb,,Hello 你好.\n")
    table = ("make", "table.csv", "-O", "videos", "--dry-run")
    told = avatar(*table).stderr
    assert "note: a: the text seems to be in Spanish" in told and "note: b: left out" in told
    assert "note" not in avatar(*table, "-q").stderr
    rows = json.loads(avatar(*table, "--json").stdout)["rows"]
    assert [len(row["notes"]) for row in rows] == [1, 1]


def test_a_disk_without_room_for_what_is_kept_is_told_before_anything_is_made(avatar, tmp_path, home, monkeypatch):
    """A minute at 1080 pixels is kept without loss: a render would die half way."""
    import shutil

    (tmp_path / "talk.md").write_text("This is a talk. " * 60)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100 << 20))
    done = avatar("make", tmp_path / "talk.md", "-o", tmp_path / "talk.mp4", "--dry-run")
    assert done.code == 75 and "is full (100 MiB free, " in done.stderr
    small = avatar("make", tmp_path / "talk.md", "-o", tmp_path / "talk.mp4", "--dry-run", "--size", "128x128")
    assert small.code == 0, small.stderr


def test_a_quiet_table_prints_paths_and_what_went_wrong(avatar, tmp_path, monkeypatch, home):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("name,text\na,Hello.\nb,\n")
    done = avatar("make", "table.csv", "-O", "videos", "--size", "128x128", "--captions", "none", "-q")
    assert done.code == 1 and done.stdout == f"{tmp_path / 'videos/a.mp4'}\n"
    (said,) = done.stderr.splitlines()
    assert said.startswith("row 2 (b): ")


def test_words_of_the_frame_may_be_in_any_case(avatar, tmp_path, monkeypatch):
    """On the command line, in a table and in JSON, as sizes and colours."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text(TEXT)
    words = ("--for", "Shorts", "--position", "Left", "--fit", "PAD", "--captions", "Burned", "--caption-style", "Box")
    assert "1080x1920, burned" in avatar("make", "talk.md", *words, "--dry-run").stdout
    (tmp_path / "table.csv").write_text("text,position,fit,captions,caption_style\nHello.,Center,Pad,BURNED,Box\n")
    assert "burned captions" in avatar("make", "table.csv", "-O", "videos", "--dry-run").stdout
    shouted = make_request(text="hi", position=" LEFT ", fit="Pad", captions="Burned", caption_style="KARAOKE")
    assert shouted == make_request(text="hi", position="left", fit="pad", captions="burned", caption_style="karaoke")


def test_a_colour_comes_before_a_file_of_its_name(avatar, tmp_path, monkeypatch):
    """As a preset comes before one: ./white is the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text(TEXT)
    (tmp_path / "white").write_bytes(b"no picture")
    (tmp_path / "table.csv").write_text("text,background\nHello.,White\nHello.,./white\n")
    assert avatar("make", "talk.md", "--background", "white", "--dry-run").code == 0
    assert "neither a picture" in avatar("make", "talk.md", "--background", "./white", "--dry-run").stderr
    (said,) = avatar("make", "table.csv", "-O", "videos", "--dry-run", "-q").stderr.splitlines()
    assert said.startswith("row 2") and "neither a picture" in said


def test_every_command_that_makes_a_video_can_be_quiet(avatar, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in (("demo",), ("pipeline", "run", "--text", "Hi.")):
        done = avatar(*command, "-o", f"{command[0]}.mp4", "-q")
        assert done.code == 0 and done.stdout == f"{tmp_path / command[0]}.mp4\n" and done.stderr == ""
    (job,) = [each for each in homes.every(settings.home()) if each.id.startswith("hi")]
    done = avatar("pipeline", "resume", job.id, "-q")
    assert done.code == 0 and done.stdout == f"{tmp_path / 'pipeline.mp4'}\n" and done.stderr == ""
