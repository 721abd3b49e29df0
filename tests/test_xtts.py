"""The full stack's voice, through coqui-tts' own classes with tiny random weights (testing/tiny/xtts.py).

It speaks noise, 0.8 s of it for every piece of a text.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatar.device import hardware, need
from avatar.engines import Told, WantedSpeech
from avatar.errors import AvatarError, EnvironmentProblem, InputError, RequestError
from avatar.progress import Progress
from testing import tiny

torch = pytest.importorskip("torch")

from avatar.script.scan import Word  # noqa: E402
from avatar.voice.speech import PEAK, Speech  # noqa: E402
from avatar.voice.xtts import checkpoint as xtts_checkpoint  # noqa: E402
from avatar.voice.xtts import graph as xtts_graph  # noqa: E402
from avatar.voice.xtts import speaker as xtts_speaker  # noqa: E402
from avatar.voice.xtts import text as xtts_text  # noqa: E402
from avatar.voice.xtts.engine import XttsVoice  # noqa: E402
from avatar.voice.xtts.utterances import SAMPLE_RATE  # noqa: E402
from avatar.weights import store  # noqa: E402
from testing.tiny import xtts as tiny_xtts  # noqa: E402

TEXT = "Hello there, you. How are you?\n\nFine, thanks."
LANGUAGES = {  # a few words in each, with a number where the language's cleaner knows numbers
    "en": "It costs 5 dollars.", "es": "Son 12 casas.", "fr": "Il y a 3 chats.", "de": "Es sind 7 Tage.",
    "it": "Sono 9 euro.", "pt": "São 8 dias.", "pl": "Mam 4 koty.", "tr": "Bu 2 kedi.", "ru": "Это 6 домов.",
    "nl": "Het zijn 11 dagen.", "cs": "Stalo se to v roce 2019.", "ar": "عندي 3 كتب.", "hu": "Ez 10 forint.",
    "ko": "고양이 3 마리.", "hi": "नमस्ते दुनिया।",
}  # fmt: skip


# ---------------------------------------------------------------- tiny checkpoints


def write_models(folder: Path, change: Callable[[dict], None] | None = None, **arguments: object) -> Path:
    """A models folder with one tiny XTTS and its lock."""
    tiny_xtts.write(folder, change, **arguments)
    tiny.write_lock(folder, tuple(model for model in tiny.built_in_models() if model.name == "xtts-v2"))
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    return write_models(tmp_path_factory.mktemp("xtts"))


@pytest.fixture(scope="session")
def warm_home(tmp_path_factory) -> Path:
    """A home that the tests share, because a conversion takes 92 MB."""
    return tmp_path_factory.mktemp("xtts-home")


@pytest.fixture
def use(home, warm_home, monkeypatch) -> Callable[[Path], None]:
    """Let avatar use a models folder, in the shared home."""

    def choose(folder: Path) -> None:
        monkeypatch.setenv("AVATAR_HOME", str(warm_home))
        for name, value in tiny.environment(folder).items():
            monkeypatch.setenv(name, value)

    return choose


@pytest.fixture
def ready(use, models) -> None:
    use(models)


@pytest.fixture
def changed(use, tmp_path) -> Callable[..., None]:
    """Let avatar use a tiny checkpoint with other tensors or other model_args, in a home of its own."""

    def choose(change: Callable[[dict], None] | None = None, **arguments: object) -> None:
        use(write_models(tmp_path / "changed", change, **arguments))
        os.environ["AVATAR_HOME"] = str(tmp_path / "changed-home")  # `use` set it with monkeypatch, which undoes this

    return choose


@pytest.fixture(scope="session")
def reference(tmp_path_factory) -> Path:
    return write_reference(tmp_path_factory.mktemp("reference") / "me.wav", 120.0)


def write_reference(path: Path, pitch_hz: float) -> Path:
    """4 s of a tone with overtones that swells like syllables: all that the checks of a reference ask for."""
    import soundfile

    time_s = np.arange(4 * 22_050) / 22_050
    tone = sum(np.sin(2 * np.pi * pitch_hz * number * time_s) / number for number in range(1, 9))
    swell = np.clip(np.sin(2 * np.pi * 2.5 * time_s), 0.0, None)
    soundfile.write(path, (0.2 * tone * swell).astype(np.float32), 22_050)
    return path


def a_voice(gpt_dtype: str = "float32", engine: type[XttsVoice] = XttsVoice) -> AbstractContextManager[XttsVoice]:
    """The engine on a CPU; one thread waits for no other on a busy machine."""
    return engine.load(replace(hardware.profile_named("cpu"), voice_dtype=gpt_dtype), threads=1)


def said(
    voice: XttsVoice, text: str = "Hello there.", told: Told | None = None, progress: Progress | None = None, **wanted
) -> Speech:
    return voice.speak(WantedSpeech(text, **wanted), told or Told(), progress or Progress())


def speak(text: str, **wanted: object) -> Speech:
    """The speech of an engine of its own."""
    with a_voice() as voice:
        return said(voice, text, **wanted)


def heard(speech: Speech, start_s: float, end_s: float) -> np.ndarray:
    return speech.samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]


# ---------------------------------------------------------------- the same bytes


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


# ---------------------------------------------------------------- one loaded engine for many


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
            xtts_speaker.forget(hashlib.sha256(path.read_bytes()).hexdigest())

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


# ---------------------------------------------------------------- the whole text, in order


def test_every_sentence_is_spoken_in_order_with_pauses_between(ready):
    speech = speak(TEXT)
    assert [word.text for word in speech.words] == TEXT.split()
    assert speech.phones == []
    starts, ends = (np.array([getattr(word, name) for word in speech.words]) for name in ("start_s", "end_s"))
    gaps = starts[1:] - ends[:-1]
    assert gaps[[2, 5]] == pytest.approx([xtts_text.SENTENCE_PAUSE_S, xtts_text.PARAGRAPH_PAUSE_S], abs=1e-3)
    assert np.delete(gaps, [2, 5]) == pytest.approx(0)
    for end_s, start_s in ((0.0, starts[0]), (ends[2], starts[3]), (ends[5], starts[6]), (ends[-1], speech.seconds)):
        assert not heard(speech, end_s, start_s).any()
    for word in speech.words:
        assert np.abs(heard(speech, word.start_s, word.end_s)).max() > 0.1
    assert np.abs(speech.samples).max() == pytest.approx(PEAK)


def test_the_text_decides_the_sound_sentence_by_sentence(ready):
    with a_voice() as voice:
        one = said(voice, "Hello there. How are you?")
        other = said(voice, "Hello there. Where are you?")
    end_s = one.words[1].end_s
    first, same = heard(one, 0, end_s), heard(other, 0, end_s)
    assert first / np.abs(first).max() == pytest.approx(same / np.abs(same).max(), abs=1e-6)  # their levels may differ
    second, changed = (heard(speech, speech.words[2].start_s, speech.words[2].end_s) for speech in (one, other))
    count = min(len(second), len(changed))
    assert np.abs(second[:count] - changed[:count]).max() > 1e-4


def test_what_the_model_ends_too_soon_is_spoken_in_parts(ready):
    text = "This sentence has too many letters for the second which this little model speaks."
    with a_voice() as voice:
        speech = said(voice, text, told=(told := Told()))
    assert [word.text for word in speech.words] == text.split()
    assert speech.seconds > 0.02 * xtts_text.letter_count(text)
    assert any("was spoken in two parts: the model stopped after" in note for note in told.notes)


def test_numbers_that_fill_the_text_positions_are_spoken_in_parts(changed):
    changed(gpt_max_text_tokens=60)
    text = "It was 7777 and 8888 then."
    with a_voice() as voice:
        speech = said(voice, text, told=(told := Told()))
    assert [word.text for word in speech.words] == text.split()
    assert any("in two parts: it is too long for XTTS-v2" in note for note in told.notes)


def test_a_model_that_comes_to_no_end_is_an_error_and_no_cut_off_word(changed):
    def never_stop(state: dict) -> None:
        state["gpt.mel_head.bias"][tiny_xtts.config()["model_args"]["gpt_stop_audio_token"]] = -1e4

    changed(never_stop, gpt_max_audio_tokens=13)
    with pytest.raises(AvatarError, match=r"cannot speak 'Hello': the model came to no end within 10 audio codes"):
        speak("Hello there.")


def test_a_length_is_kept_by_silence_alone(ready):
    with a_voice() as voice:
        speech = said(voice)
        longer = said(voice, seconds=2.5)
        assert len(longer.samples) == 2.5 * SAMPLE_RATE
        assert longer.samples[: len(speech.samples)].tobytes() == speech.samples.tobytes()
        assert not longer.samples[len(speech.samples) :].any()
        with pytest.raises(RequestError, match="keeps its own pace; shorten the text, or allow it more") as caught:
            said(voice, seconds=0.5)
        assert (
            caught.value.fields == ("seconds",)
            and float(caught.value.mend["seconds"]) >= len(speech.samples) / SAMPLE_RATE
        )


# ---------------------------------------------------------------- splitting, without a model


def test_long_sentences_are_cut_at_commas_within_the_limit_of_the_language():
    text = ("one two three four five, six seven eight nine ten, " * 12).strip()
    for language, most in xtts_text.MOST_CHARACTERS.items():
        pieces = xtts_text.split(text, language)
        assert [word.written for piece in pieces for word in piece.words] == text.split()
        assert all(len(piece.spoken) <= most for piece in pieces)
        assert all(piece.words[-1].written.endswith(",") for piece in pieces)
        assert {piece.pause_s for piece in pieces[:-1]} == {xtts_text.CUT_PAUSE_S}


def test_sentences_of_arabic_and_hindi_end_at_their_own_marks():
    assert [piece.words[-1].written for piece in xtts_text.split("नमस्ते दुनिया। आप कैसे हैं? हाँ", "hi")] == [
        "दुनिया।",
        "हैं?",
        "हाँ",
    ]
    assert [piece.words[-1].written for piece in xtts_text.split("كيف حالك؟ أنا بخير.", "ar")] == ["حالك؟", "بخير."]


def test_markup_and_emoji_are_not_read_out():
    piece = xtts_text.Piece(tuple(Word(text, text) for text in ("[de]", "*Hello*", "🙂", "`you`!")), 0.0)
    assert xtts_text.spoken_form(piece, "en") == "de Hello you !"


@pytest.mark.parametrize("text, message", [("🙂 — *", "nothing in the text"), ("a" * 251, "has 251 characters")])
def test_a_text_that_cannot_be_spoken(text, message):
    with pytest.raises(RequestError, match=message):
        xtts_text.split(text, "en")


# ---------------------------------------------------------------- languages


def test_fifteen_languages_are_spoken(ready):
    told = Told()
    with a_voice() as voice:
        for language, text in LANGUAGES.items():
            XttsVoice.check(WantedSpeech(text, language=language))
            speech = said(voice, text, told, language=language)
            assert [word.text for word in speech.words] == text.split()
    assert not any("parts" in note for note in told.notes)


@pytest.mark.parametrize("language, package", [("ja", "cutlet"), ("zh-cn", "pypinyin")])
def test_languages_that_need_a_package_are_refused_by_its_name(language, package):
    assert importlib.util.find_spec(package) is None, "it is locked now: let the language be spoken"
    with pytest.raises(RequestError, match=f"needs the package {package} to read '{language}'.*speaks en, es"):
        XttsVoice.check(WantedSpeech("Hello.", language=language))


def test_unknown_languages_and_presets_are_refused():
    with pytest.raises(RequestError, match="does not speak 'sv'; it speaks en, es"):
        XttsVoice.check(WantedSpeech("Hello.", language="sv"))
    with pytest.raises(RequestError, match="'joe' is a preset of the preview stack"):
        XttsVoice.check(WantedSpeech("Hello.", preset="joe"))


def test_text_that_the_model_cannot_read_is_refused(ready):
    with a_voice() as voice:
        with pytest.raises(RequestError, match="cannot read '5 घर।' in 'hi'.*write its numbers as words"):
            voice._tokens(xtts_text.Piece((Word("5 घर।", "5 घर।"),), 0.0), "hi")  # digits, as the script leaves none
        with pytest.raises(RequestError, match="letters that XTTS-v2 does not know; is it 'en'"):
            said(voice, "你好世界")


# ---------------------------------------------------------------- the reference


def test_a_reference_is_heard_and_kept_and_what_is_kept_is_used(use, models, reference, tmp_path):
    from safetensors.torch import load_file, save_file

    use(models)
    cloned = speak("Hello there.", reference=reference, told=(told := Told()))
    digest = hashlib.sha256(reference.read_bytes()).hexdigest()
    assert told.facts["voice_match"] == "cloned"
    assert told.facts["reference_sha256"] == digest
    kept = xtts_speaker.kept_path(digest, store.digest("xtts-v2"))
    tensors = load_file(kept)
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()} == {
        "manner": (torch.float32, (1, 32, tiny_xtts.CHANNELS)), "timbre": (torch.float32, (1, 512, 1)),
    }  # fmt: skip
    assert cloned.samples.tobytes() != speak("Hello there.").samples.tobytes()

    before = kept.stat().st_mtime_ns
    assert speak("Hello there.", reference=reference).samples.tobytes() == cloned.samples.tobytes()
    assert kept.stat().st_mtime_ns == before
    save_file({name: tensor.flip(1).contiguous() for name, tensor in tensors.items()}, kept)
    assert speak("Hello there.", reference=reference).samples.tobytes() != cloned.samples.tobytes()

    kept.write_bytes(kept.read_bytes()[:1000])  # cut short: computed anew
    assert speak("Hello there.", reference=reference).samples.tobytes() == cloned.samples.tobytes()
    assert kept.stat().st_size > 1000

    xtts_speaker.forget(digest)
    assert not kept.exists()


def test_a_clone_is_heard_at_once_and_speaks_its_own_language(use, models, reference, tmp_path, avatar, monkeypatch):
    use(models)
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    made = avatar("voice", "clone", reference, "--name", "me", "--language", "fr", "--consent", "--json")
    assert made.code == 0 and "what XTTS-v2 hears of the voice is kept" in made.stderr
    kept = xtts_speaker.kept_path(json.loads(made.stdout)["reference_sha256"], store.digest("xtts-v2"))
    content, before = kept.read_bytes(), kept.stat().st_mtime_ns

    def as_said(*options: str) -> bytes:
        path = tmp_path / f"said{len(list(tmp_path.iterdir()))}.wav"
        outcome = avatar("voice", "say", "Il y a 3 chats.", "--voice", "me", "--stack", "full", *options, "-o", path)
        assert outcome.code == 0, outcome.stderr
        return path.read_bytes()

    unasked = as_said()
    assert unasked == as_said("--language", "fr") != as_said("--language", "en")
    assert kept.stat().st_mtime_ns == before, "it was computed again"
    kept.unlink()  # at first use the very same is computed
    assert as_said() == unasked and kept.read_bytes() == content
    assert avatar("voice", "remove", "me").code == 0


def test_a_clone_is_kept_also_where_the_full_stack_cannot_hear_it(changed, reference, avatar):
    changed(add_a_key)
    made = avatar("voice", "clone", reference, "--name", "me")
    assert made.code == 0 and avatar("voice", "show", "me").code == 0
    assert re.search("when it first speaks with it; it could not now: .*gpt.another.weight", made.stderr)


def test_the_language_of_a_kept_voice_is_one_that_is_spoken(ready, reference, avatar):
    refused = avatar("voice", "clone", reference, "--name", "other", "--language", "klingon")
    assert refused.code == 2 and "does not speak 'klingon'; it speaks en, es" in refused.stderr
    assert avatar("voice", "clone", reference, "--name", "other").code == 0
    refused = avatar("voice", "update", "other", "--language", "ja")
    assert refused.code == 2 and "needs the package cutlet" in refused.stderr
    assert "language: en" in avatar("voice", "show", "other").stdout
    assert avatar("voice", "remove", "other").code == 0


def test_another_recording_is_another_voice(ready, reference, tmp_path):
    other = write_reference(tmp_path / "other.wav", 220.0)
    mine, others = (speak("Hello there.", reference=path).samples for path in (reference, other))
    assert mine.tobytes() != others.tobytes()


def test_a_reference_that_cannot_be_used(ready, tmp_path):
    with pytest.raises(InputError):
        XttsVoice.check(WantedSpeech("Hello.", reference=tmp_path / "nothing.wav"))
    with pytest.raises(InputError):
        speak("Hello there.", reference=tmp_path / "nothing.wav")


# ---------------------------------------------------------------- half precision


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


# ---------------------------------------------------------------- the checkpoint


def test_the_users_files_stay_as_they_are(use, models, tmp_path, monkeypatch):
    use(models)
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path))  # a fresh home: the conversion runs
    before = snapshot(models)
    speak("Hello there.")
    assert snapshot(models) == before


def snapshot(folder: Path) -> dict:
    return {
        path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def drop_a_key(state: dict) -> None:
    del state["gpt.mel_head.bias"]


def add_a_key(state: dict) -> None:
    state["gpt.another.weight"] = torch.zeros(3)


def reshape_a_key(state: dict) -> None:
    state["gpt.mel_head.bias"] = torch.zeros(65)


@pytest.mark.parametrize(
    "change, named",
    [
        (drop_a_key, r"it lacks gpt\.mel_head\.bias\."),
        (add_a_key, r"it has the unknown gpt\.another\.weight\."),
        (reshape_a_key, r"it has in another shape gpt\.mel_head\.bias \(65,\) for \(66,\)\."),
    ],
)
def test_a_key_too_few_too_many_or_in_another_shape_is_named(changed, change, named):
    changed(change)
    with pytest.raises(EnvironmentProblem, match=rf"coqui/XTTS-v2/model\.pth is not .*{named}.*models fetch"):
        speak("Hello there.")


def to_old_names(state: dict) -> None:
    """As the first checkpoints were: old names of weight normalisation, and the GPT a second time as a generator."""
    for key in list(state):
        for old, new in xtts_checkpoint.OLD_WEIGHT_NORM.items():
            if key.endswith(new):
                state[key.replace(new, old)] = state.pop(key)
    for key in [key for key in state if key.startswith("gpt.gpt.")]:
        state[key.replace("gpt.gpt.", "gpt.gpt_inference.transformer.", 1)] = state[key]
    assert sum("weight_g" in key or "gpt_inference" in key for key in state) > 50


def test_old_key_layouts_speak_the_same(changed, ready):
    today = speak("Hello there.")
    changed(to_old_names)
    assert speak("Hello there.").samples.tobytes() == today.samples.tobytes()


def test_a_second_gpt_with_values_of_its_own_is_surplus(changed):
    def second_gpt(state: dict) -> None:
        state["gpt.gpt_inference.lm_head.1.bias"] = state["gpt.mel_head.bias"] + 1

    changed(second_gpt)
    with pytest.raises(EnvironmentProblem, match=r"unknown gpt\.gpt_inference\.lm_head\.1\.bias\."):
        speak("Hello there.")


class Trap:
    """Unpickled without care it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_with_anything_else_in_it_is_not_opened(tmp_path):
    torch.save({"model": {}, "config": Trap(tmp_path / "sprung")}, tmp_path / "model.pth")
    with pytest.raises(EnvironmentProblem, match="refers to posix.mkdir, which XTTS-v2's does not; it was not opened"):
        xtts_checkpoint.convert({"model.pth": tmp_path / "model.pth"}, tmp_path / "out.safetensors")
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "out.safetensors").exists()


def test_the_published_shapes_have_the_published_size(tmp_path):
    """466,874,863 parameters, and less device memory than the smallest profile has; no weights are made."""
    import json

    from accelerate import init_empty_weights
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts

    (tmp_path / "config.json").write_text(json.dumps(tiny_xtts.config(tiny=False)))
    config = XttsConfig()
    config.load_json(str(tmp_path / "config.json"))
    config.model_args.gpt_start_text_token, config.model_args.gpt_stop_text_token = 261, 0
    with init_empty_weights(), xtts_checkpoint.quiet_transformers():
        model = Xtts(config)
    assert sum(tensor.numel() for tensor in model.parameters()) == 466_874_863
    shapes = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    for gpt_dtype, gpt_bytes in (("float16", 2), ("float32", 4)):
        weights = xtts_checkpoint.weight_bytes(shapes, gpt_bytes)
        buffers = weights - need.voice(gpt_dtype).weights  # `avatar fit` counts parameters
        assert 0 <= buffers < 2**20
        assert need.voice(gpt_dtype, weights=weights).total < 5_600 * 2**20
