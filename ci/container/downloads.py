"""The folder that an image is built from without a network: the locked wheels and system packages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from avatar.environment.installer import CannotInstall
from ci import wheels
from ci.container import base, debs
from ci.container.host import KEPT, Problem, say

DOWNLOADS = KEPT / "context" / "downloads"
CONTEXT = DOWNLOADS.parent  # what buildah sees as the stage `downloads`
LAYERS = {"preview": ["boot", "base"], "full": ["boot", "base", "full"], "pocket": ["boot", "base", "pocket"]}
LAYERS |= {"pod": LAYERS["full"], "serverless": LAYERS["full"]}
OWN = {target: [["service"]] for target in LAYERS}  # each in an environment of its own
OWN["serverless"].append(["runpod"])


def fetch(target: str, on: str = "") -> None:
    """Bring what a target is built from, on its own or upon another one's image."""
    for layers in (LAYERS[on or target], *OWN[target]):  # which may hold two versions of one library
        fetch_wheels(layers)
    fetch_debs(debs.LOCK, DOWNLOADS / "debs", base.package_states())


def fetch_wheels(layers: list[str]) -> None:
    """The locked wheels of these layers: from .wheels/ where they are, else from the host's index, hashes required."""
    try:
        wheels.gather(layers, DOWNLOADS / "wheels", say)
    except CannotInstall as error:
        raise Problem(str(error)) from error


def fetch_debs(lock: Path, folder: Path, states: Path) -> None:
    """The system packages, with the list of them beside: the lock, or where that is stale one written today.

    `states` is an apt root, see debs.options.
    """
    try:
        debs.fetch(states, lock, folder)
    except debs.Stale as stale:
        say(f"{stale}. Going on with a freshly written list; ci/release refuses that.")
        fresh = folder.with_name("fresh-debs.txt")
        debs.write(debs.resolve(states), datetime.now(UTC), fresh)
        debs.fetch(states, fresh, folder)
        fresh.unlink()
