"""The built-in lock: it pins what the full stack loads, and apart from that what judges a video."""

from __future__ import annotations

from pathlib import Path

from avatar.voice.presets.catalog import PRESETS
from avatar.weights import lock
from tests import weights_in_use

bare = weights_in_use.bare


def test_the_built_in_lock_pins_what_the_full_stack_loads():
    models = {model.name: model for model in lock.read().models}
    assert list(models) == ["xtts-v2", "stable-diffusion-v1-5", "musetalk-v15", "sd-vae-ft-mse", "whisper-tiny"]
    assert sum(model.needed_bytes for model in models.values()) == 8_504_054_317
    assert [name for name, model in models.items() if model.licence.consent] == ["xtts-v2"]
    xtts = {file.path: file for file in models["xtts-v2"].files}
    assert xtts["model.pth"].sha256 == "c7ea20001c6a0a841c77e252d8409f6a74fb423e79b3206a0771ba5989776187"
    assert not xtts["dvae.pth"].needed  # for training


def test_the_previews_voices_are_locked_and_come_where_they_are_named():
    current = lock.read()
    pocket, voices = current.preview
    assert (pocket.name, pocket.needed_bytes, pocket.licence.consent) == ("pocket-en", 219_274_216, True)
    assert {file.repo for file in pocket.files} == {"kyutai/pocket-tts", "kyutai/pocket-tts-without-voice-cloning"}
    assert (voices.name, voices.needed_bytes, voices.licence.consent) == ("kokoro-voices", 28_200_960, False)
    assert not [each for each in (pocket, voices) if each in current.select([])] and current.select(
        ["kokoro-voices"]
    ) == [voices]
    styles = {file.path: file.sha256 for file in voices.files}
    assert styles["voices/af_heart.bin"] == "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b"
    assert styles["voices/jf_alpha.bin"] == "56b479360aad9f367aeb8cef908f9201cf48b4555e488c5f4590c9dfcd978bb6"
    needed = {preset.style for preset in PRESETS.values() if preset.style}
    assert needed <= {Path(path).stem for path in styles}


def test_what_only_judges_a_video_is_locked_beside_it():
    current = lock.read()
    (judge,) = current.evaluation
    assert (judge.name, judge.needed_bytes, judge.licence.consent) == ("syncnet-v2", 54_573_114, True)
    assert judge.files[0].sha256 == "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442"
    assert current.model("syncnet-v2") is judge and judge not in current.select([])
    assert current.select(["syncnet-v2", "whisper-tiny"]) == [judge, current.model("whisper-tiny")]
