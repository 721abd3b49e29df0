"""Which engine clones a voice: here, where its weights are missing or are others, for a worker and on a cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from avatar import __version__, asking, preflight, work
from avatar.batch import on_ray, ray_node
from avatar.batch.table import Row
from avatar.errors import EnvironmentProblem, RequestError
from avatar.jobs import home as homes
from avatar.request import make_request
from avatar.stacks import stack_for
from avatar.weights import licences, lock
from tests import cloned_voice
from tests.cloned_voice import TEXT, spoken
from tests.conftest import ROOT

recording, weights, here = cloned_voice.recording, cloned_voice.weights, cloned_voice.here


@pytest.mark.parametrize(
    "asked, engine",
    [
        ({}, "pocket"),
        ({"stack": "full"}, "pocket"),
        ({"stack": "full", "engine": "xtts"}, "xtts"),
        ({"language": "de"}, None),
        ({"language": "de", "stack": "full"}, None),
        ({"voice": None}, None),
        ({"voice": None, "stack": "full"}, None),
    ],
)
def test_a_voice_is_cloned_with_pocket_where_it_can(here, recording, asked, engine):
    request = asking.request_of(**({"text": TEXT, "voice": recording} | asked))
    assert request.engine == engine
    names = {("preview", None): "preview-voice", ("full", None): "xtts-v2"}
    expected = {"pocket": "pocket-tts", "xtts": "xtts-v2"}.get(engine) or names[request.stack, None]
    assert stack_for(request).voice.name == expected


@pytest.mark.parametrize(
    "asked, said",
    [
        ((), "of speech cloned by Pocket TTS, "),
        (
            ("--stack", "full", "--engine", "xtts", "--profile", "cpu"),
            "of speech cloned by XTTS-v2, for no commercial use, ",
        ),
        (("--stack", "full", "--profile", "cpu"), "of speech cloned by Pocket TTS, "),
    ],
)
def test_a_dry_run_says_what_clones_the_voice(here, avatar, recording, asked, said):
    planned = avatar("pipeline", "run", "--text", TEXT, "--voice", recording, "--dry-run", *asked)
    assert planned.code == 0 and said in planned.stdout, planned.stderr
    own = avatar("pipeline", "run", "--text", TEXT, "--dry-run")
    assert "of speech, " in own.stdout


def test_a_dry_run_says_that_a_voice_is_not_cloned(home, avatar, recording, tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "empty"))
    planned = avatar("pipeline", "run", "--text", TEXT, "--voice", recording, "--dry-run")
    assert "of speech by the preset nearest to the recording, " in planned.stdout, planned.stderr
    assert "note: the voice is not cloned here; Pocket TTS clones it " in planned.stderr
    assert "models fetch pocket-en" in planned.stderr


@pytest.mark.parametrize("stack", ["preview", "full"])
def test_without_its_weights_all_is_as_before(home, recording, stack, tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "empty"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    request = asking.request_of(text=TEXT, voice=recording, stack=stack)
    assert request.engine is None and "engine" not in request.model_dump(exclude_none=True)
    asked = asking.request_of(text=TEXT, voice=recording, stack=stack, engine="pocket")
    with pytest.raises(EnvironmentProblem, match=r"pocket-en \(219.3 MB\)(.|\n)*models fetch"):
        preflight.check(asked)


def test_a_licence_that_was_not_accepted_is_no_choice(home, weights, recording, tmp_path, monkeypatch):
    """The same files under a lock that wants consent."""
    text = (weights / "models.lock").read_text().replace("consent = false", "consent = true")
    (mine := tmp_path / "models.lock").write_text(text)
    monkeypatch.setenv("AVATAR_MODELS", str(weights))
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(mine))
    assert asking.request_of(text=TEXT, voice=recording).engine is None
    licences.accept(lock.read().model("pocket-en").licence, "prompt")
    assert asking.request_of(text=TEXT, voice=recording).engine == "pocket"


@pytest.fixture
def unaccepted(home, weights, tmp_path, monkeypatch) -> Path:
    """All weights, under a lock that wants consent for Pocket TTS alone."""
    text = (weights / "models.lock").read_text()
    asking = text[text.index("[licences.none]") : text.index("[licences.none-commercial]")]
    asking = asking.replace("none", "asks").replace("consent = false", "consent = true")
    begin, end = text.split("[models.pocket-en]")
    end = end.replace('licence = "none"', 'licence = "asks"')
    (mine := tmp_path / "models.lock").write_text(f"{begin}{asking}[models.pocket-en]{end}")
    monkeypatch.setenv("AVATAR_MODELS", str(weights))
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(mine))
    return home


def test_weights_that_wait_for_consent_are_told_where_something_else_speaks(
    unaccepted, avatar, recording, tmp_path, monkeypatch
):
    pytest.importorskip("torch")
    asks = "once its licence is accepted: 'avatar models fetch pocket-en' asks"
    dry = ("pipeline", "run", "--text", TEXT, "--voice", recording, "--dry-run")
    assert asks in avatar(*dry).stderr and asks in avatar(*dry, "--stack", "full", "--profile", "cpu").stderr
    monkeypatch.delenv("AVATAR_RUN", raising=False)
    full = {"text": TEXT, "voice": recording, "stack": "full", "profile": "cpu"}
    said = (
        f"the voice is cloned with XTTS-v2, for no commercial use; for any use Pocket TTS clones it on a CPU, {asks}."
    )
    assert said in spoken(asking.request_of(**full), tmp_path)
    assert said not in spoken(asking.request_of(engine="xtts", **full), tmp_path), "it was asked for"
    assert said not in spoken(asking.request_of(**full | {"voice": None}), tmp_path), "there is nothing to clone"
    made = work.make(asking.request_of(**full), None, False, lambda event: None, sign=False)
    assert said in made.report["notes"]
    preview = asking.request_of(text=TEXT, voice=recording)
    assert any(f"Pocket TTS clones it on a CPU, {asks}" in note for note in spoken(preview, tmp_path))
    with pytest.raises(RequestError, match=f"or clone it: Pocket TTS does that on a CPU, {asks}") as refused:
        preflight.check(preview.model_copy(update={"commercial": True}))
    assert not refused.value.mend, "a preset and a recording exclude each other"
    status = avatar("status").stdout
    assert "commercial use allowed; weights here, their licence not accepted yet" in status
    licences.accept(lock.read().model("pocket-en").licence, "prompt")
    assert "commercial use allowed; weights here\n" in avatar("status").stdout
    again = work.resume(homes.find(unaccepted, made.job), None, False, lambda event: None)
    assert said in again.notes, "what was made stays"
    assert "now that its weights are here, where it is asked for anew" in str(spoken(preview, tmp_path))


def test_the_command_says_what_brings_it(home, recording, tmp_path, monkeypatch):
    """In the base environment: a preset speaks, and the note names the command."""
    told = subprocess.run(
        [ROOT / "run", "avatar", "speak", TEXT, "--voice", recording, "-o", tmp_path / "talk.wav"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "models fetch pocket-en" in told.stderr and "the nearest in pitch" in told.stderr
    assert told.stdout.strip() == str(tmp_path / "talk.wav")


@pytest.mark.parametrize("stack", ["preview", "full"])
def test_another_file_in_the_place_of_its_weights_is_refused_by_name_and_nothing_else_speaks(
    here, recording, weights, stack, tmp_path, monkeypatch
):
    """As the file that Kyutai publishes without a gate, under the name of the other, or one that was cut short."""
    shutil.copytree(weights, mine := tmp_path / "mine")
    monkeypatch.setenv("AVATAR_MODELS", str(mine))
    with open(mine / "kyutai/pocket-tts/languages/english/model.safetensors", "ab") as file:
        file.write(b"more")
    request = asking.request_of(text=TEXT, voice=recording, stack=stack)
    with pytest.raises(
        EnvironmentProblem, match=r"model.safetensors is not the file that was locked(.|\n)*models fetch pocket-en"
    ):
        preflight.check(request)
    asked = asking.request_of(text=TEXT, voice=recording, stack="full", engine="xtts", profile="cpu")
    preflight.check(asked)


@pytest.mark.parametrize("zeros", [["mimi.downsample.conv.conv.weight"], ["mimi.encoder.model.0.conv.weight"]])
def test_the_file_without_an_encoder_is_refused_by_name_in_the_place_of_the_other(
    here, recording, weights, zeros, tmp_path, monkeypatch
):
    """Of the very size of the whole one; no library reads it, and no weights load before."""
    torch = pytest.importorskip("torch")
    from testing.tiny import pocket

    shutil.copytree(weights, mine := tmp_path / "mine")
    shutil.rmtree(mine / "kyutai")
    pocket.write(mine, lambda state: [state.update({name: torch.zeros_like(state[name])}) for name in zeros])
    file = "kyutai/pocket-tts/languages/english/model.safetensors"
    assert (mine / file).stat().st_size == (weights / file).stat().st_size
    monkeypatch.setenv("AVATAR_MODELS", str(mine))
    said = "model.safetensors has no encoder: it is Pocket TTS without voice cloning, which speaks in no given voice"
    for asked in ({}, {"stack": "full", "profile": "cpu"}, {"engine": "pocket"}):
        with pytest.raises(EnvironmentProblem, match=said):
            preflight.check(asking.request_of(text=TEXT, voice=recording, **asked))
    for damage in (
        b"",
        b"\xff" * 8,
        b"\x02" + bytes(7) + b"[]",
        b"\x02" + bytes(7) + b"{}",
    ):  # told by its size or digest
        (mine / file).write_bytes(damage)
        with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
            preflight.check(asking.request_of(text=TEXT, voice=recording))


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"engine": "pocket", "preset": "joe", "text": TEXT}, "an engine clones a voice from its recording"),
        ({"engine": "pocket", "audio": "talk.wav"}, "an engine clones a voice from its recording"),
        ({"engine": "xtts", "text": TEXT}, "xtts is for the full stack"),
        ({"engine": "bark", "text": TEXT}, "should be 'xtts' or 'pocket'"),
    ],
)
def test_an_engine_without_use_is_refused(fields, message):
    with pytest.raises(RequestError, match=message):
        make_request(**fields)


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ({"engine": "pocket"}, ("preview", "full")),
        ({"engine": "pocket", "stack": "full"}, ("preview", "full")),
        ({"engine": "xtts", "stack": "full"}, ("preview", "full", "xtts")),
        ({"stack": "full"}, ("preview", "full", "xtts")),
    ],
)
def test_a_worker_leaves_what_its_environment_cannot_make(here, recording, asked, parts):
    from avatar.service import queue

    queue.submit(here, make_request(text=TEXT, voice=recording, **asked), None)
    assert queue.take(here, "cpu", parts[:-1], 2e9) is None
    assert queue.take(here, "cpu", parts, 2e9) is not None


def test_a_given_speech_is_for_any_worker_of_the_full_stack(here, recording):
    from avatar.service import queue

    queue.submit(here, make_request(audio=recording, stack="full"), None)
    assert queue.take(here, "cpu", ("preview",), 2e9) is None
    assert queue.take(here, "cpu", ("preview", "full"), 2e9) is not None


@pytest.mark.parametrize("chooses, engine, speaks", [(True, "pocket", "pocket-tts"), (False, None, "preview-voice")])
def test_a_row_of_a_table_on_a_cluster_is_cloned_by_what_its_node_has(
    here, recording, tmp_path, monkeypatch, chooses, engine, speaks
):
    """The machine with the table has no weights; a job of the queue was decided on where it was asked for."""
    pytest.importorskip("torch")
    row = Row(1, "one", {"text": "Hi.", "voice": recording})
    nodes = os.environ["AVATAR_MODELS"]
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "empty"))
    (plan, place) = on_ray.planned(row, tmp_path, {})
    assert plan.request.engine is None
    monkeypatch.setenv("AVATAR_MODELS", nodes)
    assert on_ray.planned(row, tmp_path, {})[0].request == plan.request, "nor would it be decided here"
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "node"))
    sent = plan.request.model_dump(mode="json")
    answer = ray_node.render(__version__, sent, chooses, None, 0, recording.read_bytes())
    assert answer["engine"] == engine
    monkeypatch.setenv("AVATAR_HOME", str(here))
    job = on_ray.kept(plan.request, answer)
    assert job.state() == "done" and job.record("voice")["made_by"]["engine"] == speaks
    assert job.folder == homes.place(here, plan.request.model_copy(update={"engine": engine}))
    shutil.copy(job.video, tmp_path / "one.mp4")
    found, again = on_ray.planned(row, tmp_path, {})
    assert (found.job, again) == (job, place), "known again, whatever cloned it"


@pytest.mark.parametrize("asked", [{}, {"stack": "full"}, {"stack": "full", "engine": "xtts"}, {"engine": "pocket"}])
def test_a_worker_whose_hands_are_a_cluster_takes_whatever_a_node_may_make(here, recording, asked):
    from avatar.batch import queue_on_ray
    from avatar.service import queue

    queue.submit(here, make_request(text=TEXT, voice=recording, **asked), None)
    assert queue.take(here, queue_on_ray.DEVICE, queue_on_ray.PARTS, 2e9) is not None


def test_words_that_choose_may_be_in_any_case(here, avatar, recording, tmp_path):
    """In a table and in JSON, as on the command line."""
    (table := tmp_path / "table.csv").write_text(
        f"text,voice,engine,stack\nHi.,{recording},XTTS,Full\nHi.,{recording},Pocket,\n"
    )
    planned = avatar("make", table, "-O", tmp_path / "videos", "--dry-run")
    assert "cloned by XTTS-v2" in planned.stdout and "cloned by Pocket TTS" in planned.stdout, planned.stderr
    shouted = asking.request_of(
        text=TEXT, stack="FULL", profile="cpu", voice=recording, engine=" XTTS", lips_region="Jaw"
    )
    assert shouted == asking.request_of(
        text=TEXT, stack="full", profile="cpu", voice=recording, engine="xtts", lips_region="jaw"
    )


def test_rows_of_a_table_without_a_voice_to_clone_need_no_engine(recording):
    from avatar.batch.making import requested

    defaults = {"engine": "pocket", "voice": recording}
    assert requested(Row(1, "a", {"text": TEXT, "preset": "heart"}), defaults).engine is None
    assert requested(Row(2, "b", {"text": TEXT}), defaults).engine == "pocket"
