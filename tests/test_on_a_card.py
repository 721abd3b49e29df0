"""Every tensor of the lips lies on the card, in its type, without a card: PyTorch's fake tensors of device cuda:0.

A fake tensor has a shape, a type, a layout and a device, and no numbers: what has to read one raises
DataDependentOutputException, so what runs here never waits for the device. Not all that a card refuses is refused by
fake tensors (a convolution takes weights of the CPU, a product two types), so `Followed` looks at every operation.
Kernels, memory and speed are not seen here.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from avatar import memory
from avatar.fit import shapes
from avatar.lips.musetalk.drawing import Batch, Drawing
from avatar.lips.musetalk.finite import finite
from avatar.lips.musetalk.models import Models
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import Plan
from avatar.weights import strict

CARD, HALF = torch.device("cuda", 0), torch.float16
FRAMES = 8
COPIES = (torch.ops.aten.to, torch.ops.aten._to_copy, torch.ops.aten.copy_)


def converted_by_assignment(module: torch.nn.Module, change, recurse: bool = True) -> torch.nn.Module:
    """What Module.to and Module.float do. PyTorch changes parameters in place, which fake ones cannot be."""
    for child in module.children():
        converted_by_assignment(child, change)
    for kept in (module._parameters, module._buffers):
        for name, tensor in kept.items():
            if tensor is not None:
                changed = change(tensor)
                kept[name] = torch.nn.Parameter(changed, False) if kept is module._parameters else changed
    return module


class Followed(TorchDispatchMode):
    """Refuses an operation on two devices or on two floating types; counts the copies to the card and back."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads = self.downloads = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        taken = [each for each in tree_leaves((arguments, keywords)) if isinstance(each, torch.Tensor)]
        if operation.overloadpacket in (torch.ops.aten.pin_memory, torch.ops.aten._pin_memory):
            return arguments[0]  # fake tensors know no pinned memory
        copies = operation.overloadpacket in COPIES
        if not copies:
            devices = {each.device for each in taken}
            dtypes = {each.dtype for each in taken if each.is_floating_point()}
            if len(devices) > 1 or len(dtypes) > 1:
                raise TypeError(f"{operation} takes {devices or ''} {dtypes}")
        result = operation(*arguments, **(keywords or {}))
        if copies:
            way = (taken[-1].device.type, result.device.type)
            self.uploads += way == ("cpu", "cuda")
            self.downloads += way == ("cuda", "cpu")
        return result


@pytest.fixture(scope="module")
def card():
    """`with card() as followed`: tensors that are made are fake, and so is a real one that an operation meets."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)

    @contextlib.contextmanager
    def enter():
        with mode, Followed() as followed:
            yield followed

    return enter


def on_card(card, name: str) -> torch.nn.Module:
    """A network in its published shape, filled as from its file."""
    network = shapes.build(name)
    for module in network.modules():
        module._apply = partial(converted_by_assignment, module)
    sizes = {key: tensor.shape for key, tensor in network.state_dict().items()}
    with card():
        tensors = {key: torch.empty(size, dtype=HALF) for key, size in sizes.items()}
        return strict.fill(network, tensors, Path(name), CARD, HALF)


@pytest.fixture(scope="module")
def lent(card) -> Models:
    networks = [on_card(card, name) for name in ("musetalk-unet", "ft-mse-vae", "whisper-encoder")]
    with card():
        return Models(*networks, CARD)


@pytest.fixture
def models(lent, card) -> Models:
    """Models whose weights a test may break."""
    kept = [(module, dict(module._parameters)) for network in (lent.unet, lent.vae) for module in network.modules()]
    yield lent
    for module, parameters in kept:
        module._parameters.update(parameters)
    del lent.notes[:]


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and sound of a batch."""
    return torch.empty(FRAMES, 8, 32, 32, dtype=HALF, device=CARD), torch.empty(FRAMES, 10, 5, 384, device=CARD)


# ---------------------------------------------------------------- the networks


def test_networks_take_and_give_half_precision_on_the_card(card, models):
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
def test_a_tensor_left_behind_is_seen(card, models, network, layer, change, said):
    """Else nothing here would prove a thing."""
    module = getattr(models, network).get_submodule(layer)
    with card():
        module.weight = torch.nn.Parameter(change(module.weight), False)
        latents, heard = inputs()
        with pytest.raises(TypeError, match=f"takes .*{said}"):
            models.decode(models.predict(latents, models.tokens(heard))[0])


def test_after_a_fall_back_to_float32_the_types_fit_again(card, models):
    with card():
        latents, heard = inputs()
        for network in ("UNet", "VAE"):
            models.go_on_in_float32(network)
        predicted, _ = models.predict(latents, models.tokens(heard))
        faces, _ = models.decode(predicted)
    assert predicted.dtype == torch.float32 and faces.dtype == torch.uint8 and len(models.notes) == 2
    assert models.unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)


def test_sound_is_heard_on_the_card(card, models):
    with card():
        mel = torch.empty(1, 80, 3000, dtype=HALF, device=CARD)
        states = models.ear.encoder(mel, output_hidden_states=True).hidden_states
    assert [(each.shape, each.dtype, each.device) for each in states] == 5 * [((1, 1500, 384), HALF, CARD)]


def test_a_read_of_the_device_is_seen(card, models):
    """What is asked at once, as after Whisper's encoder, cannot run here; nothing below raises this."""
    with card(), pytest.raises(DataDependentOutputException):
        finite("UNet", models.unet, lambda: torch.empty(4, device=CARD), models.notes)


# ---------------------------------------------------------------- a batch


class Heard:
    """In the place of AudioFeatures, whose encoder's result has to be read: windows on the card."""

    def between(self, start: int, stop: int) -> torch.Tensor:
        return torch.empty(stop - start, 5, 384, device=CARD)


def drawing_of(models: Models, source_frames: int, smoothing: float) -> Drawing:
    shows = np.arange(2 * FRAMES) % source_frames
    plan = Plan(shows, np.ones(2 * FRAMES), np.ones(2 * FRAMES), np.arange(2 * FRAMES) == 0)
    steps = memory.StepDown((FRAMES, 4), what="frames a step")
    return Drawing(models, range(source_frames), Heard(), plan, Fraction(25), Options(smoothing=smoothing), steps)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("source_frames", [1, 8])
def test_a_batch_waits_for_nothing_and_uploads_only_new_pictures(card, models, source_frames, smoothing):
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


# ---------------------------------------------------------------- the portrait's networks


def half(*shape: int) -> torch.Tensor:
    return torch.empty(shape, dtype=HALF, device=CARD)


CALLS = {
    "sd-unet": lambda unet: unet(half(2, 4, 64, 64), half(1), encoder_hidden_states=half(2, 77, 768)).sample,
    "sd-vae": lambda vae: vae.decode(half(1, 4, 64, 64)).sample,
    "clip-text": lambda encoder: encoder(torch.zeros(2, 77, dtype=torch.long, device=CARD)).last_hidden_state,
    "safety-checker": lambda checker: checker.visual_projection(checker.vision_model(half(1, 3, 224, 224))[1]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_network_of_the_portrait_is_on_the_card(card, name):
    network = on_card(card, name)
    with card(), torch.inference_mode():
        made = CALLS[name](network)
    assert (made.dtype, made.device) == (HALF, CARD)
