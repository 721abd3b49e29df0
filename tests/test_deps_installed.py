"""The audit of what is installed: imports that nothing declared, files that two distributions own."""

from __future__ import annotations

import pytest

from avatar.environment import installed
from ci.deps.audit import Here, audit
from tests import deps_checkout
from tests.conftest import ROOT
from tests.deps_checkout import RECORDED_ON, audited, kinds
from tests.package_index import install

index, site, root = deps_checkout.index, deps_checkout.site, deps_checkout.root


@pytest.mark.parametrize(
    ("source", "level"),
    [
        ("import six", "look"),
        ("from . import deep", "look"),
        ("import nobody_brings_this", "refuse"),
        ("from . import fast", None),  # fast.py is what fast.abi3.so was compiled from
        ("import json, numpy", None),  # the standard library, and declared
        ("import declared_by_an_extra", None),
        ("try:\n    import six\nexcept ImportError:\n    six = None", None),
        ("def later():\n    import six", None),
        ("if False:\n    import six", None),
    ],
)
def test_needs_that_are_not_declared_are_found_by_their_imports(root, site, source, level):
    install(site, "six", "1.17.0", {"six.py": ""}, "License: MIT\n")
    needs = "License: MIT\nRequires-Dist: numpy\nRequires-Dist: declared-by-an-extra ; extra == 'more'\n"
    files = {
        "networkx/__init__.py": source,
        "networkx/deep.py": "from six import moves",
        "networkx/plugin.py": "import something_else",  # nothing loads it
        "networkx/fast.py": "import cython",
        "networkx/fast.abi3.so": "",
    }
    install(site, "networkx", "3.6.1", files, needs)
    result = audited(root, None, "networkx")
    assert {risk.kind: risk.level for risk in result.open} == ({"undeclared": level} if level else {})


@pytest.mark.usefixtures("full_environment")
def test_six_is_found_under_coqui_tts_here():
    here = Here(ROOT / "locks", installed.site_packages())
    [result] = audit(["coqui-tts"], here, None, [], RECORDED_ON)
    assert "six" in {risk.about for risk in result.open if risk.kind == "undeclared"}


def test_two_distributions_with_one_file_collide_unless_it_is_the_same(root, site):
    install(site, "networkx", "3.6.1", {"cv2/__init__.py": "one", "cv2/same.py": ""}, "License: MIT\n")
    assert audited(root, None, "networkx").verdict == "fine"
    install(site, "six", "1.17.0", {"cv2/__init__.py": "two", "cv2/same.py": ""}, "License: MIT\n")
    for name in ("networkx", "six"):
        assert "1 files" in kinds(audited(root, None, name))["collision"]
