"""What an image says about itself, all of it derived: from git, from pyproject.toml and from the locks."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from avatar import __version__
from avatar.environment import driver, locks, payload
from ci.container.host import ROOT

LOCKS = {"preview": ["base"], "full": ["base", "full"], "pocket": ["base", "pocket"]}
LOCKS |= {"pod": LOCKS["full"], "serverless": LOCKS["full"]}
# Environments of their own, which render nothing and have no fingerprint
OWN = {target: ["service"] for target in LOCKS} | {"serverless": ["service", "runpod"]}


def labels(target: str, debs: Path) -> dict[str, str]:
    """{label: value}; `debs` is the list of system packages that the image is built from."""
    layers, lock = LOCKS[target], locks.read_payload(ROOT / "locks")
    result = {
        "org.opencontainers.image.version": __version__,
        "org.opencontainers.image.revision": revision(),
        "avatar.lock": digest_of([ROOT / "locks" / f"{layer}.txt" for layer in [*layers, *OWN[target]]]),
        "avatar.debs": digest_of([debs]),
    }
    result |= {f"avatar.fingerprint.{layer}": payload.layer_fingerprint(lock[layer]) for layer in layers}
    if address := source():
        result["org.opencontainers.image.source"] = address
    if cuda := driver.locked_cuda({layer: lock[layer] for layer in layers}):
        result |= {"avatar.cuda": cuda, "avatar.least-driver": driver.least_driver(cuda)}
    return result


def digest_of(files: list[Path]) -> str:
    return "sha256:" + hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def git(*arguments: str) -> str:
    """What git says; "" where there is no git or no repository."""
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def revision() -> str:
    """The commit, with `-changed` where files of the checkout differ from it."""
    commit = git("rev-parse", "HEAD") or "unknown"
    return commit + ("-changed" if git("status", "--porcelain") else "")


def source() -> str:
    """The repository's public address without credentials; "" where it has none."""
    remote = re.fullmatch(
        r"(?:https://(?:[^@/]*@)?|git@)([^/:]+)[/:](\S+?)(?:\.git)?", git("remote", "get-url", "origin")
    )
    return f"https://{remote[1]}/{remote[2]}" if remote else ""
