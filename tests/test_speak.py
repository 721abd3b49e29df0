"""`avatar speak`: what is said is a file, standard input or the words themselves; captions lie beside the sound."""

from __future__ import annotations

from pathlib import Path

import pytest

import avatar as library
from avatar.errors import RequestError
from tests.conftest import run_command

SAID = "The first sentence is this one.\n\nThen comes another.\n"


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text(SAID)
    return path


def test_a_folder_for_an_output_holds_the_texts_name(avatar, tmp_path):
    (tmp_path / "talk.md").write_text("Hello.")
    (tmp_path / "sound").mkdir()
    done = avatar("speak", tmp_path / "talk.md", "-o", tmp_path / "sound", "--captions", "srt", "-q")
    assert done.stdout == f"{tmp_path / 'sound/talk.wav'}\n" and (tmp_path / "sound/talk.srt").exists(), done.stderr
    assert "is a folder; name a file in it" in avatar("speak", "Hello.", "-o", tmp_path / "sound").stderr


@pytest.mark.parametrize("name", ["talk.txt", "talk", "a talk.md"])
def test_a_file_is_read_and_not_its_name(avatar, tmp_path, name):
    (tmp_path / name).write_text(SAID)
    shown = avatar("speak", "--show", tmp_path / name)
    assert shown.stdout.splitlines() == ["The first sentence is this one.", "Then comes another."], shown.stderr


def test_standard_input_is_read(tmp_path):
    done = run_command("speak", "--show", "-", input=SAID)
    assert done.stdout.splitlines()[0] == "The first sentence is this one.", done.stderr


def test_a_voice_may_be_a_preset(avatar, script, tmp_path):
    for option in ("--voice", "--preset"):
        done = avatar("speak", script, option, "joe", "-o", tmp_path / f"{option}.wav")
        assert done.code == 0, done.stderr
    assert (tmp_path / "--voice.wav").read_bytes() == (tmp_path / "--preset.wav").read_bytes()
    both = avatar("speak", script, "--voice", "joe", "--preset", "heart", "-o", tmp_path / "both.wav")
    assert both.code == 2 and "exclude each other" in both.stderr


@pytest.mark.parametrize("words", ["Hello there.", "He wrote talk.txt", "x" * 400, "Hello.", "a/b"])
def test_words_that_are_no_file_are_spoken(avatar, words):
    assert avatar("speak", "--show", words).code == 0


@pytest.mark.parametrize("name", ["none.txt", "none.MD", "folder/none.markdown"])
def test_a_file_that_is_not_there_is_no_text(avatar, tmp_path, name):
    refused = avatar("speak", name, "-o", tmp_path / "a.wav")
    assert refused.code == 2 and f"cannot read the text file '{name}'" in refused.stderr


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_captions_lie_beside_the_sound(avatar, script, tmp_path, kind):
    done = avatar("speak", script, "--preset", "joe", "--captions", kind, "-q", "-o", tmp_path / "talk.wav")
    assert (done.code, done.stdout, done.stderr) == (0, f"{tmp_path / 'talk.wav'}\n", "")
    shown = (tmp_path / f"talk.{kind}").read_text()
    assert "The first sentence is this one." in shown and "Then comes another." in shown
    assert "-->" in shown and shown.startswith("WEBVTT") == (kind == "vtt")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["talk.txt", "talk.wav", f"talk.{kind}"])


def test_captions_that_exist_are_kept(avatar, script, tmp_path):
    (tmp_path / "talk.srt").write_text("mine")
    refused = avatar("speak", script, "--captions", "srt", "-o", tmp_path / "talk.wav")
    assert refused.code == 2 and "talk.srt' exists" in refused.stderr
    assert not (tmp_path / "talk.wav").exists() and (tmp_path / "talk.srt").read_text() == "mine"


def test_a_program_gets_them_too(tmp_path):
    library.speak("Hello there.", out=tmp_path / "a.wav", preset="joe", captions="vtt")
    assert (tmp_path / "a.vtt").read_text().startswith("WEBVTT")
    with pytest.raises(RequestError, match="speech has none"):
        library.speak("Hello there.", out=tmp_path / "b.wav", captions="burned")
