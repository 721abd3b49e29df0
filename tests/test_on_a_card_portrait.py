"""The drawn portrait on a fake card: Stable Diffusion's published networks, diffusers' pipeline, and our code around."""

from __future__ import annotations

from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from avatar.device import hardware, memory, need
from avatar.device.smaller_steps import StepDown
from avatar.errors import EnvironmentProblem
from avatar.fit import steps
from avatar.portrait.diffusion import model as diffusion_model
from avatar.portrait.diffusion.engine import FLAGGED, TILE, DiffusionPortrait, Rejected, Wish, tile_sizes
from testing.tiny import stable_diffusion
from tests.fake_card import CARD, HALF, Mixed, card, on_card

# diffusers 0.42 with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZE = 512
CONCEPTS = 20  # thresholds of the safety checker, which reads them one by one


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """A tiny checkpoint's files by their paths in the repository, for its tokenizer and its schedule."""
    folder = tmp_path_factory.mktemp("models")
    stable_diffusion.write(folder)
    root = folder / stable_diffusion.FOLDER
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}


def engine_of(networks: diffusion_model.Networks, files: dict[str, Path]) -> DiffusionPortrait:
    """The engine as `load` makes it, without a face reader."""
    pipeline = diffusion_model.pipeline(networks, files)
    return DiffusionPortrait(pipeline, None, hardware.profile_named("10GB"), memory.Usage("portrait", "a fake card"))


@pytest.fixture(scope="module")
def lent(files) -> DiffusionPortrait:
    return engine_of(diffusion_model.Networks(*(on_card(name) for name in need.PORTRAIT)), files)


@pytest.fixture
def engine(lent) -> DiffusionPortrait:
    """An engine whose weights a test may break or convert."""
    networks = (lent._pipeline.unet, lent._pipeline.vae, lent._pipeline.text_encoder, lent._pipeline.safety_checker)
    kept = [
        (own, dict(own))
        for network in networks
        for module in network.modules()
        for own in (module._parameters, module._buffers)
    ]
    yield lent
    for own, tensors in kept:
        own.update(tensors)


def at_work(*answers: bool, down: float = 0.0):
    """The card, which says yes to all but `answers`; diffusers' scheduler computes in float32 from half precision."""
    return card(chain(answers, repeat(True)), promotes=True, down=down)


def drawn(engine: DiffusionPortrait, steps: int = 1, tiled: bool = False, notes: list[str] | None = None) -> np.ndarray:
    tiles = StepDown(tile_sizes(SIZE, tiled))
    return engine.drawing(Wish("an old woman", "teeth", SIZE, steps), 7, tiles, [] if notes is None else notes)


def given_to(module: torch.nn.Module, seen: list) -> torch.utils.hooks.RemovableHandle:
    """Keep shape, type and device of the first tensor that a module is given."""
    return module.register_forward_pre_hook(
        lambda module, inputs: seen.append((tuple(inputs[0].shape), inputs[0].dtype, inputs[0].device))
    )


# ---------------------------------------------------------------- a drawing


def test_a_portrait_is_drawn_on_the_card(engine):
    """From words to a picture in 0..255, with the card waited for at the end, not in each step."""
    seen: list = []
    pipeline = engine._pipeline
    parts = (pipeline.unet, pipeline.vae.decoder, pipeline.safety_checker.vision_model.embeddings)
    hooks = [given_to(part, seen) for part in parts]
    with at_work() as followed:
        picture = drawn(engine, steps=3, notes=(notes := []))
    for hook in hooks:
        hook.remove()
    assert (picture.shape, picture.dtype) == ((SIZE, SIZE, 3), np.uint8)
    assert seen == [
        *3 * [((2, 4, 64, 64), HALF, CARD)],
        ((1, 4, 64, 64), HALF, CARD),
        ((1, 3, 224, 224), HALF, CARD),
    ]
    # waits: the schedule's first step twice, CONCEPTS thresholds, whether the scores are numbers twice
    # downloads: the picture for the checker and for us, two kinds of scores
    assert (followed.waits, followed.downloads) == (CONCEPTS + 4, 4)
    assert notes == []


def test_in_tiles_the_decoder_takes_a_tile_at_a_time(engine):
    """What the 6 GB profile does."""
    seen: list = []
    hook = given_to(engine._pipeline.vae.decoder, seen)
    with at_work():
        picture = drawn(engine, tiled=True)
    hook.remove()
    assert picture.shape == (SIZE, SIZE, 3)
    side = TILE // 8
    assert len(seen) == 9 and max(shape for shape, _, _ in seen) == (1, 4, side, side)
    assert {(dtype, device) for _, dtype, device in seen} == {(HALF, CARD)}


def test_where_half_precision_runs_over_the_types_fit_again(engine):
    """A card that gives no numbers in half precision, and none afterwards."""
    with at_work(down=np.nan), pytest.raises(EnvironmentProblem, match="drew no colours from seed 7"):
        drawn(engine, notes=(notes := []))
    assert notes == ["seed 7: half precision ran over; drawn in single precision."]
    assert engine._pipeline.unet.dtype == engine._pipeline.safety_checker.dtype == torch.float32


def test_a_card_too_small_for_single_precision_is_told_so(engine):
    def full(*arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    vae = engine._pipeline.vae
    convert, vae._apply = vae._apply, full
    with at_work(down=np.nan), pytest.raises(EnvironmentProblem, match="^out of memory"):
        drawn(engine)
    vae._apply = convert


def test_a_safety_checker_without_scores_is_asked_again_in_single_precision(engine):
    with at_work(False):  # the first read of an unknown number: whether the scores are numbers
        drawn(engine, notes=(notes := []))
    assert notes == ["seed 7: the safety checker ran over in half precision; asked in single precision."]
    assert engine._pipeline.safety_checker.dtype == torch.float32 and engine._pipeline.unet.dtype == HALF


def test_what_the_safety_checker_stops_is_stopped(engine):
    """Scores of 0 above thresholds of -1."""
    checker = engine._pipeline.safety_checker
    with at_work():
        checker.concept_embeds_weights = torch.nn.Parameter(torch.full((17,), -1.0, dtype=HALF, device=CARD), False)
        with pytest.raises(Rejected, match=FLAGGED):
            drawn(engine)


@pytest.mark.parametrize(
    ("network", "tensor", "change", "said"),
    [
        ("text_encoder", "embeddings.position_ids", torch.Tensor.cpu, "type='cpu'"),
        ("unet", "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight", torch.Tensor.float, "torch.float32"),
        ("vae", "post_quant_conv.weight", torch.Tensor.float, "torch.float32"),
        ("safety_checker", "concept_embeds", torch.Tensor.cpu, "type='cpu'"),
    ],
)
def test_a_tensor_left_behind_is_seen(engine, network, tensor, change, said):
    """Else nothing here would prove a thing."""
    layer, _, name = tensor.rpartition(".")
    module = getattr(engine._pipeline, network).get_submodule(layer)
    kept = module._parameters if name in module._parameters else module._buffers
    with at_work():
        changed = change(kept[name])
        kept[name] = torch.nn.Parameter(changed, False) if kept is module._parameters else changed
        with pytest.raises(Mixed, match=f"takes .*{said}"):
            drawn(engine)


# ---------------------------------------------------------------- what `avatar fit` runs


def test_the_measured_portrait_is_drawn_on_the_card(engine):
    pipeline = engine._pipeline
    with at_work() as followed:
        networks = (pipeline.unet, pipeline.vae, pipeline.text_encoder, pipeline.safety_checker)
        steps._draw(steps.drawing_pipeline(*networks, tiled=False), SIZE, 1)
    assert followed.downloads == 4


# ---------------------------------------------------------------- the same seed everywhere


def test_a_seed_begins_with_the_same_noise_in_both_types(files):
    """On the CPU. PyTorch draws other numbers for float16, so that a card's picture would be another person's."""
    noise: list[torch.Tensor] = []
    for dtype in (torch.float32, HALF):
        networks = diffusion_model.build(files)
        networks.fill(files, torch.device("cpu"), dtype)
        engine = engine_of(networks, files)
        hook = engine._pipeline.unet.register_forward_pre_hook(lambda module, inputs: noise.append(inputs[0].clone()))
        engine.drawing(Wish("an old woman", "", 256, 1), 7, StepDown((256,)), [])
        hook.remove()
    single, half = noise
    assert (single.dtype, half.dtype) == (torch.float32, HALF)
    assert torch.equal(half, single.half())
