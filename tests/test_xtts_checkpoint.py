"""The checkpoint of XTTS: the user's files stay, old layouts are read, and nothing else is opened."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from avatar.device import need
from avatar.device.quiet import quiet_transformers
from avatar.errors import EnvironmentProblem

torch = pytest.importorskip("torch")

from avatar.voice.xtts import checkpoint as xtts_checkpoint  # noqa: E402
from testing.tiny import xtts as tiny_xtts  # noqa: E402
from tests import xtts_voice  # noqa: E402
from tests.xtts_voice import add_a_key, speak  # noqa: E402

models, warm_home, use, ready = xtts_voice.models, xtts_voice.warm_home, xtts_voice.use, xtts_voice.ready
changed, reference = xtts_voice.changed, xtts_voice.reference


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

    from accelerate import init_empty_weights
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts

    (tmp_path / "config.json").write_text(json.dumps(tiny_xtts.config(tiny=False)))
    config = XttsConfig()
    config.load_json(str(tmp_path / "config.json"))
    config.model_args.gpt_start_text_token, config.model_args.gpt_stop_text_token = 261, 0
    with init_empty_weights(), quiet_transformers():
        model = Xtts(config)
    assert sum(tensor.numel() for tensor in model.parameters()) == 466_874_863
    shapes = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    for gpt_dtype, gpt_bytes in (("float16", 2), ("float32", 4)):
        weights = xtts_checkpoint.weight_bytes(shapes, gpt_bytes)
        buffers = weights - need.voice(gpt_dtype).weights  # `avatar fit` counts parameters
        assert 0 <= buffers < 2**20
        assert need.voice(gpt_dtype, weights=weights).total < 5_600 * 2**20
