"""Which files differ between two images that should be one."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path


def differences(one: Path, other: Path) -> list[str]:
    """The differing configs and files of two images, each a folder with a manifest and its blobs."""
    first, second = (json.loads((folder / "manifest.json").read_text()) for folder in (one, other))
    found = [] if first["config"] == second["config"] else ["the config: labels, environment or history"]
    for number, (a, b) in enumerate(zip(first["layers"], second["layers"])):
        if a["digest"] != b["digest"]:
            before, after = entries(one, a["digest"]), entries(other, b["digest"])
            changed = sorted(path for path in before | after if before.get(path) != after.get(path))
            found += [f"layer {number}: {path}" for path in changed] or [f"layer {number}: the order of its files"]
    return found


def entries(folder: Path, digest: str) -> dict[str, tuple]:
    """{path: kind, mode, owner, size, time and content} of a layer."""
    result = {}
    with tarfile.open(folder / digest.removeprefix("sha256:")) as archive:
        for member in archive:
            content = hashlib.file_digest(archive.extractfile(member), "sha256").hexdigest() if member.isreg() else ""
            result[member.name] = (
                member.type, member.mode, member.uid, member.gid, member.size, member.mtime, member.linkname, content,
            )  # fmt: skip
    return result
