"""XTTS gives the same bytes for the same request: again, in another process, after whatever came before."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import weakref
from collections.abc import Callable

import pytest

from avatar.engines import Told, WantedSpeech
from avatar.progress import Progress

torch = pytest.importorskip("torch")

from avatar.voice import latents  # noqa: E402
from avatar.voice.xtts import checkpoint as xtts_checkpoint  # noqa: E402
from tests import xtts_voice  # noqa: E402
from tests.xtts_voice import TEXT, a_voice, said, speak, write_reference  # noqa: E402

models, warm_home, use, ready = xtts_voice.models, xtts_voice.warm_home, xtts_voice.use, xtts_voice.ready
changed, reference = xtts_voice.changed, xtts_voice.reference


def test_same_seed_same_bytes_and_another_seed_others(ready):
    state = torch.random.get_rng_state()
    threads = torch.get_num_threads()
    first, again = speak("Hello there."), speak("Hello there.")
    assert first.samples.tobytes() == again.samples.tobytes()
    assert first.words == again.words
    assert speak("Hello there.", seed=8).samples.tobytes() != first.samples.tobytes()
    assert torch.equal(torch.random.get_rng_state(), state), "the global random numbers went on"
    assert torch.get_num_threads() == threads


def test_another_process_makes_the_same_bytes_and_says_nothing_on_the_terminal(ready, tmp_path):
    script = (
        "import sys; from pathlib import Path; from avatar.device import hardware\n"
        "from avatar.engines import Told, WantedSpeech; from avatar.progress import Progress\n"
        "from avatar.voice.xtts.engine import XttsVoice\n"
        "with XttsVoice.load(hardware.profile_named('cpu'), threads=1) as voice:\n"
        "    speech = voice.speak(WantedSpeech('Hello there.'), Told(), Progress())\n"
        "Path(sys.argv[1]).write_bytes(speech.samples.tobytes())"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "samples"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "samples").read_bytes() == speak("Hello there.").samples.tobytes()


def test_the_model_is_gone_after_the_block_and_the_facts_are_there(ready):
    with a_voice() as voice:
        said(voice, told=(told := Told()))
        model, ears = weakref.ref(voice._model), weakref.ref(voice._ears)
        assert told.facts["memory"]["needed_mib"] > 1000
    assert (model(), ears()) == (None, None)
    assert told.notes == voice.notes == []
    assert told.facts["speaker"] == "First Speaker"
    assert told.facts["gpt_dtype"] == "float32"
    assert told.facts["weights"]["repo"] == "coqui/XTTS-v2"


@pytest.mark.parametrize(
    "gpt_dtype, asked", [("float32", [("en", 7, None), ("fr", 8, 3.0)]), ("float16", [("en", 7, None)])]
)
def test_a_loaded_engine_speaks_many_requests_as_one_engine_each_would(
    use, models, reference, tmp_path, gpt_dtype, asked, monkeypatch
):
    """Whatever came before: other references, heard now or kept, other languages, seeds and lengths."""
    use(models)
    loads = []
    monkeypatch.setattr(xtts_checkpoint, "load", counted_calls(xtts_checkpoint.load, loads))
    other = write_reference(tmp_path / "other.wav", 220.0)
    many = [
        WantedSpeech("Hello there.", reference=path, language=language, seed=seed, seconds=seconds)
        for path in (reference, None, other)
        for language, seed, seconds in asked
    ]

    def forget() -> None:
        for path in (reference, other):
            latents.forget(hashlib.sha256(path.read_bytes()).hexdigest())

    alone = {}
    for wanted in many:
        forget()
        with a_voice(gpt_dtype) as voice:
            alone[wanted] = voice.speak(wanted, Told(), Progress()).samples.tobytes()
    assert len(loads) == len(many) == len(set(alone.values()))
    for order in (many, many[::-1]):
        forget()
        loads.clear()
        with a_voice(gpt_dtype) as voice:
            for wanted in order:
                assert voice.speak(wanted, Told(), Progress()).samples.tobytes() == alone[wanted], wanted
        assert len(loads) == 1


def counted_calls(work: Callable, calls: list) -> Callable:
    def call(*arguments: object) -> object:
        calls.append(arguments)
        return work(*arguments)

    return call


def test_what_is_told_is_of_one_speech_alone(ready, reference):
    with a_voice() as voice:
        said(voice, "Hello there, my good old 你.", told=(first := Told()), reference=reference)
        said(voice, told=(second := Told()))
    assert any("no sound for" in note for note in first.notes)
    assert second.notes == [] and "reference_sha256" not in second.facts


def test_each_sentence_is_told_when_it_is_spoken(ready):
    counts = []

    class Counting(Progress):
        def count(self, items, total):
            for item in items:
                yield item
                counts.append(total)

    with a_voice() as voice:
        said(voice, TEXT, progress=Counting())
    assert counts == [3, 3, 3]
