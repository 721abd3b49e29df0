"""Kept voices: made whole, read, changed and removed by name. The recording is made here; no engine listens to it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar import voices
from avatar.errors import AvatarError, InputError, RequestError
from avatar.files import file_digest
from avatar.voice.recording import Recording

RATE = 16_000
SAMPLES = np.sin(np.arange(RATE) / 20).astype(np.float32) / 2
RECORDING = Recording(SAMPLES, RATE, 1, 0.5, -9.0, 1.0, 0.0, 40.0, 120.0)


def keep(home: Path, name: str = "ann", **profile) -> dict:
    kept = {"name": name, "language": "en", "consent": False, **profile}
    voices.save(home / "voices" / name, kept, RECORDING)
    return kept


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_voice_is_its_profile_and_its_recording(home):
    kept = keep(home, warnings=["noisy"])
    folder = home / "voices/ann"
    assert names(folder) == ["profile.json", "reference.wav"] and names(home / "voices") == ["ann"]
    assert voices.read(home, "ann") == kept == json.loads((folder / "profile.json").read_text())
    assert kept["reference_sha256"] == file_digest(folder / "reference.wav")
    samples, rate = soundfile.read(folder / "reference.wav", dtype="float32")
    assert rate == RATE and soundfile.info(folder / "reference.wav").subtype == "PCM_16"
    np.testing.assert_allclose(samples, SAMPLES, atol=1e-4)
    assert voices.recording_of(home, "ann") == folder / "reference.wav"
    assert voices.language_of(home, "ann") == "en"


def test_a_name_that_another_process_took_meanwhile_is_told_and_left_alone(home):
    keep(home, consent=True)
    with pytest.raises(RequestError, match="'ann' was made by another process meanwhile"):
        keep(home)
    assert voices.read(home, "ann")["consent"] is True and names(home / "voices") == ["ann"]


def test_voices_are_listed_by_name_and_what_is_half_made_is_not(home):
    assert voices.every(home) == []
    for name in ("zoe", "ann"):
        keep(home, name)
    for hidden in (".new-abc", ".latents", "empty"):
        (home / "voices" / hidden).mkdir()
    (home / "voices/.new-abc/profile.json").write_text("{}")
    assert [profile["name"] for profile in voices.every(home)] == ["ann", "zoe"]
    assert voices.names(home) == ["ann", "zoe"]


@pytest.mark.parametrize(
    "name", ["bob", "", ".", "..", "../voices/ann", ".hidden", "-x", "a b", "ann/", "a" * 65, "ann\n"]
)
def test_a_voice_that_is_not_there_is_told_and_has_no_recording(home, name):
    keep(home)
    with pytest.raises(RequestError, match="no voice .* in .*voices; 'avatar voice list'"):
        voices.read(home, name)
    assert voices.recording_of(home, name) is None and voices.language_of(home, name) is None


@pytest.mark.parametrize("name", ["a", "7", "A.b_c-1", "a" * 64])
def test_these_are_names(home, name):
    keep(home, name)
    assert voices.read(home, name)["name"] == name


def test_a_folder_that_lost_its_recording_has_none(home):
    keep(home)
    (home / "voices/ann/reference.wav").unlink()
    assert voices.recording_of(home, "ann") is None and voices.language_of(home, "ann") is None


@pytest.mark.parametrize(
    ("change", "language", "consent"),
    [({"language": "fr", "consent": None}, "fr", True), ({"language": None, "consent": False}, "en", False),
     ({"language": "de", "consent": False}, "de", False), ({"language": None, "consent": None}, "en", True)],
)  # fmt: skip
def test_only_what_is_said_of_a_voice_changes(home, change, language, consent):
    before = keep(home, consent=True)
    changed = voices.update(home, "ann", **change)
    assert changed == voices.read(home, "ann") == before | {"language": language, "consent": consent}
    assert names(home / "voices/ann") == ["profile.json", "reference.wav"]


def test_a_language_that_nobody_speaks_changes_nothing(home):
    keep(home)
    for language, said in (("xx", "does not speak 'xx'"), ("ja", "cutlet")):
        with pytest.raises(RequestError, match=said):
            voices.update(home, "ann", language, True)
    assert voices.read(home, "ann")["language"] == "en" and voices.read(home, "ann")["consent"] is False
    with pytest.raises(RequestError, match="no voice 'bob'"):
        voices.update(home, "bob", "en", None)


def test_a_removed_voice_is_gone_with_what_was_heard_of_it_and_the_others_stay(home):
    digest = keep(home)["reference_sha256"]
    keep(home, "zoe")
    latents = home / "voices/.latents"
    latents.mkdir()
    for name in (
        f"{digest}-model-1.safetensors",
        f".{digest}-model-1.safetensors.9.partial",
        "other-model-1.safetensors",
    ):
        (latents / name).touch()
    voices.remove(home, "ann")
    assert names(home / "voices") == [".latents", "zoe"] and names(latents) == ["other-model-1.safetensors"]
    with pytest.raises(RequestError, match="no voice 'ann'"):
        voices.remove(home, "ann")


def test_a_recording_becomes_a_voice(home, tmp_path):
    """A buzz of 119.3 Hz with silence before it, read by FFmpeg as any file is."""
    pulses = np.zeros(round(4.1274 * RATE))
    pulses[RATE // 2 :] = np.sin(2 * np.pi * 119.3 * np.arange(len(pulses) - RATE // 2) / RATE) > 0.9
    soundfile.write(tmp_path / "me.wav", pulses * 0.4, RATE)
    before = round(time.time(), 3)
    made = voices.create(home, "me", tmp_path / "me.wav", "fr", True)
    assert voices.read(home, "me") == made
    assert before <= made.pop("created") <= time.time() + 0.001
    samples, _ = soundfile.read(home / "voices/me/reference.wav")
    assert made.pop("reference_sha256") == file_digest(home / "voices/me/reference.wav")
    assert made.pop("seconds") == round(len(samples) / RATE, 2) != round(len(samples) / RATE, 3)
    pitch = made.pop("median_f0_hz")
    assert pitch == pytest.approx(119.3, abs=1) and pitch == round(pitch, 1) != round(pitch)
    assert len(samples) < len(pulses) - RATE // 4  # trimmed
    assert isinstance(made.pop("warnings"), list)
    assert made == {"name": "me", "language": "fr", "consent": True, "source": "me.wav", "preview_preset": "ff_siwis"}


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [("a b", "en", "'a b' is no voice name"), ("", "en", "is no voice name"), ("../x", "en", "is no voice name"),
     ("joe", "en", "a preset is called 'joe'"), ("bob", "xx", "does not speak 'xx'"), ("ann", "en", "'ann' exists; .*: avatar voice remove ann")],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_before_the_recording_is_read(home, name, language, said):
    keep(home)
    with pytest.raises(RequestError, match=said):
        voices.create(home, name, home / "missing.wav", language, True)
    with pytest.raises(InputError):
        voices.create(home, "bob", home / "missing.wav", "en", True)
    assert names(home / "voices") == ["ann"]


BAD = {
    "a list": "[1]",
    "nothing": "",
    "deep": "[" * 100_000 + "]" * 100_000,
    "another name": {"name": "bob"},
    "a language that leads out": {"language": "../x"},
    "a language that is a list": {"language": ["en"]},
    "consent is a text": {"consent": "yes"},
    "created is a text": {"created": "x"},
    "seconds are endless": {"seconds": 1e300},
    "warnings are numbers": {"warnings": [1]},
    "a warning moves the cursor": {"warnings": ["\x1b[2J"]},
    "a digest that is a pattern": {"reference_sha256": "*"},
    "a consent that leads out": {"consent_id": "../x"},
    "no digest": {"reference_sha256": None},
}


@pytest.mark.parametrize("case", BAD)
def test_a_damaged_voice_is_shown_refused_and_removed_and_the_others_speak(avatar, home, case):
    profile = keep(home)
    keep(home, "zoe", seconds=1.0, created=1.0)
    latents = home / "voices/.latents"
    latents.mkdir()
    for digest in (profile["reference_sha256"], "other"):
        (latents / f"{digest}-model-1.safetensors").touch()
    content = BAD[case]
    text = content if isinstance(content, str) else json.dumps(profile | content)
    (home / "voices/ann/profile.json").write_text(text)
    listed = avatar("voice", "list")
    assert listed.code == 0 and "damaged: profile.json" in listed.stdout and "zoe" in listed.stdout
    told = json.loads(avatar("voice", "list", "--json").stdout)
    assert list(told["damaged"]) == ["ann"] and [each["name"] for each in told["voices"]] == ["zoe"]
    for words in (
        ("show", "ann"),
        ("update", "ann", "--consent"),
        ("say", "Hi.", "--voice", "ann", "-o", home / "a.wav"),
    ):
        refused = avatar("voice", *words)
        assert refused.code == 1 and "voice remove ann" in refused.stderr and refused.stderr.count("\n") == 1
    assert avatar("voice", "show", "zoe").code == 0
    assert avatar("voice", "remove", "ann").code == 0 and names(home / "voices") == [".latents", "zoe"]
    assert names(latents) == ["other-model-1.safetensors"]


@pytest.mark.parametrize("kind", ["FIFO", "symlink", "folder"])
@pytest.mark.parametrize("name", ["ann", "ann/profile.json", "ann/reference.wav"])
def test_something_else_in_the_place_of_a_voice_or_its_files(avatar, home, tmp_path, kind, name):
    keep(home)
    path = home / "voices" / name
    path.rename(tmp_path / "moved")
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "symlink":
        path.symlink_to(tmp_path / "moved")
    else:
        (path / "inner").mkdir(parents=True)
    assert voices.recording_of(home, "ann") is None or name == "ann/profile.json"
    assert list(voices.damaged(home)) == ["ann"] and voices.every(home) == []
    with pytest.raises(AvatarError, match="the voice 'ann' is damaged"):
        voices.read(home, "ann")
    with pytest.raises(RequestError, match="'ann' exists"):
        voices.create(home, "ann", tmp_path / "missing.wav", "en", True)
    voices.remove(home, "ann")
    assert names(home / "voices") == [] and (tmp_path / "moved").exists()


def test_what_was_heard_of_a_voice_is_not_waited_for(home):
    pytest.importorskip("safetensors")
    from avatar.voice.xtts import speaker

    path = speaker.kept_path("0" * 64, "1" * 64)
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert speaker.kept(path) is None


def test_a_list_marks_the_preset_for_previews_and_invents_no_figure_of_an_older_voice(home, avatar):
    import hashlib

    (folder := home / "voices" / "me").mkdir(parents=True)
    (folder / "reference.wav").write_bytes(b"sound")
    profile = {
        "name": "me",
        "language": "en",
        "consent": True,
        "reference_sha256": hashlib.sha256(b"sound").hexdigest(),
    }
    (folder / "profile.json").write_text(json.dumps(profile))
    listed = dict(line.split(maxsplit=1) for line in avatar("voice", "list").stdout.splitlines())
    assert listed["me"] == "en"
    assert listed["joe"].endswith("for previews; ask a lawyer before you sell its speech (NOTICE.md)")
    assert "lawyer" not in listed["heart"]
