"""Pocket TTS: Kyutai's file in transformers' classes, and speech in the voice of a reference."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from avatar.engines import Told, WantedSpeech
from avatar.errors import AvatarError, EnvironmentProblem, InputError, RequestError
from avatar.progress import Progress
from avatar.voice.kept import KeptSpeech
from avatar.voice.utterances import SAMPLE_RATE
from avatar.weights import lock
from tests import pocket_voice
from tests.conftest import ROOT
from tests.pocket_voice import a_voice, said, torch, write_models

from avatar.voice.pocket import checkpoint, engine as pocket_engine, layout, text as pocket_text  # isort: skip
from avatar.voice.pocket import speaker as pocket_speaker
from avatar.voice.pocket.engine import PocketVoice
from avatar.voice.pocket.sound import decoded
from testing.tiny import pocket as tiny_pocket

models, use, ready, reference = pocket_voice.models, pocket_voice.use, pocket_voice.ready, pocket_voice.reference


# ---------------------------------------------------------------- the file and the classes


def test_the_published_shapes_are_those_of_the_classes_and_have_the_published_size():
    """Two bytes for each number of the file, and the head that names them, are the bytes that models.lock has."""
    from accelerate import init_empty_weights
    from transformers import PocketTTSAudioTokenizerConfig, PocketTTSAudioTokenizerModel, PocketTTSConfig
    from transformers import PocketTTSForConditionalGeneration as Speech

    shapes = dict(tiny_pocket.shapes(tiny_pocket.Sizes()))
    begin, head = 0, {}
    for name, shape in sorted(shapes.items()):
        end = begin + 2 * int(np.prod(shape))
        head[name], begin = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}, end
    written = len(json.dumps(head, separators=(",", ":")))
    assert 8 + (written + 7) // 8 * 8 + begin == lock.read().model("pocket-en").files[0].size
    state = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    speech, codec = layout.of_today(state, ROOT)
    speaking, coding = checkpoint.configs(speech, codec)
    default, default_codec = PocketTTSConfig(), PocketTTSAudioTokenizerConfig()
    for config, expected in ((speaking, default), (coding, default_codec)):
        assert config.to_dict() == expected.to_dict()
    with init_empty_weights():
        networks = Speech(default), PocketTTSAudioTokenizerModel(default_codec)
    for network, tensors in zip(networks, (speech, codec), strict=True):
        ours = {
            key: each.shape for key, each in network.state_dict().items() if not key.startswith(checkpoint.FOR_TRAINING)
        }
        assert ours == {key: each.shape for key, each in tensors.items()}


def test_queries_and_keys_turn_by_halves_and_values_stay():
    rows = torch.arange(3 * 64.0)[:, None].expand(3 * 64, 64)
    state = {"flow_lm.transformer.layers.0.self_attn.in_proj.weight": rows}
    renamed = layout._renamed(state, layout.SPEECH, layout._speech_name, ROOT)
    query, key, value = (renamed[f"model.layers.0.self_attn.{name}_proj.weight"][:, 0].tolist() for name in "qkv")
    assert query == [*range(0, 64, 2), *range(1, 64, 2)]
    assert key == [64 + each for each in query] and value == [*range(128, 192)]


def without(name):
    return lambda state: state.pop(name)


def zeroed(name):
    return lambda state: state[name].zero_()


@pytest.mark.parametrize(
    "change, message",
    [
        (without("flow_lm.out_norm.bias"), "lacks model.norm.bias"),
        (without("flow_lm.bos_before_voice"), "embedding cannot be read"),
        (without("mimi.quantizer.output_proj.weight"), "shapes are none of Pocket TTS"),
        (lambda state: state.update({"mimi.more": torch.zeros(1)}), "has the unknown more"),
        (lambda state: state.update({"more": torch.zeros(1)}), "has the unknown more"),
        (lambda state: state.update({"flow_lm.out_eos.bias": torch.zeros(2)}), "in another shape eos_head.bias"),
        (zeroed("mimi.downsample.conv.conv.weight"), "has no encoder: it is Pocket TTS without voice cloning"),
    ],
)
def test_a_file_of_something_else_is_refused_by_what_differs(use, tmp_path, change, message):
    use(write_models(tmp_path / "changed", change))
    with pytest.raises(EnvironmentProblem, match=message), a_voice():
        pass


def test_nothing_that_is_in_no_file_keeps_a_chance_value(ready):
    with a_voice() as voice:
        for model in voice._models:
            assert not [name for name, each in model.named_parameters() if each.is_meta or each.requires_grad]
            assert {each.dtype for each in model.parameters()} == {torch.float32}
        assert not hasattr(voice._models.speech, "loss_weighting")


# ---------------------------------------------------------------- speech


def test_the_same_bytes_twice_whatever_was_said_before(ready, reference):
    with a_voice() as voice:
        first = said(voice, reference)
        said(voice, reference, "Something else.", seed=3)
        again = said(voice, reference)
        other = said(voice, reference, seed=8)
    assert np.array_equal(first.samples, again.samples) and first.words == again.words
    assert not np.array_equal(first.samples[: len(other.samples)], other.samples[: len(first.samples)])
    assert [word.text for word in first.words] == pocket_voice.TEXT.split()
    assert np.abs(first.samples).max() == pytest.approx(0.85, abs=1e-3)


def test_another_process_makes_the_same_bytes_and_says_nothing_on_the_terminal(ready, reference, tmp_path):
    program = (
        "import sys, hashlib; from pathlib import Path; from tests.pocket_voice import a_voice, said\n"
        "with a_voice() as voice: print(hashlib.sha256(said(voice, Path(sys.argv[1])).samples.tobytes()).hexdigest())"
    )
    runs = [
        subprocess.run([sys.executable, "-P", "-c", program, reference], capture_output=True, text=True, cwd=ROOT) for _ in range(2)
    ]  # fmt: skip
    assert [run.stderr for run in runs] == ["", ""]
    assert len({run.stdout for run in runs}) == 1 and len(runs[0].stdout) == 65


def test_one_changed_word_is_one_sentence_spoken(ready, reference, home):
    from avatar.voice import kept

    def spoken(text):
        sounds = KeptSpeech(home, "engine")
        with a_voice() as voice:
            speech = voice.speak(WantedSpeech(text, reference=reference), Told(), Progress(), sounds)
        return sounds.made, speech

    text = "One is here. Two is there. Three is away. Four is back."
    assert spoken(text)[0] == 4
    assert spoken(text)[0] == 0
    made, changed = spoken(text.replace("away", "gone"))
    assert made == 1
    kept.clear(home, most_bytes=0)
    assert np.array_equal(spoken(text.replace("away", "gone"))[1].samples, changed.samples)


def test_speed_changes_the_length_and_nothing_is_spoken_anew(ready, reference, home):
    def spoken(speed):
        sounds = KeptSpeech(home, "engine")
        with a_voice() as voice:
            wanted = WantedSpeech(pocket_voice.TEXT, reference=reference, speed=speed)
            return sounds, voice.speak(wanted, Told(), Progress(), sounds)

    _, own = spoken(1.0)
    sounds, faster = spoken(1.5)
    assert sounds.made == 0
    sounding = own.seconds - 0.5
    assert faster.seconds - 0.5 == pytest.approx(sounding / 1.5, rel=0.05)


def test_a_length_is_reached_with_silence_and_too_short_a_one_is_refused_before_speech(ready, reference):
    with a_voice() as voice:
        speech = said(voice, reference, "Hello.", seconds=4.0)
        assert speech.seconds == 4.0 and not speech.samples[-SAMPLE_RATE:].any()
    with pytest.raises(RequestError, match="Pocket TTS speaks 1.2 times as fast at most"):
        PocketVoice.check(WantedSpeech("word " * 200, reference=reference, seconds=3.0))


def test_a_length_a_little_too_short_is_kept_to_by_speaking_faster(ready, reference):
    with a_voice() as voice:
        own = said(voice, reference)
        fitted = said(voice, reference, seconds=round(own.seconds / 1.1, 2))
        assert fitted.seconds == pytest.approx(own.seconds / 1.1, abs=0.01)
        with pytest.raises(RequestError, match="Pocket TTS speaks 1.2 times as fast at most") as told:
            said(voice, reference, seconds=round(own.seconds / 1.4, 2))
        enough = float(told.value.mend["seconds"])
        assert said(voice, reference, seconds=enough).seconds == enough < own.seconds, "what is advised is enough"


def test_the_reference_is_heard_once_and_forgotten_with_the_voice(ready, home, reference, monkeypatch):
    from avatar import voices

    voices.create(home, "me", reference, "en", True)
    recording = voices.recording_of(home, "me")
    with a_voice() as voice:
        first = said(voice, recording)
    (path,) = (home / "voices" / ".latents").iterdir()
    assert "-pocket-" in path.name
    monkeypatch.setattr(pocket_speaker, "from_recording", None)
    with a_voice() as voice:
        assert np.array_equal(said(voice, recording).samples, first.samples)
    voices.remove(home, "me")
    assert not path.exists()


def test_parts_of_a_reference_and_of_a_sound_are_as_the_whole(ready):
    generator = torch.Generator().manual_seed(1)
    with a_voice() as voice, torch.inference_mode():
        codec = voice._models.codec
        samples = 0.1 * torch.randn(1, 1, 120 * 1920, generator=generator)
        whole, state = codec.encode(samples).latents[0], {}
        parts = []
        for part in samples.split(pocket_speaker.PART_SAMPLES, dim=-1):
            heard = codec.encode(part, use_streaming=True, **state)
            state = {name: getattr(heard, name) for name in ("encoder_past_key_values", "padding_cache")}
            parts.append(heard.latents[0])
        assert torch.allclose(torch.cat(parts), whole, atol=1e-5)
        latents = torch.randn(120, 32, generator=generator)
        sound = codec.decode(latents[None]).audio_values[0, 0].numpy()
        assert np.abs(decoded(codec, latents) - sound).max() < 1e-5


def test_a_sentence_without_an_end_is_cut_and_then_refused(use, tmp_path, reference):
    def never_ends(state):
        state["flow_lm.out_eos.bias"] -= 1000

    use(write_models(tmp_path / "endless", never_ends))
    told = Told()
    with a_voice() as voice, pytest.raises(AvatarError, match="came to no end within .* frames"):
        said(voice, reference, "Hello there.", told)
    assert any("was spoken in two parts" in note for note in told.notes)


def test_values_that_are_not_finite_name_the_weights(use, tmp_path, reference):
    use(write_models(tmp_path / "nan", lambda state: state["mimi.decoder.model.11.conv.bias"].fill_(float("nan"))))
    with a_voice() as voice, pytest.raises(EnvironmentProblem, match="not finite: its weights may be damaged"):
        said(voice, reference)


@pytest.mark.parametrize(
    "wanted, message",
    [
        ({"reference": None}, "speaks with the voice of a recording, and there is none"),
        ({"language": "de"}, "does not speak 'de' here"),
        ({"preset": "joe"}, "preset of the preview stack"),
        ({"text": "🙂"}, "nothing in the text"),
        (
            {"text": "Привет, как дела?"},
            "'Привет, как дела\\?' is in letters that Pocket TTS does not know; is it 'en'",
        ),
        ({"text": "a" * 251}, "has 251 characters"),
    ],
)
def test_what_cannot_work_is_refused_before_a_model_loads(reference, wanted, message):
    with pytest.raises(RequestError, match=message):
        PocketVoice.check(replace(WantedSpeech("Hello.", reference=reference), **wanted))


def test_a_reference_without_a_voice_is_refused(tmp_path):
    import soundfile

    soundfile.write(path := tmp_path / "silence.wav", np.zeros(48_000), 16_000)
    with pytest.raises(InputError, match="silent"):
        PocketVoice.check(WantedSpeech("Hello.", reference=path))


def test_a_long_reference_is_heard_in_part_with_a_note(ready, tmp_path, reference):
    import soundfile

    samples, rate = soundfile.read(reference)
    soundfile.write(path := tmp_path / "long.wav", np.tile(samples, int(45 * rate / len(samples)) + 1), rate)
    told, short = Told(), Told()
    with a_voice() as voice:
        said(voice, path, "Hello.", told)
        said(voice, reference, "Hello.", short)
    assert any(note.startswith("of the recording the first 30 s are heard, of 4") for note in told.notes), told.notes
    assert not any("are heard" in note for note in short.notes)


@pytest.mark.parametrize(
    "written, given",
    [
        ("hello there", "Hello there."),
        ("Is it ‘here’?", "Is it 'here'?"),
        ("One, two,", "One, two."),
        ("He said “yes”", "He said “yes”."),
        ("Wait…", "Wait…"),
        ("[en] *Hello* 🙂", "En Hello."),
        ("ﬁne oﬃce Ｆｕｌｌ２", "Fine office Full2."),
    ],
)
def test_the_text_is_given_as_sentences_are_written(written, given):
    from avatar.script.scan import Word
    from avatar.voice.pieces import Piece

    piece = Piece(tuple(Word(each, each) for each in written.split()), 0.0)
    assert pocket_text.spoken_form(piece) == given


def test_no_piece_has_more_tokens_than_the_model_takes_well(ready, reference):
    long = "word by word it goes on, " * 12
    told = Told()
    with a_voice() as voice:
        taken = []
        inner = voice._judged
        voice._judged = lambda text, task, seed: taken.append(len(voice._tokens(text))) or inner(text, task, seed)
        speech = said(voice, reference, long, told)
    assert max(taken) <= pocket_text.MOST_TOKENS
    assert [word.text for word in speech.words] == long.split()


def test_memory_stays_flat_over_many_sentences(ready, reference):
    """Of a process of its own, as it stands after 5 and after 60 sentences."""
    program = (
        "import sys; from pathlib import Path; from tests.pocket_voice import a_voice, said\n"
        "def resident(): return int(Path('/proc/self/statm').read_text().split()[1]) * 4096\n"
        "with a_voice() as voice:\n"
        "    for count in (5, 60):\n"
        "        said(voice, Path(sys.argv[1]), ' '.join(f'Sentence number {each}.' for each in range(count)), seed=count)\n"
        "        print(resident())"
    )
    run = subprocess.run([sys.executable, "-P", "-c", program, reference], capture_output=True, text=True, cwd=ROOT)
    few, many = map(int, run.stdout.split())
    assert (
        many - few < 60e6
    )  # of sound alone 55 sentences have 4 MB, and their speech is held twice; latents of all: none


def test_a_word_that_is_spoken_as_several_is_cut_where_they_part(ready, reference, monkeypatch):
    """A key of letters and digits is one word as written."""
    key = "-".join(f"A{number}B" for number in range(100, 125))
    told = Told()
    with a_voice() as voice:
        speech = said(voice, reference, f"The key is {key}.", told)
        with monkeypatch.context() as stops:  # what is spoken of the key alone
            stops.setattr(pocket_engine, "problem_of", lambda samples, text: "too soon" if len(text) > 20 else "")
            said(voice, reference, key, told)
    halved = [note for note in told.notes if "in two parts" in note]
    assert len(halved) > 2 and not [note for note in halved if note.startswith("''")], halved
    assert [word.text for word in speech.words if word.text][-1] == f"{key}."


def test_what_is_heard_of_a_voice_does_not_hang_on_the_device(ready):
    """The encoder stays on the CPU; only what speaks goes along to a card, for which a device without memory stands."""
    from avatar.weights import store

    weights = store.converted("pocket-en", checkpoint.CONVERTED, checkpoint.convert, checkpoint.CONVERTER)
    speech, codec = checkpoint.load(weights, weights, torch.device("meta"))
    assert {each.device.type for each in codec.encoder.parameters()} == {"cpu"}
    assert {
        each.device.type for model in (speech, codec.decoder, codec.latent_proj) for each in model.parameters()
    } == {"meta"}
