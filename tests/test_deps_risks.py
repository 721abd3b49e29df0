"""The audit of the lock and of names beside it: each risk, planted among recorded answers of an index, is named."""

from __future__ import annotations

import pytest

from tests import deps_checkout
from tests.deps_checkout import audited, kinds
from tests.package_index import PackageIndex, install

index, site, root = deps_checkout.index, deps_checkout.site, deps_checkout.root
without_uv, six = deps_checkout.without_uv, deps_checkout.six


def test_of_tts_it_says_what_the_post_mortem_says(root, index):
    result = audited(root, index, "tts")
    said = kinds(result)
    assert result.verdict == "refuse"
    assert (
        "nothing released for 2.9 years (0.22.0 of 2023-12)" in said["dead"]
        and "ends before Python 3.12" in said["dead"]
    )
    ends = [risk.text for risk in result.open if risk.kind == "python-ceiling"]
    assert ends == [
        "ends before Python 3.12 (its own >=3.9.0, <3.12; releases have had an end since 0.0.9)",
        "ends before Python 3.12 (through its need trainer)",
    ]
    assert (
        "gruut==2.2.3 (newest 2.4.0)" in said["stale-pins"] and "pandas<2.0,>=1.4 (newest 3.1.1)" in said["stale-pins"]
    )
    assert said["pins-back"] == "would take pins of ours back: networkx 3.6.1 -> 2.8.8, numpy 2.4.6 -> 1.26.4"
    assert "pins-moved" not in said  # python-dateutil 4.0.0 is out, and nothing asks for it
    assert said["sdist-only-needs"] == "needs that come as source only: gruut"
    assert "1 files that coqui-tts owns too, with other bytes (TTS/__init__.py)" in said["collision"]
    assert result.facts.brings == {
        "coqpit": "0.0.17", "gruut": "2.2.3", "pandas": "1.5.3", "pytz": "2026.6",
        "trainer": "0.0.36",
    }  # fmt: skip
    assert {"trainer": 12, "tts": 12}.items() <= result.facts.python_ceilings.items()
    assert result.facts.licence == "Mozilla Public License 2.0 (MPL 2.0)"
    assert result.facts.maintainers == ["coqui", "erogol"]


def test_what_cannot_stand_beside_the_lock_is_refused_in_uvs_words(root, index):
    for file in index.projects["numpy"]["files"]:  # the numpy that gruut admits is withdrawn
        file["yanked"] = "1.26.4" in file["filename"]
    assert "numpy" in kinds(audited(root, index, "tts"))["unresolvable"]


def test_without_uv_the_rest_is_said(root, index, without_uv):
    result = audited(root, index, "tts")
    assert "dead" in kinds(result) and "pins-back" not in kinds(result)
    assert "no uv here (./run puts it in place): which pins would move" in result.facts.unknown


def edit(name: str, **values):
    """Changes every file of a release of six that an answer lists."""

    def change(index: PackageIndex) -> None:
        touched = [f for f in index.projects["six"]["files"] if name in f["filename"]]
        assert touched, f"no file of {name}: the planted fault would test nothing"
        for file in touched:
            file.update(values)

    return change


def only_sdist(index: PackageIndex) -> None:
    index.projects["six"]["files"] = [f for f in index.projects["six"]["files"] if not f["filename"].endswith(".whl")]


def only_for_windows(index: PackageIndex) -> None:
    for file in index.projects["six"]["files"]:
        if file["filename"].endswith(".whl"):
            file["filename"] = file["filename"].replace("py2.py3-none-any", "cp311-cp311-win_amd64")
    index.metadata_beside = False


def one_release(index: PackageIndex) -> None:
    index.projects["six"]["files"] = [f for f in index.projects["six"]["files"] if "1.17.0" in f["filename"]]


def marked(index: PackageIndex) -> None:
    index.projects["six"]["project-status"] = {"status": "quarantined"}


PLANTED = {
    "yanked": (edit("1.17.0", yanked="broken on Tuesdays"), "refuse", "was withdrawn (yanked): broken on Tuesdays"),
    "gone": (edit("1.17.0", hashes={"sha256": "0" * 64}), "refuse", "no longer lists the locked file"),
    "sdist-only": (only_sdist, "refuse", "comes as source only"),
    "no-wheel": (only_for_windows, "refuse", "no wheel of 1.17.0 fits CPython 3.11"),
    "status": (marked, "refuse", "marks the project as quarantined"),
    "unproven": (one_release, "look", "released once ever, by one person (gutworth)"),
    "fresh": (edit("1.17.0", **{"upload-time": "2026-11-20T00:00:00Z"}), "look", "1.17.0 is 2 days old"),
    "abandoned": (edit("1.1", **{"upload-time": "2021-01-01T00:00:00Z"}), "look", "nothing released for 5.9 years"),
    "dead": (
        edit("1.1", **{"upload-time": "2021-01-01T00:00:00Z", "requires-python": ">=3.8,<3.12"}),
        "refuse",
        "while it ends before Python 3.12",
    ),
    "python-ceiling": (edit("1.17.0", **{"requires-python": ">=3.8,<3.13"}), "look", "ends before Python 3.13"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_risk_is_named(six, index, kind):
    before = audited(six, index, "six")
    assert (before.verdict, before.facts.unknown) == ("fine", [])
    plant, level, text = PLANTED[kind]
    plant(index)
    after = audited(six, index, "six")
    assert text in kinds(after)[kind]
    assert after.verdict == level


def test_a_release_that_leaves_our_python_behind_is_named(root, index):
    said = kinds(audited(root, index, "numpy"))["python-left"]
    assert said == "2.5.5 is not for Python 3.11 (>=3.12); 2.4.6 is the last for us"


def test_an_end_that_only_the_newest_python_meets_is_no_risk_yet(root, index):
    result = audited(root, index, "coqui-tts")
    assert result.facts.python_ceilings == {"coqui-tts": 15}
    assert "python-ceiling" not in kinds(result)


def test_source_only_and_alone_before_it_is_chosen(root, index):
    result = audited(root, index, "docopt")
    assert {"sdist-only", "abandoned", "unproven"} <= kinds(result).keys()


def test_a_name_that_nobody_has_is_refused(root, index):
    assert "no package of this name" in kinds(audited(root, index, "pandsa"))["unknown-package"]


@pytest.mark.parametrize(
    ("licence", "wants_reading"),
    [
        ("MIT", False),
        ("LGPL-2.1-or-later", False),
        ("GNU Lesser General Public License v3", False),
        ("Apache-2.0 OR GPL-2.0-or-later", False),
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("MIT AND CC-BY-NC-4.0", True),
        ("LicenseRef-Ours", True),
        ("Other/Proprietary License", True),
        ("", True),
    ],
)
def test_licences_that_want_reading(root, site, licence, wants_reading):
    install(site, "six", "1.17.0", {"six.py": ""}, f"License-Expression: {licence}\n" if licence else "")
    assert ("licence" in kinds(audited(root, None, "six"))) == wants_reading
