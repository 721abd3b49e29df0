"""What was asked for, with the settings' defaults and the files of named voices, as a request."""

from __future__ import annotations

import pytest

from avatar import asking
from avatar.errors import RequestError


def test_what_nobody_asks_for_is_the_settings(monkeypatch):
    monkeypatch.setenv("AVATAR_SEED", "11")
    monkeypatch.setenv("AVATAR_PRESET", "joe")
    monkeypatch.setenv("AVATAR_PROFILE", "6GB")
    request = asking.request_of(text="Hello.")
    assert (request.stack, request.seed, request.preset, request.profile) == ("preview", 11, "joe", None)
    assert asking.request_of(text="Hello.", stack="full").profile == "6GB"
    assert asking.request_of(text="Hello.", stack="full").preset is None
    asked = asking.request_of(text="Hello.", stack="full", profile="cpu", seed=3)
    assert (asked.profile, asked.seed) == ("cpu", 3)


def test_auto_is_no_profile_whatever_the_settings_say(monkeypatch):
    monkeypatch.setenv("AVATAR_PROFILE", "6GB")
    assert asking.request_of(text="Hello.", stack="full", profile="auto").profile is None


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [("stack", "ful", {}), ("seed", "99999999999", {}), ("profile", "huge", {"stack": "full"})],
)
def test_a_wrong_setting_is_told_as_a_setting(monkeypatch, name, value, asked):
    monkeypatch.setenv(f"AVATAR_{name.upper()}", value)
    with pytest.raises(RequestError, match=rf"the setting {name} \(AVATAR_{name.upper()}\) is .*{value}") as raised:
        asking.request_of(text="Hello.", **asked)
    assert raised.value.fields == ()


def test_a_preset_in_the_settings_leaves_a_voice_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("AVATAR_PRESET", "joe")
    (tmp_path / "me.wav").touch()
    request = asking.request_of(text="Hello.", voice=tmp_path / "me.wav")
    assert request.preset is None and request.voice == tmp_path / "me.wav"


def test_paths_are_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me.jpg").touch()
    assert asking.request_of(text="Hello.", portrait="me.jpg").portrait == tmp_path / "me.jpg"
    with pytest.raises(RequestError) as raised:
        asking.request_of(text="Hello.", portrait=5)
    assert raised.value.fields == ("portrait",)
