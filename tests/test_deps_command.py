"""`ci/audit` of the lock, `picctl audit` of names, and what is left of `avatar deps`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pic.audit import vulnerabilities
from pic.audit.facts import Facts
from tests import deps_checkout
from tests.conftest import ROOT
from tests.pic_project import picctl

index, site, root, six = deps_checkout.index, deps_checkout.site, deps_checkout.root, deps_checkout.six


def ci_audit(*words):
    return subprocess.run([sys.executable, "-P", ROOT / "ci/audit", *words], capture_output=True, text=True)


def test_exit_codes(six):
    assert ci_audit("six", "--offline").returncode == 0
    refused = ci_audit("TTS")
    assert refused.returncode == 1 and "refuse  tts" in refused.stdout
    done = ci_audit("torch==2.10.0")
    assert done.returncode == 2 and "'torch==2.10.0' is no package name" in done.stderr and done.stdout == ""


def test_offline_asks_nothing_and_says_what_is_unknown(six, index):
    done = ci_audit("six", "nobody", "--offline", "--json")
    assert index.requests == []
    found = json.loads(done.stdout)
    assert found["index_asked"] is False
    assert [package["verdict"] for package in found["packages"]] == ["fine", "look"]
    assert "index was not asked" in found["packages"][0]["facts"]["unknown"][0]


# ---------------------------------------------------------------- names alone


def test_picctl_says_of_tts_what_the_post_mortem_says_without_any_lock(six, index, tmp_path):
    done = picctl(tmp_path, "audit", "TTS", "six")
    assert done.returncode == 1, done.stderr
    assert "refuse  tts" in done.stdout and "nothing released for" in done.stdout
    assert "ends before Python 3.12" in done.stdout and "needs that come as source only: gruut" in done.stdout
    assert "2 names audited" in done.stdout
    names = tmp_path / "names.txt"
    names.write_text("# what we build on\nsix  # shims\n\n")
    assert picctl(tmp_path, "audit", "--from", str(names)).returncode == 0
    [told] = json.loads(picctl(tmp_path, "audit", "pandsa", "--json").stdout)
    assert (told["verdict"], told["risks"][0]["kind"]) == ("refuse", "unknown-package")


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        (["torch==2.10.0"], {}, "is no package name"),
        (["../x"], {}, "is no package name"),
        ([], {}, "no package is named"),
        (["six"], {"PIP_NO_INDEX": "1"}, "no-index"),
        (["six"], {"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}, "does not answer"),
    ],
)
def test_picctl_that_cannot_ask_is_no_yes(root, tmp_path, words, environment, says):
    done = picctl(tmp_path, "audit", *words, **environment)
    assert done.returncode == 2 and says in done.stderr and "mend:" in done.stderr, done.stderr
    assert done.stdout == ""


def a_pip_audit(folder, answer):
    """A program that answers as pip-audit does: exit code 1 where it found something."""
    path = folder / "pip-audit"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\nexit 1\n")
    path.chmod(0o755)
    return str(path)


def test_known_vulnerabilities_are_pip_audits_word(tmp_path):
    from datetime import date

    from pic.audit.risks import find_risks

    found = [Facts("one", date.today(), "1.0"), Facts("two", date.today(), "2.0"), Facts("three", date.today(), "3.0")]
    told = {
        "dependencies": [
            {"name": "one", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]},
            {"name": "two", "version": "2.0", "vulns": []},
            {"name": "three", "skip_reason": "not found"},
        ]
    }
    vulnerabilities.read_vulnerabilities(found, a_pip_audit(tmp_path, json.dumps(told)))
    assert [facts.vulnerabilities for facts in found] == [["PYSEC-1"], [], None]
    assert "PYSEC-1" in next(risk.text for risk in find_risks(found[0]) if risk.kind == "vulnerable")
    assert found[2].unknown == ["known vulnerabilities: pip-audit left it out"]
    again = [Facts("one", date.today(), "1.0")]
    vulnerabilities.read_vulnerabilities(again, a_pip_audit(tmp_path, "no json"))
    assert "known vulnerabilities" in again[0].unknown[0] and again[0].vulnerabilities is None


@pytest.mark.parametrize(
    ("vulns", "words", "code"),
    [
        (None, [], 0),  # not known, and not asked for
        (None, ["--need-vulnerabilities"], 2),
        ("[]", ["--need-vulnerabilities"], 0),
        ('[{"id": "PYSEC-1"}]', ["--need-vulnerabilities"], 1),
        ('[{"id": "PYSEC-1"}]', [], 1),
    ],
)
def test_an_answer_about_vulnerabilities_may_be_needed(six, tmp_path, vulns, words, code):
    """The audit is green without one, unless it is told that one must be had: exit code 2, and no verdict is changed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if vulns:
        a_pip_audit(folder, f'{{"dependencies": [{{"name": "six", "vulns": {vulns}}}]}}')
    done = picctl(tmp_path, "audit", "six", *words, PATH=f"{folder}:/usr/bin:/bin")
    assert done.returncode == code and "1 names audited" in done.stdout, done.stderr
    assert ("could not be asked of 1 of 1: six: pip-audit is not here" in done.stderr) == (code == 2)


# ---------------------------------------------------------------- avatar's side


def test_avatar_deps_names_its_heirs(avatar):
    for words in (["deps"], ["deps", "audit", "torch", "--offline"], ["deps", "licences", "--json"]):
        outcome = avatar(*words)
        assert outcome.code == 2 and "picctl audit" in outcome.stderr and outcome.stdout == ""


def test_every_licence_is_told(avatar):
    outcome = avatar("status", "--licences", "--json")
    rows = {row["package"]: row for row in json.loads(outcome.stdout)["packages"]}
    assert outcome.code == 0 and len(rows) > 150
    assert rows["click"]["licence"] == "BSD-3-Clause" and rows["click"]["layer"] == "base"
    assert "GPL-3.0-or-later" in rows["espeakng-loader"]["licence"]
    assert "none named" not in [row["licence"] for row in rows.values()]
    assert "click" in avatar("status", "--licences").stdout
