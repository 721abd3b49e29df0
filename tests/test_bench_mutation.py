"""bench/mutants.py: each fault is one change of the code, and what people read stays as it is."""

from __future__ import annotations

import ast

from bench.mutants import mutants
from bench.mutation import MODULES, importers, of_module
from tests.conftest import ROOT

SOURCE = b'''"""A module of 3 lines."""
LEAST: int = 0.5  # \xc3\xa9 < 4


@decorated(frozen=True)
def first(row: list[1] = None) -> 7:
    if row is None and not LEAST <= len(row) < 9:
        raise ValueError(f"{row + 1} is \xc3\xa9 < 2", 3)
    row.sort()
    return "text" if any(row) else -min(row) % 2
'''


def test_every_kind_of_fault_is_planted_and_no_message_or_type_is_touched():
    assert [(each.line, each.old, each.new) for each in mutants("a.py", SOURCE)] == [
        (2, "0.5", "0.75"),
        (7, "row is None and not LEAST <= len(row) < 9", "(row is None or not LEAST <= len(row) < 9)"),
        (7, "row is None", "(row is not None)"),
        (7, "not LEAST <= len(row) < 9", "(LEAST <= len(row) < 9)"),
        (7, "LEAST <= len(row) < 9", "(LEAST < len(row) < 9)"),
        (7, "LEAST <= len(row) < 9", "(LEAST <= len(row) <= 9)"),
        (7, "9", "10"),
        (8, 'raise ValueError(f"{row + 1} is é < 2", 3)', "pass"),
        (9, "row.sort()", "pass"),
        (10, 'return "text" if any(row) else -min(row) % 2', "return None"),
        (10, '"text" if any(row) else -min(row) % 2', "(-min(row) % 2 if any(row) else 'text')"),
        (10, "any", "all"),
        (10, "-min(row) % 2", "(-min(row) // 2)"),
        (10, "-min(row)", "(min(row))"),
        (10, "min", "max"),
        (10, "2", "3"),
    ]


def test_each_fault_of_our_modules_is_another_program():
    for name in MODULES:
        source = (ROOT / f"avatar/{name}.py").read_bytes()
        whole, faults = ast.dump(ast.parse(source)), of_module(name)
        assert faults, name
        assert all(ast.dump(ast.parse(each.applied(source))) != whole for each in faults[::7])


def test_the_tests_of_a_module_are_those_that_import_it():
    assert importers("media/subtitles") == ["tests/test_burned.py", "tests/test_subtitles.py"]
    assert {"tests/test_musetalk_crop.py", "tests/test_musetalk_clip.py"} <= set(importers("lips/musetalk/crop"))
    assert importers("voice/no_such_module") == []
