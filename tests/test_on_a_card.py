"""Every tensor of the lips lies on the card, in its type: MuseTalk's published networks on a fake card."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, repeat

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch._subclasses.fake_tensor import DataDependentOutputException

from avatar.device.smaller_steps import StepDown
from avatar.lips.musetalk import kernels
from avatar.lips.musetalk.audio_features import SEGMENT_STEPS, AudioFeatures, silent_window
from avatar.lips.musetalk.audio_windows import SAMPLE_RATE, WINDOW_STEPS
from avatar.lips.musetalk.drawing import Batch, Drawing
from avatar.lips.musetalk.models import Models
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.overflow import finite
from avatar.lips.musetalk.plan import Plan
from tests.fake_card import CARD, HALF, Mixed, card, on_card

FRAMES = 8


@pytest.fixture(scope="module")
def lent() -> Models:
    networks = [on_card(name) for name in ("musetalk-unet", "ft-mse-vae", "whisper-encoder")]
    with card(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "compiled", dict)  # none is launched here: fake tensors ask for shapes alone
        return Models(*networks, CARD)


@pytest.fixture
def models(lent) -> Models:
    """Models whose weights a test may break."""
    kept = [
        (module, dict(module._parameters))
        for network in (lent.unet, lent.vae, lent.ear.encoder)
        for module in network.modules()
    ]
    yield lent
    for module, parameters in kept:
        module._parameters.update(parameters)
    del lent.notes[:]


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and sound of a batch."""
    return torch.empty(FRAMES, 8, 32, 32, dtype=HALF, device=CARD), torch.empty(FRAMES, 10, 5, 384, device=CARD)


# ---------------------------------------------------------------- the networks


def test_networks_take_and_give_half_precision_on_the_card(models):
    with card():
        latents, heard = inputs()
        predicted, predicted_finite = models.predict(latents, models.tokens(heard))
        faces, decoded_finite = models.decode(predicted)
        encoded, encoded_finite = models.encode(torch.empty(2, 3, 256, 256))
    assert (predicted.shape, predicted.dtype, predicted.device) == ((FRAMES, 4, 32, 32), HALF, CARD)
    assert (faces.shape, faces.dtype, faces.device) == ((FRAMES, 256, 256, 3), torch.uint8, CARD)
    assert faces.is_contiguous()
    assert (encoded.shape, encoded.dtype, encoded.device) == ((2, 4, 32, 32), HALF, CARD)
    for flag in (predicted_finite, decoded_finite, encoded_finite):
        assert (flag.shape, flag.dtype, flag.device) == ((), torch.bool, CARD)


def test_convolutions_read_the_layout_that_cudnn_wants(models):
    for network in (models.unet, models.vae):
        weights = [each.weight for each in network.modules() if isinstance(each, torch.nn.Conv2d)]
        assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


@pytest.mark.parametrize(
    ("network", "layer", "change", "said"),
    [
        ("unet", "conv_in", torch.Tensor.cpu, "type='cpu'"),
        ("unet", "mid_block.attentions.0.transformer_blocks.0.attn2.to_k", torch.Tensor.float, "torch.float32"),
        ("vae", "decoder.conv_out", torch.Tensor.cpu, "type='cpu'"),
        ("vae", "decoder.mid_block.attentions.0.to_q", torch.Tensor.float, "torch.float32"),
    ],
)
def test_a_tensor_left_behind_is_seen(models, network, layer, change, said):
    """Else nothing here would prove a thing."""
    module = getattr(models, network).get_submodule(layer)
    with card():
        module.weight = torch.nn.Parameter(change(module.weight), False)
        latents, heard = inputs()
        with pytest.raises(Mixed, match=f"takes .*{said}"):
            models.decode(models.predict(latents, models.tokens(heard))[0])


def test_after_a_fall_back_to_float32_the_types_fit_again(models):
    with card():
        latents, heard = inputs()
        for network in ("UNet", "VAE"):
            models.go_on_in_float32(network)
        predicted, _ = models.predict(latents, models.tokens(heard))
        faces, _ = models.decode(predicted)
    assert predicted.dtype == torch.float32 and faces.dtype == torch.uint8 and len(models.notes) == 2
    assert models.unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)


def test_sound_is_heard_on_the_card(models):
    with card():
        mel = torch.empty(1, 80, 3000, dtype=HALF, device=CARD)
        states = models.ear.encoder(mel, output_hidden_states=True).hidden_states
    assert [(each.shape, each.dtype, each.device) for each in states] == 5 * [((1, 1500, 384), HALF, CARD)]


def test_a_read_of_the_device_is_seen(models):
    """What is asked at once, as after Whisper's encoder, cannot run here without an answer."""
    with card(), pytest.raises(DataDependentOutputException):
        finite("UNet", models.unet, lambda: torch.empty(4, device=CARD), models.notes)


def test_a_speech_of_two_segments_is_heard_on_the_card(lent):
    """The host makes the mel bands and uploads 30 s at a time; their states are asked once whether they are finite."""
    features = AudioFeatures(lent.ear, np.zeros(45 * SAMPLE_RATE, np.float32))
    joint = SEGMENT_STEPS - 50  # where the second segment takes over, in steps
    for start, expected in ((0, (1, 1, 0)), (joint - 5, (1, 1, 0)), (joint, (0, 0, 0))):
        with card(repeat(True)) as followed:
            heard = features.between(start, start + 10)
        assert (heard.shape, heard.dtype, heard.device) == ((10, 5, 384), torch.float32, CARD)
        assert (followed.waits, followed.uploads, followed.downloads) == expected
    with card(repeat(True)):
        window = silent_window(lent.ear)
    assert (window.shape, window.dtype, window.device) == ((WINDOW_STEPS, 5, 384), torch.float32, CARD)


def test_sound_that_is_not_finite_is_heard_again_in_float32(models):
    samples = np.zeros(SAMPLE_RATE, np.float32)
    with card(chain([False], repeat(True))):
        states = models.ear.states(samples)
    assert (states.shape, states.dtype, states.device) == ((SEGMENT_STEPS, 5, 384), torch.float32, CARD)
    assert models.notes == ["the Whisper encoder's result was not finite in half precision; it went on in float32."]


# ---------------------------------------------------------------- a batch


class Heard:
    """In the place of AudioFeatures, whose encoder's result has to be read: windows on the card."""

    def between(self, start: int, stop: int) -> torch.Tensor:
        return torch.empty(stop - start, 5, 384, device=CARD)


def drawing_of(models: Models, source_frames: int, smoothing: float) -> Drawing:
    shows = np.arange(2 * FRAMES) % source_frames
    plan = Plan(shows, np.ones(2 * FRAMES), np.ones(2 * FRAMES), np.arange(2 * FRAMES) == 0)
    steps = StepDown((FRAMES, 4), what="frames a step")
    return Drawing(models, range(source_frames), Heard(), plan, Fraction(25), Options(smoothing=smoothing), steps)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("source_frames", [1, 8])
def test_a_batch_waits_for_nothing_and_uploads_only_new_pictures(models, source_frames, smoothing):
    with card():
        drawing = drawing_of(models, source_frames, smoothing)
        crops = {slot: torch.empty(2, 3, 256, 256) for slot in range(source_frames)}
    counts = []
    for first, new in ((0, crops), (FRAMES, {})):
        shown = range(first, first + FRAMES)
        with card() as followed:
            faces, flags = drawing._launched(Batch(shown, list(shown), new))
        counts.append((followed.uploads, followed.downloads))
        assert (faces.shape, faces.dtype, faces.device) == ((FRAMES, 256, 256, 3), torch.uint8, CARD)
        assert (flags.shape, flags.dtype, flags.device) == ((3,), torch.bool, CARD)
    assert counts == [(source_frames, 0), (0, 0)]
