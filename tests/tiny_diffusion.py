"""Portraits drawn by the real Stable Diffusion classes from a tiny random checkpoint: what it draws is noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from avatar.device.smaller_steps import StepDown
from avatar.engines import Told, WantedPicture
from avatar.portrait.diffusion import model
from avatar.portrait.diffusion.engine import DiffusionPortrait, Wish, tile_sizes
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.progress import Progress
from avatar.weights import lock
from testing import tiny
from testing.tiny import stable_diffusion

NUMPY_2 = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers 0.42 says it
WOMAN = "an old woman with grey hair"


def written(folder: Path, **options: bool) -> Path:
    """A tiny checkpoint with its lock, and beside it a file that is not in the lock and that no loader may look at."""
    stable_diffusion.write(folder, **options)
    (folder / stable_diffusion.FOLDER / "tokenizer" / "tokenizer.json").write_text("not a tokenizer")
    tiny.write_lock(folder, (lock.read(lock.BUILT_IN).model(model.MODEL),))
    return folder


def use(folder: Path, monkeypatch) -> None:
    for name, value in tiny.environment(folder).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def strict_checkpoint(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("strict"), stops_everything=True)


@pytest.fixture(autouse=True)
def models(checkpoint, monkeypatch) -> None:
    use(checkpoint, monkeypatch)
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")


@pytest.fixture(scope="module")
def files(checkpoint) -> dict[str, Path]:
    """What weights.store.require returns: the locked files by their paths in the repository."""
    folder = checkpoint / stable_diffusion.FOLDER
    return {file.path: folder / file.path for file in lock.read(lock.BUILT_IN).model(model.MODEL).files}


def wanted(**asked) -> WantedPicture:
    """A quick picture of WOMAN, but for what is asked."""
    return WantedPicture(**{"prompt": WOMAN, "size": 256, "steps": 1} | asked)


def asked_for(engine: DiffusionPortrait, told: Told | None = None, **asked) -> Portrait:
    return engine.picture(wanted(**asked), told or Told(), Progress())


def drawn(
    engine: DiffusionPortrait, seed: int, prompt: str = WOMAN, negative: str = "teeth", size: int = 256, notes=None
) -> np.ndarray:
    """One drawing, uint8 (size, size, 3), before any face is looked for."""
    tiles = StepDown(tile_sizes(size, False))
    return engine.drawing(Wish(prompt, negative, size, 1), seed, tiles, [] if notes is None else notes)


def decoded_with(engine: DiffusionPortrait, change) -> None:
    """Let change(number of the drawing from 1, image) replace what the VAE's decoder gives; None leaves it."""
    count = [0]

    def hook(module, inputs, image):
        count[0] += 1
        return change(count[0], image)

    engine._pipeline.vae.decoder.register_forward_hook(hook)


def decoded_portrait(size: int) -> torch.Tensor:
    """The bundled portrait, framed, as the VAE would decode it: float32 (1, 3, size, size) in -1..1."""
    picture = bundled_portrait(size).picture.astype(np.float32)
    return torch.from_numpy(picture / 127.5 - 1).permute(2, 0, 1)[None].contiguous()


def decoded_images(engine: DiffusionPortrait) -> list[bytes]:
    """Filled with what the VAE's decoder gives from now on."""
    images: list[bytes] = []
    engine._pipeline.vae.decoder.register_forward_hook(
        lambda module, inputs, image: images.append(image.numpy().tobytes())
    )
    return images
