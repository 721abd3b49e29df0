"""Kept portraits: made whole, found by name in every way a picture can be asked for, and the same request as their file."""

from __future__ import annotations

import json
import os
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar import asking, portraits, preflight
from avatar.batch.making import requested
from avatar.batch.table import read_table
from avatar.errors import AvatarError, InputError, RequestError
from avatar.jobs import home as homes
from avatar.media.ffmpeg import encode_frames
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.given_picture import bundled_portrait
from avatar.stacks import stack_for


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    face = bundled_picture()
    Image.fromarray(face).save(folder / "one.png")
    Image.fromarray(np.hstack([face, face])).save(folder / "two.JPG")
    Image.new("RGB", (300, 300), "grey").save(folder / "nobody.png")
    return folder


@pytest.fixture(scope="module")
def made(pictures, tmp_path_factory) -> Path:
    """A home with two kept portraits. Tests copy it."""
    folder = tmp_path_factory.mktemp("made")
    portraits.create(folder, "me", pictures / "one.png")
    portraits.create(folder, "ann", pictures / "two.JPG", face=2)
    return folder


@pytest.fixture
def kept(made, home) -> Path:
    shutil.copytree(made, home, dirs_exist_ok=True)
    return home


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_portrait_is_its_picture_as_it_was_given_and_as_a_video_shows_it(made, pictures):
    assert names(made / "portraits") == ["ann", "me"]
    assert names(made / "portraits/ann") == ["framed.png", "picture.jpg", "portrait.json"]
    picture = portraits.picture_of(made, "ann")
    assert picture.read_bytes() == (pictures / "two.JPG").read_bytes()
    shown = np.asarray(Image.open(portraits.framed_of(made, "me")))
    assert (shown == bundled_portrait().picture).all()
    known = portraits.read(made, "ann")
    assert known.pop("created") > 0
    assert known == {
        "name": "ann", "title": "ann", "source": "two.JPG", "face": 2, "width": 1024, "height": 512, "notes": [],
        "picture": str(picture), "is_clip": False,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "file", "face"), [("me", "one.png", None), ("ann", "two.JPG", 2)])
def test_a_name_asks_for_what_its_file_asks_for(kept, pictures, name, file, face):
    asked = {"text": "Hello.", "preset": "joe"}
    by_name = asking.request_of(portrait=name, **asked)
    by_file = asking.request_of(portrait=pictures / file, face=face, **asked)
    assert by_name.digest() == by_file.digest() and by_name.face == face
    job, other = homes.create(kept, by_name), homes.create(kept, by_file)
    assert (
        job.folder == other.folder
        and job.request().portrait.name == f"portrait{portraits.picture_of(kept, name).suffix}"
    )
    assert asking.request_of(portrait=name, face=1, **asked).face == 1


def test_a_kept_one_comes_before_a_file_of_its_name_as_voices_do(kept, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(pictures / "nobody.png", "me")
    (tmp_path / "voices-me").touch()
    assert asking.request_of(text="Hi.", portrait="me").portrait == portraits.picture_of(kept, "me")
    assert asking.request_of(text="Hi.", portrait=f"{tmp_path}/me").portrait == tmp_path / "me"
    assert asking.request_of(text="Hi.", portrait="./me").portrait == tmp_path / "me"
    (kept / "voices/me").mkdir(parents=True)
    (kept / "voices/me/reference.wav").touch()
    (kept / "voices/me/profile.json").write_text(
        json.dumps({"name": "me", "language": "en", "consent": True, "reference_sha256": "0" * 64})
    )
    assert asking.request_of(text="Hi.", voice="me").voice == kept / "voices/me/reference.wav"
    assert asking.request_of(text="Hi.", voice="./me").voice == tmp_path / "me"


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "me.mp4"
    encode_frames([bundled_picture()] * 30, 512, 512, Fraction(25), path)
    return path


def test_a_clip_is_kept_for_the_full_stack(home, clip):
    known = portraits.create(home, "moving", clip)
    assert (
        known["is_clip"] and (known["width"], known["height"]) == (512, 512) and known["notes"] == [portraits.CLIP_NOTE]
    )
    assert names(home / "portraits/moving") == ["framed.png", "picture.mp4", "portrait.json"]
    assert portraits.picture_of(home, "moving").read_bytes() == clip.read_bytes()
    asked = asking.request_of(text="Hi.", portrait="moving", stack="full", voice=str(clip))
    assert asked.digest() == asking.request_of(text="Hi.", portrait=str(clip), stack="full", voice=str(clip)).digest()
    assert stack_for(asked).takes_clip(asked.portrait)
    with pytest.raises(RequestError, match="a clip for a portrait is for the full stack") as refused:
        preflight.check(asking.request_of(text="Hi.", portrait="moving"))
    assert refused.value.mend == {"stack": "full"}


def test_a_clip_without_a_face_and_what_is_none_are_not_kept(home, tmp_path):
    encode_frames([np.zeros((64, 64, 3), np.uint8)] * 5, 64, 64, Fraction(25), tmp_path / "dark.mp4")
    (tmp_path / "notes.mp4").write_text("no video")
    for name, said in (("dark.mp4", "face"), ("notes.mp4", "cannot read the video"), ("none.mp4", "no picture file")):
        with pytest.raises((InputError, RequestError), match=said):
            portraits.create(home, "me", tmp_path / name)
    assert portraits.names(home) == []


def test_a_clip_is_kept_by_the_command(avatar, home, clip):
    done = avatar("portrait", "add", "moving", clip)
    assert done.code == 0 and "full stack alone" in done.stderr, done.stderr
    assert " clip " in avatar("portrait", "list").stdout
    refused = avatar("make", "-", "--portrait", "moving", "--audio", clip, "--dry-run")
    assert refused.code == 2
    refused = avatar("pipeline", "run", "--text", "Hi.", "--portrait", "moving")
    assert refused.code == 2 and "--stack full" in refused.stderr and "clip" in refused.stderr


@pytest.mark.parametrize("name", ["bob", "a" * 300, "a\0b", ""])
def test_a_name_that_is_nowhere_says_which_command_lists(kept, name):
    for field, said in (
        ("portrait", "no kept portrait and no file .*'avatar portrait list' shows"),
        ("voice", "no cloned voice"),
    ):
        with pytest.raises(RequestError, match=said) as refusal:
            asking.request_of(text="Hi.", **{field: name or "/nothing"})
        assert refusal.value.fields == [field] or refusal.value.fields == (field,)


def test_a_table_names_kept_portraits(kept, tmp_path):
    (tmp_path / "rows.csv").write_text("text,portrait\nOne.,me\nTwo.,ann\nThree.,\n")
    first, second, third = (requested(row, {"portrait": "ann"}) for row in read_table(tmp_path / "rows.csv"))
    assert first.portrait == portraits.picture_of(kept, "me") and first.face is None
    for row in (second, third):
        assert (row.portrait, row.face) == (portraits.picture_of(kept, "ann"), 2)


def test_the_commands(avatar, home, pictures):
    leftover = home / "portraits/.new-a1b2c3"  # of a process that was killed
    leftover.mkdir(parents=True)
    done = avatar("portrait", "add", "ann", pictures / "two.JPG", "--face", 2, "--json")
    assert done.code == 0, done.stderr
    assert not leftover.exists()
    known = json.loads(done.stdout)
    assert known == json.loads(avatar("portrait", "show", "ann", "--json").stdout)
    assert json.loads(avatar("portrait", "list", "--json").stdout) == {
        "version": 1,
        "portraits": [{name: known[name] for name in known if name != "version"}],
        "damaged": {},
    }
    assert "1024x512" in avatar("portrait", "list").stdout and "face: 2" in avatar("portrait", "show", "ann").stdout
    planned = avatar("pipeline", "run", "--text", "Hi.", "--portrait", "ann", "--dry-run")
    assert planned.code == 0, planned.stderr
    taken = avatar("portrait", "add", "ann", pictures / "none.png")
    assert taken.code == 2 and "exists" in taken.stderr and "avatar portrait remove ann" in taken.stderr
    assert avatar("portrait", "remove", "ann").stdout == "ann\n"
    for words in (("show", "ann"), ("remove", "ann")):
        gone = avatar("portrait", *words)
        assert gone.code == 2 and "'avatar portrait list' shows" in gone.stderr
    gone = avatar("make", "-", "--portrait", "ann", "--dry-run", "-o", home / "x.mp4", "--audio", "a.wav")
    assert gone.code == 2
    assert names(home / "portraits") == []


def test_what_is_refused_is_refused_as_the_portrait_stage_does_and_leaves_nothing(avatar, home, pictures):
    for name, options in (("nobody.png", ()), ("two.JPG", ()), ("two.JPG", ("--face", 3)), ("none.png", ())):
        picture = pictures / name
        added = avatar("portrait", "add", "me", picture, *options)
        made = avatar("pipeline", "run", "--text", "Hello.", "--preset", "joe", "--portrait", picture, *options)
        assert (added.code, added.stdout) == (made.code, "") and added.code in (1, 2)
        if name != "none.png":
            assert added.stderr.splitlines()[-1] == made.stderr.splitlines()[-1]
        assert names(home / "portraits") == [] if (home / "portraits").exists() else True
    for name in ("a/b", "..", "", "a" * 65, "-x", "a b"):
        with pytest.raises(RequestError, match="is no portrait name"):
            portraits.create(home, name, pictures / "one.png")
    text = home / "text.png"
    text.write_text("no picture")
    with pytest.raises(InputError, match="not a whole"):
        portraits.create(home, "me", text)


def test_a_home_that_cannot_be_written_is_told_of_as_one(avatar, monkeypatch, pictures):
    monkeypatch.setenv("AVATAR_HOME", "/proc/nothing")
    for words in (
        ("portrait", "add", "me", pictures / "one.png"),
        ("voice", "clone", pictures / "one.png", "--name", "me"),
    ):
        refused = avatar(*words)
        assert refused.code == 1 and "cannot write into '/proc/nothing'" in refused.stderr, words


def test_what_fails_on_the_way_leaves_nothing(home, pictures, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(portraits, "write_json", full)
    with pytest.raises(OSError, match="space"):
        portraits.create(home, "me", pictures / "one.png")
    assert names(home / "portraits") == []


def test_an_id_of_the_api_is_a_name_too(kept, avatar):
    """As it keeps them, and as it kept them before the command line did."""
    folder = kept / "portraits/portrait_0123456789abcdef"
    shutil.copytree(kept / "portraits/me", folder)
    (folder / "portrait.json").write_text(json.dumps({"name": "Me, \x1b[2Jhere", "created_at": 5, "notes": ["bright"]}))
    known = portraits.read(kept, folder.name)
    assert (known["title"], known["created"], known["face"], known["notes"]) == ("Me, \x1b[2Jhere", 5, None, ["bright"])
    assert asking.request_of(text="Hi.", portrait=folder.name).portrait == folder / "picture.png"
    assert "\x1b" not in avatar("portrait", "list").stdout and "Me, " in avatar("portrait", "list").stdout


BAD = {
    "a list": "[1]",
    "nothing": "",
    "no name": {"name": None},
    "a face that is none": {"face": 0},
    "a face that is a text": {"face": "2"},
    "made at no time": {"created_at": "x"},
    "notes are numbers": {"notes": [1]},
    "a width that is endless": {"width": 1e300},
}


@pytest.mark.parametrize("case", BAD)
def test_a_damaged_portrait_is_shown_refused_and_removed(avatar, kept, case):
    content, path = BAD[case], kept / "portraits/me/portrait.json"
    path.write_text(content if isinstance(content, str) else json.dumps(json.loads(path.read_text()) | content))
    listed = avatar("portrait", "list")
    assert listed.code == 0 and "damaged: portrait.json" in listed.stdout and "ann" in listed.stdout
    assert list(json.loads(avatar("portrait", "list", "--json").stdout)["damaged"]) == ["me"]
    for words in (("portrait", "show", "me"), ("pipeline", "run", "--text", "Hi.", "--portrait", "me")):
        refused = avatar(*words)
        assert refused.code == 1 and "portrait remove me" in refused.stderr and refused.stderr.count("\n") == 1
    assert avatar("portrait", "remove", "me").code == 0 and names(kept / "portraits") == ["ann"]


@pytest.mark.parametrize("kind", ["FIFO", "symlink", "folder"])
@pytest.mark.parametrize("name", ["me", "me/portrait.json", "me/picture.png"])
def test_something_else_in_the_place_of_a_portrait_or_its_files(kept, tmp_path, kind, name):
    path = kept / "portraits" / name
    path.rename(tmp_path / "moved")
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "symlink":
        path.symlink_to(tmp_path / "moved")
    else:
        (path / "inner").mkdir(parents=True)
    assert list(portraits.damaged(kept)) == ["me"] and [each["name"] for each in portraits.every(kept)] == ["ann"]
    assert portraits.picture_of(kept, "me") is None or name == "me/portrait.json"
    with pytest.raises(AvatarError, match="the portrait 'me' is damaged"):
        portraits.read(kept, "me")
    with pytest.raises(RequestError, match="'me' exists"):
        portraits.refuse_name(kept, "me")
    portraits.remove(kept, "me")
    assert names(kept / "portraits") == ["ann"] and (tmp_path / "moved").exists()
