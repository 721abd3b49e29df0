"""Videos in a voice that Pocket TTS clones, on both stacks, and what is kept of the recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from avatar import pipeline, work
from avatar.jobs import home as homes
from avatar.progress import Progress
from tests import cloned_voice
from tests.cloned_voice import TEXT, spoken
from tests.xtts_voice import write_reference

recording, weights, here = cloned_voice.recording, cloned_voice.weights, cloned_voice.here


@pytest.mark.parametrize("stack", ["preview", "full"])
def test_a_video_in_a_cloned_voice(here, recording, stack, tmp_path):
    more = {"profile": "cpu"} if stack == "full" else {}
    request = work.request_of(text=TEXT, voice=recording, stack=stack, captions="srt", commercial=True, **more)
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
    spoken(work.request_of(text=TEXT, voice="me"), tmp_path)
    of_me = heard()
    made = [
        work.make(work.request_of(text=TEXT, voice=each), None, False, lambda event: None) for each in ("me", recording)
    ]
    assert len(of_me) == 1 and len(heard()) == 2
    for each in made:
        homes.remove(homes.find(here, each.job))
    assert heard() == of_me
    spoken(work.request_of(text=TEXT, voice=recording), tmp_path)
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
    made = work.make(work.request_of(text=TEXT, voice=recording), None, False, lambda event: None)
    if is_made:
        other = work.make(work.request_of(text="Another one.", voice=recording), None, False, lambda event: None).job
    else:
        other = homes.create(here, work.request_of(text="Another one.", voice=recording)).id
    homes.create(here, work.request_of(text=TEXT, voice=write_reference(here / "mine.wav", 150.0)))
    known = heard_of(here)
    assert len(known) == 1
    homes.remove(homes.find(here, made.job))
    assert heard_of(here) == known
    homes.remove(homes.find(here, other))
    assert heard_of(here) == []
