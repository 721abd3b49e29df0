"""The command that a message tells is one that its reader can type."""

from __future__ import annotations

import sys

import pytest

from avatar.invocation import in_full_environment, printable, to_type


@pytest.fixture(params=["base", "full"])
def environment(request, monkeypatch) -> str:
    monkeypatch.setattr(sys, "prefix", f"/anywhere/.venv/{request.param}")
    return request.param


def test_where_avatar_is_on_the_path_it_is_typed_as_it_is(environment):
    assert to_type() == "avatar"
    assert to_type("models list") == to_type("models list", full=True) == "avatar models list"
    assert in_full_environment("check x.mp4") == "run 'avatar check x.mp4' in the full image, or Nix's full package"


def test_what_run_started_is_typed_with_it_and_stays_in_its_environment(environment, monkeypatch):
    monkeypatch.setenv("AVATAR_RUN", "./run")
    flag = " --full" if environment == "full" else ""
    assert to_type() == f"./run{flag} avatar"
    assert to_type("models list") == f"./run{flag} avatar models list"
    assert to_type("models list", full=True) == "./run --full avatar models list"
    assert in_full_environment("check x.mp4") == "type './run --full avatar check x.mp4'"


def test_a_name_with_a_space_is_quoted(environment, monkeypatch):
    monkeypatch.setenv("AVATAR_RUN", "/a checkout/run")
    assert to_type("status", full=True) == "'/a checkout/run' --full avatar status"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a name.mp4", "a name.mp4"),
        ("Zoë 你好", "Zoë 你好"),
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_what_would_move_the_cursor_is_not_shown(text, shown):
    assert printable(text) == shown
