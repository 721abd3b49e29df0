"""Portraits, kept by name: <home>/portraits/<name>/ holds picture<suffix> (or a clip's) as it was given, framed.png as a video shows it, and
portrait.json.

The command line keeps one under the name that its user gives, the API under an id; each finds those of the other.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar.errors import AvatarError, RequestError
from avatar.files import clear_away, is_folder, is_regular, new_folder, rename_new, safe_suffix, write_json
from avatar.invocation import to_type
from avatar.json_files import Damaged, read_json

if TYPE_CHECKING:
    from avatar.portrait.framing import Portrait

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_TITLE = 2000  # characters: the API may be sent words to draw one from, and they are its title
MOST_NOTES = 100
CLIP_NOTE = "A clip speaks on the full stack alone; for the preview keep a picture."


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TITLE


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 1e9


# What portrait.json says, and what each of it must be.
FITS = {
    "name": _is_text,  # what people call it; commands name its folder
    "created_at": _is_number,
    "source": _is_text,
    "face": lambda value: value is None or _is_count(value),
    "width": _is_count,
    "height": _is_count,
    "is_clip": lambda value: isinstance(value, bool),
    "notes": lambda value: isinstance(value, list) and len(value) <= MOST_NOTES and all(map(_is_text, value)),
}
NEEDED = ("name", "created_at", "notes")


def create(
    home: Path, name: str, picture: Path, face: int | None = None, title: str = "", source: str = ""
) -> dict[str, Any]:
    """Look for the face of a picture or a clip and keep it. face: which one, from 1 at the left, where there are several; title: what to
    call it, else its name; source: the picture's name, else its file's.

    Raises RequestError for a taken or unusable name, and what the portrait stage raises for the picture.
    """
    refuse_name(home, name)
    framed, notes, (height, width) = looked_at(picture, face)
    told = {"name": title or name, "created_at": round(time.time(), 3), "source": source or picture.name}
    told |= {"face": face, "width": width, "height": height, "is_clip": is_moving(picture), "notes": notes}
    folder = home / "portraits" / name
    with new_folder(folder) as scratch:
        shutil.copyfile(picture, scratch / f"picture{safe_suffix(picture)}")
        write_png(framed, scratch / "framed.png")
        write_json(scratch / "portrait.json", told, durable=True)
        try:
            rename_new(scratch, folder)
        except FileExistsError as error:
            raise RequestError(f"the portrait {name!r} was made by another process meanwhile.") from error
    return read(home, name)


def refuse_name(home: Path, name: str) -> None:
    """Raises RequestError for a name that is taken, or is none."""
    if not NAME.fullmatch(name):
        raise RequestError(
            f"{name!r} is no portrait name: letters, digits, '.', '_' and '-', 64 at most; choose another."
        )
    if os.path.lexists(home / "portraits" / name):
        raise RequestError(
            f"the portrait {name!r} exists; choose another name, or remove it first: "
            f"{to_type(f'portrait remove {name}')}"
        )


def looked_at(picture: Path, face: int | None) -> tuple[Portrait, list[str], tuple[int, int]]:
    """What the portrait stage makes of a picture or a clip, what it notes of it, and the (height, width) as it is used."""
    from avatar.engines import Told, WantedPicture
    from avatar.portrait.clip import own_size
    from avatar.portrait.given_picture import GivenPortrait
    from avatar.portrait.picture import read_picture
    from avatar.progress import Progress

    wanted, told = WantedPicture(path=picture, face=face), Told()
    if is_clip := is_moving(picture):
        told.notes.append(CLIP_NOTE)
    else:
        GivenPortrait.check(wanted)
    with GivenPortrait.load() as engine:
        found = engine.picture(wanted, told, Progress())
    if is_clip:
        width, height = own_size(picture)
    else:
        height, width = read_picture(picture).shape[:2]  # which was read before
    return found, told.notes, (height, width)


def is_moving(path: Path) -> bool:
    """Whether what is given is a clip; not what is not there, or cannot be read, as a reader of pictures tells."""
    from avatar.portrait.clip import is_clip
    from avatar.portrait.picture import is_picture

    try:
        return is_clip(path) and path.is_file() and not is_picture(path)
    except OSError:
        return False


def write_png(portrait: Portrait, path: Path) -> None:
    from PIL import Image

    Image.fromarray(portrait.picture).save(path, format="PNG")


def every(home: Path) -> list[dict[str, Any]]:
    """What is known of all portraits that can be used, by name."""
    return [known for name in names(home) if not isinstance(known := known_of(home / "portraits" / name), Damaged)]


def damaged(home: Path) -> dict[str, str]:
    """{name: why} of the portraits that cannot be used; `remove` removes them."""
    found = {name: known_of(home / "portraits" / name) for name in names(home)}
    return {name: str(why) for name, why in found.items() if isinstance(why, Damaged)}


def names(home: Path) -> list[str]:
    """Of all that is kept; an empty folder is nothing."""
    try:
        paths = [path for path in (home / "portraits").iterdir() if NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(path.name for path in paths if not is_folder(path) or any(path.iterdir()))


def read(home: Path, name: str) -> dict[str, Any]:
    """What is known of the portrait of this name. Raises RequestError when there is none, AvatarError when it is damaged."""
    _refuse_unknown(home, name)
    known = known_of(home / "portraits" / name)
    if isinstance(known, Damaged):
        raise AvatarError(
            f"the portrait {name!r} is damaged ({known}); '{to_type(f'portrait remove {name}')}' removes it."
        ) from known
    return known


def _refuse_unknown(home: Path, name: str) -> None:
    if name not in names(home):
        raise RequestError(
            f"no portrait {name!r} in {home / 'portraits'}; '{to_type('portrait list')}' shows those there are."
        )


def known_of(folder: Path) -> dict[str, Any] | Damaged:
    """What portrait.json says, or what is wrong with it. Nothing is followed out of the folder."""
    try:
        if not is_folder(folder):
            raise Damaged("it is no folder")
        content = read_json(folder / "portrait.json")
        if not isinstance(content, dict):
            raise Damaged("portrait.json does not fit")
        for key, fits in FITS.items():
            if key in content and not fits(content[key]) or key in NEEDED and key not in content:
                raise Damaged(f"portrait.json does not fit at {key!r}")
        picture = _picture(folder)
        if picture is None:
            raise Damaged("its picture is missing")
    except FileNotFoundError:
        return Damaged("portrait.json is missing")
    except Damaged as error:
        return error
    told = {"name": folder.name, "title": content["name"], "created": content["created_at"]}
    told |= {key: content.get(key) for key in ("source", "face", "width", "height")}
    return told | {"notes": content["notes"], "picture": str(picture), "is_clip": content.get("is_clip", False)}


def _picture(folder: Path) -> Path | None:
    return next((path for path in sorted(folder.glob("picture*")) if is_regular(path)), None)


def remove(home: Path, name: str) -> None:
    """Delete a portrait, damaged or not; jobs that were made with it have copies of their own."""
    _refuse_unknown(home, name)
    clear_away(home / "portraits" / name)


def picture_of(home: Path, name: str) -> Path | None:
    """The picture or clip of a kept portrait as it was given, or None where no portrait has this name."""
    folder = home / "portraits" / name
    return _picture(folder) if NAME.fullmatch(name) and is_folder(folder) else None


def framed_of(home: Path, name: str) -> Path | None:
    """The picture as a video shows it, a PNG of 512 x 512 pixels; None where there is none."""
    path = home / "portraits" / name / "framed.png"
    return path if NAME.fullmatch(name) and is_folder(path.parent) and is_regular(path) else None


def face_of(home: Path, name: str) -> int | None:
    """Which face of its picture a kept portrait shows; None where that was not said, or no portrait has this name."""
    return read(home, name)["face"] if picture_of(home, name) else None
