"""`avatar voice presets`, and what is said where a voice must be fetched first."""

from __future__ import annotations

import json

import pytest
import soundfile

from avatar import asking
from avatar.engines import WantedSpeech
from avatar.errors import EnvironmentProblem
from avatar.voice.presets.catalog import DEFAULTS, PRESETS, nearest_preset
from avatar.voice.presets.engine import PresetVoice
from avatar.voice.recording import Recording
from tests import kokoro_voices as fetched
from tests import weights_in_use

bare = weights_in_use.bare


@pytest.fixture
def voices_here(bare, monkeypatch):
    folder = fetched.models_folder()
    if isinstance(folder, str):
        pytest.skip(folder)
    monkeypatch.setenv("AVATAR_MODELS", str(folder))


def test_presets_are_listed_with_language_sex_licence_use_and_whether_they_are_here(avatar):
    shown = avatar("voice", "presets")
    lines = {line.split()[0]: line for line in shown.stdout.splitlines()}
    assert list(lines) == list(PRESETS) and shown.code == 0
    assert lines["heart"].split()[1:4] == ["en-us", "female", "here"] and "Apache-2.0: any use" in lines["heart"]
    assert "ask a lawyer" in lines["joe"] and lines["bm_george"].split()[1:4] == ["en-gb", "male", "to"]
    assert "(de)" in lines["em_alex"]
    assert "28.2 MB" in shown.stderr and "models fetch kokoro-voices" in shown.stderr


def test_presets_of_a_language_as_json(avatar, voices_here):
    told = json.loads(avatar("voice", "presets", "--language", "it", "--json").stdout)["presets"]
    assert [(row["name"], row["sex"], row["is_here"]) for row in told] == [
        ("if_sara", "female", True),
        ("im_nicola", "male", True),
    ]
    refused = avatar("voice", "presets", "--language", "pl")
    assert refused.code == 2 and "no preset speaks 'pl'" in refused.stderr


def test_a_sample_is_a_sound_file(avatar, tmp_path):
    made = avatar("voice", "presets", "--sample", "heart", "-o", tmp_path / "heart.wav")
    assert made.code == 0 and made.stdout.strip() == str(tmp_path / "heart.wav")
    assert 3 < soundfile.info(tmp_path / "heart.wav").duration < 12
    assert avatar("voice", "presets", "--sample", "heart").code == 2
    missing = avatar("voice", "presets", "--sample", "ff_siwis", "-o", tmp_path / "siwis.wav")
    assert missing.code == 1 and "models fetch kokoro-voices" in missing.stderr
    assert not (tmp_path / "siwis.wav").exists()


@pytest.mark.parametrize("language", [name for name in DEFAULTS if name != "en"])
def test_a_language_whose_voices_are_not_here_is_told_with_size_and_command(language):
    with pytest.raises(EnvironmentProblem, match=r"\(28.2 MB\).*models fetch kokoro-voices") as told:
        PresetVoice.check(WantedSpeech("Uno.", language=language))
    assert str(told.value).count("\n") == 0


def test_a_lock_of_weights_without_the_voices_is_told(monkeypatch, tmp_path):
    (tmp_path / "own.lock").write_text("[licences]\n[models]\n")
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(tmp_path / "own.lock"))
    PresetVoice.check(WantedSpeech("Hello."))
    with pytest.raises(EnvironmentProblem, match="own.lock does not name; unset AVATAR_MODELS_LOCK"):
        PresetVoice.check(WantedSpeech("Hola.", language="es"))


def test_every_language_has_a_default_that_speaks_it_and_the_portraits_sex():
    for language, name in DEFAULTS.items():
        assert language in PRESETS[name].speaks and PRESETS[name].sex == "female"


def recording(pitch: float | None) -> Recording:
    import numpy as np

    return Recording(np.zeros(1, np.float32), 16_000, 1, 0.5, -20, 5, 0, 40, pitch)


def test_the_nearest_preset_is_of_the_language_and_here(voices_here, monkeypatch):
    assert nearest_preset(recording(100), "es") in ("em_alex", "em_santa")
    assert nearest_preset(recording(230), "es") == nearest_preset(recording(None), "es") == "ef_dora"
    assert nearest_preset(recording(100), "fr") == "ff_siwis"  # there is no man
    highest = max(
        (name for name in PRESETS if "en" in PRESETS[name].speaks), key=lambda name: PRESETS[name].median_f0_hz
    )
    assert nearest_preset(recording(400)) == highest
    monkeypatch.delenv("AVATAR_MODELS")
    assert nearest_preset(recording(400)) == "heart" and nearest_preset(recording(100)) == "joe"


def test_what_a_speech_follows_from_is_its_preset_and_that_ones_style(voices_here):
    assert PresetVoice.inputs(WantedSpeech("Hello.")) == {"preset": "heart"}
    spanish = PresetVoice.inputs(WantedSpeech("Hola.", language="es"))
    assert spanish == {"preset": "ef_dora", "style": "f66ec66bd295acb18372e37008533a9a3228483ccd294e7538d5d9294ac9a532"}


def test_a_damaged_style_is_refused_before_it_is_read(voices_here, monkeypatch, tmp_path):
    model = "onnx-community/Kokoro-82M-v1.0-ONNX/voices"
    (tmp_path / model).mkdir(parents=True)
    (tmp_path / model / "ef_dora.bin").write_bytes(bytes(522_240))
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="ef_dora.bin.*models fetch kokoro-voices"):
        PRESETS["ef_dora"].open()


def test_the_language_is_the_presets_where_none_is_asked_for():
    assert asking.request_of(text="Hola.", preset="ef_dora").language == "es"
    assert asking.request_of(text="Hello.", preset="bm_george").language == "en"
    assert asking.request_of(text="Hello.", preset="ef_dora", language="en").language == "en"  # refused by the engine


def test_a_preset_of_the_settings_speaks_its_own_language_alone(home):
    (home / "settings.toml").write_text('preset = "joe"\n')
    assert asking.request_of(text="Hello.").preset == "joe"
    assert asking.request_of(text="Hola.", language="es").preset is None
