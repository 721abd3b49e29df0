"""`avatar deps audit`: each risk, planted among recorded answers of an index, is named; the lock's own are accepted."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from avatar.deps import accepted, releases
from avatar.deps.audit import Here, audit, no_longer_so
from avatar.deps.index import Index, IndexProblem, pip_index
from avatar.deps.sdist import requires_dist
from avatar.environment import installed, locks
from tests.conftest import ROOT
from tests.package_index import PackageIndex, install, make_sdist, make_wheel

RECORDED_ON = date(2026, 11, 22)
TTS_WHEEL = "TTS-0.22.0-cp311-cp311-manylinux1_x86_64.whl"
GRUUT_NEEDS = "networkx<3.0.0,>=2.5.0\nnumpy<2.0.0,>=1.19.0\n\n[:python_version<'3.9']\nimportlib_resources\n\n[sv]\ngruut_lang_sv\n"
OUR_WHEEL = re.compile(r"-(py2\.)?py3-none-any|-cp311-")
LOCKED = ("numpy-2.4.6", "networkx-3.6.1", "coqui_tts-0.28.0", "six-1.17.0", "python_dateutil-2.9.0.post0")


@pytest.fixture
def index():
    with PackageIndex() as found:
        found.files[TTS_WHEEL] = make_wheel(TTS_WHEEL, {"TTS/__init__.py": b"theirs", "TTS/py.typed": b""})
        found.files["gruut-2.2.3.tar.gz"] = make_sdist(
            "gruut-2.2.3",
            {
                "PKG-INFO": "Metadata-Version: 2.1\nName: gruut\nVersion: 2.2.3\n",
                "gruut.egg-info/requires.txt": GRUUT_NEEDS,
                "setup.py": "raise SystemExit('a setup ran')",
            },
        )
        yield found


@pytest.fixture
def site(tmp_path) -> Path:
    folder = tmp_path / "site-packages"
    install(folder, "coqui-tts", "0.28.0", {"TTS/__init__.py": "ours", "TTS/py.typed": ""}, "License: MPL-2.0\n")
    return folder


@pytest.fixture
def root(tmp_path, index, site, monkeypatch) -> Path:
    """A checkout whose lock holds LOCKED, with uv, and pip's settings leading to the index."""
    lines = []
    for start in LOCKED:
        name, version = start.replace("_", "-").rsplit("-", 1)
        file = next(f for f in index.projects[name]["files"] if OUR_WHEEL.match(f["filename"].removeprefix(start)))
        lines.append(f"{name}=={version} --hash=sha256:{file['hashes']['sha256']}  # {file['filename']}\n")
    folder = tmp_path / "locks"
    folder.mkdir()
    (folder / "base.txt").write_text("".join(lines))
    (folder / "payload.json").write_text("{}")
    shutil.copy(ROOT / "locks/boot.txt", folder)
    if (ROOT / ".venv/boot").exists():
        (tmp_path / ".venv").mkdir()
        (tmp_path / ".venv/boot").symlink_to(ROOT / ".venv/boot")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_OFFLINE", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    monkeypatch.setenv("AVATAR_LOCKS", str(folder))
    return tmp_path


def audited(root: Path, index: PackageIndex | None, name: str, today: date = RECORDED_ON):
    here = Here(root / "locks", root / "site-packages")
    [result] = audit([name], here, Index(index.address) if index else None, [], today)
    return result


def kinds(result) -> dict[str, str]:
    return {risk.kind: risk.text for risk in result.open}


# ---------------------------------------------------------------- the package that stopped the predecessor


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


@pytest.fixture
def without_uv(root, monkeypatch) -> None:
    (root / ".venv/boot").unlink(missing_ok=True)
    monkeypatch.setenv("PATH", "/nowhere")


def test_without_uv_the_rest_is_said(root, index, without_uv):
    result = audited(root, index, "tts")
    assert "dead" in kinds(result) and "pins-back" not in kinds(result)
    assert "no uv here (./run puts it in place): which pins would move" in result.facts.unknown


# ---------------------------------------------------------------- planted risks of a locked package


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


@pytest.fixture
def six(root, site, index) -> Path:
    """six is installed too, and has a release more, so that nothing is wrong with it."""
    install(site, "six", "1.17.0", {"six.py": ""}, "License: MIT\n")
    index.projects["six"]["files"].append(
        {**index.projects["six"]["files"][-1], "filename": "six-1.15.0.tar.gz", "upload-time": "2020-05-21T15:25:36Z"}
    )
    return root


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


# ---------------------------------------------------------------- what is installed: imports and files


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


# ---------------------------------------------------------------- indexes of several kinds


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
def test_an_index_that_fails_is_named_and_the_rest_goes_on(six, index, avatar, fault):
    for name, value in fault.items():
        setattr(index, name, value)
    outcome = avatar("deps", "audit", "six", "--json")
    assert "note: pip's index (127.0.0.1) answers" in outcome.stderr
    [package] = json.loads(outcome.stdout)["packages"]
    assert package["facts"]["newest"] is None and "index was not asked" in package["facts"]["unknown"][0]
    assert outcome.code == 0


def test_a_login_goes_to_the_index_and_into_no_message(root, index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", index.address.replace("://", "://me:s%40cret@"))
    found = pip_index(root)
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
        pip_index(root)


def test_where_nothing_is_configured_pip_says_which_index_it_has(root, monkeypatch):
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert pip_index(root).address.endswith("/simple")


# ---------------------------------------------------------------- the command


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


# ---------------------------------------------------------------- the lock's own risks


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


# ---------------------------------------------------------------- small rules


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
