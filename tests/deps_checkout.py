"""A small checkout with its lock and site-packages beside an index of recorded answers, and the audit of it."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from ci.deps.audit import Here, audit
from pic.audit.index import Index
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


@pytest.fixture
def without_uv(root, monkeypatch) -> None:
    (root / ".venv/boot").unlink(missing_ok=True)
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.fixture
def six(root, site, index) -> Path:
    """six is installed too, and has a release more, so that nothing is wrong with it."""
    install(site, "six", "1.17.0", {"six.py": ""}, "License: MIT\n")
    index.projects["six"]["files"].append(
        {**index.projects["six"]["files"][-1], "filename": "six-1.15.0.tar.gz", "upload-time": "2020-05-21T15:25:36Z"}
    )
    return root


def audited(root: Path, index: PackageIndex | None, name: str, today: date = RECORDED_ON):
    here = Here(root / "locks", root / "site-packages")
    [result] = audit([name], here, Index(index.address) if index else None, [], today)
    return result


def kinds(result) -> dict[str, str]:
    return {risk.kind: risk.text for risk in result.open}
