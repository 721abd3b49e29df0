"""The lock's own risks are accepted, each with its reason; nothing else of it is open."""

from __future__ import annotations

import pytest

from avatar.environment import installed, locks
from ci.deps import accepted
from ci.deps.audit import Here, audit, no_longer_so
from tests import deps_checkout
from tests.conftest import ROOT
from tests.deps_checkout import RECORDED_ON
from tests.package_index import install

index, site, root = deps_checkout.index, deps_checkout.site, deps_checkout.root


@pytest.mark.usefixtures("full_environment")
def test_offline_nothing_of_the_lock_is_open():
    here = Here(ROOT / "locks", installed.site_packages())
    entries = accepted.read_accepted()
    results = audit([], here, None, entries, RECORDED_ON)
    assert len(results) == len(here.versions) > 150
    assert {one.facts.name: one.open for one in results if one.open} == {}
    lapsed = {(entry.package, entry.risk) for entry in no_longer_so(results, entries)}
    assert not [pair for pair in lapsed if pair[1] in ("undeclared", "licence")], "take these out of accepted.toml"


def test_accepted_risks_are_of_locked_packages_and_of_known_kinds():
    locked = {wheel.name for wheel in locks.read_wheels(ROOT / "locks", ["base", "full", "test"])}
    entries = accepted.read_accepted()
    assert {entry.package for entry in entries} <= locked
    assert {entry.risk for entry in entries} <= {
        "unproven",
        "abandoned",
        "python-left",
        "python-ceiling",
        "undeclared",
        "licence",
    }


def test_accepting_one_need_leaves_another_open(root, site):
    install(site, "six", "1.17.0", {"six.py": "import numpy.core\nimport networkx"}, "License: MIT\n")
    entry = accepted.Accepted("six", "undeclared", "known", about="networkx")
    [result] = audit(["six"], Here(root / "locks", site), None, [entry], RECORDED_ON)
    assert [risk.about for risk in result.open] == ["numpy"]
    assert [(risk.about, reason) for risk, reason in result.accepted] == [("networkx", "known")]
    assert list(no_longer_so([result], [entry])) == []
    gone = accepted.Accepted("six", "yanked", "was so once")
    assert list(no_longer_so([result], [gone])) == [gone]


def test_an_accepted_risk_needs_a_reason(tmp_path):
    path = tmp_path / "accepted.toml"
    path.write_text('[[accepted]]\npackage = "six"\nrisk = "yanked"\nreason = " "\n')
    with pytest.raises(ValueError, match="six yanked has no reason"):
        accepted.read_accepted(path)
