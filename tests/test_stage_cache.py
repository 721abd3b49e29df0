"""Finished stages are found by their cause, without reading the other jobs, and removing a job takes nothing from others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from avatar.errors import RequestError, TemporaryProblem
from avatar.jobs import home as homes
from avatar.jobs import stage_cache
from avatar.jobs.job import STAGES, Job
from avatar.request import make_request
from tests.conftest import SHORT_TEXT


@pytest.fixture
def copied(finished_home, finished_job, home):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    return homes.find(home, finished_job.id)


@pytest.fixture
def read(monkeypatch) -> set[str]:
    """The ids of the jobs that are asked for what stands in their files."""
    ids: set[str] = set()

    def noted(real):
        return lambda job, *words: ids.add(job.id) or real(job, *words)

    for name in ("record", "created", "request"):
        monkeypatch.setattr(Job, name, noted(getattr(Job, name)))
    return ids


def test_each_stage_of_a_finished_job_has_its_owner(copied, home):
    for stage in STAGES:
        assert stage_cache.owners(home, copied.record(stage)["cause"]) == [copied.id]
    assert stage_cache.owners(home, copied.record("video")["outputs"]["video.mp4"]) == [copied.id]


def test_a_stage_is_found_among_jobs_that_are_not_read(copied, home, read):
    for number in range(3):
        (home / "jobs" / f"job-{number}").mkdir()
    other = homes.create(home, make_request(text=SHORT_TEXT, preset="joe", subtitles=False))
    assert other.take_from_another("voice", copied.record("voice")["cause"])
    assert other.record("voice")["copied_from"] == copied.id
    assert read == {copied.id, other.id}


def test_removing_a_job_leaves_what_another_copied(copied, home):
    other = homes.create(home, make_request(text="Hello."))
    cause = copied.record("portrait")["cause"]
    assert other.take_from_another("portrait", cause)
    assert stage_cache.owners(home, cause) == sorted([copied.id, other.id])
    homes.remove(copied)
    assert not copied.folder.exists() and other.has("portrait", cause)
    assert stage_cache.owners(home, cause) == [other.id]
    third = homes.create(home, make_request(text="Hello again."))
    assert third.take_from_another("portrait", cause) and third.record("portrait")["copied_from"] == copied.id
    homes.remove(other)
    homes.remove(third)
    assert list((home / "stages").iterdir()) == []


def test_an_owner_that_is_gone_is_no_obstacle(copied, home):
    cause = copied.record("portrait")["cause"]
    stage_cache.add_owner(home, cause, "a-job-that-was-deleted-by-hand")
    other = homes.create(home, make_request(text="Hello."))
    assert other.take_from_another("portrait", cause)
    assert stage_cache.owners(home, cause) == sorted([copied.id, other.id])


def test_a_damaged_copy_is_not_taken(copied, home):
    copied.file("portrait.png").write_bytes(b"damaged")
    other = homes.create(home, make_request(text="Hello."))
    assert not other.take_from_another("portrait", copied.record("portrait")["cause"])


def test_a_job_that_is_worked_on_is_not_removed(copied):
    with copied.locked(), pytest.raises(TemporaryProblem, match="being worked on"):
        homes.remove(copied)
    assert copied.video.is_file()


def test_finding_a_job_reads_none(home, read):
    for name in ("hello-1", "hello-2", "other-1"):
        (home / "jobs" / name).mkdir(parents=True)
    assert homes.find(home, "hello-1").id == "hello-1"
    assert homes.find(home, "other").id == "other-1"
    with pytest.raises(RequestError, match="2 jobs begin with 'hello'"):
        homes.find(home, "hello")
    with pytest.raises(RequestError, match="no job 'x'"):
        homes.find(home, "x")
    assert not read


def test_the_request_of_a_new_job_is_not_parsed_again(home, tmp_path):
    Path(tmp_path / "a.wav").write_bytes(b"RIFF")
    job = homes.create(home, make_request(audio=tmp_path / "a.wav"))
    assert job.request() is job.known and job.request().audio == job.folder / "inputs/audio.wav"
    again = homes.find(home, job.id)
    assert again.request() == job.request() and again.known is None


def test_a_job_remembers_where_its_video_was_asked_for(home, tmp_path):
    job = homes.create(home, make_request(text="Hello."))
    assert job.outputs() == []
    for name in ("a.mp4", "b.mp4", "a.mp4"):
        job.remember_output(tmp_path / name)
    assert job.outputs() == [tmp_path / "b.mp4", tmp_path / "a.mp4"]
    (job.folder / "outputs.json").write_text("damaged")
    assert job.outputs() == []


@pytest.mark.parametrize(
    "content", ["", "[]", '{"created": 1}', '{"created": 1, "request": {"text": "a", "colour": 1}}']
)
def test_a_job_of_another_version_is_shown_and_removable(avatar, home, content):
    folder = home / "jobs/old-1"
    (folder / "records").mkdir(parents=True)
    (folder / "request.json").write_text(content)
    listed = json.loads(avatar("pipeline", "list", "--json").stdout)["jobs"]
    assert [row["job"] for row in listed] == ["old-1"]
    shown = avatar("pipeline", "show", "old-1")
    assert shown.code == 0 and "old-1: " in shown.stdout and "another version" in shown.stderr
    refused = avatar("pipeline", "resume", "old-1")
    assert refused.code == 1 and "cannot be read" in refused.stderr and "pipeline remove old-1" in refused.stderr
    assert avatar("pipeline", "remove", "old-1").code == 0 and not folder.exists()
