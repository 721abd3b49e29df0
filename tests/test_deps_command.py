"""`avatar deps audit` on the command line: exit codes, and what it says offline."""

from __future__ import annotations

import json

from tests import deps_checkout

index, site, root, six = deps_checkout.index, deps_checkout.site, deps_checkout.root, deps_checkout.six


def test_exit_codes(six, avatar, site):
    assert avatar("deps", "audit", "six", "--offline").code == 0
    refused = avatar("deps", "audit", "TTS")
    assert refused.code == 1 and "refuse  tts" in refused.stdout
    outcome = avatar("deps", "audit", "torch==2.10.0")
    assert outcome.code == 2 and "'torch==2.10.0' is no package name" in outcome.stderr and outcome.stdout == ""


def test_offline_asks_nothing_and_says_what_is_unknown(six, index, avatar):
    outcome = avatar("deps", "audit", "six", "nobody", "--offline", "--json")
    assert index.requests == []
    found = json.loads(outcome.stdout)
    assert found["index_asked"] is False
    assert [package["verdict"] for package in found["packages"]] in (["fine", "look"],)
    assert "index was not asked" in found["packages"][0]["facts"]["unknown"][0]
