"""A batch from its pictures to its faces: a network that overflows on the way, memory that is recorded, copies."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from avatar.device.smaller_steps import StepDown
from avatar.errors import EnvironmentProblem
from avatar.fit.shapes import build, randomize
from avatar.lips.musetalk.audio_features import AudioFeatures
from avatar.lips.musetalk.drawing import Drawing
from avatar.lips.musetalk.graph import Recorded
from avatar.lips.musetalk.models import Models
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import plan_frames
from avatar.lips.musetalk.source import opened
from avatar.lips.musetalk.transfer import Download, upload
from avatar.portrait.given_picture import bundled_portrait
from bench.tiny_shapes import TINY

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")
BATCH, BATCHES = 2, 5
RATE = Fraction(25)
SAMPLES = np.random.default_rng(1).normal(0, 0.1, 16_000 * BATCH * BATCHES // 25).astype(np.float32)


@pytest.fixture(scope="module")
def source():
    with opened(bundled_portrait(), RATE, BATCH * BATCHES) as frames:
        yield frames


def half_models() -> Models:
    """In half precision, tiny; in it nothing overflows by itself."""
    names = ("musetalk-unet", "ft-mse-vae", "whisper-encoder")
    return Models(*(randomize(build(name, TINY[name]), CPU, torch.float16) for name in names), CPU)


def drawing_of(models: Models, source, smoothing: float = 0.0) -> Drawing:
    options = Options(smoothing=smoothing, rest_in_silence=False)
    plan = plan_frames(source, SAMPLES, RATE, BATCH * BATCHES, options)
    steps = StepDown((BATCH, 1), what="frames a step")
    return Drawing(models, source, AudioFeatures(models.ear, SAMPLES), plan, RATE, options, steps)


def faces_of(drawing: Drawing) -> list[np.ndarray]:
    return [faces for _, faces in drawing.faces(drawing.batches())]


def overflow(layer: torch.nn.Module, sound_calls: int) -> None:
    """From that call on, the layer gives an infinity for as long as it is in half precision."""
    calls = []

    def spoil(module, inputs, result: torch.Tensor) -> torch.Tensor:
        calls.append(None)
        if len(calls) > sound_calls and module.weight.dtype == torch.float16:
            result[0].flatten()[0] = torch.inf
        return result

    layer.register_forward_hook(spoil)


def test_the_next_batch_is_queued_before_one_is_read(source):
    """So that a card has work while Python launches; and no more than the next, for it takes memory."""
    drawing, taken = drawing_of(half_models(), source), []

    def noted():
        for batch in drawing.batches():
            taken.append(batch)
            yield batch

    ahead_by = [len(taken) - number for number, _ in enumerate(drawing.faces(noted()), start=1)]
    assert ahead_by == [1, 1, 1, 1, 0]


# ---------------------------------------------------------------- what overflows


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize(
    ("network", "layer", "name"), [("unet", "conv_out", "UNet"), ("vae", "decoder.conv_out", "VAE")]
)
def test_from_the_batch_that_overflows_on_the_network_is_in_float32(source, network, layer, name, smoothing):
    """The third batch overflows, and the fourth was queued before that was known: both are drawn anew, no other."""
    half = faces_of(drawing_of(half_models(), source, smoothing))
    models = half_models()
    overflow(getattr(models, network).get_submodule(layer), sound_calls=2)
    faces = faces_of(drawing_of(models, source, smoothing))
    assert models.notes == [f"the {name}'s result was not finite in half precision; it went on in float32."]

    models = half_models()
    drawing = drawing_of(models, source, smoothing)

    def with_float32_from_the_third_on():
        for number, batch in enumerate(drawing.batches()):
            if number == 2:
                getattr(models, network).float()
                batch = batch._replace(crops=drawing._crops(batch.drawn, kept=np.array([-1])))
            yield batch

    expected = [each for _, each in drawing.faces(with_float32_from_the_third_on())]
    assert len(faces) == BATCHES
    assert all(np.array_equal(*pair) for pair in zip(faces, expected, strict=True))
    assert all(np.array_equal(*pair) for pair in zip(faces[:2], half[:2], strict=True))


def test_an_encoder_that_overflows_is_not_taken_for_the_unet(source):
    """What the UNet makes of it is not finite either."""
    models = half_models()
    overflow(models.vae.quant_conv, sound_calls=0)
    faces = faces_of(drawing_of(models, source))
    assert models.notes == ["the VAE's result was not finite in half precision; it went on in float32."]
    assert len(faces) == BATCHES and models.unet.dtype == torch.float16


def test_both_networks_may_overflow(source):
    models = half_models()
    overflow(models.unet.conv_out, sound_calls=1)
    overflow(models.vae.decoder.conv_out, sound_calls=3)
    assert len(faces_of(drawing_of(models, source))) == BATCHES
    assert [note.split("'")[0] for note in models.notes] == ["the UNet", "the VAE"]


def test_what_is_not_finite_in_float32_either_is_an_error(source):
    models = half_models()
    models.unet.conv_out.bias[0] = torch.nan
    with pytest.raises(EnvironmentProblem, match="UNet's result is not finite, in float32 either"):
        faces_of(drawing_of(models, source))


def test_a_batch_that_does_not_fit_is_drawn_in_smaller_ones(source):
    """Out of memory in the decoder alone, once: the same faces, and the batches after it are smaller."""
    expected = np.concatenate(faces_of(drawing_of(half_models(), source)))
    models = half_models()

    def refuse(module, inputs) -> None:
        if len(inputs[0]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    models.vae.decoder.register_forward_pre_hook(refuse)
    drawing = drawing_of(models, source)
    batches = [(len(batch.drawn), faces) for batch, faces in drawing.faces(drawing.batches())]
    assert [count for count, _ in batches] == [2] + 8 * [1]
    faces = np.concatenate([faces for _, faces in batches])
    assert np.abs(faces.astype(int) - expected).max() <= 2


# ---------------------------------------------------------------- recordings and copies


def test_a_recording_takes_fewer_rows_than_it_was_made_for():
    """Where a plain function stands for the replay: the rest of the rows is what was there before, and is not given."""
    kept, results = [torch.zeros(4, 3), torch.zeros(4)], [torch.zeros(4), torch.tensor(True)]

    def replay() -> None:
        results[0].copy_(kept[0].sum(dim=1) * kept[1])

    recorded = Recorded(kept, results, replay)
    four = recorded(torch.arange(12.0).reshape(4, 3), torch.full((4,), 2.0))
    two = recorded(torch.ones(2, 3), torch.ones(2))
    assert four[0].tolist() == [6, 24, 42, 60] and two[0].tolist() == [3, 3]  # the first result is a copy
    assert kept[0][2:].tolist() == [[6, 7, 8], [9, 10, 11]] and two[1]


def test_on_a_cpu_nothing_is_copied():
    tensor = torch.ones(3)
    assert upload(tensor, CPU) is tensor
    assert Download(tensor).wait()[0] is tensor
