"""Settings: which source wins, what is refused, and where a value came from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avatar import settings
from avatar.errors import RequestError
from avatar.settings import Settings

OTHERS = {"stack": "full", "preset": "joe", "profile": "cpu", "seed": 11, "encoder": "nvenc"}  # none is the default


@pytest.fixture(autouse=True)
def no_variables(home, monkeypatch) -> Path:
    for name in OTHERS:
        monkeypatch.delenv(f"AVATAR_{name.upper()}", raising=False)
    return home


def write(home: Path, text: str) -> None:
    (home / "settings.toml").write_text(text)


def test_without_a_file_the_defaults_are_in_force(home):
    assert settings.load() == Settings("preview", "", "auto", 7, "x264")
    assert [settings.origin(name) for name in OTHERS] == [""] * 5


@pytest.mark.parametrize("name", OTHERS)
def test_a_variable_goes_before_the_file_and_the_file_before_the_default(home, monkeypatch, name):
    value = OTHERS[name]
    write(home, f"{name} = {value!r}\n")
    assert settings.load() == Settings(**{name: value})
    assert settings.origin(name) == str(home / "settings.toml")
    other = 12 if name == "seed" else "another"
    monkeypatch.setenv(f"AVATAR_{name.upper()}", str(other))
    assert settings.load() == Settings(**{name: other})
    assert settings.origin(name) == f"AVATAR_{name.upper()}"
    monkeypatch.setenv(f"AVATAR_{name.upper()}", "")  # as not set
    assert settings.load() == Settings(**{name: value})
    assert settings.origin(name) == str(home / "settings.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [("colour = 'red'", "unknown setting 'colour'; known are: stack, preset, profile, seed, encoder"),
     ("seed = 'seven'", "seed must be a whole number, not 'seven'"), ("seed = 7.0", "seed must be a whole number"),
     ("seed = true", "seed must be a whole number, not True"), ("stack = 1", "stack must be a text, not 1"),
     ("stack = ", "cannot read .*settings.toml.*mend or remove")],
)  # fmt: skip
def test_a_file_that_says_something_else_is_refused(home, text, said):
    write(home, text)
    with pytest.raises(RequestError, match=said):
        settings.load()


@pytest.mark.parametrize("text", ["seven", "7.5", "-7", "²"])
def test_a_seed_of_a_variable_is_a_whole_number(monkeypatch, text):
    monkeypatch.setenv("AVATAR_SEED", text)
    with pytest.raises(RequestError, match=f"seed must be a whole number, not '{text}'; mend .* or AVATAR_SEED"):
        settings.load()


def test_a_number_is_a_text_where_a_text_is_asked_for(monkeypatch):
    monkeypatch.setenv("AVATAR_STACK", "12")
    assert settings.load().stack == "12"


def test_a_file_that_is_no_text_or_a_folder_is_refused(home):
    (home / "settings.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RequestError, match="cannot read"):
        settings.load()
    (home / "settings.toml").unlink()
    (home / "settings.toml").mkdir()
    with pytest.raises(RequestError, match="cannot read"):
        settings.load()


@pytest.mark.parametrize("kind", ["FIFO", "device", "large", "deep"])
def test_a_file_that_nobody_can_read_through_is_refused(home, kind):
    path = home / "settings.toml"
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "large":
        with open(path, "wb") as file:
            file.truncate(100 << 20)
    else:
        path.write_text("x = " + "[" * 50_000 + "]" * 50_000)
    with pytest.raises(RequestError, match="cannot read .*settings.toml.*mend or remove"):
        settings.load()


def test_settings_may_be_kept_elsewhere(home, tmp_path):
    (tmp_path / "mine.toml").write_text("seed = 8")
    (home / "settings.toml").symlink_to(tmp_path / "mine.toml")
    assert settings.load().seed == 8


def test_a_home_that_is_a_file_is_told(tmp_path, monkeypatch):
    (tmp_path / "home").write_text("")
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    with pytest.raises(RequestError, match="home is no folder; set AVATAR_HOME"):
        settings.load()


def test_the_home_is_what_is_named_or_the_platforms_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    for named, place in (("~/kept", "me/kept"), ("here", "here"), ("", "me/.local/share/avatar")):
        monkeypatch.setenv("AVATAR_HOME", named)
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        assert settings.home() == tmp_path / place
        assert settings.settings_file() == tmp_path / place / "settings.toml"


def test_a_user_without_a_home_is_told_to_name_one(monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", "~nobody-of-this-name/x")
    with pytest.raises(RequestError, match="set AVATAR_HOME to a folder"):
        settings.home()
