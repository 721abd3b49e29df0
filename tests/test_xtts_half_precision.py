"""XTTS's GPT in half precision: what that cannot hold is computed in float32, and what is not finite is an error."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from avatar.device import hardware
from avatar.engines import Told
from avatar.errors import EnvironmentProblem

torch = pytest.importorskip("torch")

from avatar.voice.xtts import graph as xtts_graph  # noqa: E402
from avatar.voice.xtts.engine import XttsVoice  # noqa: E402
from tests import xtts_voice  # noqa: E402
from tests.xtts_voice import a_voice, said, speak  # noqa: E402

models, warm_home, use, ready = xtts_voice.models, xtts_voice.warm_home, xtts_voice.use, xtts_voice.ready
changed, reference = xtts_voice.changed, xtts_voice.reference


def test_the_gpt_speaks_in_half_precision(ready):
    with a_voice(gpt_dtype="float16") as voice:
        half = said(voice, told=(told := Told()))
        assert {tensor.dtype for tensor in voice._model.gpt.parameters()} == {torch.float16}
        assert {tensor.dtype for tensor in voice._model.hifigan_decoder.parameters()} == {torch.float32}
    assert told.facts["gpt_dtype"] == "float16"
    assert told.notes == []
    assert half.samples.dtype == np.float32
    assert half.seconds == pytest.approx(speak("Hello there.").seconds, abs=0.3)


def swell(state: dict) -> None:
    state["gpt.gpt.ln_f.weight"] *= 1e6  # float16 ends at 65,504; the norm after it takes the factor out again


def forbid_a_code(state: dict) -> None:
    state["gpt.mel_head.bias"][3] = -1e5  # what the GPT hears of itself stays finite, so only its head tells


@pytest.mark.parametrize("change", [swell, forbid_a_code])
def test_values_that_half_precision_cannot_hold_are_computed_in_float32(changed, change):
    changed(change)
    wanted = speak("Hello there.").samples.tobytes()
    with a_voice(gpt_dtype="float16") as voice:
        for _ in range(2):  # the second begins in half precision again, as it does by itself
            assert said(voice, told=(told := Told())).samples.tobytes() == wanted
            assert told.notes == [
                "XTTS-v2 computed values that are not finite in torch.float16; it went on in float32."
            ]
            assert told.facts["gpt_dtype"] == "float32"


def test_a_reload_that_finds_no_memory_fails_that_speech_and_no_other(changed, monkeypatch):
    """After a fall-back the model is read anew for the next speech; another program may have the memory meanwhile."""
    changed(swell)
    with a_voice(gpt_dtype="float16") as voice:
        wanted = said(voice).samples.tobytes()
        with monkeypatch.context() as patch:
            patch.setattr(hardware, "memory_mib", lambda: 1)
            for _ in range(2):
                with pytest.raises(EnvironmentProblem, match="MiB are needed, and this host has 1 MiB"):
                    said(voice)
        assert said(voice).samples.tobytes() == wanted


@pytest.mark.parametrize("gpt_dtype", ["float16", "float32"])
def test_values_that_are_not_finite_in_float32_are_an_error(changed, gpt_dtype):
    changed(lambda state: state["gpt.final_norm.bias"].fill_(float("nan")))
    broken = pytest.raises(EnvironmentProblem, match="not finite: its weights may be damaged")
    with a_voice(gpt_dtype=gpt_dtype) as voice, broken:
        said(voice)


class Recording(XttsVoice):
    """Records a CUDA graph wherever it runs, which fails without a card."""

    def _load(self) -> None:
        super()._load()
        xtts_graph.code_by_code(self._model.gpt, recorded=True, notes=self._lasting)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a card records")
def test_a_recording_that_failed_is_told_once_in_each_speech(changed):
    changed(swell)
    with a_voice(gpt_dtype="float16", engine=Recording) as voice:
        for _ in range(2):
            said(voice, told=(told := Told()))
            assert [note.partition(":")[0] for note in told.notes if "graphs" in note] == ["CUDA graphs were left out"]


class Watched(XttsVoice):
    """Looks, each time a model is loaded, whether one that was there before is still in memory."""

    def _load(self) -> None:
        self.still_there = [model for model in getattr(self, "before", []) if model() is not None]
        super()._load()
        self.before = [*getattr(self, "before", []), weakref.ref(self._model)]


def test_the_model_in_half_precision_is_gone_before_the_other_is_loaded(changed):
    """Both would not fit on a small card."""
    changed(swell)
    with a_voice(gpt_dtype="float16", engine=Watched) as voice:
        said(voice)
        assert len(voice.before) == 2 and voice.still_there == []


def test_no_code_is_made_after_one_that_is_not_finite(changed):
    def break_fourth(state: dict) -> None:
        state["gpt.mel_pos_embedding.emb.weight"][3] = float("inf")

    changed(break_fourth)
    forwards = []
    with a_voice() as voice:
        voice._model.gpt.gpt_inference.register_forward_pre_hook(lambda *_: forwards.append(1))
        with pytest.raises(EnvironmentProblem, match="not finite: its weights may be damaged"):
            said(voice)
    assert len(forwards) == 4


def test_a_code_is_waited_for_once_and_nothing_is_sent_for_it(ready):
    """On a GPU a wait leaves the device idle; a tensor made on the host is sent to it, and waited for too."""
    from bench.voice import counted

    with a_voice() as voice:
        prompt, *codes = counted(voice._model, 6)
    assert len(codes) == 4
    for count in (prompt, *codes):
        assert count["waits"] == 1, "the last code is looked for, and nothing else"
        assert count["host_tensors"] == 0
    assert codes[0] == codes[-1], "a later code is as much work as an early one"


def test_the_bench_sees_every_part_of_a_sentence():
    from bench.tiny_shapes import TINY
    from bench.voice import sentence

    found = sentence(codes=9, rounds=1, smaller=TINY["xtts"])
    assert found["share"].keys() == {"prepare", "prompt", "codes", "latents", "decoder"}
    assert sum(found["share"].values()) == pytest.approx(1, abs=0.01)
    assert all(seconds > 0 for seconds in found["cpu_s"].values())


def test_half_precision_takes_one_kernel_for_an_activation_and_float32_stays_as_it_is(ready):
    from bench.voice import counted

    operations = {}
    for dtype in ("float32", "float16"):
        with a_voice(gpt_dtype=dtype) as voice:
            operations[dtype] = counted(voice._model, 4)[1]["operations"]
            activation = voice._model.gpt.gpt.h[0].mlp.act
            values = torch.linspace(-6, 6, 2001, dtype=voice._dtype)
            exact = torch.nn.functional.gelu(values.double(), approximate="tanh")
            assert torch.allclose(activation(values.double()), exact, atol=1e-12), "another formula"
            if dtype == "float32":
                in_eight = activation
            else:
                errors = [float((each(values).double() - exact).abs().sum()) for each in (activation, in_eight)]
                assert errors[0] < errors[1], "half precision got worse"
    assert operations["float16"] == operations["float32"] - 7 * 2  # of each of two layers
