"""XTTS-v2 on a fake card: as the engine has it after loading, and sentences through coqui-tts' own inference."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch.utils._python_dispatch import _disable_current_modes
from TTS.tts.models.xtts import Xtts

from avatar.device.quiet import quiet_transformers
from avatar.engines import Told
from avatar.fit import shapes, steps
from avatar.voice.piecewise import NotFinite
from avatar.voice.xtts import checkpoint as xtts_checkpoint
from avatar.voice.xtts import graph as xtts_graph
from avatar.voice.xtts import speaker as xtts_speaker
from avatar.voice.xtts.engine import XttsVoice
from avatar.weights import store
from testing import tiny
from testing.tiny import xtts as tiny_xtts
from tests.fake_card import CARD, HALF, Mixed, card, movable

LANGUAGE = "en"


class Movable(XttsVoice):
    def _read_model(self) -> Xtts:
        return movable(super()._read_model())


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[dict[str, Path], Path]:
    """A tiny checkpoint's files by name, and its converted weights."""
    folder = tmp_path_factory.mktemp("models")
    tiny_xtts.write(folder)
    tiny.write_lock(folder, tuple(model for model in tiny.built_in_models() if model.name == xtts_checkpoint.MODEL))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.environment(folder).items():
            patch.setenv(name, value)
        found = store.require(xtts_checkpoint.MODEL)
    weights = folder / "model.safetensors"
    xtts_checkpoint.convert(found, weights)
    return found, weights


@pytest.fixture(scope="module")
def loaded(files) -> Callable[[torch.dtype], XttsVoice]:
    """The engine after its own `_load`, once for each type of the GPT."""
    made: dict[torch.dtype, XttsVoice] = {}

    def load(dtype: torch.dtype) -> XttsVoice:
        if dtype not in made:
            voice = Movable(*files, CARD, dtype)
            with card(), pytest.MonkeyPatch.context() as patch:
                patch.setenv("AVATAR_CUDA_GRAPHS", "0")  # nothing can be recorded here
                voice._load()
            made[dtype] = voice
        return made[dtype]

    return load


@pytest.fixture
def voice(loaded) -> XttsVoice:
    """An engine whose tensors a test may break."""
    lent = loaded(HALF)
    kept = [
        (own, dict(own)) for module in lent._model.modules() for own in (module._parameters, module._buffers)
    ]  # fmt: skip
    yield lent
    for own, tensors in kept:
        own.update(tensors)


def until(codes: int, *then: bool) -> chain:
    """Answers of the card: `codes` codes, the last of which is the stop token; then what is asked after them."""
    return chain(repeat(False, codes - 1), [True], then, repeat(True))


def speaker_of(voice: XttsVoice) -> xtts_speaker.Speaker:
    with _disable_current_modes():  # a fake card would make the file's tensors fake
        return voice._read_speaker(None, Told())


def spoken(voice: XttsVoice) -> dict:
    """What `_infer` asks of the model; the random numbers of a card, which it puts back, are out of reach."""
    config, speaker = voice._model.config, speaker_of(voice)
    return voice._model.inference(
        "Hello there.",
        LANGUAGE,
        speaker.manner.to(voice._dtype),
        speaker.timbre,
        temperature=config.temperature,
        length_penalty=config.length_penalty,
        repetition_penalty=config.repetition_penalty,
        top_k=config.top_k,
        top_p=config.top_p,
    )


@pytest.mark.parametrize("dtype", [HALF, torch.float32])
def test_all_of_the_model_is_on_the_card_and_half_of_it_in_its_type(loaded, dtype):
    voice = loaded(dtype)
    for name, tensor in [*voice._model.named_parameters(), *voice._model.named_buffers()]:
        assert tensor.device == CARD, name
        if tensor.is_floating_point():
            assert tensor.dtype == (dtype if name.startswith("gpt.") else torch.float32), name
    assert "gpt.mel_head.only_stop" in dict(voice._model.named_buffers())
    speaker = speaker_of(voice)
    assert (speaker.manner.dtype, speaker.manner.device.type) == (torch.float32, "cpu")


@pytest.mark.parametrize("switch", ["0", "1"])
def test_a_card_makes_the_same_sums_with_graphs_and_without(files, switch, monkeypatch):
    """No cause names the switch, so what is spoken may not depend on it: both answer codes by the step of graph.py."""
    monkeypatch.setenv("AVATAR_CUDA_GRAPHS", switch)
    voice = Movable(*files, CARD, HALF)
    with card():
        voice._load()
    assert voice._model.gpt.gpt.forward.__module__ == xtts_graph.__name__


def test_what_hears_a_recording_stays_in_float32_on_the_cpu(loaded):
    """So a speaker is the same, and kept as the same bytes, whatever computes the speech."""
    ears = loaded(HALF)._ears
    kinds = {
        (tensor.dtype, tensor.device.type)
        for tensor in [*ears.parameters(), *ears.buffers()]
        if tensor.is_floating_point()
    }
    assert kinds == {(torch.float32, "cpu")} and len(list(ears.parameters())) > 50
    assert ears.device.type == "cpu"
    mine = {name for name, _ in loaded(HALF)._model.named_parameters()}
    assert not mine & {name for name, _ in ears.named_parameters()}, "in memory twice"


@pytest.mark.parametrize("dtype", [HALF, torch.float32])
def test_a_sentence_is_spoken_on_the_card(loaded, dtype):
    """The prompt, five codes with their keys and values, the latents of all of them, the sound."""
    with card(until(5), promotes=True):
        made = spoken(loaded(dtype))
    assert (made["wav"].shape, made["wav"].dtype) == ((5376,), np.float32)
    assert made["gpt_latents"].shape == (1, 5, tiny_xtts.CHANNELS)
    assert made["gpt_latents"].dtype == (np.float16 if dtype == HALF else np.float32)


def test_a_code_costs_one_wait_and_no_copy(voice):
    """What the device is asked for a code more, and brings or takes. What is recorded may do none of it."""
    costs = []
    for codes in (5, 9):
        with card(until(codes), promotes=True) as followed:
            made = spoken(voice)
        assert made["gpt_latents"].shape[1] == codes  # so nothing else was asked on the way
        costs.append((followed.waits, followed.uploads, followed.downloads))
    few, many = costs
    assert [more - less for less, more in zip(few, many, strict=True)] == [4, 0, 0]


def test_values_that_are_not_finite_are_refused_once_the_codes_are_complete(voice):
    with card(until(3, False), promotes=True), pytest.raises(NotFinite):
        spoken(voice)


@pytest.mark.parametrize(
    ("tensor", "change", "said"),
    [
        ("gpt.mel_head.only_stop", torch.Tensor.cpu, "type='cpu'"),
        ("gpt.text_pos_embedding.emb.weight", torch.Tensor.float, "torch.float32"),
        ("gpt.mel_pos_embedding.emb.weight", torch.Tensor.cpu, "type='cpu'"),
        ("gpt.gpt.h.1.attn.c_attn.weight", torch.Tensor.float, "torch.float32"),
        ("hifigan_decoder.waveform_decoder.conv_pre.weight", torch.Tensor.half, "torch.float16"),
        ("hifigan_decoder.waveform_decoder.cond_layer.weight", torch.Tensor.cpu, "type='cpu'"),
    ],
)
def test_a_tensor_left_behind_is_seen(voice, tensor, change, said):
    """Else nothing here would prove a thing."""
    layer, _, name = tensor.rpartition(".")
    module = voice._model.get_submodule(layer)
    kept = module._parameters if name in module._parameters else module._buffers
    with card(until(3), promotes=True):
        changed = change(kept[name])
        kept[name] = torch.nn.Parameter(changed, False) if kept is module._parameters else changed
        with pytest.raises(Mixed, match=f"takes .*{said}"):
            spoken(voice)


def test_the_measured_voice_speaks_in_the_published_shapes():
    """As `avatar fit` runs it, but for its random numbers, which are made on the card."""
    model = movable(shapes.build("xtts"))
    with card(until(4)) as followed, quiet_transformers():
        tensors = {key: torch.zeros(each.shape, device=CARD) for key, each in model.state_dict().items()}
        model.load_state_dict(tensors, assign=True)
        model.gpt.init_gpt_for_inference(kv_cache=True)
        model.gpt.train(False)
        xtts_checkpoint.set_gpt_dtype(model, HALF)
        model.to(CARD)
        model.tokenizer = steps.RandomText(model.args.gpt_number_text_tokens)
        steps._speak(model, 8)
    assert followed.downloads == 2  # the latents and the sound
