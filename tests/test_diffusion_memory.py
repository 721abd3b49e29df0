"""A portrait is drawn where memory does not suffice for it whole, or half precision for its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from avatar.device import hardware
from avatar.device.smaller_steps import StepDown
from avatar.engines import Told
from avatar.errors import EnvironmentProblem, InputError
from avatar.portrait.diffusion.engine import DiffusionPortrait, Wish
from tests import tiny_diffusion
from tests.tiny_diffusion import WOMAN, asked_for, decoded_images, decoded_with, drawn

pytestmark = tiny_diffusion.NUMPY_2
checkpoint, models = tiny_diffusion.checkpoint, tiny_diffusion.models


def refuse_latents_above(side: int):
    """A hook that asks the real allocator for more than any machine has, where more than side x side latents come."""

    def hook(module, inputs):
        if inputs[0].shape[-1] > side:
            torch.empty(2**60, dtype=torch.uint8)

    return hook


def test_out_of_memory_in_the_decoder_goes_on_in_tiles_and_says_so():
    told = Told()
    with DiffusionPortrait.load() as engine:
        whole = drawn(engine, 3, size=384)
        engine._pipeline.vae.decoder.register_forward_pre_hook(refuse_latents_above(32))
        with pytest.raises(InputError):
            asked_for(engine, told, size=384, tries=2)
        tiled = engine.drawing(Wish(WOMAN, "teeth", 384, 1), 3, StepDown((256,)), [])
    stated = [note for note in told.notes if "out of memory" in note]
    assert stated == ["out of memory with 384 pixels a side in the VAE's decoder; went on with 256."]
    assert whole.shape == tiled.shape
    assert 0 < np.abs(whole.astype(float) - tiled).mean() < whole.std()  # the same picture, but for the tiles' edges


def test_out_of_memory_even_in_tiles_is_a_clear_error():
    with DiffusionPortrait.load() as engine:
        engine._pipeline.vae.decoder.register_forward_pre_hook(refuse_latents_above(0))
        with pytest.raises(EnvironmentProblem, match="out of memory .* 256 pixels a side"):
            asked_for(engine, tries=2)


def test_half_precision_that_runs_over_is_drawn_again_in_single():
    with DiffusionPortrait.load() as engine:
        engine._pipeline.vae.decoder.conv_in.weight.fill_(60_000)  # near half precision's 65,504: any sum runs over
        expected = drawn(engine, 3)
        engine._pipeline.to(torch.float16)
        notes: list[str] = []
        picture = drawn(engine, 3, notes=notes)
        assert notes == ["seed 3: half precision ran over; drawn in single precision."]
        assert np.abs(picture.astype(float) - expected).mean() < 25  # its weights were rounded to half on the way
        engine._pipeline.vae.decoder.conv_out.bias.fill_(float("nan"))
        with pytest.raises(EnvironmentProblem, match="no colours.*models verify"):
            drawn(engine, 3)


def test_single_precision_ends_with_its_picture_and_the_next_is_drawn_as_by_a_new_engine():
    half = replace(hardware.profile_named("cpu"), dtype="float16")

    def second_picture(first_runs_over: bool) -> tuple[list[bytes], Told]:
        first, second = Told(), Told()
        with DiffusionPortrait.load(half) as engine:
            decoded_with(engine, lambda number, image: image * torch.nan if number == 1 and first_runs_over else None)
            with pytest.raises(InputError):
                asked_for(engine, first, tries=1)
            assert (engine._pipeline.unet.dtype == torch.float32) == first_runs_over
            images = decoded_images(engine)
            with pytest.raises(InputError):
                asked_for(engine, second, seed=11, tries=1)
            assert engine._pipeline.unet.dtype == torch.float16
        assert any("half precision ran over; drawn" in note for note in first.notes) == first_runs_over
        return list(images), second

    plain, after = second_picture(False), second_picture(True)
    assert len(plain[0]) == 1 and plain == after and plain[1].facts["dtype"] == "float16"
