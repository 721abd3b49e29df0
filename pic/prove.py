"""Are the gates any good? Each one's fault is planted in a copy: that gate alone turns red, and green again without it.

Only gates whose inputs the fault touches are run again: what a fault leaves as it was cannot make another one red.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pic import repo
from pic.config import Fault, Gate
from pic.evidence import Content, standing
from pic.init import init
from pic.project import Project


def prove(project: Project, gates: list[Gate], skip: tuple[str, ...] = ()) -> Iterator[tuple[str, bool]]:
    """A line for each gate, and whether it is proved. The checkout itself is not touched."""
    without = [gate.name for gate in gates if gate.fault is None]
    yield from ((f"no fault  {name}: nothing shows that it can be red", False) for name in without)
    planted = [gate for gate in gates if gate.fault]
    if not planted:
        return
    with tempfile.TemporaryDirectory(prefix="picctl-prove-") as scratch:
        copy = copy_of(project, Path(scratch).resolve() / "copy")
        red = run_stale(copy, skip)
        if red:
            yield f"not green {', '.join(red)}: red before anything is planted", False
            planted = [gate for gate in planted if gate.name not in red]
        for gate in planted:
            yield prove_one(copy, gate, skip, set(red))


def prove_one(copy: Project, gate: Gate, skip: tuple[str, ...], red_before: set[str]) -> tuple[str, bool]:
    assert gate.fault
    path = copy.root / gate.fault.file
    if path.resolve() != path:  # what it leads to may lie outside of the copy
        return f"no fault  {gate.name}: {gate.fault.file} is a link, or behind a link", False
    before = remembered(path)
    try:
        wrong = plant(path, gate.fault)
        if wrong:
            return f"no fault  {gate.name}: {wrong}", False
        red = set(run_stale(copy, skip)) - red_before
    finally:
        restore(path, before)
    others = sorted(red - {gate.name, *(each.name for each in copy.config.gate if each.covers_others)})
    if gate.name not in red:
        return f"blind     {gate.name}: green with its fault in {gate.fault.file}", False
    if others:
        return f"not alone {gate.name}: its fault makes {', '.join(others)} red too", False
    copy.content = Content(copy.root, copy.config)
    still = set() if copy.run_gate(gate)["green"] else {gate.name}  # run again, although it was green of these bytes
    still |= set(run_stale(copy, skip)) - red_before
    if still:
        return f"stays red {gate.name}: {', '.join(sorted(still))} with the fault taken out", False
    return f"proved    {gate.name}: red with its fault in {gate.fault.file}, green without", True


def copy_of(project: Project, folder: Path) -> Project:
    """What is there now, committed or not, as a repository of its own without a history."""
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="picctl-") as scratch:
        index = Path(scratch, "index")
        repo.git(project.root, "read-tree", project.content.tree, index=index)
        repo.git(project.root, "checkout-index", "-af", f"--prefix={folder}/", index=index)
    repo.git(folder, "init", "-q")
    init(folder)
    repo.git(folder, "add", "-Af")
    return Project(folder)


def run_stale(copy: Project, skip: tuple[str, ...]) -> list[str]:
    """Run what has no result for what is there now; the names of all gates that are red."""
    copy.content = Content(copy.root, copy.config)
    red = []
    for gate in copy.config.gate:
        if gate.name in skip:
            continue
        if standing(gate, copy.state, copy.content, date.today()).what not in ("green", "red"):
            copy.run_gate(gate)
        if standing(gate, copy.state, copy.content, date.today()).what != "green":
            red.append(gate.name)
    return red


def plant(path: Path, fault: Fault) -> str:
    """Why it cannot be planted; empty when it is."""
    there = path.read_text("utf-8") if path.is_file() else None
    if there is None and (fault.append is not None or fault.find is not None or fault.remove):
        return f"there is no {fault.file}"
    if fault.find is not None and fault.find not in (there or ""):
        return f"{fault.file} does not hold {fault.find[:40]!r}"
    if fault.remove:
        path.unlink()
        return ""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = fault.write if fault.write is not None else (there or "")
    text = text.replace(fault.find, fault.put, 1) if fault.find is not None else text + (fault.append or "")
    path.write_text(text, "utf-8")
    return ""


def remembered(path: Path) -> tuple[bytes, int] | None:
    """The bytes and the mode of a file, which both are in its tree; None where there is none."""
    return (path.read_bytes(), path.stat().st_mode) if path.is_file() else None


def restore(path: Path, before: tuple[bytes, int] | None) -> None:
    path.unlink(missing_ok=True)
    if before is not None:
        path.write_bytes(before[0])
        path.chmod(before[1])
