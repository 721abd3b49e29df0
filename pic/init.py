"""`picctl init`: what a repository needs to be led; done again, it loses nothing."""

from __future__ import annotations

from pathlib import Path

from pic.repo import CONFIG, FOLDER, LOG, data, read_text, refuse_outside, write_whole


def init(root: Path) -> list[str]:
    """The files that were written. Raises OSError, and PicError for one that is no text."""
    written = []
    for name in ("gitignore", "gitattributes"):
        path = root / FOLDER / f".{name}"
        there = (read_text(path) or "").splitlines()
        if lacking := [line for line in data(name).splitlines() if line not in there]:
            write_whole(path, "\n".join([*there, *lacking]) + "\n")
            written.append(str(path.relative_to(root)))
    refuse_outside(root, CONFIG)
    if not (root / CONFIG).exists():
        write_whole(root / CONFIG, data(CONFIG))
        written.append(CONFIG)
    (root / LOG).touch()
    return written
