"""Are the gates any good? Each one's fault is planted in a copy: that gate alone turns red, and green again without it.

Only gates whose inputs the fault touches are run again: what a fault leaves as it was cannot make another one red.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pic import repo
from pic.config import Fault, Gate
from pic.evidence import Content, standing
from pic.init import init
from pic.project import Project


class NoFault(Exception):
    """Why a fault cannot be planted."""


def prove(project: Project, gates: Iterable[Gate], skip: tuple[str, ...] = ()) -> Iterator[tuple[str, bool]]:
    """A line for each gate, and whether it is proved. The checkout itself is not touched."""
    with tempfile.TemporaryDirectory(prefix="picctl-prove-") as scratch:
        copy = copy_of(project, Path(scratch).resolve() / "copy")
        red = run_stale(copy, skip)
        if red:
            yield f"not green {', '.join(red)}: red before anything is planted", False
        for gate in gates:
            if gate.name not in red:
                how, why = prove_one(copy, gate, (*skip, *red))
                yield f"{how:9} {gate.name}: {why}", how == "proved"


def prove_one(copy: Project, gate: Gate, skip: tuple[str, ...]) -> tuple[str, str]:
    """How it went in a word or two, and why."""
    try:
        with planted(copy.root, gate.fault):
            red = run_stale(copy, skip)
    except NoFault as wrong:
        return "no fault", str(wrong)
    place = gate.fault and gate.fault.file
    if gate.name not in red:
        return "blind", f"green with its fault in {place}"
    others = sorted({*red} - {gate.name, *(each.name for each in copy.config.gate if each.covers_others)})
    if others:
        return "not alone", f"its fault makes {', '.join(others)} red too"
    copy.content = Content(copy.root, copy.config)
    still = set() if copy.run_gate(gate)["green"] else {gate.name}  # run again, although it was green of these bytes
    still |= {*run_stale(copy, skip)}
    if still:
        return "stays red", f"{', '.join(sorted(still))} with the fault taken out"
    return "proved", f"red with its fault in {place}, green without"


@contextmanager
def planted(root: Path, fault: Fault | None) -> Iterator[None]:
    """The fault stands in its file, whose bytes and mode afterwards are as they were. Raises NoFault."""
    if fault is None:
        raise NoFault("nothing shows that it can be red")
    path = root / fault.file
    if os.path.realpath(path) != str(path):  # what it leads to may lie outside of the copy
        raise NoFault(f"{fault.file} is a link, or behind a link")
    before = (path.read_bytes(), path.stat().st_mode) if path.is_file() else None
    if before is None and fault.write is None:
        raise NoFault(f"there is no {fault.file}")
    there, find = before[0] if before else b"", (fault.find or "").encode()
    if find not in there:
        raise NoFault(f"{fault.file} does not hold {fault.find!r:.42}")
    if fault.write is not None:
        there = fault.write.encode()
    elif find:
        there = there.replace(find, fault.put.encode(), 1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(there + (fault.append or "").encode())
    except OSError as error:
        raise NoFault(f"{fault.file} cannot be written: {error.strerror}") from None
    try:
        if fault.remove:
            path.unlink()
        yield
    finally:
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before[0])
            path.chmod(before[1])


def copy_of(project: Project, folder: Path) -> Project:
    """What is there now, committed or not, as a repository of its own without a history."""
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="picctl-") as scratch:
        index = f"{scratch}/index"
        repo.git(project.root, "read-tree", project.content.tree, GIT_INDEX_FILE=index)
        repo.git(project.root, "checkout-index", "-af", f"--prefix={folder}/", GIT_INDEX_FILE=index)
    repo.git(folder, "init", "-q")
    init(folder)
    repo.git(folder, "add", "-Af")
    return Project(folder)


def run_stale(copy: Project, skip: tuple[str, ...]) -> list[str]:
    """Run what has no result for what is there now; the names of all gates that are red."""
    copy.content = Content(copy.root, copy.config)
    red = []
    for gate in copy.config.gate:
        if gate.name not in skip:
            found = standing(gate, copy.state, copy.content, date.today())
            green = found.passes if found.what in ("green", "red") else copy.run_gate(gate)["green"]
            red += [] if green else [gate.name]
    return red
