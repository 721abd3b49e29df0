"""The audit's index: with and without metadata, ranges, JSON and a login; one that fails, and none."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ci.deps.audit import index_of
from pic.audit.index import IndexProblem
from tests import deps_checkout
from tests.conftest import ROOT
from tests.deps_checkout import TTS_WHEEL, audited, kinds
from tests.package_index import make_wheel

index, site, root = deps_checkout.index, deps_checkout.site, deps_checkout.root
without_uv, six = deps_checkout.without_uv, deps_checkout.six


@pytest.mark.parametrize("padding", [0, 600_000])
def test_a_wheel_is_read_by_ranges_where_nothing_lies_beside_it(root, index, without_uv, padding):
    whole = audited(root, index, "tts").facts
    index.metadata_beside = False
    index.files[TTS_WHEEL] = make_wheel(
        TTS_WHEEL, {"TTS/__init__.py": b"theirs", "TTS/py.typed": b"", "large": b"\0" * padding}, padding
    )
    by_ranges = audited(root, index, "tts").facts
    assert (by_ranges.licence, by_ranges.requires, by_ranges.collisions.keys()) == (
        whole.licence, whole.requires, whole.collisions.keys(),
    )  # fmt: skip


def test_where_there_are_no_ranges_that_is_said(root, index, without_uv):
    index.knows_ranges = False
    result = audited(root, index, "tts")
    assert "dead" in kinds(result)
    assert "no listing of its files: collisions" in result.facts.unknown


def test_an_index_without_the_warehouse_json(six, index):
    index.uploaders.clear()
    result = audited(six, index, "six")
    assert result.verdict == "fine" and "this index does not tell who may upload" in result.facts.unknown


@pytest.mark.parametrize("fault", [{"status": 503}, {"speaks_json": False}])
def test_an_index_that_fails_is_named_and_the_rest_goes_on(six, index, fault):
    for name, value in fault.items():
        setattr(index, name, value)
    done = subprocess.run([sys.executable, "-P", ROOT / "ci/audit", "six", "--json"], capture_output=True, text=True)
    assert "note: pip's index (127.0.0.1) answers" in done.stderr
    [package] = json.loads(done.stdout)["packages"]
    assert package["facts"]["newest"] is None and "index was not asked" in package["facts"]["unknown"][0]
    assert done.returncode == 0


def test_a_login_goes_to_the_index_and_into_no_message(root, index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", index.address.replace("://", "://me:s%40cret@"))
    found = index_of(root)
    assert found.project("six")["name"] == "six"
    assert index.requests[-1] == ("/simple/six/", "Basic bWU6c0BjcmV0")
    index.status = 401
    with pytest.raises(IndexProblem) as problem:
        found.project("six")
    assert "cret" not in str(problem.value)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [("PIP_NO_INDEX", "1", "no-index"), ("PIP_INDEX_URL", "file:///srv/simple", "a folder here")],
)
def test_where_there_is_no_index_to_ask(root, monkeypatch, variable, value, says):
    monkeypatch.setenv(variable, value)
    with pytest.raises(IndexProblem, match=says):
        index_of(root)


def test_where_nothing_is_configured_pip_says_which_index_it_has(root, monkeypatch):
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert index_of(root).address.endswith("/simple")
