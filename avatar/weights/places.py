"""Where weights may lie, in the order in which they are looked for.

    1. $AVATAR_MODELS/<owner>/<name>/<path>           a plain folder: hosts without a network, network volumes
    2. /runpod-volume/models/…  and RunPod's own cache of hub models, /runpod-volume/huggingface-cache/hub
    3. /workspace/models/…                            a RunPod pod's volume
    4. /opt/models/…                                  baked into an image
    5. the hub's cache: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub

A place says nothing about what a file must be: the lock does, and every file is checked against it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from avatar.weights.lock import File


@dataclass(frozen=True)
class Place:
    root: Path
    layout: Literal["plain", "hub"]

    def repo_folder(self, file: File) -> Path:
        """The folder that holds all of the file's repository."""
        return self.root / (file.repo if self.layout == "plain" else f"models--{file.repo.replace('/', '--')}")

    def path_of(self, file: File) -> Path:
        """Where the file is in this place if it is there; in a hub cache a link into its blobs."""
        snapshot = "" if self.layout == "plain" else f"snapshots/{file.revision}"
        return self.repo_folder(file) / snapshot / file.path

    def has(self, file: File) -> bool:
        return os.path.isfile(self.path_of(file))  # unlike Path.is_file: False where we may not look


# RunPod: serverless workers see their network volume as /runpod-volume, pods as /workspace; its host-side cache of
# hub models is the hub layout under huggingface-cache (RunPod's documentation, storage and model caching).
VOLUMES = (
    Place(Path("/runpod-volume/models"), "plain"),
    Place(Path("/runpod-volume/huggingface-cache/hub"), "hub"),
    Place(Path("/workspace/models"), "plain"),
    Place(Path("/opt/models"), "plain"),
)


def search_order() -> list[Place]:
    """The places of this host, first choice first; AVATAR_MODELS and the hub cache even where they do not exist yet."""
    return [*_named_folder(), *(place for place in VOLUMES if place.root.is_dir()), Place(hub_cache(), "hub")]


def destination(found: Place | None) -> Place:
    """Where a file goes that is nowhere, or wrong in the place where it was found: the folder that AVATAR_MODELS names,
    which is looked in first; else where the wrong one lies, for there it would be found again; else the hub cache."""
    return next(_named_folder(), found or Place(hub_cache(), "hub"))


def find(file: File) -> Place | None:
    """The first place that has a file of that name, right or wrong."""
    return next((place for place in search_order() if place.has(file)), None)


def hub_cache() -> Path:
    """The hub's cache folder, from the same variables in the same order as huggingface_hub 2.4 (constants.py)."""
    variables = os.environ
    cache = variables.get("XDG_CACHE_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
    home = _expanded(variables.get("HF_HOME", os.path.join(cache, "huggingface")))
    folder = variables.get("HUGGINGFACE_HUB_CACHE", os.path.join(home, "hub"))
    return Path(_expanded(variables.get("HF_HUB_CACHE", folder))).absolute()


def _named_folder() -> Iterator[Place]:
    if folder := os.environ.get("AVATAR_MODELS"):
        yield Place(Path(folder).expanduser().absolute(), "plain")


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))
