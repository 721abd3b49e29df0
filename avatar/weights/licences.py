"""Licences that want to be accepted before their weights are used: once per home, kept in <home>/licences.json."""

from __future__ import annotations

import datetime

from avatar import settings
from avatar.errors import EnvironmentProblem
from avatar.files import write_json
from avatar.invocation import to_type
from avatar.json_files import Damaged, read_json
from avatar.weights.lock import Licence, Model


def accepted(licence: Licence) -> dict | None:
    """When and how this licence was accepted, or None. Another name or address of it is another licence."""
    entry = _read().get(licence.key)
    return entry if entry and (entry.get("name"), entry.get("url")) == (licence.name, licence.url) else None


def wants_consent(model: Model) -> bool:
    return model.licence.consent and not accepted(model.licence)


def accept(licence: Licence, how: str) -> None:
    """Note that the user accepts; how: "--accept-licence" or "prompt"."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    entry = {"name": licence.name, "url": licence.url, "accepted": now, "how": how}
    settings.home().mkdir(parents=True, exist_ok=True)
    write_json(settings.home() / "licences.json", _read() | {licence.key: entry})


def refuse_unaccepted(model: Model) -> None:
    """Raises EnvironmentProblem when the model's licence wants to be accepted and was not."""
    if wants_consent(model):
        raise EnvironmentProblem(
            f"{model.name} comes under the {model.licence.name}, which was not accepted yet ({model.licence.url}).\n"
            f"read it, then accept it once: {to_type(f'models fetch {model.name} --accept-licence', full=True)}"
        )


def _read() -> dict[str, dict]:
    """What was accepted. A file that does not fit says nothing: then it is asked again."""
    try:
        content = read_json(settings.home() / "licences.json")
    except (Damaged, FileNotFoundError):
        return {}
    entries = content.items() if isinstance(content, dict) else ()
    return {key: entry for key, entry in entries if isinstance(entry, dict) and isinstance(entry.get("accepted"), str)}
