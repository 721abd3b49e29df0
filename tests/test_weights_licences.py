"""A licence is accepted before weights under it are fetched or used, once, and told of in a report."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import pytest

from avatar.weights import licences, lock, store
from tests import toy_model
from tests.conftest import command
from tests.toy_model import fetch, write_toy_lock

hub, toy = toy_model.hub, toy_model.toy


def test_a_licence_must_be_accepted_before_anything_is_fetched(hub, tmp_path):
    write_toy_lock(tmp_path, consent=True)
    done = fetch()
    assert done.returncode == 2
    assert "Toy Licence: http://127.0.0.1/toy\nFor play only." in done.stderr and "--accept-licence" in done.stderr
    assert hub.requests == []


def test_a_licence_is_accepted_once_and_reported(home, tmp_path):
    write_toy_lock(tmp_path, consent=True)
    assert fetch("--accept-licence").returncode == 0
    assert fetch().returncode == 0
    kept = json.loads((home / "licences.json").read_text())["toy"]
    assert kept["how"] == "--accept-licence"
    assert store.facts("toy")["licence"] == {
        "name": "Toy Licence", "terms": "For play only.", "url": "http://127.0.0.1/toy", "accepted": kept["accepted"],
    }  # fmt: skip


def test_weights_that_are_there_wait_for_consent_too(hub, tmp_path):
    fetch()
    write_toy_lock(tmp_path, consent=True)
    for use in (store.require, store.check_present):
        with pytest.raises(Exception, match="(?s)Toy Licence.*avatar models fetch toy --accept-licence") as caught:
            use("toy")
        assert len(str(caught.value).splitlines()) == 2
    hub.requests.clear()
    assert fetch("--accept-licence").returncode == 0
    assert hub.requests == []
    assert store.require("toy")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_on_a_terminal_the_licence_is_asked_for_and_bars_are_shown(tmp_path, answer, code):
    write_toy_lock(tmp_path, consent=True)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command("models", "fetch"), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said, answered = "", False
    while True:
        try:
            said += os.read(ours, 65536).decode()
        except OSError:  # the other end is closed: the process has ended
            break
        if "Do you accept it?" in said and not answered:
            os.write(ours, f"{answer}\n".encode())
            answered = True
    os.close(ours)
    assert process.wait() == code
    assert ("fetching all files" in said) == (code == 0)
    assert ("weights.pth" in said) == (code == 0)
    assert bool(licences.accepted(lock.read().model("toy").licence)) == (code == 0)


@pytest.mark.parametrize(
    "content", ["[1]", '"x"', '{"toy": 1}', '{"toy": {"name": 1}}', "[" * 100_000, '{"toy": {"accepted": 1}}']
)
def test_a_file_of_another_shape_accepts_nothing(home, tmp_path, content):
    write_toy_lock(tmp_path, consent=True)
    (home / "licences.json").write_text(content)
    licence = lock.read().model("toy").licence
    assert licences.accepted(licence) is None
    licences.accept(licence, "prompt")
    assert licences.accepted(licence)["how"] == "prompt"
