"""What the audit knows of one package. None is "not known here", never "nothing"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from email.message import Message
from importlib.metadata import PackageMetadata

LICENCE_FIELD_CHARACTERS = 60  # a longer line is no name


@dataclass
class Facts:
    """One package: the version that is in use where there is one, else the newest that this Python could have."""

    name: str
    today: date
    version: str | None = None
    layer: str | None = None  # where a lock has it already; None for what is only a name yet

    # from the index
    known: bool | None = None  # whether the index has such a package
    status: str | None = None  # PEP 792: active, archived, deprecated, quarantined
    newest: str | None = None
    newest_uploaded: date | None = None
    uploaded: date | None = None  # this version
    releases: int | None = None  # ever
    releases_in_last_year: int | None = None
    maintainers: list[str] | None = None  # accounts that may upload, else who the metadata names
    organization: str | None = None
    yanked: str | None = None  # why this version was withdrawn; None where it was not
    yanked_releases: list[str] = field(default_factory=list)
    sdist_only: bool | None = None
    our_wheel: bool | None = None  # whether a wheel fits this interpreter on this host
    download_bytes: int | None = None
    newest_requires_python: str | None = None
    newest_admits_us: bool | None = None
    python_history: list[tuple[str, str]] = field(default_factory=list)  # (from version, requires-python), newest first
    wheels_up_to: int | None = None  # N of the last CPython 3.N with wheels; None where they are for any

    # from its metadata
    requires_python: str | None = None
    requires: list[str] | None = None  # Requires-Dist lines
    licence: str | None = None

    # from its needs
    python_ceilings: dict[str, int] = field(default_factory=dict)  # {package: N} of those that end before Python 3.N
    brings: dict[str, str] | None = None  # {name: version} of what it needs and is not in use
    sdist_only_needs: list[str] = field(default_factory=list)
    held_back: dict[str, str] = field(default_factory=dict)  # {requirement: newest release that it shuts out}

    # from a tool that knows them
    vulnerabilities: list[str] | None = None  # their ids

    unknown: list[str] = field(default_factory=list)  # what could not be found out, and why


def read_metadata(facts: Facts, metadata: Message | PackageMetadata) -> None:
    facts.requires_python = metadata["Requires-Python"] or ""
    facts.requires = metadata.get_all("Requires-Dist") or []
    facts.licence = licence(metadata)
    if facts.maintainers is None:
        facts.maintainers = named_people(metadata)


def licence(metadata: Message | PackageMetadata) -> str:
    """License-Expression (PEP 639), else the licence classifiers, else the first line of License; "" for none of them."""
    if expression := metadata["License-Expression"]:
        return expression
    classifiers = [c for c in metadata.get_all("Classifier") or [] if c.startswith("License :: ")]
    if named := [c.rpartition(" :: ")[2] for c in classifiers if c != "License :: OSI Approved"]:
        return ", ".join(named)
    text = next(iter((metadata["License"] or "").strip().splitlines()), "")  # the whole text begins with its name
    return text if len(text) <= LICENCE_FIELD_CHARACTERS and text.upper() != "UNKNOWN" else ""


def named_people(metadata: Message | PackageMetadata) -> list[str] | None:
    """Author and maintainer as the metadata names them, without addresses; None where it names nobody."""
    people = []
    for key in ("Author", "Maintainer", "Author-email", "Maintainer-email"):
        for person in (metadata[key] or "").split(","):
            name = person.partition("<")[0].strip(' "')
            if name and "@" not in name and name not in people:
                people.append(name)
    return people or None
