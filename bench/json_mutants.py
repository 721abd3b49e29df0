"""JSON of the wrong shape, files that are cut or something else: one change of one file of a home, by chance.

Hypothesis was not taken: it would come into the locks for one bench, and what has to be wrong here are whole files and
what stands in their places, as much as values.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
from pathlib import Path
from random import Random

DEEP = 40


class Raw(str):
    """A value as it stands in the file, which Python would not write so."""


def values(outside: Path) -> list[object]:
    return [
        None, True, False, 0, 1, -1, 2**31, 2**70, 0.5, -0.0, 1e308, "", "x", " ", "x" * 5000, "\0", "\x1b[2J\n", "é",
        "..", ".", "/", "../x", "../../../outside/w.txt", str(outside / "kept.txt"), str(outside), "/dev/zero",
        "request.json", "records", "lock", ".hidden", "portrait.png", "a/b", "*", "[0-9a-f]*", "0" * 64, "f" * 64,
        "7", "NaN", "en", "joe", "true", [], {}, [[]], [None], {"": ""}, {"../x": "0" * 64}, list(range(2000)),
        {str(number): number for number in range(2000)}, Raw("NaN"), Raw("-Infinity"), Raw("1e999"), Raw("9" * 5000),
        Raw('"\\ud800"'), Raw("[" * DEEP + "]" * DEEP), Raw("[" * 50_000 + "]" * 50_000), Raw('{"a":1,"a":2}'),
        Raw('{"a":' * DEEP + "1" + "}" * DEEP), Raw("01"), Raw("'x'"), Raw(""),
    ]  # fmt: skip


def places(value: object, path: tuple = ()) -> list[tuple]:
    """The way to each value in a value, itself included."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def changed(value: object, chance: Random, outside: Path) -> str:
    """The text of a value in which one or two places hold something else, lack, or are there once more."""
    value = copy.deepcopy(value)
    raw: dict[str, str] = {}
    for _ in range(chance.choice((1, 1, 1, 2))):
        *way, last = chance.choice(places(value)) or ("",)
        new = chance.choice(values(outside))
        if isinstance(new, Raw):
            raw[mark := f"raw-{len(raw)}"], new = new, f"raw-{len(raw)}"
            assert mark == new
        if last == "" and not way:
            value = new
            continue
        holder = value
        for key in way:
            holder = holder[key]  # type: ignore[index]
        how = chance.randrange(5)
        if how == 0:
            del holder[last]
        elif how == 1 and isinstance(holder, dict):
            name = chance.choice(values(outside))
            holder[name if isinstance(name, str) else "more"] = holder.pop(last)
        elif how == 2 and isinstance(holder, dict):
            holder["more"] = new
        else:
            holder[last] = new
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    for mark, content in raw.items():
        text = text.replace(json.dumps(mark), content)
    return text


def bytes_changed(data: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return chance.choice((
        data[:at], data[at:], b"", b"\xef\xbb\xbf" + data, data[:at] + b"\xff\xfe\x00" + data[at:], data + data,
        data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :], data.decode("latin-1").encode("utf-16"),
        data[:at] + b"\0" * 100 + data[at:],
    ))  # fmt: skip


def put(path: Path, kind: str, outside: Path) -> None:
    """Something else in the place of a file or folder."""
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    targets = {"symlink": outside / "kept.txt", "symlink to a folder": outside, "dangling": outside / "w.txt",
               "symlink to itself": path, "device": Path("/dev/zero")}  # fmt: skip
    if kind in targets:
        path.symlink_to(targets[kind])
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "folder":
        (path / "inner").mkdir(parents=True)
    elif kind == "file":
        path.write_text("a file")
    elif kind == "100 MB":
        with open(path, "wb") as file:
            file.truncate(100 << 20)


KINDS = ("symlink", "symlink to a folder", "dangling", "symlink to itself", "device", "FIFO", "folder", "file", "100 MB",
         "nothing")  # fmt: skip


def mutate(path: Path, chance: Random, outside: Path) -> str:
    """Change one file, or what stands in its place; what was done, in a few words."""
    is_file = path.is_file() and not path.is_symlink()
    if not is_file or chance.random() < 0.2:
        put(path, kind := chance.choice(KINDS), outside)
        return kind
    data = path.read_bytes()
    if chance.random() < 0.25 or path.suffix not in (".json", ".jsonl"):
        path.write_bytes(bytes_changed(data, chance))
        return "bytes"
    try:
        lines = data.splitlines(keepends=True) if path.suffix == ".jsonl" else [data]
        at = chance.randrange(len(lines))
        text = changed(json.loads(lines[at]), chance, outside)
    except (ValueError, RecursionError):  # changed before
        return "nothing more"
    lines[at] = text.encode("utf-8", "surrogateescape") + (b"\n" if path.suffix == ".jsonl" else b"")
    path.write_bytes(b"".join(lines))
    return "a value"
