"""The gates of the sources: what our code may not call, and what our tests may not put in the place of a package.

Each takes files and returns what is wrong, a line each. They read the code, they do not run it: a name that is put
together while the program runs is not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from avatar.environment import imports, installed, locks

# Readers and writers of torchaudio that moved or went after 2.1, or that want torchcodec and FFmpeg's libraries.
GONE_FROM_TORCHAUDIO = {
    "load", "save", "info", "load_with_torchcodec", "save_with_torchcodec", "list_audio_backends",
    "get_audio_backend", "set_audio_backend", "backend", "io", "sox_effects",
}  # fmt: skip
# Arguments and names of coqui-tts behind which it calls torchaudio.load.
LOADS_INSIDE_TTS = {"audio_path", "speaker_wav", "load_audio"}
# What no module may import: gone from Python 3.12, or never loaded by us.
NEVER_IMPORTED = {
    "distutils": "gone in Python 3.12",
    "imp": "gone in Python 3.12",
    "pkg_resources": "gone from setuptools 82",
    "torchcodec": "wants FFmpeg's shared libraries; its distribution only has to be there for coqui-tts",
}
MOCKING = {"mock", "unittest.mock", "pytest_mock", "responses", "respx", "requests_mock"}


read: set[str] = set()  # the files that the gates have read, for whoever says how much was looked at


def parsed(path: Path) -> ast.Module:
    read.add(str(path))
    return ast.parse(path.read_text(errors="replace"))


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def located(path: Path, folder: Path, node: ast.AST, what: str) -> str:
    return f"{path.relative_to(folder.parent)}:{node.lineno}: {what}"


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or a chain of attributes; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def bound_modules(tree: ast.AST) -> dict[str, str]:
    """{name in this file: what it was imported as}: `import torch.nn as nn` gives {"nn": "torch.nn"}."""
    bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args:
            wanted = node.value.args[0]  # torch = pytest.importorskip("torch")
            if dotted(node.value.func).endswith(("importorskip", "import_module")) and isinstance(wanted, ast.Constant):
                bound |= {target.id: wanted.value for target in node.targets if isinstance(target, ast.Name)}
    return bound


def real_name(node: ast.AST, bound: dict[str, str]) -> str:
    """A chain of attributes with its first name as it was imported: `nn.functional` as `torch.nn.functional`."""
    first, dot, rest = dotted(node).partition(".")
    return bound.get(first, first) + dot + rest


# ---------------------------------------------------------------- what our code may not call


def removed_calls(folder: Path) -> list[str]:
    """Uses of what went from torchaudio, of what needs torchcodec, and imports of what Python 3.12 no longer has."""
    return [
        located(path, folder, node, what) for path in python_files(folder) for node, what in removed_in(parsed(path))
    ]


def removed_in(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    bound = bound_modules(tree)
    for node in ast.walk(tree):
        for module in imported_modules(node):
            if reason := NEVER_IMPORTED.get(module.split(".")[0]):
                yield node, f"imports {module}: {reason}"
            elif module.startswith("torchaudio.") and module.split(".")[1] in GONE_FROM_TORCHAUDIO:
                yield node, f"reaches {module}: it moves from release to release and wants torchcodec"
            elif module.startswith("TTS.") and module.rpartition(".")[2] in LOADS_INSIDE_TTS:
                yield node, f"reaches {module}: it calls torchaudio.load"
        if isinstance(node, ast.Attribute):
            package, _, name = real_name(node, bound).partition(".")
            if package == "torchaudio" and name in GONE_FROM_TORCHAUDIO:
                yield node, f"reaches torchaudio.{name}: it moves from release to release and wants torchcodec"
        if isinstance(node, ast.Call) and any(b.startswith("TTS.") for b in bound.values()):
            for keyword in node.keywords:
                if keyword.arg in LOADS_INSIDE_TTS:
                    yield node, f"{dotted(node.func)}({keyword.arg}=...): coqui-tts reads that with torchaudio.load"


def imported_modules(node: ast.AST) -> list[str]:
    """The full names that an import statement brings; [] for another node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


# ---------------------------------------------------------------- what tests may not replace


def locked_modules() -> set[str]:
    """The outermost module names of the packages that render: what is installed here of the layers base and full."""
    payload = locks.read_payload(locks.find_locks())
    names = {name for layer in locks.FINGERPRINT_LAYERS for name in payload[layer]}
    distributions = [d for d in installed.read_distributions(installed.site_packages()) if d.name in names]
    return {module.split(".")[0] for d in distributions for module in imports.top_level_modules(d)}


def stand_ins(folder: Path, locked: Iterable[str]) -> list[str]:
    """Where a test replaces a locked package or a part of it, or brings a library that does such a thing.

    Replacing a constant of our own modules is not looked at.
    """
    locked = set(locked)
    found = []
    for path in python_files(folder):
        if path.stem in locked or path.parent.name in locked:
            found.append(f"{path.relative_to(folder.parent)}:1: a module named like a locked one")
        found += [located(path, folder, node, what) for node, what in replaced_in(parsed(path), locked)]
    return found


def replaced_in(tree: ast.AST, locked: set[str]) -> Iterator[tuple[ast.AST, str]]:
    bound = bound_modules(tree)
    for node in ast.walk(tree):
        for module in imported_modules(node):
            if any(module == name or module.startswith(f"{name}.") for name in MOCKING):
                yield node, f"imports {module}"
        if isinstance(node, ast.FunctionDef) and "mocker" in {argument.arg for argument in node.args.args}:
            yield node, "takes the fixture mocker"
        for target in assigned(node):
            if isinstance(target, ast.Subscript) and real_name(target.value, bound) == "sys.modules":
                yield node, "puts something into sys.modules"
            if isinstance(target, ast.Attribute) and is_locked(target, bound, locked):
                yield node, f"sets {real_name(target, bound)}"
        if isinstance(node, ast.Call):
            yield from replaced_by_call(node, bound, locked)


def replaced_by_call(node: ast.Call, bound: dict[str, str], locked: set[str]) -> Iterator[tuple[ast.AST, str]]:
    """monkeypatch.setattr and its kin: setattr(target, "name", value), setattr("target.name", value), setitem(...)."""
    owner, _, function = real_name(node.func, bound).rpartition(".")
    if owner == "sys.modules" and function in ("update", "setdefault"):
        yield node, "puts something into sys.modules"
    if function not in ("setattr", "delattr", "setitem", "delitem") or not node.args:
        return
    target, attribute = node.args[0], node.args[1] if len(node.args) > 1 else None
    named = attribute.value if isinstance(attribute, ast.Constant) else ""
    if isinstance(target, ast.Constant):  # "torch.cuda.is_available"
        name, hit = str(target.value), not locked.isdisjoint(str(target.value).split("."))
    else:
        name, hit = real_name(target, bound), is_locked(target, bound, locked)
    if name == "sys.modules":
        yield node, "puts something into sys.modules"
    elif hit or named in locked:
        yield node, f"replaces {name}{'.' if named else ''}{named}"


def assigned(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def is_locked(node: ast.AST, bound: dict[str, str], locked: set[str]) -> bool:
    """Whether a chain of attributes begins with a locked module, or passes through one that our own has imported."""
    first, *rest = dotted(node).split(".")
    return not locked.isdisjoint([*bound.get(first, "").split("."), *rest])


# ---------------------------------------------------------------- installers

# Where uv or pip may be started, and why there.
INSTALLERS = {
    "avatar/environment/installer.py": "the one place",
    "avatar/environment/host_settings.py": "asks pip for its settings",
    "pic/audit/host.py": "asks pip which index it has",
    "bench/environment.py": "compares ./run with plain uv",
}


def other_installers(root: Path) -> list[str]:
    """Lists of words, as a command is given, in which uv or pip is started outside of INSTALLERS."""
    scripts = [path for path in (root / "ci").rglob("*") if path.is_file() and path.suffix in ("", ".py")]
    files = [file for name in ("avatar", "bench", "pic") for file in python_files(root / name)] + scripts
    found = []
    for path in files:
        text = path.read_text(errors="replace")
        name = str(path.relative_to(root))
        if name in INSTALLERS or not (path.suffix == ".py" or "python" in text.partition("\n")[0]):
            continue
        for node in ast.walk(parsed(path)):
            words = (
                node.elts if isinstance(node, ast.List | ast.Tuple) else node.args if isinstance(node, ast.Call) else []
            )
            values = [word.value for word in words if isinstance(word, ast.Constant)]
            if "pip" in values and values[values.index("pip") - 1] in ("-m", "pip") or values[:1] == ["uv"]:
                found.append(
                    f"{name}:{node.lineno}: starts an installer; avatar/environment/installer.py is the way to one"
                )
    return found
