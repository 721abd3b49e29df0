"""A damaged job is shown with the reason, refused in a sentence and removed; every other job of the home works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from avatar.errors import AvatarError, RequestError
from avatar.files import file_digest
from avatar.jobs import home as homes
from avatar.jobs import stage_cache
from avatar.jobs.job import Job
from avatar.quality import intended
from avatar.request import make_request

CAUSE = "5" * 64


def record(**changes) -> dict:
    """What an older version wrote of a stage, with parts that this one does not write."""
    plain = {"stage": "portrait", "cause": CAUSE, "made_by": {"engine": "given-picture", "version": "1", "locks": {}},
             "outputs": {}, "seconds": 1.7, "peak_memory_mib": 224, "engine": {}, "notes": []}  # fmt: skip
    return plain | changes


def written(job: Job, content: object, name: str = "records/portrait.json") -> None:
    path = job.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture
def outside(tmp_path) -> Path:
    """A folder that nothing in a home may reach."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept.txt").write_text("kept")
    return tmp_path / "outside"


@pytest.fixture
def good(home) -> Job:
    """A job with a finished stage, beside the one that is damaged."""
    job = homes.create(home, make_request(text="The other one."))
    (job.folder / "portrait.png").write_bytes(b"a picture")
    job._write_record("portrait", record(outputs={"portrait.png": file_digest(job.folder / "portrait.png")}))
    return job


@pytest.fixture
def bad(home) -> Job:
    return Job(homes.create(home, make_request(text="This one.")).folder)


def check(avatar, home: Path, good: Job, bad: Job, why: str) -> None:
    """Everything that can be asked of a home with a damaged job in it."""
    listed = avatar("pipeline", "list")
    assert listed.code == 0 and "damaged" in listed.stdout and why in listed.stdout and good.id in listed.stdout
    rows = {row["job"]: row for row in json.loads(avatar("pipeline", "list", "--json").stdout)["jobs"]}
    assert rows[bad.id]["state"] == "damaged" and why in rows[bad.id]["damage"]
    assert rows[good.id]["state"] == "stopped before voice" and rows[good.id]["damage"] == ""
    shown = avatar("pipeline", "show", bad.id)
    assert shown.code == 0 and f"{bad.id}: damaged" in shown.stdout
    assert why in shown.stderr and f"pipeline remove {bad.id}" in shown.stderr
    assert avatar("pipeline", "show", bad.id, "--json").code == 0
    assert avatar("pipeline", "show", bad.id, "--follow").code == 0
    refused = avatar("pipeline", "resume", bad.id)
    assert refused.code == 1 and why in refused.stderr and f"pipeline remove {bad.id}" in refused.stderr
    assert refused.stderr.count("\n") == 1
    stage_cache.add_owner(home, CAUSE, bad.id)
    new = homes.create(home, make_request(text="A new one."))
    assert new.take_from_another("portrait", CAUSE) and new.record("portrait")["copied_from"] == good.id
    assert avatar("pipeline", "show", good.id).code == 0
    removed = avatar("pipeline", "remove", bad.id)
    assert (removed.code, removed.stdout) == (0, f"{bad.id}\n"), removed.stderr
    assert not os.path.lexists(bad.folder) and good.folder.is_dir()


REQUESTS = {
    "[1]": "request.json does not fit", "null": "request.json does not fit", "": "request.json is not JSON",
    '{"created":1,"request":null}': "request.json does not fit at 'request'",
    '{"created":1,"request":{}}': "request.json does not fit at 'text'",
    '{"created":"x","request":{"text":"a"}}': "request.json does not fit at 'created'",
    '{"created":NaN,"request":{"text":"a"}}': "request.json holds a number that is not finite",
    '{"created":true,"request":{"text":"a"}}': "request.json does not fit at 'created'",
    '{"created":1,"request":{"text":5}}': "request.json does not fit at 'text'",
    '{"created":1,"request":{"text":"a","seed":[]}}': "request.json does not fit at 'request.seed",
    '{"created":1,"request":{"audio":"../../../../x.wav"}}': "request.json does not fit",
    '{"created":1,"request":{"audio":"/etc/hostname"}}': "request.json does not fit",
    '{"created":1,"request":{"audio":".."}}': "request.json does not fit",
    '{"created":1,"request":{"audio":""}}': "request.json does not fit",
    '{"created":1,"request":{"audio":"audio.wav"}}': "inputs/audio.wav is missing",
    "[" * 100_000 + "]" * 100_000: "request.json is nested too deeply",
}  # fmt: skip


@pytest.mark.parametrize("content", REQUESTS, ids=lambda content: content[:50])
def test_a_request_that_does_not_fit(avatar, home, good, bad, content):
    written(bad, content, "request.json")
    check(avatar, home, good, bad, REQUESTS[content])


RECORDS = {
    "a list": [1],
    "a text": "5",
    "outputs are a list": record(outputs=[1]),
    "outputs lead out": record(outputs={"../../../outside/w.txt": "0" * 64}),
    "an output is the request": record(outputs={"request.json": "0" * 64}),
    "an output is hidden": record(outputs={".portrait": "0" * 64}),
    "an output without a digest": record(outputs={"portrait.png": "0"}),
    "seconds are a text": record(seconds="x"),
    "memory is negative": record(peak_memory_mib=-1),
    "notes are numbers": record(notes=[1]),
    "another stage": record(stage="voice"),
    "the cause leads out": record(cause="../../../outside"),
    "no cause": {key: value for key, value in record().items() if key != "cause"},
    "frames are a text": record(frames="250"),
    "made by a list": record(made_by=[]),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_does_not_fit(avatar, home, good, bad, outside, case):
    written(bad, RECORDS[case])
    check(avatar, home, good, bad, "records/portrait.json")
    assert os.listdir(outside) == ["kept.txt"] and (outside / "kept.txt").read_text() == "kept"


@pytest.mark.parametrize("content", ["[1]", "{}", '["relative.mp4"]', '["/tmp/x.sh"]', '["/tmp/\\u0000.mp4"]'])
def test_outputs_that_do_not_fit(avatar, home, good, bad, content):
    written(bad, content, "outputs.json")
    check(avatar, home, good, bad, "outputs.json")


@pytest.mark.parametrize("kind", ["FIFO", "symlink", "folder"])
@pytest.mark.parametrize(
    "name", ["request.json", "lock", "events.jsonl", "outputs.json", "report.json", "speech.wav", "records", "inputs",
             "records/voice.json"]
)  # fmt: skip
def test_something_else_in_the_place_of_a_file(avatar, home, good, bad, outside, name, kind):
    path = bad.folder / name
    if kind == "folder" and name in ("records", "inputs"):
        return  # that is what they are
    path.parent.mkdir(exist_ok=True)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(outside if name in ("records", "inputs") else outside / "kept.txt")
    check(avatar, home, good, bad, name.split("/")[-1])
    assert os.listdir(outside) == ["kept.txt"] and (outside / "kept.txt").read_text() == "kept"


@pytest.mark.parametrize("kind", ["file", "FIFO", "symlink", "dangling"])
def test_something_else_in_the_place_of_a_job(avatar, home, good, bad, outside, kind):
    shutil.move(bad.folder, outside / "job")
    if kind == "file":
        bad.folder.write_text("a file")
    elif kind == "FIFO":
        os.mkfifo(bad.folder)
    else:
        bad.folder.symlink_to(outside / ("job" if kind == "symlink" else "nothing"))
    with pytest.raises(AvatarError, match="it is no folder"):
        homes.create(home, make_request(text="This one."))
    check(avatar, home, good, bad, "it is no folder")
    assert (outside / "job/request.json").is_file() and os.listdir(outside / "job/inputs") == []


@pytest.mark.parametrize("kind", ["FIFO", "symlink", "file"])
def test_a_leftover_that_is_no_folder_is_cleared_away(home, good, outside, kind):
    for leftover in (good.folder / ".voice-abc", home / "jobs/.new-abc"):
        if kind == "FIFO":
            os.mkfifo(leftover)
        else:
            leftover.symlink_to(outside) if kind == "symlink" else leftover.write_text("")
    with good.locked():
        assert not os.path.lexists(good.folder / ".voice-abc")
    homes.create(home, make_request(text="Hello."))
    assert (outside / "kept.txt").read_text() == "kept"
    homes.remove(good)


def test_an_input_that_leads_elsewhere_is_not_rendered(avatar, home, good, outside, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    bad = homes.create(home, make_request(audio=tmp_path / "a.wav"))
    (bad.folder / "inputs/audio.wav").unlink()
    (bad.folder / "inputs/audio.wav").symlink_to(outside / "kept.txt")
    check(avatar, home, good, bad, "inputs/audio.wav is no regular file")
    assert (outside / "kept.txt").read_text() == "kept"


def test_the_same_request_again_finds_that_its_job_is_damaged(avatar, bad):
    written(bad, "[1]")
    refused = avatar("pipeline", "run", "--text", "This one.")
    assert refused.code == 1 and f"pipeline remove {bad.id}" in refused.stderr and "unforeseen" not in refused.stderr


@pytest.mark.parametrize(
    "name", ["with a space", "ÜBER", "a\nb\x1b[31m", os.fsdecode(b"not-\xff-utf8"), "x" * 255, "-f"]
)
def test_a_folder_with_any_name_is_listed_and_removed(avatar, home, good, name):
    folder = home / "jobs" / name
    folder.mkdir()
    for words in ("list",), ("list", "--json"), ("show", "--", name), ("show", "--json", "--", name):
        told = avatar("pipeline", *words)
        assert told.code == 0 and "\x1b" not in told.stdout + told.stderr
    assert json.loads(avatar("pipeline", "list", "--json").stdout)["jobs"]
    refused = avatar("pipeline", "resume", "--", name)
    assert refused.code == 1 and "request.json is missing" in refused.stderr
    assert avatar("pipeline", "remove", "--", name).code == 0 and not folder.exists() and good.folder.exists()


def test_what_a_file_says_does_not_reach_the_terminal_raw(avatar, bad, good):
    """No escape sequence of a file moves the cursor or sets the window's title."""
    escape = "\x1b]0;title\x07"
    asked = {"text": "Hi.", "prompt": f"a {escape}", "stack": "full", escape: 1}
    for request in (asked, {"text": "Hi.", "negative_prompt": escape}, {"text": "Hi.", "language": escape}):
        written(bad, {"created": 1, "request": request}, "request.json")
        for content in (record(notes=[escape]), record(outputs={escape: "0" * 64}), record(copied_from=escape),
                        record(made_by={"engine": escape})):  # fmt: skip
            written(bad, content)
            (bad.folder / "events.jsonl").write_text(
                json.dumps({"time": 1, "stage": "lips", "number": 3, "note": escape}) + "\n"
            )
            for words in (("list",), ("show", bad.id), ("show", bad.id, "--follow"), ("resume", bad.id)):
                told = avatar("pipeline", *words)
                assert "\x1b" not in told.stdout + told.stderr and "unforeseen" not in told.stderr, words


def test_a_job_that_holds_symlinks_is_removed_and_what_they_lead_to_is_not(avatar, bad, outside):
    (bad.folder / "inputs/elsewhere").symlink_to(outside)
    (bad.folder / "portrait.png").symlink_to(outside / "kept.txt")
    assert homes.size_bytes(bad.folder) < 1 << 20
    assert avatar("pipeline", "remove", bad.id).code == 0 and (outside / "kept.txt").read_text() == "kept"


@pytest.mark.parametrize("words", [("remove", ""), ("remove", " "), ("show", ""), ("resume", ""), ("shifts", "")])
def test_an_empty_name_means_no_job(avatar, good, words):
    refused = avatar("pipeline", *words)
    assert refused.code == 2 and ("is empty" in refused.stderr or "no job" in refused.stderr)
    assert good.folder.is_dir()


def test_a_name_that_two_jobs_begin_with_removes_none(avatar, home, good):
    for name in ("talk-1", "talk-2"):
        shutil.copytree(good.folder, home / "jobs" / name)
    assert avatar("pipeline", "remove", "talk").code == 2 and len(homes.folders(home)) == 3
    assert avatar("pipeline", "remove", "talk-1").code == 0 and len(homes.folders(home)) == 2


@pytest.mark.parametrize("place", ["stages", f"stages/{CAUSE}", f"stages/{CAUSE}/x"])
@pytest.mark.parametrize("kind", ["file", "symlink", "FIFO"])
def test_an_index_that_is_something_else_stops_nobody(home, bad, outside, place, kind):
    path = home / place.replace("/x", f"/{bad.id}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "file":
        path.write_text("")
    elif kind == "FIFO":
        os.mkfifo(path)
    else:
        path.symlink_to(outside)
    bad._write_record("portrait", record())
    assert stage_cache.owners(home, CAUSE) == [bad.id]
    homes.remove(bad)
    assert stage_cache.owners(home, CAUSE) == [] and os.listdir(outside) == ["kept.txt"]


@pytest.mark.parametrize("name", ["jobs.lock", "voices.lock"])
def test_a_lock_of_the_home_that_leads_elsewhere_is_told(avatar, home, outside, name):
    (home / name).symlink_to(outside / "kept.txt")
    with pytest.raises(AvatarError, match=f"{name}' has to be a regular file"):
        homes.create(home, make_request(text="Hello.")) if name == "jobs.lock" else kept_voice(home)
    assert (outside / "kept.txt").read_text() == "kept"


def kept_voice(home: Path) -> None:
    from tests.test_voices import keep

    keep(home)


def test_jobs_that_are_no_folder_are_told(avatar, home):
    (home / "jobs").write_text("a file")
    assert (avatar("pipeline", "list").code, avatar("pipeline", "show", "x").code) == (0, 2)
    refused = avatar("pipeline", "run", "--text", "Hello.")
    assert refused.code == 1 and "has to be a folder" in refused.stderr


@pytest.mark.parametrize("content", [b"[1]", b"", b"PK\x03\x04 not a zip", b"\x80\x04."])
def test_a_motion_that_cannot_be_read_is_none(home, good, content):
    """`avatar check` asks for what a mouth was to do, and does without."""
    (good.folder / "video.mp4").write_bytes(b"a video")
    (good.folder / "motion.npz").write_bytes(content)
    for stage, name in (("lips", "motion.npz"), ("video", "video.mp4")):
        good._write_record(stage, record(stage=stage, outputs={name: file_digest(good.folder / name)}))
    assert intended.asked_of(home, good.folder / "video.mp4") is None


def test_a_host_without_open_files_finds_no_job_damaged(home, good):
    """Or a user would remove what is whole."""
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from avatar.errors import TemporaryProblem; from avatar.jobs.job import Job; from avatar.jobs import schema\n"
        "job = Job(Path(sys.argv[1])); assert job.damage() == '' and job.record('portrait')\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        "for ask in (job.damage, job.state, job.request, job.created, lambda: job.record('portrait')):\n"
        "    try:\n"
        "        sys.exit(f'it said {ask()!r}')\n"
        "    except TemporaryProblem as error:\n"
        "        assert 'Too many open files' in str(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, good.folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


TIMES = {
    "none": ({"phones": [], "words": []}, True),
    "a phone": ({"phones": [["a", 0, 0.5]], "words": []}, True),
    "words with and without a mark": ({"phones": [], "words": [["a", 0, 0.5], ["b", 0.5, 1, ","]]}, True),
    "too short": ({"phones": [[1]], "words": []}, False),
    "too long": ({"phones": [], "words": [["a", 0, 0.5, ",", 1]]}, False),
    "a time is a text": ({"phones": [["a", 0, "0.5"]], "words": []}, False),
    "an object": ({"phones": [{"symbol": "a", "start_s": 0, "end_s": 1}], "words": []}, False),
    "no words": ({"phones": []}, False),
    "a list": ([1], False),
}


PLACE = {"left": 2, "top": 3, "side": 10, "width": 12, "height": 13}
PLACES = {
    "a square at the picture's corner": (PLACE, True),
    "outside": (PLACE | {"left": 3}, False),
    "without pixels": (PLACE | {"side": 0}, False),
    "a side too many": (PLACE | {"depth": 1}, False),
    "a text": (PLACE | {"top": "3"}, False),
    "half a pixel": (PLACE | {"top": 2.5}, False),
    "yes": (PLACE | {"top": True}, False),
    "larger than any picture": (PLACE | {"width": 10**9}, False),
    "one missing": ({name: 5 for name in ("left", "top", "side")}, False),
    "a list": ([1], False),
}


READ = [("voice", "timings.json", *TIMES[case]) for case in TIMES] + [
    ("portrait", "place.json", *PLACES[case]) for case in PLACES
]


@pytest.mark.parametrize(("stage", "name", "content", "fits"), READ, ids=[*TIMES, *PLACES])
def test_what_cannot_be_read_is_made_again(good, stage, name, content, fits):
    """Though its digest is the one in the record."""
    written(good, content, name)
    good._write_record(stage, record(stage=stage, outputs={name: file_digest(good.folder / name)}))
    assert good.has(stage, CAUSE) is fits


def test_an_output_that_is_a_folder_is_not_taken(home, good):
    (good.folder / "portrait.png").unlink()
    (good.folder / "portrait.png").mkdir()
    other = homes.create(home, make_request(text="Hello."))
    assert not good.has("portrait", CAUSE) and not other.take_from_another("portrait", CAUSE)


def test_the_age_of_a_damaged_job_is_that_of_its_folder(avatar, bad, good):
    """So that it does not count as made in 1970, and goes with what is old."""
    written(bad, "[1]", "request.json")
    assert avatar("pipeline", "remove", "--older-than", "1d").stdout == ""
    os.utime(bad.folder, (1e9, 1e9))
    assert avatar("pipeline", "remove", "--older-than", "1d").stdout == f"{bad.id}\n" and good.folder.is_dir()


def test_a_report_that_does_not_fit_is_told_as_that(good):
    from avatar.jobs import report

    for content, said in (("[1]", "report.json does not fit"), ("{", "is not JSON"), (None, "is gone")):
        (good.folder / "report.json").unlink(missing_ok=True)
        if content:
            written(good, content, "report.json")
        with pytest.raises(AvatarError, match=said):
            report.read(good)


def test_an_output_whose_name_is_no_utf8_is_not_remembered(good, tmp_path):
    good.remember_output(tmp_path / os.fsdecode(b"\xff.mp4"))
    assert good.outputs() == [] and not (good.folder / "outputs.json").exists()


def test_a_job_that_is_asked_for_by_no_name_is_refused(home):
    with pytest.raises(RequestError, match="the name of the job is empty"):
        homes.find(home, "")
