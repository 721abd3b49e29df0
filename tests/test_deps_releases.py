"""What a release says of itself: where its Pythons end, whether it is the newest, what its sdist needs."""

from __future__ import annotations

from datetime import date

import pytest

from pic.audit import releases
from pic.audit.sdist import requires_dist
from tests.deps_checkout import GRUUT_NEEDS


@pytest.mark.parametrize(
    ("spec", "ends"),
    [("", None), (">=3.8", None), (">=3.9.0, <3.12", 12), ("<=3.11", 12), ("!=3.9.7,>=3.8", None), ("==3.11.*", 12), ("~=3.8", None), ("nonsense", None)],
)  # fmt: skip
def test_where_a_requires_python_ends(spec, ends):
    assert releases.ceiling(spec) == ends


def test_a_python_comes_each_october():
    days = [date(2025, 9, 30), date(2025, 11, 1), date(2026, 10, 1), date(2026, 11, 22)]
    assert [releases.newest_python(day) for day in days] == [13, 14, 14, 15]


def test_a_pre_release_and_a_withdrawn_one_are_not_the_newest():
    files = [{"filename": f"a-{v}.tar.gz", "yanked": v == "2.0"} for v in ("1.0", "1.1rc1", "2.0")]
    assert str(releases.newest(releases.read_releases(files)).version) == "1.0"


def test_the_sections_of_a_requires_txt_become_markers():
    assert requires_dist(GRUUT_NEEDS) == [
        "networkx<3.0.0,>=2.5.0", "numpy<2.0.0,>=1.19.0", "importlib_resources ; (python_version<'3.9')",
        "gruut_lang_sv ; extra == 'sv'",
    ]  # fmt: skip
