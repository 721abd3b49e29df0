"""What ci/lock is asked for: the pins of pyproject.toml and of locks/, and which of them are to move. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from avatar.environment.locks import Wheel

Pins = dict[str, str]  # {name: version}
PINNED = re.compile(r"""(["'])([A-Za-z0-9._-]+)(\[[^]]*\])?\s*==\s*([^"';,\s]+)((?:(?!\1)[^\n])*)\1""")


@dataclass(frozen=True)
class Asked:
    """What is resolved. pyproject: its text, loosened where `upgrade` names a pin of it; upgrade_all: nothing is kept."""

    pyproject: str
    upgrade: tuple[str, ...] = ()
    upgrade_all: bool = False

    def words(self) -> list[str]:
        return [word for name in self.upgrade for word in ("--upgrade-package", name)]


def pins(text: str) -> dict[str, str]:
    """{name: version} of the `name==version` lines of a requirements text."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)", text, re.MULTILINE))


def requirements(versions: Pins) -> str:
    return "".join(f"{name}=={version}\n" for name, version in versions.items())


def asked_by(words: list[str], pyproject: str) -> Asked:
    """From the command line: what is to move. A package that pyproject.toml pins is loosened there, to be pinned anew."""
    if "--upgrade" not in words:
        return Asked(pyproject)
    names = tuple(canonical(word) for word in words if not word.startswith("-"))

    def loosened(found: re.Match) -> str:
        quote, name, extras, _, rest = found.groups("")
        return f"{quote}{name}{extras}{rest}{quote}" if canonical(name) in names else found[0]

    return Asked(PINNED.sub(loosened, pyproject), names, upgrade_all=not names)


def pinned_anew(asked: Asked, pyproject: str, versions: Pins) -> str:
    """The text of pyproject.toml with the new versions of what was loosened."""

    def pinned(found: re.Match) -> str:
        quote, name, extras, version, rest = found.groups("")
        if canonical(name) not in asked.upgrade or versions.get(canonical(name), version) == version:
            return found[0]
        return f"{quote}{name}{extras}=={versions[canonical(name)]}{rest}{quote}"

    return PINNED.sub(pinned, pyproject)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def moved(old: dict[str, dict[str, Wheel]], new: dict[str, Pins]) -> list[str]:
    """A line for each package whose version or layer is another one."""
    before = {name: (layer, wheel.version) for layer, wheels in old.items() for name, wheel in wheels.items()}
    after = {name: (layer, version) for layer, versions in new.items() for name, version in versions.items()}
    return [
        f"{name}: {' '.join(before.get(name, ('not locked',)))} -> {' '.join(after.get(name, ('not locked',)))}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
