"""docs/inputs.md: each row of its tables names a test that is there, and its limits are those of the code."""

from __future__ import annotations

import re

import pytest

from avatar import limits
from avatar.media import level
from tests.conftest import ROOT

PAGE = (ROOT / "docs/inputs.md").read_text()
FILES = re.compile(r"\b(?:tests/)?(test_\w+)\.py(?:::(test_\w+))?|`…(test_\w+)")


def rows() -> list[list[str]]:
    """The cells of each row, the table's heads left out."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith("|---")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[-1] != "test"]


def functions_in(name: str) -> list[str]:
    return re.findall(r"^def (test_\w+)", (ROOT / "tests" / f"{name}.py").read_text(), re.MULTILINE)


def test_every_row_has_its_test():
    named = ""
    for row in rows():
        assert len(row) == 4 and row[-1], row
        for file, test, further in FILES.findall(row[-1]):
            if file:
                named = file
            assert functions_in(named), row
            if wanted := test or further:
                assert any(each.startswith(wanted.rstrip("_")) for each in functions_in(named)), (
                    f"{named} has no {wanted}"
                )
        assert named, row
    assert len(rows()) > 60


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (limits.MOST_BYTES["picture"], "picture 100 MiB"),
        (limits.MOST_PIXELS, "36 million pixels"),
        (limits.MOST_FRAMES, "108,000 pictures"),
        (limits.LONGEST_JUDGED_S, "30 minutes of sound"),
        (level.TARGET_LUFS, "-19 LUFS"),
    ],
)
def test_its_limits_are_those_of_the_code(figure, said):
    assert said in PAGE
    number = float(re.search(r"-?[\d,]+", said)[0].replace(",", ""))
    scale = {"MiB": 1 << 20, "million": 1e6, "minutes": 60}.get(said.split()[-1 if "MiB" in said else 1], 1)
    assert figure == number * scale
