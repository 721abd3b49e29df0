"""Who imports whom: no circles, and every import goes down.

A room is a folder of avatar/ or a file beside them. Imports inside functions count; those for type checkers alone do not.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Lowest first. A room imports from rooms before it in this list alone; a new room is put where that holds.
FLOORS = [
    "engines", "errors", "invocation", "failures", "limits", "stopping", "progress", "script",
    "files", "json_files", "settings",
    "device",
    "host", "weights",
    "environment",
    "media", "portrait",
    "portraits",
    "voice",
    "voices",
    "lips", "frame",
    "fit", "request",
    "jobs", "framed", "drawn", "stacks",
    "provenance",
    "quality",
    "stages",
    "loading",
    "pipeline",
    "unmade",
    "preflight",
    "asking", "work",
    "api",
    "service",
    "batch",
    "web",
    "cli",
    "__init__", "__main__",
    "worker",
]  # fmt: skip

Graph = dict[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """{dotted name: file} of the package avatar in this folder."""
    found = {}
    for path in sorted((root / "avatar").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of avatar that a file imports. `from avatar import __version__` asks for no module, and is none."""
    for statement in statements(ast.parse(path.read_text())):
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        else:
            assert statement.level == 0, f"{path}: a relative import"
            names = [f"{statement.module}.{alias.name}" for alias in statement.names]
        for name in names:
            if name not in known:
                name = name.rpartition(".")[0]
            if name in known and name != "avatar":
                yield name


def statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import below a node, but for what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from statements(other)
        else:
            yield from statements(child)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def graphs(root: Path) -> tuple[Graph, Graph]:
    """What each module imports, and what each room does."""
    known = modules(root)
    by_module = {name: set(imports(path, known)) - {name} for name, path in known.items()}
    by_room: Graph = defaultdict(set)
    for name, others in by_module.items():
        by_room[room_of(name)] |= {room_of(other) for other in others} - {room_of(name)}
    return by_module, by_room


def circle(graph: Graph) -> list[str]:
    """One way through the graph that comes back to where it began; empty where there is none."""
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node not in done:
            for other in sorted(graph.get(node, ())):
                if found := walk(other, [*way, node]):
                    return found
            done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


def upward(graph: Graph) -> list[str]:
    """Each import of a room that is not below, and each room that has no floor."""
    floor = {room: number for number, room in enumerate(FLOORS)}
    lost = [f"{room} has no floor" for room in sorted(graph) if room not in floor]
    return lost or [
        f"{room} imports {other}"
        for room in FLOORS
        for other in sorted(graph.get(room, ()))
        if floor[other] >= floor[room]
    ]


def test_no_module_imports_itself_through_others():
    by_module, _ = graphs(ROOT)
    assert not circle(by_module)


def test_no_room_imports_itself_through_others():
    _, by_room = graphs(ROOT)
    assert not circle(by_room)


def test_every_import_goes_down():
    _, by_room = graphs(ROOT)
    assert not upward(by_room)
    assert len(FLOORS) == len(set(FLOORS))


def test_media_alone_opens_sound_files_and_starts_ffmpeg():
    """Everybody else asks avatar/media, which tells a program that the host ended from a file that cannot be read."""
    guarded = ("soundfile", "imageio_ffmpeg", "ffmpeg_program", "VideoCapture")
    found = {}
    for name, path in modules(ROOT).items():
        tree = ast.parse(path.read_text())
        imported = [alias.name for each in statements(tree) for alias in each.names]
        nodes = list(ast.walk(tree))
        used = [node.id for node in nodes if isinstance(node, ast.Name)]
        used += [node.attr for node in nodes if isinstance(node, ast.Attribute)]
        if wrong := set(guarded) & {*imported, *used}:
            found[room_of(name)] = found.get(room_of(name), set()) | wrong
    assert found == {"media": {"soundfile", "ffmpeg_program"}}


@pytest.mark.parametrize(
    ("files", "round_modules", "round_rooms", "up"),
    [
        ({"errors.py": "", "files.py": "from avatar.errors import A"}, [], [], []),
        ({"errors.py": "def f():\n    import avatar.files", "files.py": ""}, [], [], ["errors imports files"]),
        (
            {"errors.py": "from avatar import files", "files.py": "from avatar.errors import A"},
            ["avatar.errors", "avatar.files", "avatar.errors"],
            ["errors", "files", "errors"],
            ["errors imports files"],
        ),
        (
            {"media/a.py": "from avatar.media import b", "media/b.py": "if True:\n    from avatar.media.a import x"},
            ["avatar.media.a", "avatar.media.b", "avatar.media.a"],
            [],
            [],
        ),
        (
            {"errors.py": "if TYPE_CHECKING:\n    from avatar.files import A", "files.py": "import avatar.errors"},
            [],
            [],
            [],
        ),
        ({"lounge.py": "import os"}, [], [], ["lounge has no floor"]),
    ],
)
def test_circles_and_ways_up_are_seen(tmp_path, files, round_modules, round_rooms, up):
    for name, text in {"__init__.py": "", **files}.items():
        path = tmp_path / "avatar" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    by_module, by_room = graphs(tmp_path)
    assert (circle(by_module), circle(by_room), upward(by_room)) == (round_modules, round_rooms, up)
