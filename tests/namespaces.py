"""Tests that mount something need a mount namespace of their own: allowed to root, or where users may have them."""

from __future__ import annotations

import os
import subprocess
from functools import cache

import pytest

UNSHARE = ("unshare", "--mount", "--map-root-user")


@cache
def allowed() -> bool:
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def need_mounts() -> None:
    """Skips the test where the host forbids mounts; under CI=true that is a failure, or a gate would be off unseen."""
    if allowed():
        return
    reason = "this host allows no mount namespace: run as root, or set kernel.unprivileged_userns_clone=1"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)
