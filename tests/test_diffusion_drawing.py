"""Drawn portraits through the real Stable Diffusion classes: which picture is drawn, used and told of."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from avatar.engines import Told
from avatar.errors import InputError
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.diffusion.engine import SEEDS, DiffusionPortrait, Rejected
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from tests import tiny_diffusion
from tests.tiny_diffusion import asked_for, decoded_images, decoded_portrait, decoded_with, drawn, wanted

pytestmark = tiny_diffusion.NUMPY_2
checkpoint, models = tiny_diffusion.checkpoint, tiny_diffusion.models


def test_a_seed_and_its_words_decide_the_picture():
    with DiffusionPortrait.load() as engine:
        first = drawn(engine, 3)
        torch.manual_seed(99)  # nobody else's random numbers matter
        assert first.tobytes() == drawn(engine, 3).tobytes()
        others = [drawn(engine, 4), drawn(engine, 3, prompt="a young man"), drawn(engine, 3, negative="beard")]
    with DiffusionPortrait.load() as engine:
        assert first.tobytes() == drawn(engine, 3).tobytes()
    assert first.shape == (256, 256, 3) and first.dtype == np.uint8 and first.std() > 5
    assert all((first != other).any() for other in others)


def test_noise_ends_in_no_face_after_every_seed_was_drawn():
    images, told = [], Told()
    with pytest.raises(InputError) as caught, DiffusionPortrait.load() as engine:
        decoded_with(engine, lambda number, image: images.append(image.numpy().tobytes()))
        asked_for(engine, told, seed=SEEDS - 2, tries=3)
    assert len(set(images)) == 3
    assert list(told.facts["rejected_seeds"]) == [SEEDS - 2, SEEDS - 1, 0]
    message = str(caught.value)
    assert message.startswith(f"no face after 3 seeds (seeds {SEEDS - 2} to 0: 3 x no face was found in the picture)")
    assert message.endswith("try another seed, more steps or more tries, or give a picture.")
    assert caught.value.mend == {"seed": "N"}


def test_a_drawing_with_a_face_is_used_and_the_seeds_before_it_are_told():
    """No random weights draw a face, so the bundled portrait takes the decoder's place at the third seed."""
    said, told = [], Told()
    with DiffusionPortrait.load() as engine:
        decoded_with(engine, lambda number, image: decoded_portrait(256) if number == 3 else None)
        portrait = engine.picture(wanted(), told, Says(said))
    assert isinstance(portrait, Portrait) and portrait.picture.shape == (256, 256, 3)
    assert told.facts["seed"] == 9 and list(told.facts["rejected_seeds"]) == [7, 8]
    assert said == ["seed 7: no face was found in the picture", "seed 8: no face was found in the picture"]
    assert told.notes[-1] == "no usable face from seeds 7 to 8; this one is from seed 9."
    assert told.facts["sampler"] == "DPMSolverMultistepScheduler" and told.facts["memory"]["device"]
    assert engine.notes == []


class Says:
    def __init__(self, said: list[str]):
        self.say = said.append


def test_a_drawing_passes_the_check_that_a_given_picture_passes():
    expected = bundled_portrait(512)
    with DiffusionPortrait.load() as engine:
        framed = engine.framed(bundled_picture(), 512)
        assert np.array_equal(framed.picture, expected.picture)
        assert np.array_equal(framed.landmarks, expected.landmarks)
        two = np.concatenate([bundled_picture(), bundled_picture()], axis=1)
        with pytest.raises(Rejected, match="^the picture shows 2 faces$"):
            engine.framed(two, 512)
        with pytest.raises(Rejected, match="^no face was found in the picture$"):
            engine.framed(np.full((512, 512, 3), 128, np.uint8), 512)


def test_one_loaded_engine_draws_what_an_engine_for_each_draws():
    """With other seeds, words and sizes between."""

    def seen(engine: DiffusionPortrait, asked: dict) -> list[bytes]:
        images = decoded_images(engine)
        with pytest.raises(InputError):
            asked_for(engine, **asked, tries=2)
        return list(images)

    every = [{"seed": 3}, {"seed": 4, "prompt": "a young man"}, {"seed": 3, "size": 320}, {"seed": 3}]
    apart = []
    for asked in every:
        with DiffusionPortrait.load() as engine:
            apart.append(seen(engine, asked))
    with DiffusionPortrait.load() as engine:
        assert [seen(engine, asked) for asked in every] == apart
    assert apart[0] == apart[3] and len({tuple(each) for each in apart}) == 3 and len(apart[0]) == 2


def test_the_model_is_gone_after_the_block():
    with DiffusionPortrait.load() as engine:
        networks = [weakref.ref(engine._pipeline.components[name]) for name in ("unet", "vae", "safety_checker")]
        assert all(network() is not None for network in networks)
    gc.collect()
    assert all(network() is None for network in networks)
