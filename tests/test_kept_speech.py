"""Speech is kept by the sentence: a word that is changed lets its sentence alone be spoken, and all bytes are as from nothing."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from avatar import asking, pipeline, stages, voices, work
from avatar.engines import Told, WantedSpeech
from avatar.errors import RequestError
from avatar.files import file_digest
from avatar.jobs import home as homes
from avatar.jobs import stage_cache
from avatar.progress import Event, Progress
from avatar.request import make_request
from avatar.service import queue
from avatar.voice import kept
from avatar.voice.kept import KeptSpeech, Sound
from avatar.voice.length import expected
from avatar.voice.presets.engine import PresetVoice
from avatar.voice.presets.onnx_voice import OnnxVoice
from tests import queued, spoken

kokoro_voices = spoken.kokoro_voices
TEN = (
    "Good morning. We sell maps. A map shows roads. It shows rivers too. No. "
    "Boats need maps. No. People buy them. Some people draw them.\n\nThank you."
)
CHANGED = TEN.replace("rivers", "harbours")


@pytest.fixture
def uttered(monkeypatch) -> list[bytes]:
    """What a model of the preview is given, line by line."""
    calls: list[bytes] = []
    real = OnnxVoice._run

    def counted(voice: OnnxVoice, outputs: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        calls.append(next(iter(inputs.values())).tobytes())
        return real(voice, outputs, inputs)

    monkeypatch.setattr(OnnxVoice, "_run", counted)
    return calls


def rendered(home: Path, text: str, **asked: object):
    job = homes.create(home, make_request(text=text, **asked))
    pipeline.render(job, Progress())
    return job


def said(home: Path | None, text: str, **asked: object) -> tuple[bytes, int]:
    """Speech by the preview's engine, with its times, and how many sounds were made for it."""
    wanted = WantedSpeech(text, **asked)
    sounds = stages.kept_speech(home, PresetVoice, wanted, None) if home else KeptSpeech()
    with PresetVoice.load() as engine:
        speech = stages.spoken(engine, wanted, Told(), Progress(), sounds)
    return speech.samples.tobytes() + repr((speech.phones, speech.words)).encode(), sounds.made


def entries(home: Path) -> list[Path]:
    return sorted((home / kept.FOLDER).iterdir())


# ------------------------------------------------------------ one word


def test_a_changed_word_lets_its_sentence_alone_be_spoken_and_the_video_is_as_from_nothing(home, tmp_path, uttered):
    first = rendered(home, TEN)
    assert len(uttered) == 9, "ten sentences, one of which is said twice"
    assert first.record("voice")["spoken"] == 9
    uttered.clear()
    changed = rendered(home, CHANGED)
    assert len(uttered) == 1 and changed.record("voice")["spoken"] == 1
    assert len(changed.record("voice")["sounds"]) == 9
    fresh = rendered(tmp_path / "fresh", CHANGED)
    assert len(uttered) == 10
    for name in ("speech.wav", "timings.json", "video.mp4"):
        assert changed.file(name).read_bytes() == fresh.file(name).read_bytes(), name
    assert changed.record("voice")["cause"] == fresh.record("voice")["cause"]


@pytest.mark.parametrize("preset", spoken.TRIED)
def test_the_same_of_every_voice_of_the_preview(preset, home, kokoro_voices):
    said(home, TEN, preset=preset)
    speech, made = said(home, CHANGED, preset=preset)
    assert made == 1
    assert speech == said(None, CHANGED, preset=preset)[0]
    assert said(home, CHANGED, preset=preset) == (speech, 0)


def test_sentences_in_another_order_are_not_spoken_again(home):
    said(home, "It moves. Why is that? Nobody knows.", preset="joe")
    speech, made = said(home, "Nobody knows. It moves.", preset="joe")
    assert made == 0 and speech == said(None, "Nobody knows. It moves.", preset="joe")[0]


@pytest.mark.parametrize("asked", [{"seed": 8}, {"preset": "joe"}, {"speed": 1.2}, {"seconds": 1.4}])
def test_another_voice_seed_or_pace_is_another_sound(asked, home):
    text = "Nobody knows it here."
    said(home, text)
    speech, made = said(home, text, **asked)
    assert made > 0 and speech == said(None, text, **asked)[0]


def test_a_length_that_the_voice_meets_at_its_own_pace_lets_nothing_be_spoken(home, uttered):
    own, _ = said(home, TEN)
    uttered.clear()
    assert said(home, TEN, seconds=14.0)[1] == 0 and uttered == []


def test_each_line_is_told_as_it_is_spoken_or_found(home):
    for _ in range(2):
        told: list[Event] = []
        wanted = WantedSpeech(TEN)
        with PresetVoice.load() as engine:
            sounds = stages.kept_speech(home, PresetVoice, wanted, None)
            engine.speak(wanted, Told(), Progress(told.append), sounds)
        assert [event.done for event in told][-1] == 10 and {event.total for event in told} == {10}


def test_jobs_that_are_made_together_share_their_sentences(home, uttered):
    texts = ("Nobody knows. It moves.", "It moves. Why?", "Why? Nobody knows.")
    jobs = [homes.create(home, make_request(text=text)) for text in texts]
    assert pipeline.render_all(jobs) == {}
    assert [job.record("voice")["spoken"] for job in jobs] == [2, 1, 0] and len(uttered) == 3


def test_the_command_that_speaks_keeps_and_takes(home, avatar, tmp_path, uttered):
    for name, text in (("one", TEN), ("other", CHANGED)):
        uttered.clear()
        assert avatar("speak", text, "--preset", "heart", "-o", tmp_path / f"{name}.wav").code == 0
    assert len(uttered) == 1
    assert len(entries(home)) == 10


# ------------------------------------------------------------ xtts


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="XTTS needs torch")
def test_xtts_speaks_a_changed_sentence_alone(tmp_path, home, monkeypatch):
    from avatar.voice.xtts.engine import XttsVoice
    from tests import xtts_voice

    xtts_voice.write_models(tmp_path)
    for name, value in xtts_voice.tiny.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    calls: list[str] = []
    real = XttsVoice._infer
    monkeypatch.setattr(XttsVoice, "_infer", lambda voice, text, *rest: calls.append(text) or real(voice, text, *rest))
    text = (
        "Hello there. Never. How are you? Never. This one has far too many letters for what this little model speaks."
    )
    changed = text.replace("Hello there", "Good day")
    reference = xtts_voice.write_reference(tmp_path / "me.wav", 120.0)

    def speak(voice: XttsVoice, text: str, home: Path | None) -> tuple[bytes, list[str], list[str]]:
        calls.clear()
        wanted = WantedSpeech(text, reference=reference)
        sounds = stages.kept_speech(home, XttsVoice, wanted, None) if home else KeptSpeech()
        speech = voice.speak(wanted, told := Told(), Progress(), sounds)
        return speech.samples.tobytes() + repr(speech.words).encode(), list(calls), told.notes

    with xtts_voice.a_voice() as voice:
        first, made, _ = speak(voice, text, home)
        assert len(made) > 5, "the last sentence is tried as a whole, then in parts"
        again, made, notes = speak(voice, text, home)
        assert again == first and made == [], "a verdict on a sound is kept too"
        other, made, _ = speak(voice, changed, home)
        assert made == ["Good day."]
        fresh, made, _ = speak(voice, changed, None)
        assert other == fresh and len(made) > 5
        assert notes == speak(voice, text, None)[2] != []
        assert speak(voice, "Never. Never.", home)[1] == []
    digest = file_digest(reference)
    assert entries(home) and all(path.name.startswith(digest[: kept.VOICE_DIGITS]) for path in entries(home))
    kept.forget_voice(home, digest)
    assert entries(home) == []


# ------------------------------------------------------------ damage


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_in_line(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[80] ^= 1
    path.write_bytes(content)


def swap(path: Path) -> None:
    other = next(each for each in path.parent.iterdir() if each != path)
    path.write_bytes(other.read_bytes())


def lead_elsewhere(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "harm", [cut, flip, flip_in_line, swap, lead_elsewhere, pipe, lambda path: path.write_bytes(b"")]
)
def test_what_is_damaged_is_made_anew_and_never_used(harm, home):
    text = "Nobody knows. It moves."
    speech, made = said(home, text)
    assert made == 2
    harm(entries(home)[0])
    assert said(home, text) == (speech, 1)
    assert said(home, text) == (speech, 0), "and is whole again"


def test_what_holds_the_place_of_a_sound_only_costs_work(home):
    speech, _ = said(home, "It moves.")
    path = entries(home)[0]
    path.unlink()
    path.mkdir()
    assert said(home, "It moves.") == (speech, 1)


@pytest.mark.parametrize("what", ["file", "link"])
def test_a_folder_that_is_none_is_replaced(what, home, tmp_path):
    place = home / kept.FOLDER
    place.write_text("no folder") if what == "file" else place.symlink_to(tmp_path)
    speech, _ = said(home, "It moves.")
    assert said(home, "It moves.") == (speech, 0)
    assert list(tmp_path.glob("*")) == []


def test_a_home_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    speech, made = said(tmp_path / "file/home", "It moves.")
    assert (speech, made) == (said(None, "It moves.")[0], 1)


def write_many(home: Path, number: int) -> None:
    for each in range(200):
        samples = np.full(5_000, each % 7, np.float32)
        KeptSpeech(home, "maker").keep({"text": each % 7}, Sound(samples))


def test_processes_that_keep_the_same_sounds_leave_each_whole(home):
    several = [multiprocessing.get_context("spawn").Process(target=write_many, args=(home, each)) for each in range(3)]
    for process in several:
        process.start()
    wrong = 0
    while any(process.is_alive() for process in several):
        for each in range(7):
            found = KeptSpeech(home, "maker").find({"text": each})
            wrong += found is not None and not (found.samples == each).all()
    assert wrong == 0 and [process.exitcode for process in several] == [0, 0, 0]
    assert len(entries(home)) == 7
    assert all(KeptSpeech(home, "maker").find({"text": each}) is not None for each in range(7))


def test_a_sound_comes_back_to_the_bit(home):
    samples, times = np.array([0.1, -1e-38, 0.7], np.float32), np.array([0.1, 1 / 3])
    sounds = KeptSpeech(home, "maker")
    sounds.keep({"text": "a"}, Sound(samples, times))
    sounds.keep({"text": "b"}, Sound(samples[:0], problem="it came to no end"))
    found, other = sounds.find({"text": "a"}), sounds.find({"text": "b"})
    assert (found.samples.tobytes(), found.boundaries_s.tobytes()) == (samples.tobytes(), times.tobytes())
    assert (len(other.samples), other.problem) == (0, "it came to no end")
    assert KeptSpeech(home, "another maker").find({"text": "a"}) is None
    one, other = (home / kept.FOLDER / name for name in sounds.names)
    other.write_bytes(one.read_bytes())
    assert sounds.find({"text": "a"}) is not None and sounds.find({"text": "b"}) is None, "it is whole, and another's"


# ------------------------------------------------------------ how long it stays


def keep(home: Path, name: int, used_ago_s: float = 0.0, recording: str = "") -> Path:
    sounds = KeptSpeech(home, "maker", recording)
    sounds.keep({"text": name}, Sound(np.zeros(10_000, np.float32)))
    path = home / kept.FOLDER / sounds.names[0]
    os.utime(path, (time.time() - used_ago_s,) * 2)
    return path


def test_what_was_not_used_for_longest_goes_first(home):
    paths = [keep(home, number, used_ago_s=100 - number) for number in range(5)]
    assert KeptSpeech(home, "maker").find({"text": 0}) is not None  # which is a use
    kept.clear(home, most_bytes=3 * paths[0].stat().st_blocks * 512)
    assert entries(home) == sorted([paths[0], paths[3], paths[4]])
    kept.clear(home, before=time.time() - 50)
    assert entries(home) == [paths[0]]


def test_more_than_the_bound_is_never_left(home, monkeypatch):
    monkeypatch.setattr(kept.clear, "__defaults__", (0.0, 1))
    assert said(home, "It moves.")[1] == 1
    assert entries(home) == []


def test_a_job_takes_its_sounds_along_but_for_those_of_another(home):
    one, other = rendered(home, "Nobody knows. It moves."), rendered(home, "It moves. Why?")
    shared = set(one.record("voice")["sounds"]) & set(other.record("voice")["sounds"])
    assert len(shared) == 1 and stage_cache.owners(home, *shared) == sorted([one.id, other.id])
    assert len(entries(home)) == 3
    homes.remove(one)
    assert {path.name for path in entries(home)} == set(other.record("voice")["sounds"])
    homes.remove(other)
    assert entries(home) == [] and list((home / "stages").iterdir()) == []


def test_clearing_the_queue_clears_what_was_not_used_since(home):
    keep(home, 1, used_ago_s=7200)
    new = keep(home, 2)
    queue.clear(home, time.time() - 3600)
    assert entries(home) == [new]
    queue.clear(home, 0.0, most_bytes=0)
    assert entries(home) == []


def test_jobs_come_before_sounds_where_there_is_little_room(home):
    queued.put(home, "Hello.")
    queued.work_off(home)
    size = homes.size_bytes(homes.every(home)[0].folder)
    assert queue.clear(home, 0.0, most_bytes=size) == [] and entries(home) == []


def test_removing_all_jobs_removes_all_kept_speech(home, avatar):
    keep(home, 1)
    assert avatar("pipeline", "remove", "--all").code == 0
    assert entries(home) == []


def test_speech_in_a_voice_goes_with_the_voice(home, tmp_path):
    reference = tmp_path / "me.wav"
    work.speak(asking.request_of(text="Peter bought a map of my boat, and why?"), reference, False, lambda event: None)
    profile = voices.create(home, "me", reference, "en", consent=True)
    keep(home, 1, recording=profile["reference_sha256"])
    before = len(entries(home))
    voices.remove(home, "me")
    assert len(entries(home)) == before - 1


# ------------------------------------------------------------ what is too long is known early


LONG = " ".join(
    f"This is sentence number {number} of a long text about the maps of old boats." for number in range(1, 31)
)


def test_more_than_two_minutes_are_refused_before_all_is_spoken(home, uttered):
    with pytest.raises(RequestError, match=r"the speech is about \d+ s long; 120 s is the most, split it into parts"):
        said(home, LONG, speed=0.75)
    assert len(uttered) < 20


def test_a_length_that_is_far_too_short_is_refused_before_a_model_loads():
    for wanted in (WantedSpeech(LONG, seconds=20), WantedSpeech("Hello there, everybody.", seconds=0.1)):
        with pytest.raises(RequestError, match=r"does not fit into .* s of speech; allow .* s or more"):
            PresetVoice.check(wanted)
    PresetVoice.check(WantedSpeech(LONG, seconds=90))
    if importlib.util.find_spec("torch"):
        from avatar.voice.xtts.engine import XttsVoice

        with pytest.raises(RequestError, match="XTTS-v2 keeps its own pace") as told:
            XttsVoice.check(WantedSpeech(LONG, seconds=20))
        assert float(told.value.mend["seconds"]) > 90


def test_a_length_that_is_too_short_is_refused_before_all_is_spoken(home, uttered):
    with pytest.raises(RequestError, match="does not fit into 85 s of speech"):
        said(home, LONG, seconds=85)
    assert 0 < len(uttered) < 25
    spoken_first = len(uttered)
    with pytest.raises(RequestError, match="does not fit into 85 s of speech"):
        said(home, LONG, seconds=85)
    assert len(uttered) == spoken_first, "what is kept says so before anything is spoken"


def test_what_is_known_corrects_the_guesses():
    slow = expected([10.0, None], [5.0, 5.0])
    fast = expected([5.0, None], [5.0, 5.0])
    assert fast.likely_s == pytest.approx(10) and slow.likely_s == pytest.approx(10 + 7.5)
    assert expected([3.0, 4.0], [1.0, 1.0]) == (7.0, 7.0, 7.0)
    assert fast.least_s < fast.likely_s < fast.enough_s
