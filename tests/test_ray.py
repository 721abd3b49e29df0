"""A table on Ray: a real cluster on this host makes the bytes of one machine, whatever is killed; and what a node answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from avatar import __version__, asking
from avatar.batch import on_ray, ray_node
from avatar.batch.table import Row
from avatar.errors import TemporaryProblem, told_by
from avatar.jobs import home as homes
from avatar.jobs.job import Job
from avatar.provenance.delivery import is_of
from avatar.request import make_request
from testing.ray_cluster import command_of, end
from tests.conftest import ROOT, SHORT_TEXT, heed_signals, without_manifest
from tests.test_bad_input import SKIMAGE

TABLE = "name,text,preset\none,Hello.,joe\ntwo,,\nthree,Goodbye.,joe\nfour,Hello.,joe\n"


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "lessons.csv"
    path.write_text(TABLE)
    return path


def start(table: Path, *options: str, videos: str = "videos", **more) -> subprocess.Popen:
    command = [ROOT / "run", "avatar", "pipeline", "run", "--table", table, "-O", table.parent / videos, *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_signals, **more
    )


def run(table: Path, *options: str, **more) -> tuple[int, str, str]:
    process = start(table, *options, **more)
    stdout, stderr = process.communicate(timeout=200)
    return process.returncode, stdout, stderr


def videos(folder: Path) -> dict[str, bytes]:
    """What is delivered there; the videos beneath their signatures."""
    return {
        path.name: without_manifest(path) if path.suffix == ".mp4" else path.read_bytes()
        for path in sorted(folder.iterdir())
    }


# ---------------------------------------------------------------- a cluster


def test_the_videos_are_those_of_one_machine_and_nothing_is_made_twice(cluster, table, home):
    cluster.head.forget_jobs()
    code, stdout, stderr = run(table, "--on", cluster.address)
    assert code == 1
    assert stdout.split() == [str(table.parent / f"videos/{name}.mp4") for name in ("one", "three", "four")]
    assert "row 2 (two): text, audio: there is nothing to say" in stderr
    assert "4 rows: 3 made, 0 there already, 1 failed" in stderr
    for stage in ("[1/4] portrait", "[2/4] voice", "[3/4] lips", "[4/4] video"):
        for name in ("one", "three", "four"):  # of which one and four ask for the same
            assert stderr.count(f"{stage}  {name}\n") == 1, (stage, name)
    made = videos(table.parent / "videos")
    assert [job.state() for job in homes.every(home)] == ["done", "done"], "they can be shown, and resumed"
    here, there = ({job.id for job in homes.every(each)} for each in (home, cluster.head.home))
    assert not here & there, "the disk of a node that is never idle fills"
    on_a_node = {**os.environ, "RAY_ADDRESS": f"127.0.0.1:{cluster.port}"}  # where several are, as in tests; else found
    again = run(table, "--on", "auto", env=on_a_node)
    assert (again[0], again[1]) == (1, stdout) and "3 there already" in again[2]
    (table.parent / "videos/three.mp4").unlink()
    code, stdout, stderr = run(table, "--missing", "--on", cluster.address)
    assert stdout.split() == [str(table.parent / "videos/three.mp4")]
    assert videos(table.parent / "videos") == made
    shutil.rmtree(home)
    assert run(table, videos="alone")[0] == 1
    assert videos(table.parent / "alone") == made


def test_a_file_that_a_row_names_and_what_is_wrong_with_it(cluster, table):
    from PIL import Image

    Image.new("RGB", (300, 300), "grey").save(table.parent / "grey.png")
    shutil.copy(SKIMAGE / "astronaut.png", table.parent / "me.png")
    table.write_text("name,text,portrait,subtitles\na,Hello.,me.png,yes\nb,Hello.,grey.png,\nc,Hello.,none.png,\n")
    code, _, stderr = run(table, "--preset", "joe", "--on", cluster.address)
    assert code == 1 and "3 rows: 1 made, 0 there already, 2 failed" in stderr, stderr
    assert (
        "row 2 (b): " in stderr
        and "no face" in stderr
        and "row 3 (c): portrait: there is no kept portrait and no file" in stderr
    )
    assert "Traceback" not in stderr
    made = videos(table.parent / "videos")
    assert list(made) == ["a.mp4", "a.srt"] and b"-->" in made["a.srt"]
    run(table, "--row", "1", "--preset", "joe", "--overwrite", videos="alone")
    assert videos(table.parent / "alone") == made


def test_a_render_that_is_killed_is_made_again_and_was_closed(cluster, table):
    table.write_text(f'name,text,preset\none,"{SHORT_TEXT}",joe\n')
    process = start(table, "--on", cluster.address)
    render = wait_until(lambda: cluster.head.renders() or process.poll() is not None and process.communicate()[::-1])[0]
    assert isinstance(render, int), (process.returncode, render)
    wait_until(lambda: "Seccomp:\t2" in Path(f"/proc/{render}/status").read_text())  # no network, for good
    end(render)
    other = wait_until(lambda: [pid for pid in cluster.head.renders() if pid != render])[0]
    (process_of_ray,) = cluster.head.workers()
    end(process_of_ray)
    wait_until(lambda: command_of(other) == "")  # it ends with the one that it worked for
    _, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert list(videos(table.parent / "videos")) == ["one.mp4"]


def test_a_row_that_wants_a_card_of_a_cluster_without_one_says_that_it_waits(cluster, table):
    process = start(table, "--stack", "full", "--row", "1", "--on", cluster.address)
    assert process.stderr and "no node of the cluster has a GPU; it waits until one does." in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in stderr, stderr


def test_a_table_that_is_stopped_or_killed_goes_on(cluster, table):
    table.write_text("name,text,preset\n" + "".join(f"{row},This is row {row}.,joe\n" for row in range(4)))
    for ended_by, code in ((signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)):
        there = len(list((table.parent / "videos").glob("*"))) if (table.parent / "videos").exists() else 0
        forgets_soon = {**os.environ, "RAY_CLIENT_RECONNECT_GRACE_PERIOD": "5"}  # whoever is gone; else after 30 s
        process = start(table, "--missing", "--on", cluster.address, env=forgets_soon)
        wait_until(lambda there=there: len(list((table.parent / "videos").glob("[!.]*.mp4"))) > there)
        process.send_signal(ended_by)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == code and "Traceback" not in stderr, stderr
    before = set(videos(table.parent / "videos"))
    code, stdout, stderr = run(table, "--missing", "--on", cluster.address)
    assert code == 0, stderr
    assert {Path(line).name for line in stdout.split()} == set(videos(table.parent / "videos")) - before
    assert sorted(videos(table.parent / "videos")) == [f"{row}.mp4" for row in range(4)]


def test_nobody_but_the_cluster_is_asked(cluster, table):
    if not shutil.which("strace"):
        pytest.skip("wants strace")
    trace = table.parent / "trace.txt"
    traced = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", trace]
    command = [ROOT / "run", "avatar", "pipeline", "run", "--table", table, "-O", table.parent, "--on", cluster.address]
    subprocess.run([*traced, *command], capture_output=True)
    assert hosts_asked(trace.read_text()) == {"127.0.0.1"}
    of_the_node = (cluster.homes / "trace.txt").read_text()
    assert hosts_asked(of_the_node), "the node was not watched"
    # No figures of use go to Ray's maker. A head asks the address at which a cloud tells a machine what it is.
    assert not re.search(r"usage-stats|ray\.io", of_the_node)


def hosts_asked(trace: str) -> set[str]:
    return {
        host.removeprefix("::ffff:") for host in re.findall(r'sin6?_port=.*?inet_\w+\((?:AF_INET6?, )?"([^"]*)"', trace)
    }


def wait_until(found, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


# ---------------------------------------------------------------- no cluster


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--on", "127.0.0.1:10001"), 2, "--on: the address of a cluster is ray://HOST:PORT"),
        (("--on", "ray://127.0.0.1:1", "--dry-run"), 2, "--dry-run: this is for a table that is made on this machine"),
        (("--on", "ray://127.0.0.1:1", "--queue"), 2, "--queue: this is for a table that is made on this machine"),
        (("--on=ray://127.0.0.1:1",), 75, "can be had at ray://127.0.0.1:1 ("),
    ],
)
def test_what_cannot_be_asked_of_a_cluster(table, options, code, said):
    done = run(table, *options)
    assert (done[0], said in done[2]) == (code, True), done[2]
    assert "Traceback" not in done[2] and "Warning" not in done[2]


def test_without_a_table_or_without_ray_it_is_told(avatar, table):
    refused = avatar("pipeline", "run", "--text", "Hello.", "--on", "auto")
    assert (refused.code, "--on: this is for a table" in refused.stderr) == (2, True)
    if find_spec("ray"):
        pytest.skip("it is here")
    refused = avatar("pipeline", "run", "--table", table, "-O", "x", "--on", "auto")
    assert refused.code == 1 and "'./run avatar pipeline run --table … --on …' in a checkout makes" in refused.stderr


# ---------------------------------------------------------------- a node, in this process


def asked(**fields: object) -> dict:
    return asking.request_of(**{"text": "Hello.", "preset": "joe"} | fields).model_dump(mode="json")


def test_a_node_makes_what_was_asked_for_elsewhere(home, monkeypatch, tmp_path):
    """Its settings decide nothing of it, and the files come as bytes."""
    monkeypatch.setenv("AVATAR_PRESET", "joe")
    monkeypatch.setenv("AVATAR_SEED", "99")
    wanted = asked() | {"preset": None, "portrait": "/of/another/machine/me.png", "seed": 3}
    picture = (SKIMAGE / "astronaut.png").read_bytes()
    answer = ray_node.render(__version__, wanted, True, None, 0, picture)
    assert homes.every(home) == []
    (tmp_path / "me.png").write_bytes(picture)
    monkeypatch.setenv("AVATAR_PRESET", "")
    request = make_request(**wanted | {"portrait": tmp_path / "me.png"})
    job = on_ray.kept(request, answer)
    assert job.request().preset is None and job.request().seed == 3
    assert job.state() == "done" and job.folder == homes.place(home, request)
    report = json.loads(job.file("report.json").read_bytes())
    assert report["video_sha256"] == job.record("video")["outputs"]["video.mp4"]


def test_a_job_that_was_on_the_node_before_stays(home, finished_home, finished_job, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(finished_home))
    answer = ray_node.render(__version__, finished_job.request().model_dump(mode="json"), True, None, 0)
    assert answer["files"]["video.mp4"] == finished_job.video.read_bytes() and finished_job.folder.exists()


def test_what_a_node_cannot_make_is_told_in_the_words_of_whoever_asked():
    answer = ray_node.render(
        __version__, asked() | {"portrait": "/home/ann/wall.png"}, True, None, 0, b"no picture at all"
    )
    error = told_by(answer["error"])
    assert error.kind == "input" and "/tmp" not in str(error) and "wall.png" in str(error)
    told = told_by(ray_node.render("0.0.1", asked(), True, None, 0)["error"])
    assert told.kind == "host" and "the table comes from 0.0.1" in str(told)


def test_what_may_pass_is_raised_so_that_ray_tries_it_again(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'avatar.worker' in ' '.join(sys.orig_argv): os.kill(os.getpid(), 9)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(ray_node, "PAUSE_S", 0)
    with pytest.raises(TemporaryProblem, match="ended by SIGKILL"):
        ray_node.render(__version__, asked(), True, None, 0)


# ---------------------------------------------------------------- what comes home


@pytest.fixture
def answer(finished_job) -> ray_node.Answer:
    return {"profile": None, "engine": None, "notes": [], "files": ray_node.packed(finished_job)}


@pytest.mark.parametrize("change", [
    lambda files: files | {"video.mp4": files["video.mp4"][:-1]},
    lambda files: {name: content for name, content in files.items() if name != "speech.wav"},
    lambda files: files | {"records/lips.json": b"{}"},
    lambda files: files | {"records/lips.json": files["records/voice.json"]},
    lambda files: {name: content for name, content in files.items() if name != "records/lips.json"},
])  # fmt: skip
def test_a_job_that_did_not_arrive_whole_is_no_video(home, finished_job, answer, change):
    with pytest.raises(TemporaryProblem, match="did not arrive"):
        on_ray.kept(finished_job.request(), answer | {"files": change(answer["files"])})
    (job,) = homes.every(home)
    assert job.state() != "done" and not job.video.exists() and not job.damage()
    whole = on_ray.kept(finished_job.request(), answer)
    assert whole.id == job.id and whole.state() == "done"
    assert whole.video.read_bytes() == finished_job.video.read_bytes()


def test_a_video_of_whatever_profile_is_known_again(home, tmp_path, finished_job, answer):
    """Of the full stack: the node decided on the profile, by its card, and this machine does not know on which."""
    row, output = Row(1, "one", {"text": "Hello.", "stack": "full"}), tmp_path / "one.mp4"
    plan, place = on_ray.planned(row, tmp_path, {})
    assert (plan.request.profile, plan.job.folder) == (None, place)
    job = on_ray.kept(plan.request, answer | {"profile": "6GB"})
    shutil.copy(job.video, output)
    found, again = on_ray.planned(row, tmp_path, {})
    assert (found.job, again) == (job, place) and is_of(found.job, output)
    output.write_bytes(b"another")
    assert on_ray.planned(row, tmp_path, {})[0].job == Job(place)
