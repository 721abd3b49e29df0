"""No drawn portrait is used that the safety checker stopped, or that it gave no answer for."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from avatar.engines import Told
from avatar.errors import EnvironmentProblem, InputError
from avatar.portrait.diffusion.engine import FLAGGED, DiffusionPortrait, Rejected
from tests import tiny_diffusion
from tests.tiny_diffusion import asked_for, decoded_portrait, decoded_with, drawn, use

pytestmark = tiny_diffusion.NUMPY_2
checkpoint, models = tiny_diffusion.checkpoint, tiny_diffusion.models
strict_checkpoint = tiny_diffusion.strict_checkpoint


def test_what_the_safety_checker_stops_is_told_and_never_used(strict_checkpoint, monkeypatch):
    use(strict_checkpoint, monkeypatch)
    told = Told()
    with DiffusionPortrait.load() as engine:
        with pytest.raises(Rejected, match=FLAGGED):
            drawn(engine, 7)
        decoded_with(engine, lambda number, image: decoded_portrait(256))  # a face does not help
        with pytest.raises(InputError, match=r"safety checker stopped every picture of 2 seeds \(seeds 7 to 8\)"):
            asked_for(engine, told, tries=2)
    assert told.facts["rejected_seeds"] == {7: FLAGGED, 8: FLAGGED}


@pytest.mark.parametrize(("largest_weight", "runs_over"), [(60_000, "numbers"), (12_000, "their length")])
def test_a_safety_checker_that_runs_over_in_half_precision_is_asked_in_single(
    largest_weight, runs_over, strict_checkpoint, monkeypatch
):
    """NaN is above no threshold, and neither is the cosine with a direction of length 0: no score may mean 'fine'."""
    use(strict_checkpoint, monkeypatch)
    with DiffusionPortrait.load() as engine:
        engine._pipeline.to(torch.float16)
        projection = engine._pipeline.safety_checker.visual_projection.weight
        projection.mul_(largest_weight / projection.abs().max())
        notes: list[str] = []
        for seed in (3, 4):
            with pytest.raises(Rejected, match=FLAGGED):
                drawn(engine, seed, notes=notes)
        embedding = engine._safety._embedding
        assert (embedding.abs().max() > 65_504) == (runs_over == "numbers") and embedding.norm() > 65_504
    assert notes == ["seed 3: the safety checker ran over in half precision; asked in single precision."]


def test_a_picture_that_is_fine_stays_the_same_when_the_safety_checker_runs_over():
    with DiffusionPortrait.load() as engine:
        engine._pipeline.to(torch.float16)
        notes: list[str] = []
        expected = drawn(engine, 3, notes=notes)
        assert notes == []
        projection = engine._pipeline.safety_checker.visual_projection.weight
        projection.mul_(60_000 / projection.abs().max())
        assert np.array_equal(drawn(engine, 3, notes=notes), expected)
    assert ["ran over" in note for note in notes] == [True]


@pytest.mark.parametrize("part", ["visual_projection.weight", "concept_embeds", "special_care_embeds_weights"])
def test_no_picture_is_used_without_an_answer_of_the_safety_checker(part):
    with DiffusionPortrait.load() as engine:
        engine._pipeline.safety_checker.get_parameter(part)[0] = float("nan")
        with pytest.raises(EnvironmentProblem, match="no answer for the picture of seed 3.*models verify"):
            drawn(engine, 3)
