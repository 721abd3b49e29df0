"""accepted.toml: risks that were seen and taken, each with its reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pic.audit.risks import Risk

ACCEPTED = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True)
class Accepted:
    """A risk that is taken: `about` narrows it to one need, file owner or licence, so that another one still shows."""

    package: str
    risk: str
    reason: str
    about: str = ""

    def covers(self, package: str, risk: Risk) -> bool:
        return (self.package, self.risk, self.about) == (package, risk.kind, risk.about)


def read_accepted(path: Path = ACCEPTED) -> list[Accepted]:
    """Raises ValueError for an entry without a reason, TypeError for an unknown or missing key."""
    entries = []
    for shared in tomllib.loads(path.read_text())["accepted"]:
        packages = shared.pop("packages", None) or [shared.pop("package")]
        entries += [Accepted(package=package, **shared) for package in packages]
    for entry in entries:
        if not entry.reason.strip():
            raise ValueError(f"{path.name}: {entry.package} {entry.risk} has no reason")
    return entries
