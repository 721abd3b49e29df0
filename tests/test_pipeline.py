"""The real preview pipeline, end to end: jobs, resume, and the same bytes twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.files import file_digest
from avatar.jobs import home as homes
from avatar.jobs import job as jobs
from avatar.request import make_request
from avatar.voice.presets.catalog import PRESETS
from tests.conftest import ROOT, SHORT_TEXT, command, heed_signals, run_command

RUN = ("pipeline", "run", "--text", SHORT_TEXT, "--preset", "joe", "--subtitles")


def in_home(home: Path) -> dict[str, str]:
    return {**os.environ, "AVATAR_HOME": str(home)}


def hidden_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_a_job_holds_every_stage_and_a_report(finished_job):
    report = json.loads(finished_job.file("report.json").read_text())
    assert finished_job.state() == "done"
    assert list(report["records"]) == list(jobs.STAGES)
    assert report["synthetic"] is True
    assert report["video_sha256"] == file_digest(finished_job.video)
    assert set(report["locked_fingerprints"]) == {"base", "full"}
    preset = report["records"]["voice"]["engine"]["preset"]
    assert report["licences"] == {f"voice {preset}": PRESETS[preset].licence}
    assert all(record["peak_memory_mib"] > 50 for record in report["records"].values())
    assert not hidden_files(finished_job.folder)


def test_subtitles_hold_the_words_in_order(finished_job):
    text = finished_job.file("subtitles.srt").read_text()
    assert (
        " ".join(line for line in text.splitlines() if line and "-->" not in line and not line.isdigit()) == SHORT_TEXT
    )


def test_a_finished_job_does_no_work_again(finished_home, finished_job):
    before = {path: path.stat().st_mtime_ns for path in finished_job.folder.iterdir() if path.name != "lock"}
    done = run_command(*RUN, env=in_home(finished_home))
    assert done.returncode == 0
    assert done.stdout.strip() == str(finished_job.video)
    assert before == {path: path.stat().st_mtime_ns for path in finished_job.folder.iterdir() if path.name != "lock"}


def test_same_request_same_bytes_in_another_home(finished_job, home):
    done = run_command(*RUN, env=in_home(home))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == finished_job.video.read_bytes()


@pytest.mark.parametrize("lost", ["portrait.png", "speech.wav", "motion.npz", "picture.mp4", "video.mp4"])
def test_a_lost_file_is_made_again_with_the_stages_that_still_match_kept(finished_home, finished_job, home, lost):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    job = homes.find(home, finished_job.id)
    job.file(lost).unlink()
    kept = {
        stage: job.folder / "records" / f"{stage}.json"
        for stage in jobs.STAGES
        if lost not in job.record(stage)["outputs"]
    }
    stamps = {stage: path.stat().st_mtime_ns for stage, path in kept.items()}
    done = run_command("pipeline", "resume", job.id, env=in_home(home))
    assert done.returncode == 0, done.stderr
    assert job.video.read_bytes() == finished_job.video.read_bytes()
    assert stamps == {stage: path.stat().st_mtime_ns for stage, path in kept.items()}


def test_a_changed_file_is_noticed(finished_home, finished_job, home):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    job = homes.find(home, finished_job.id)
    damaged = bytearray(job.video.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    job.video.write_bytes(damaged)
    assert run_command("pipeline", "resume", job.id, env=in_home(home)).returncode == 0
    assert job.video.read_bytes() == finished_job.video.read_bytes()


def test_what_another_job_made_from_the_same_inputs_is_copied(finished_home, finished_job, home):
    """Without subtitles only the last stage differs. The bytes are those that a home of its own gives."""
    bare = RUN[:-1]
    alone = run_command(*bare, env=in_home(home))
    assert alone.returncode == 0, alone.stderr
    both = home / "both"
    shutil.copytree(finished_home, both)
    done = run_command(*bare, env=in_home(both))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == Path(alone.stdout.strip()).read_bytes()
    made = next(job for job in homes.every(both) if job.id != finished_job.id)
    copied = {stage: made.record(stage).get("copied_from") for stage in jobs.STAGES}
    assert copied == {"portrait": finished_job.id, "voice": finished_job.id, "lips": finished_job.id, "video": None}
    assert not hidden_files(made.folder)
    assert f"copied from {finished_job.id}" in run_command("pipeline", "show", made.id, env=in_home(both)).stdout


def test_a_damaged_stage_of_another_job_is_not_copied(finished_home, finished_job, home):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    homes.find(home, finished_job.id).file("speech.wav").write_bytes(b"damaged")
    done = run_command(*RUN[:-1], env=in_home(home))
    assert done.returncode == 0, done.stderr
    made = next(job for job in homes.every(home) if job.id != finished_job.id)
    assert "copied_from" in made.record("portrait") and "copied_from" not in made.record("voice")
    assert made.file("speech.wav").read_bytes() == finished_job.file("speech.wav").read_bytes()


def test_what_was_made_under_other_locks_is_made_again(finished_home, finished_job, home, tmp_path):
    """Another version of a library may make other bytes of what it is used for, and no others."""
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    layers = json.loads((ROOT / "locks/payload.json").read_text())
    layers["base"]["onnxruntime"]["payload"] = "0" * 64
    (tmp_path / "payload.json").write_text(json.dumps(layers))
    job = homes.find(home, finished_job.id)
    done = run_command("pipeline", "resume", job.id, env={**in_home(home), "AVATAR_LOCKS": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    changed = [stage for stage in jobs.STAGES if job.record(stage)["cause"] != finished_job.record(stage)["cause"]]
    assert changed == ["voice"], "the speech came out the same, so the lips and the video are what they were"
    assert job.video.read_bytes() == finished_job.video.read_bytes()


@pytest.mark.parametrize("found", ['"a word"', "[1]", "{}", '{"cause": "CAUSE", "outputs": null}', "cut of"])
def test_a_record_of_another_job_that_says_nothing_stops_no_job(finished_home, finished_job, home, found):
    """One that is removed or made anew while it is looked at may say anything too."""
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    damaged = homes.find(home, finished_job.id).folder / "records/portrait.json"
    damaged.write_text(found.replace("CAUSE", finished_job.record("portrait")["cause"]))
    cause = finished_job.record("portrait")["cause"]
    other = homes.create(home, make_request(text="Hello."))
    assert not other.take_from_another("portrait", cause)
    (damaged.parent / "portrait.json").write_text(json.dumps(finished_job.record("portrait")))
    assert other.take_from_another("portrait", cause) and other.record("portrait")["copied_from"] == finished_job.id


def test_a_render_parses_its_request_once(avatar, home, monkeypatch):
    from avatar import request

    parsed = []
    check = request.check_text
    monkeypatch.setattr(request, "check_text", lambda text, *rest: parsed.append(text) or check(text, *rest))
    assert avatar("pipeline", "run", "--text", "One.", "--preset", "joe").code == 0
    assert parsed == ["One."]


def test_a_resumed_job_goes_where_its_video_was_asked_for(finished_home, finished_job, home, tmp_path):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    job = homes.find(home, finished_job.id)
    assert run_command(*RUN, "-o", tmp_path / "a.mp4", env=in_home(home)).returncode == 0
    (tmp_path / "a.mp4").unlink()
    for lost in (False, False, True):  # the second time it is there already, and is this video
        if lost:
            job.video.unlink()
        done = run_command("pipeline", "resume", job.id, env=in_home(home))
        assert done.stdout == f"{tmp_path / 'a.mp4'}\n", done.stderr
    (tmp_path / "a.mp4").write_bytes(b"of somebody else")
    refused = run_command("pipeline", "resume", job.id, env=in_home(home))
    assert refused.returncode == 2 and "exists" in refused.stderr
    assert (tmp_path / "a.mp4").read_bytes() == b"of somebody else"


def start_and_stop(home: Path, stage: str, wait_s: float, with_signal: int) -> int:
    """Start the run, send a signal wait_s after a stage has begun, return the exit code."""
    process = subprocess.Popen(
        command(*RUN),
        env=in_home(home),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        preexec_fn=heed_signals,
    )
    for line in process.stderr:
        if line.strip().endswith(stage):
            break
    time.sleep(wait_s)
    process.send_signal(with_signal)
    process.stderr.read()
    return process.wait(timeout=60)


@pytest.mark.parametrize("stage", jobs.STAGES)
def test_kill_9_anywhere_then_resume_gives_the_same_bytes(stage, home, finished_job):
    code = start_and_stop(home, stage, random.uniform(0, 0.8), signal.SIGKILL)
    assert code in (-signal.SIGKILL, 0)
    job = homes.every(home)[0]
    before = {stage: job.record(stage) for stage in jobs.STAGES}
    done = run_command("pipeline", "resume", job.id, env=in_home(home))
    assert done.returncode == 0, done.stderr
    assert job.video.read_bytes() == finished_job.video.read_bytes()
    assert not hidden_files(job.folder)
    for stage, record in before.items():
        assert record is None or record == job.record(stage), f"{stage} was done and was made again"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_exits_130_leaves_nothing_half_made_and_can_be_resumed(stop, home, finished_job):
    assert start_and_stop(home, "lips", 0, stop) == 130
    job = homes.every(home)[0]
    assert job.state() == "stopped before lips"
    assert not hidden_files(home)
    assert not job.video.exists()
    assert run_command("pipeline", "resume", job.id[:12], env=in_home(home)).returncode == 0
    assert job.video.read_bytes() == finished_job.video.read_bytes()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_a_process_that_is_ending_changes_nothing(stop):
    """What is torn down last sends it: Python's own handlers are gone by then."""
    script = (
        "import os, signal, sys\n"
        f"class Late:\n    def __del__(self, kill=os.kill, own=os.getpid()):\n        kill(own, {int(stop)})\n"
        "sys.late, sys.argv = Late(), ['avatar', '--version']\n"
        "from avatar.__main__ import program\nsys.exit(program())"
    )
    assert subprocess.run([sys.executable, "-P", "-c", script], stdout=subprocess.DEVNULL).returncode == 0


def test_an_interrupt_that_was_caught_ends_nothing_later(tmp_path):
    """One that comes while a string is run, as a dataclass's methods are: Python remembers it to its end."""
    (tmp_path / "program.py").write_text(
        "import sys\nfrom avatar import stopping\n"
        "try:\n    exec('raise KeyboardInterrupt')\nexcept KeyboardInterrupt:\n    stopping.ignore()\nsys.exit(130)"
    )
    places = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    ended = subprocess.run([sys.executable, "-m", "program"], env=places)
    assert ended.returncode == 130


def test_a_signal_that_the_caller_ignores_stays_ignored(home, finished_job):
    """As under nohup, whose child outlives its terminal."""
    script = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from avatar.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.Popen([sys.executable, "-c", script, *RUN], env=in_home(home), stderr=subprocess.PIPE, text=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
    while "lips" not in run.stderr.readline():
        pass
    run.send_signal(signal.SIGHUP)
    run.stderr.read()
    assert run.wait(timeout=60) == 0
    assert homes.every(home)[0].video.read_bytes() == finished_job.video.read_bytes()


def test_what_killed_processes_left_half_made_is_swept(home):
    leftover = home / "jobs/.new-a1b2c3/inputs"
    leftover.mkdir(parents=True)
    (leftover / "portrait.png").write_bytes(b"half")
    made = homes.create(home, make_request(text="Hello."))
    assert [path.name for path in (home / "jobs").iterdir()] == [made.id]


def test_a_folder_that_is_being_made_is_not_swept(home):
    """A second process waits until the first one's folder has its name."""
    script = (
        "import sys, time; from pathlib import Path; from avatar.files import new_folder, rename_new\n"
        "with new_folder(Path(sys.argv[1])) as scratch:\n"
        "    print('making', flush=True); time.sleep(0.5); rename_new(scratch, Path(sys.argv[1]))"
    )
    first = subprocess.Popen([sys.executable, "-c", script, home / "jobs/first"], stdout=subprocess.PIPE)
    assert first.stdout.readline() == b"making\n"
    homes.create(home, make_request(text="Hello."))
    assert first.wait(timeout=60) == 0 and (home / "jobs/first").is_dir()


def test_a_job_that_is_worked_on_is_left_alone(finished_home, finished_job, home):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    job = homes.find(home, finished_job.id)
    with job.locked():
        assert job.state() == "running"
        for line in (("pipeline", "resume", job.id), ("pipeline", "remove", job.id)):
            done = run_command(*line, env=in_home(home))
            assert done.returncode == 75
            assert "being worked on by another avatar process" in done.stderr
    assert job.state() == "done"


def test_two_runs_of_one_job_do_not_break_each_other(home, finished_job):
    runs = [
        subprocess.Popen(command(*RUN), env=in_home(home), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert {run.returncode for run in runs} <= {0, 75} and 0 in {run.returncode for run in runs}, said
    assert homes.every(home)[0].video.read_bytes() == finished_job.video.read_bytes()
    assert not hidden_files(home)


def test_the_request_decides_the_job_and_not_where_its_files_lie(tmp_path, home):
    picture = Path(sys.prefix) / "lib/python3.11/site-packages/skimage/data/astronaut.png"
    for name in ("a.png", "b.png"):
        shutil.copy(picture, tmp_path / name)
    made = [homes.create(home, make_request(text="Hello.", portrait=tmp_path / name)) for name in ("a.png", "b.png")]
    other = homes.create(home, make_request(text="Hello.", portrait=tmp_path / "a.png", seed=8))
    assert made[0] == made[1] != other
    (tmp_path / "a.png").unlink()
    assert made[0].request().portrait.read_bytes() == picture.read_bytes()


def test_list_show_and_remove(avatar, finished_home, finished_job, home):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    assert finished_job.id in avatar("pipeline", "list").stdout
    assert json.loads(avatar("pipeline", "list", "--json").stdout)["jobs"][0]["state"] == "done"
    shown = avatar("pipeline", "show", finished_job.id)
    assert all(stage in shown.stdout for stage in jobs.STAGES)
    assert avatar("pipeline", "remove", finished_job.id).code == 0
    assert avatar("pipeline", "show", finished_job.id).code == 2
    assert avatar("pipeline", "list").stdout == ""
