"""Videos that are delivered signed, and certificates to sign them with."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from avatar.provenance import certificate, delivery

NOW = datetime.datetime.now(datetime.UTC)
YEAR = datetime.timedelta(days=365)


@pytest.fixture
def job(finished_job, home):
    """A finished job in this test's home."""
    from avatar.jobs.job import Job

    shutil.copytree(finished_job.folder, home / "jobs" / finished_job.id)
    return Job(home / "jobs" / finished_job.id)


@pytest.fixture
def video(job, tmp_path) -> Path:
    """What is delivered of it."""
    delivery.deliver_all(job, tmp_path / "v.mp4")
    return tmp_path / "v.mp4"


def users(monkeypatch, folder: Path, chain: str, key: str) -> None:
    """Let the settings name this certificate and key."""
    (folder / "certificate.pem").write_text(chain)
    (folder / "key.pem").write_text(key)
    monkeypatch.setenv("AVATAR_SIGN_CERTIFICATE", str(folder / "certificate.pem"))
    monkeypatch.setenv("AVATAR_SIGN_KEY", str(folder / "key.pem"))


def own(seed: bytes = bytes(32), begins=NOW - YEAR, ends=NOW + YEAR) -> tuple[str, str]:
    """A certificate as homes have them, and its key."""
    return certificate.self_signed(seed, "somebody", 77, begins, ends), certificate.key_pem(seed)
