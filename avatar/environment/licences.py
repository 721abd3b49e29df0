"""The licence of each locked package, as its own metadata names it."""

from __future__ import annotations

from importlib.metadata import PackageMetadata, distributions

from avatar.environment import bootstrap, installed, locks
from avatar.environment.installed import canonical_name

LICENCE_FIELD_CHARACTERS = 60  # a longer line is no name
# What a wheel whose metadata are silent holds; NOTICE.md says what follows.
SILENT = {
    "espeakng-loader": "none named: its metadata is silent; espeak-ng in it is GPL-3.0-or-later, a program of its own"
}


def licences() -> list[dict[str, str]]:
    """A row for each locked package: package, version, layer, licence; of what is not installed here that is not known."""
    folder = locks.find_locks()
    here = {canonical_name(d.metadata["Name"]): d for d in distributions(path=[str(installed.site_packages())])}
    rows = []
    for layer in bootstrap.LAYERS["full"]:
        for wheel in locks.read_wheels(folder, [layer]):
            found = here.get(wheel.name)
            if found is None or found.version != wheel.version:
                said = "? (not installed here)"
            else:
                said = licence(found.metadata) or SILENT.get(wheel.name, "none named")
            rows.append({"package": wheel.name, "version": wheel.version, "layer": layer, "licence": said})
    return rows


def licence(metadata: PackageMetadata) -> str:
    """License-Expression (PEP 639), else the licence classifiers, else the first line of License; "" for none of them."""
    if expression := metadata["License-Expression"]:
        return expression
    classifiers = [c for c in metadata.get_all("Classifier") or [] if c.startswith("License :: ")]
    if named := [c.rpartition(" :: ")[2] for c in classifiers if c != "License :: OSI Approved"]:
        return ", ".join(named)
    text = next(iter((metadata["License"] or "").strip().splitlines()), "")  # the whole text begins with its name
    return text if len(text) <= LICENCE_FIELD_CHARACTERS and text.upper() != "UNKNOWN" else ""
