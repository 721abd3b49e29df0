"""`avatar portrait generate`: what it says, and the PNG that it writes."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image

from avatar import cli as command_line
from avatar.cli.portrait import portrait as portrait_command
from avatar.cli.portrait import write_png
from avatar.portrait.diffusion import model
from avatar.portrait.given_picture import bundled_portrait
from testing.tiny import stable_diffusion
from tests import tiny_diffusion
from tests.tiny_diffusion import WOMAN, use

pytestmark = tiny_diffusion.NUMPY_2
checkpoint, models = tiny_diffusion.checkpoint, tiny_diffusion.models
strict_checkpoint = tiny_diffusion.strict_checkpoint


@pytest.fixture
def generate(avatar, monkeypatch, tmp_path):
    monkeypatch.setitem(command_line.avatar.commands, "portrait", portrait_command)
    return lambda *arguments: avatar("portrait", "generate", WOMAN, "-o", tmp_path / "face.png", *arguments)


def test_the_command_draws_tells_of_each_seed_and_leaves_no_file(generate, tmp_path):
    outcome = generate("--size", 256, "--steps", 1, "--tries", 2, "--seed", 5)
    assert outcome.code == 1 and outcome.stdout == ""
    assert "seed 5: no face was found" in outcome.stderr and "seed 6: no face" in outcome.stderr
    assert "no face after 2 seeds (seeds 5 to 6" in outcome.stderr.splitlines()[-1]
    assert "Traceback" not in outcome.stderr and not list(tmp_path.iterdir())


def test_the_command_says_that_the_safety_checker_stopped_it(generate, strict_checkpoint, monkeypatch, tmp_path):
    use(strict_checkpoint, monkeypatch)
    outcome = generate("--size", 256, "--steps", 1, "--tries", 1)
    assert outcome.code == 1 and "the safety checker stopped every picture of 1 seed" in outcome.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_refuses_before_it_looks_for_weights(generate, monkeypatch, tmp_path):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    refused = generate("--size", 500)
    assert refused.code == 2 and "multiple of 8" in refused.stderr
    missing = generate()
    assert missing.code == 1
    assert len(missing.stderr.strip().splitlines()) == 2
    assert "stable-diffusion-v1-5" in missing.stderr and "avatar models fetch" in missing.stderr


def test_changed_weights_are_refused_before_they_are_loaded(checkpoint, generate, monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(checkpoint, folder, dirs_exist_ok=True)
    file = folder / stable_diffusion.FOLDER / model.VAE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    use(folder, monkeypatch)
    outcome = generate()
    assert outcome.code == 1 and model.VAE in outcome.stderr and "avatar models fetch" in outcome.stderr


def test_the_png_tells_what_it_is(tmp_path):
    portrait = bundled_portrait(256)
    facts = {"weights": {"model": model.MODEL}, "prompt": "an old woman, café", "negative_prompt": "teeth", "seed": 9,
             "steps": 20, "guidance": 7.5}  # fmt: skip
    for name in ("a.png", "b.png"):
        write_png(portrait, tmp_path / name, facts)
    with Image.open(tmp_path / "a.png") as image:
        assert "Synthetic" in image.text["Description"]
        assert image.text["prompt"] == "an old woman, café" and image.text["seed"] == "9"
        assert np.array_equal(np.asarray(image), portrait.picture)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
