"""What this program and its environment are, as digests: part of every stage's record and of every report."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from avatar.errors import EnvironmentProblem

PACKAGE = Path(__file__).parent


@cache
def source_digest() -> str:
    """sha256 over avatar's own Python files: another version of the code makes its stages anew."""
    total = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        total.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


@cache
def locked_fingerprints() -> dict[str, str]:
    """{layer: fingerprint} that an environment made from the locks must show; empty where no locks are at hand."""
    from avatar.environment.locks import find_locks, read_payload
    from avatar.environment.payload import layer_fingerprint

    try:
        layers = read_payload(find_locks())
    except EnvironmentProblem:
        return {}
    return {layer: layer_fingerprint(layers[layer]) for layer in ("base", "full")}
