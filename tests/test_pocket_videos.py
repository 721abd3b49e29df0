"""Videos in a voice that Pocket TTS clones, on both stacks, and what is kept of the recording."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from avatar import asking, pipeline, preflight, work
from avatar.errors import EnvironmentProblem
from avatar.jobs import home as homes
from avatar.progress import Progress
from avatar.request import Request
from tests import cloned_voice
from tests.cloned_voice import TEXT, spoken
from tests.xtts_voice import write_reference

recording, weights, here = cloned_voice.recording, cloned_voice.weights, cloned_voice.here


@pytest.mark.parametrize("stack", ["preview", "full"])
def test_a_video_in_a_cloned_voice(here, recording, stack, tmp_path):
    more = {"profile": "cpu"} if stack == "full" else {}
    request = asking.request_of(text=TEXT, voice=recording, stack=stack, captions="srt", commercial=True, **more)
    made = work.make(request, tmp_path / "talk.mp4", False, lambda event: None, sign=False)
    voice = made.report["records"]["voice"]
    assert voice["made_by"]["engine"] == "pocket-tts"
    assert voice["engine"]["voice_match"] == "cloned"
    assert voice["engine"]["weights"]["licence"]["name"] == "none"
    lips = {"preview": [], "full": ["musetalk-v15", "sd-vae-ft-mse", "whisper-tiny"]}[stack]
    assert made.report["licences"] == dict.fromkeys(["pocket-en", *lips], "none")
    assert any("its owner must have agreed, and Kyutai is credited" in note for note in made.notes)
    captions = (tmp_path / "talk.srt").read_text()
    assert TEXT in captions.replace("\n", " ")
    again = homes.create(tmp_path / "other", work.with_profile(request))
    assert pipeline.render(again, Progress()).read_bytes() == (tmp_path / "talk.mp4").read_bytes()


def test_what_is_heard_of_a_recording_goes_with_the_job_that_has_it(here, avatar, recording, tmp_path):
    """But stays with a voice that is kept; what `avatar speak` left goes by its age."""
    from avatar import voices

    def heard() -> list[str]:
        return sorted(path.name for path in (here / "voices" / ".latents").iterdir())

    voices.create(here, "me", write_reference(tmp_path / "mine.wav", 150.0), "en", True)
    spoken(asking.request_of(text=TEXT, voice="me"), tmp_path)
    of_me = heard()
    made = [
        work.make(asking.request_of(text=TEXT, voice=each), None, False, lambda event: None)
        for each in ("me", recording)
    ]
    assert len(of_me) == 1 and len(heard()) == 2
    for each in made:
        homes.remove(homes.find(here, each.job))
    assert heard() == of_me
    spoken(asking.request_of(text=TEXT, voice=recording), tmp_path)
    assert avatar("pipeline", "remove", "--older-than", "1h").code == 0 and len(heard()) == 2
    assert avatar("pipeline", "remove", "--all").code == 0 and heard() == of_me
    voices.remove(here, "me")
    assert not heard()


def test_a_voice_that_is_kept_is_heard_at_once(here, avatar, recording):
    """By both models, as both are here, and by XTTS-v2 alone in a language of its own."""
    kept = avatar("voice", "clone", recording, "--name", "me", "--consent")
    assert kept.code == 0 and "what Pocket TTS and XTTS-v2 hear of the voice is kept." in kept.stderr
    names = [path.name for path in (here / "voices" / ".latents").glob("*.safetensors")]
    assert len(names) == 2 and sum("-pocket-" in name for name in names) == 1
    german = avatar("voice", "clone", recording, "--name", "ich", "--language", "de", "--consent")
    assert german.code == 0 and "what XTTS-v2 hears of the voice is kept." in german.stderr


def heard_of(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "voices" / ".latents").iterdir())


@pytest.mark.parametrize("is_made", [True, False])
def test_what_is_heard_of_a_recording_stays_as_long_as_a_job_has_it(here, recording, is_made):
    """Made or still to be made, whichever of the two goes first; then it goes with the last one, also where that never spoke."""
    made = work.make(asking.request_of(text=TEXT, voice=recording), None, False, lambda event: None)
    if is_made:
        other = work.make(asking.request_of(text="Another one.", voice=recording), None, False, lambda event: None).job
    else:
        other = homes.create(here, asking.request_of(text="Another one.", voice=recording)).id
    homes.create(here, asking.request_of(text=TEXT, voice=write_reference(here / "mine.wav", 150.0)))
    known = heard_of(here)
    assert len(known) == 1
    homes.remove(homes.find(here, made.job))
    assert heard_of(here) == known
    homes.remove(homes.find(here, other))
    assert heard_of(here) == []


@pytest.fixture
def no_weights(tmp_path, monkeypatch) -> Callable[[], None]:
    return lambda: monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "empty"))


def made_again(request: Request, output: Path) -> bytes:
    return work.make(request, output, False, lambda event: None, sign=False).path.read_bytes()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"engine": "pocket"},
        {"stack": "full"},
        {"stack": "full", "profile": "cpu"},
        {"stack": "full", "engine": "xtts"},
    ],
)
def test_a_video_that_is_kept_is_delivered_without_the_weights_that_made_it(
    here, avatar, recording, no_weights, asked, tmp_path
):
    """Asked for the same way, with the engine named or not; speech alone and another text are not kept."""
    asked = {"text": TEXT, "voice": recording} | asked
    kept = made_again(asking.request_of(**asked), tmp_path / "one.mp4")
    no_weights()
    again = asking.request_of(**asked)
    assert again.engine == ("xtts" if asked.get("engine") == "xtts" else "pocket")
    assert made_again(again, tmp_path / "two.mp4") == kept
    preflight.check(again)
    job = homes.find(here, "hello")
    assert work.resume(job, tmp_path / "three.mp4", False, lambda event: None).path.exists()
    options = [text for name, value in asked.items() for text in (f"--{name}", str(value))]
    planned = avatar("pipeline", "run", *options, "--dry-run")
    assert planned.code == 0 and "portrait and voice and lips and video done" in planned.stdout, planned.stderr
    assert asking.speech_of(**asked).engine == asked.get("engine")
    if "engine" not in asked:
        assert asking.request_of(**asked | {"text": "Another one."}).engine is None
    for other in (asked | {"text": "Another one.", "engine": "pocket"}, {"text": TEXT, "stack": "full"}):
        with pytest.raises(EnvironmentProblem, match="weights are missing"):
            preflight.check(asking.request_of(**other))


def test_what_is_not_kept_wants_its_own_weights_alone(here, recording, no_weights, tmp_path):
    asked = {"text": TEXT, "voice": recording, "stack": "full", "profile": "cpu", "engine": "pocket"}
    made_again(asking.request_of(**asked), tmp_path / "one.mp4")
    homes.find(here, "hello").file("picture.mp4").unlink()
    no_weights()
    with pytest.raises(EnvironmentProblem, match="weights are missing: musetalk-v15") as missing:
        preflight.check(asking.request_of(**asked))
    assert "pocket" not in str(missing.value)


def test_what_other_weights_made_is_not_kept(here, recording, no_weights, tmp_path, monkeypatch, weights):
    """As of another revision: the lock tells."""
    asked = {"text": TEXT, "voice": recording}
    made_again(asking.request_of(**asked), tmp_path / "one.mp4")
    no_weights()
    lock = (weights / "models.lock").read_text()
    (another := tmp_path / "models.lock").write_text(re.sub('sha256 = "[0-9a-f]{8}', 'sha256 = "00000000', lock))
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(another))
    assert asking.request_of(**asked).engine is None
    with pytest.raises(EnvironmentProblem, match="weights are missing: pocket-en"):
        preflight.check(asking.request_of(engine="pocket", **asked))
