"""Portraits kept by an id: <home>/portraits/<id>/ holds picture<suffix> as it was sent, framed.png as a video shows it, and
portrait.json."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from avatar.files import is_folder, is_regular
from avatar.json_files import Damaged, read_json
from avatar.web.answers import Refused

ID = re.compile(r"portrait_[0-9a-f]{16}")


def folder_of(home: Path, name: str) -> Path:
    """Raises Refused where there is no such portrait."""
    folder = home / "portraits" / name
    if not ID.fullmatch(name) or not is_folder(folder):
        raise Refused(404, "not_found", f"there is no portrait {name!r}; GET /v1/portraits shows those there are.")
    return folder


def picture_of(home: Path, name: str) -> Path:
    """The picture as it was sent. Raises Refused."""
    found = [path for path in folder_of(home, name).glob("picture*") if is_regular(path)]
    if not found:
        raise Refused(404, "not_found", f"the picture of portrait {name!r} is gone; send it again.")
    return found[0]


def read(home: Path, name: str) -> dict[str, Any]:
    try:
        content = read_json(folder_of(home, name) / "portrait.json")
    except (Damaged, FileNotFoundError):
        content = {}
    content = content if isinstance(content, dict) else {}
    made = content.get("created_at")
    return {
        "id": name,
        "object": "portrait",
        "name": str(content.get("name", name)),
        "created_at": made if isinstance(made, int) else 0,
        "notes": [str(each) for each in content.get("notes", [])],
        "url": f"/v1/portraits/{name}/picture",
    }


def every(home: Path) -> list[dict[str, Any]]:
    """Oldest first."""
    try:
        names = [path.name for path in (home / "portraits").iterdir() if ID.fullmatch(path.name)]
    except OSError:
        return []
    return sorted((read(home, name) for name in names), key=lambda each: (each["created_at"], each["id"]))


def remove(home: Path, name: str) -> None:
    shutil.rmtree(folder_of(home, name))
