"""One file to bring, and what is said meanwhile: what planning a fetch and downloading have in common."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from avatar.weights.lock import File
from avatar.weights.places import Place


class FetchProgress:
    """What a fetch or a verification says while it works. This one says nothing; the command line has one that does."""

    def begin(self, work: Literal["fetching", "checking"], file: File) -> None:
        """A file is next; `advance` counts its bytes from 0."""

    def advance(self, size: int) -> None:
        """So many more bytes of it were fetched (or were there already), or were hashed."""

    def say(self, note: str) -> None:
        """Something the user should know."""


@dataclass(frozen=True)
class Step:
    """One file to bring, to its place; problem says what is wrong with the file that was found now, if one was."""

    file: File
    place: Place
    problem: str | None

    @property
    def target(self) -> Path:
        return self.place.path_of(self.file)

    @property
    def partial(self) -> Path:
        """Where the file grows until it is whole. Its name holds the digest: it is the same download or it is none."""
        if self.place.layout == "hub":
            return self.place.repo_folder(self.file) / "blobs" / f"{self.file.sha256}.avatar.incomplete"
        return self.target.with_name(f".{self.target.name}.{self.file.sha256[:16]}.incomplete")

    @property
    def bytes_to_come(self) -> int:
        """What is left to download of it."""
        there = self.partial.stat().st_size if self.partial.is_file() else 0
        return self.file.size - min(there, self.file.size)


def link(step: Step, blob: Path) -> None:
    """Let the target be a link to the blob, at once: no reader ever finds nothing there, or something else."""
    step.target.parent.mkdir(parents=True, exist_ok=True)
    scratch = step.target.with_name(f".{step.target.name}.{os.getpid()}.link")
    try:
        scratch.symlink_to(os.path.relpath(blob, step.target.parent))
        scratch.replace(step.target)
    except OSError:  # a file system without links: the library moves the blob to the snapshot there, so do we
        scratch.unlink(missing_ok=True)
        blob.replace(step.target)
