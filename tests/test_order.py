"""Tests in an order of chance: all of them, the same for the same seed, each file in one piece."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby

from tests.conftest import ROOT

FILES = ("tests/test_invocation.py", "tests/test_settings.py", "tests/test_files.py")


def order(*options: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", *FILES, *options]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [line for line in said.splitlines() if "::" in line]


def test_a_seed_is_an_order_in_which_no_test_is_missing():
    written, one, again, two = order(), order("--shuffle", "1"), order("--shuffle", "1"), order("--shuffle", "2")
    assert sorted(one) == sorted(two) == sorted(written) and len(written) > 20
    assert one == again and one != written and one != two
    assert len([file for file, _ in groupby(one, lambda test: test.split("::")[0])]) == len(FILES)
