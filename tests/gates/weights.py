"""Faults of the weights: two small files take the place of the real ones, with a lock and a hub of their own."""

from __future__ import annotations

import hashlib
import random
import shutil

from tests.gates.ground import Ground
from tests.hub import Hub

REVISION = "0123456789" * 4
FILES = {"config.json": b'{"layers": 2}\n', "deep/weights.pth": random.Random(1).randbytes(1_000_000)}
KEYS = {f"someone/toy/resolve/{REVISION}/{path}": content for path, content in FILES.items()}


def lock_text() -> str:
    head = f"""
[licences.toy]
name = "Toy Licence"
terms = "For play only."
url = "http://127.0.0.1/toy"
consent = false

[models.toy]
purpose = "tests"
repo = "someone/toy"
revision = "{REVISION}"
licence = "toy"
"""
    return head + "".join(
        f'[[models.toy.files]]\npath = "{path}"\nsize = {len(content)}\n'
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"\nneeded = true\n'
        for path, content in FILES.items()
    )


def toy(ground: Ground) -> None:
    """The toy model is the only one that is locked."""
    (ground.scratch / "toy.lock").write_text(lock_text())
    ground.env["AVATAR_MODELS_LOCK"] = str(ground.scratch / "toy.lock")


def fetched(ground: Ground) -> None:
    """Its files lie in the folder that AVATAR_MODELS names."""
    toy(ground)
    folder = ground.scratch / "models"
    ground.env["AVATAR_MODELS"] = str(folder)
    for path, content in FILES.items():
        (folder / "someone/toy" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "someone/toy" / path).write_bytes(content)


def weights(ground: Ground):
    return ground.scratch / "models/someone/toy/deep/weights.pth"


def nowhere(ground: Ground) -> None:
    shutil.rmtree(ground.scratch / "models")


def one_removed(ground: Ground) -> None:
    weights(ground).unlink()


def truncated(ground: Ground) -> None:
    weights(ground).write_bytes(FILES["deep/weights.pth"][:-1])


def flipped(ground: Ground) -> None:
    ground.flip(weights(ground))


# ---------------------------------------------------------------- fetching


def hub(ground: Ground) -> None:
    """A hub on this machine holds the files, and the cache is empty."""
    toy(ground)
    ground.hub = ground.cleanup.enter_context(Hub(dict(KEYS)))
    ground.env |= {"HF_ENDPOINT": ground.hub.address, "NO_PROXY": "127.0.0.1,localhost"}


def empty_cache(ground: Ground) -> None:
    shutil.rmtree(ground.scratch / "hf")


def offline(ground: Ground) -> None:
    empty_cache(ground)
    ground.env["HF_HUB_OFFLINE"] = "1"


def unreachable(ground: Ground) -> None:
    empty_cache(ground)
    ground.env["HF_ENDPOINT"] = "http://127.0.0.1:9"  # the discard port: nobody listens


def other_bytes(ground: Ground) -> None:
    empty_cache(ground)
    ground.hub.flip.update(KEYS)


def read_only_cache(ground: Ground) -> None:
    empty_cache(ground)
    ground.env["HF_HOME"] = str(ground.scratch / "read-only")
    ground.small_disk(ground.scratch / "read-only", "300m", options="ro")


def full_disk(ground: Ground) -> None:
    empty_cache(ground)
    ground.small_disk(ground.scratch / "hf", "16m")
