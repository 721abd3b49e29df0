"""Small files are fetched without the hub's library too: by Python alone, from a hub on 127.0.0.1."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest

from avatar.errors import EnvironmentProblem
from avatar.weights import fetch, lock, small_download, store
from avatar.weights.step import FetchProgress
from tests import weights_in_use
from tests.hub import Hub

bare = weights_in_use.bare
REVISION = "0123456789" * 4
STYLES = {f"voices/{name}.bin": random.Random(name).randbytes(300_000) for name in ("one", "two")}


def address_of(path: str) -> str:
    return f"a/voices/resolve/{REVISION}/{path}"


@pytest.fixture
def hub(bare, tmp_path, monkeypatch) -> Iterator[Hub]:
    files = "".join(
        f'  {{ path = "{path}", size = {len(content)}, sha256 = "{hashlib.sha256(content).hexdigest()}", needed = true }},\n'
        for path, content in STYLES.items()
    )
    (tmp_path / "own.lock").write_text(
        '[licences.free]\nname = "f"\nterms = "t"\nurl = "u"\nconsent = false\n[models.voices]\npurpose = "p"\n'
        f'repo = "a/voices"\nrevision = "{REVISION}"\nlicence = "free"\npreview = true\nfiles = [\n{files}]\n'
    )
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(tmp_path / "own.lock"))
    monkeypatch.setattr(fetch, "has_library", lambda: False)  # as in the base environment
    with Hub({address_of(path): content for path, content in STYLES.items()}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        yield hub


def bring() -> None:
    steps = fetch.plan(lock.read().select(["voices"]))
    fetch.need_library(steps)
    fetch.run(steps, FetchProgress())


@pytest.mark.parametrize("layout", ["hub", "plain"])
def test_they_come_to_where_they_are_looked_for(hub, layout, tmp_path, monkeypatch):
    if layout == "plain":
        monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "models"))
    bring()
    assert {path: file.read_bytes() for path, file in store.require("voices").items()} == STYLES
    assert not [path for path in tmp_path.rglob("*") if "incomplete" in path.name]
    asked = len(hub.requests)
    bring()
    assert len(hub.requests) == asked  # all is there


@pytest.mark.parametrize("fault", ["wrong bytes", "cut off", "HTTP 503", "nobody there"])
def test_what_fails_is_told_and_leaves_nothing_at_a_final_name(hub, fault, tmp_path, monkeypatch):
    if fault == "wrong bytes":
        hub.flip = {address_of("voices/one.bin")}
    elif fault == "cut off":
        hub.cut_after = [1000] * small_download.TRIES
    elif fault == "HTTP 503":
        hub.status = 503
    else:
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentProblem, match="a/voices voices/one.bin.*run the same command again"):
        bring()
    assert not list(tmp_path.rglob("one.bin"))


def test_a_line_that_was_cut_once_is_tried_again(hub):
    hub.cut_after = [1000]
    bring()
    assert len(store.require("voices")) == 2


def test_no_network_is_used_where_it_is_forbidden(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EnvironmentProblem, match="HF_HUB_OFFLINE is set"):
        bring()
    assert hub.requests == []


def test_large_files_need_the_library(hub, monkeypatch):
    monkeypatch.setattr(small_download, "MOST_BYTES", 299_999)
    with pytest.raises(EnvironmentProblem, match="hub's library"):
        bring()
