"""What may be published commercially: refused by name where its terms forbid that, and told before anything is made."""

from __future__ import annotations

import pytest

from avatar import asking, preflight, work
from avatar.errors import RequestError
from avatar.request import make_request
from avatar.weights import lock
from tests import cloned_voice
from tests.cloned_voice import TEXT

recording, weights, here = cloned_voice.recording, cloned_voice.weights, cloned_voice.here


def test_a_request_that_says_nothing_of_it_keeps_its_digest():
    plain = make_request(text=TEXT, preset="heart")
    assert plain.digest() == make_request(text=TEXT, preset="heart", commercial=False).digest()
    assert plain.digest() != make_request(text=TEXT, preset="heart", commercial=True).digest()


def test_every_licence_of_the_lock_says_whether_it_allows_commercial_use():
    said = {model.name: model.licence.commercial for model in lock.read(lock.BUILT_IN).every}
    assert {name for name, allowed in said.items() if not allowed} == {"xtts-v2", "syncnet-v2"}
    written = lock.BUILT_IN.read_text()
    assert written.count("\ncommercial = ") == written.count("[licences.")


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"stack": "full"}, r"the terms of xtts-v2 \(Coqui Public Model License 1.0.0\) forbid commercial use"),
        ({"preset": "joe"}, "the preset 'joe' is for previews; ask a lawyer"),
    ],
)
def test_what_forbids_commercial_use_is_named_before_anything_is_looked_for(
    home, asked, message, tmp_path, monkeypatch
):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "empty"))
    with pytest.raises(RequestError, match=message):
        preflight.check(make_request(text=TEXT, commercial=True, **asked))


def test_a_preset_for_previews_is_refused_too_where_it_is_the_nearest_to_a_recording(home, recording, tmp_path):
    """No weights are here, so nothing clones the low voice of the recording."""
    request = asking.request_of(text=TEXT, voice=recording, commercial=True)
    said = "the preset 'joe', which is the nearest to the recording, is for previews; ask a lawyer"
    with pytest.raises(RequestError, match=said):
        preflight.check(request)
    with pytest.raises(RequestError, match=said):
        work.speak(request, tmp_path / "talk.wav", False, lambda event: None)


def test_what_would_mend_it_is_said_only_where_it_would(home, recording):
    for asked, mend in (
        ({"voice": recording}, {"engine": "pocket"}),
        ({}, {}),
        ({"voice": recording, "language": "de"}, {}),
        ({"voice": recording, "language": "de", "engine": "pocket"}, {}),
    ):
        with pytest.raises(RequestError) as refused:
            preflight.check(make_request(text=TEXT, stack="full", commercial=True, **asked))
        assert refused.value.mend == mend


def test_what_allows_it_passes(here, recording):
    with pytest.raises(RequestError, match=r"the terms of xtts-v2 \(none for sale\)"):
        preflight.check(asking.request_of(text=TEXT, voice=recording, commercial=True, stack="full", engine="xtts"))
    for asked in ({}, {"stack": "full", "profile": "cpu"}):
        preflight.check(asking.request_of(text=TEXT, voice=recording, commercial=True, **asked))
    preflight.check(make_request(text=TEXT, preset="heart", commercial=True))


def test_speech_alone_is_refused_too(here, tmp_path, monkeypatch):
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    request = make_request(text=TEXT, stack="full", commercial=True)
    with pytest.raises(RequestError, match="forbid commercial use"):
        work.speak(request, tmp_path / "talk.wav", False, lambda event: None)


@pytest.mark.parametrize(
    "asked, said",
    [
        (("--stack", "full", "--profile", "cpu"), "of speech by a speaker of XTTS-v2's own, for no commercial use, "),
        (("--preset", "joe"), "of speech by the preset joe, for previews, "),
        (("--preset", "heart"), "of speech, "),
        ((), "of speech, "),
    ],
)
def test_a_dry_run_says_of_speech_without_a_recording_what_its_terms_forbid(here, avatar, tmp_path, asked, said):
    (script := tmp_path / "talk.md").write_text(TEXT)
    (table := tmp_path / "talks.csv").write_text(f"name,text\none,{TEXT.replace(',', '')}\n")
    for command in (("pipeline", "run", "--text", TEXT), ("make", script), ("make", table, "-O", tmp_path)):
        planned = avatar(*command, "--dry-run", *asked)
        assert planned.code == 0 and said in planned.stdout, (planned.stdout, planned.stderr)


def test_a_dry_run_names_a_preset_for_previews_that_is_the_nearest_to_a_recording(
    home, avatar, recording, tmp_path, monkeypatch
):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "empty"))
    planned = avatar("pipeline", "run", "--text", TEXT, "--voice", recording, "--dry-run")
    assert "of speech by the preset nearest to the recording, joe, for previews, " in planned.stdout, planned.stderr
