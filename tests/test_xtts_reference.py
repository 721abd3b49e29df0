"""The recording of a voice that XTTS clones: heard once, kept, forgotten with it."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from avatar.engines import Told, WantedSpeech
from avatar.errors import InputError

torch = pytest.importorskip("torch")

from avatar.voice import latents  # noqa: E402
from avatar.voice.xtts import speaker as xtts_speaker  # noqa: E402
from avatar.voice.xtts.engine import XttsVoice  # noqa: E402
from avatar.weights import store  # noqa: E402
from testing.tiny import xtts as tiny_xtts  # noqa: E402
from tests import xtts_voice  # noqa: E402
from tests.xtts_voice import add_a_key, speak, write_reference  # noqa: E402

models, warm_home, use, ready = xtts_voice.models, xtts_voice.warm_home, xtts_voice.use, xtts_voice.ready
changed, reference = xtts_voice.changed, xtts_voice.reference


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

    before = kept.stat().st_ino
    assert speak("Hello there.", reference=reference).samples.tobytes() == cloned.samples.tobytes()
    assert kept.stat().st_ino == before
    save_file({name: tensor.flip(1).contiguous() for name, tensor in tensors.items()}, kept)
    assert speak("Hello there.", reference=reference).samples.tobytes() != cloned.samples.tobytes()

    kept.write_bytes(kept.read_bytes()[:1000])  # cut short: computed anew
    assert speak("Hello there.", reference=reference).samples.tobytes() == cloned.samples.tobytes()
    assert kept.stat().st_size > 1000

    latents.forget(digest)
    assert not kept.exists()


def test_a_clone_is_heard_at_once_and_speaks_its_own_language(use, models, reference, tmp_path, avatar, monkeypatch):
    use(models)
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    made = avatar("voice", "clone", reference, "--name", "me", "--language", "fr", "--consent", "--json")
    assert made.code == 0 and "what XTTS-v2 hears of the voice is kept" in made.stderr
    kept = xtts_speaker.kept_path(json.loads(made.stdout)["reference_sha256"], store.digest("xtts-v2"))
    content, before = kept.read_bytes(), kept.stat().st_ino

    def as_said(*options: str) -> bytes:
        path = tmp_path / f"said{len(list(tmp_path.iterdir()))}.wav"
        outcome = avatar("voice", "say", "Il y a 3 chats.", "--voice", "me", "--stack", "full", *options, "-o", path)
        assert outcome.code == 0, outcome.stderr
        return path.read_bytes()

    unasked = as_said()
    assert unasked == as_said("--language", "fr") != as_said("--language", "en")
    assert kept.stat().st_ino == before, "it was computed again"
    kept.unlink()  # at first use the very same is computed
    assert as_said() == unasked and kept.read_bytes() == content
    assert avatar("voice", "remove", "me").code == 0


def test_a_clone_is_kept_also_where_the_full_stack_cannot_hear_it(changed, reference, avatar):
    changed(add_a_key)
    made = avatar("voice", "clone", reference, "--name", "me")
    assert made.code == 0 and avatar("voice", "show", "me").code == 0
    assert re.search("when it is first cloned; XTTS-v2 could not now: .*gpt.another.weight", made.stderr)


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
