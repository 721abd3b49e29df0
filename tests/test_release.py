"""Releases: the bill of materials, the packages, what a release is refused for, the workflows, the rented pod."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("yaml")

import yaml

from avatar import __version__
from avatar.environment import installed, installer, locks
from tests import pic_project

ROOT = Path(__file__).parent.parent
WORKFLOWS = {path.name: path for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
COMMIT_TIME = "1795304826"
SBOM = f"avatar-{__version__}.cdx.json"


@pytest.fixture(scope="module")
def tools() -> Path:
    """The folder of a release's tools; also lints the real workflows, once."""
    done = subprocess.run([ROOT / "ci/release", "--lint"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return ROOT / ".venv/release/bin"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """The files of this checkout as a commit of their own."""
    folder = tmp_path_factory.mktemp("release") / "checkout"
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    return subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")


def in_release(folder: Path, statement: str) -> subprocess.CompletedProcess:
    """A statement among the functions of that folder's ci/release, in a process of its own."""
    program = f"import runpy; globals().update(runpy.run_path('ci/release')); {statement}"
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)


# ---------------------------------------------------------------- the bill of materials


def make_sbom(tools: Path, root: Path, output: Path) -> subprocess.CompletedProcess:
    site = installed.site_packages()
    words = [tools / "python", root / "ci/sbom", "--site", site, "--time", COMMIT_TIME, "-o", output]
    return subprocess.run(words, capture_output=True, text=True)


@pytest.fixture(scope="module")
def sbom(tools, checkout, tmp_path_factory) -> str:
    output = tmp_path_factory.mktemp("sbom") / "one.json"
    done = make_sbom(tools, checkout, output)
    assert done.returncode == 0, done.stderr
    return output.read_text()


def test_the_bill_of_materials_is_the_same_twice(tools, checkout, sbom, tmp_path):
    make_sbom(tools, checkout, tmp_path / "two.json")
    assert (tmp_path / "two.json").read_text() == sbom


def test_it_lists_every_locked_thing_with_digest_and_licence(sbom, checkout):
    parts = json.loads(sbom)["components"]
    digests = {hash_["content"] for part in parts for hash_ in part.get("hashes", [])}
    wheels = locks.read_wheels(checkout / "locks", ["base", "full"])
    debs = re.findall(
        r"^(?!download)[a-z]+ \S+ ([0-9a-f]{64}) ", (checkout / "locks/debs.txt").read_text(), re.MULTILINE
    )
    assert digests == {wheel.sha256 for wheel in wheels} | set(debs)
    models = [part for part in parts if part["type"] == "machine-learning-model"]
    weights = {file["hashes"][0]["content"] for model in models for file in model["components"]}
    assert weights == set(re.findall(r"[0-9a-f]{64}", (checkout / "avatar/weights/models.lock").read_text()))
    assert [part["name"] for part in parts if not part.get("licenses")] == []
    ffmpeg = next(part for part in parts if part["name"] == "imageio-ffmpeg")
    assert ffmpeg["licenses"] == [{"expression": "BSD-2-Clause AND GPL-3.0-or-later"}]


def test_it_says_which_wheels_the_full_stack_without_xtts_has(sbom, checkout):
    layers = {
        (part["name"], part["version"]): [
            each["value"] for each in part["properties"] if each["name"] == "avatar:layer"
        ]
        for part in json.loads(sbom)["components"]
        if part["purl"].startswith("pkg:pypi/")
    }
    expected = {}
    for layer in ("base", "full", "pocket"):
        for wheel in locks.read_wheels(checkout / "locks", [layer]):
            expected.setdefault((wheel.name, wheel.version), []).append(layer)
    assert layers == expected
    assert [layers[name] for name in layers if name[0] in ("coqui-tts", "torch")] == [["full"], ["full", "pocket"]]


def test_it_holds_no_address(sbom):
    assert "://" not in sbom.replace(json.loads(sbom)["$schema"], "")


def test_a_wheel_that_is_not_the_installed_one_is_named(tools, checkout, tmp_path):
    copy = shutil.copytree(checkout, tmp_path / "copy", ignore=shutil.ignore_patterns(".git"))
    lock = copy / "locks/base.txt"
    lock.write_text(re.sub(r"^click==[0-9.]+", "click==1.0", lock.read_text(), flags=re.MULTILINE))
    done = make_sbom(tools, copy, tmp_path / "out.json")
    assert done.returncode != 0 and "click 1.0 is not installed" in done.stderr
    assert not (tmp_path / "out.json").exists()


# ---------------------------------------------------------------- the packages


@pytest.fixture(scope="module")
def built(tools, checkout, sbom, tmp_path_factory) -> Path:
    """Wheel and sdist beside their bill of materials, made twice with other file times between: the same bytes."""
    (checkout / ".venv").mkdir(exist_ok=True)
    (checkout / ".venv/release").symlink_to(tools.parent)
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for folder, seconds in ((one, 10**9), (two, 1.5 * 10**9)):
        (folder / SBOM).write_text(sbom)
        os.utime(folder / SBOM, (seconds, seconds))
        for path in checkout.glob("avatar/**/*.py"):
            os.utime(path, (seconds, seconds))
        done = in_release(checkout, f"make_packages(Path({str(folder)!r}), '{COMMIT_TIME}')")
        assert done.returncode == 0, done.stderr
    assert len(list(one.iterdir())) == 3
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name
    return one


def test_the_wheel_carries_what_it_reads(built, checkout):
    wheel = zipfile.ZipFile(next(built.glob("*.whl")))
    assert {file.date_time[:3] for file in wheel.infolist()} == {(2026, 11, 21)}  # the commit's time
    inside = wheel.namelist()
    wanted = git(checkout, "ls-files", "avatar").split()
    wanted += [f"avatar/{name}" for name in git(checkout, "ls-files", "locks").split()]
    assert set(wanted) <= set(inside)


def test_the_wheel_carries_the_bill_of_materials_of_its_release(built, sbom):
    """Where PEP 770 puts it; RECORD owns it with its digest, so installers and auditors find it."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        info = f"avatar-{__version__}.dist-info"
        assert [name for name in wheel.namelist() if "/sboms/" in name] == [f"{info}/sboms/{SBOM}"]
        assert wheel.read(f"{info}/sboms/{SBOM}") == (built / SBOM).read_bytes() == sbom.encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(sbom.encode()).digest()).rstrip(b"=").decode()
        assert f"{info}/sboms/{SBOM},sha256={digest},{len(sbom.encode())}" in wheel.read(f"{info}/RECORD").decode()


def test_a_wheel_is_built_without_a_bill_of_materials_from_a_checkout_or_from_the_sdist(
    tools, built, checkout, tmp_path
):
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        sdist.extractall(tmp_path, filter="data")
    without = {name: value for name, value in os.environ.items() if name != "AVATAR_SBOM"}
    for root in (checkout, tmp_path / f"avatar-{__version__}"):
        words = [tools / "python", "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "made"]
        done = subprocess.run(words, cwd=root, env=without, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        inside = zipfile.ZipFile(next((tmp_path / "made").glob("*.whl"))).namelist()
        assert "avatar/__main__.py" in inside and not [name for name in inside if "sbom" in name]
        shutil.rmtree(tmp_path / "made")


def test_an_installed_wheel_finds_its_locks_and_owns_its_files(built, tmp_path):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path)
    program = f"""if True:
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        from pathlib import Path
        from avatar.environment import installed, installer, locks
        print(locks.find_locks(), installed.unowned_files(Path({str(tmp_path)!r}), []))"""
    done = subprocess.run([sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == f"{tmp_path / 'avatar/locks'} []\n", done.stderr


# ---------------------------------------------------------------- picctl, beside it


def test_the_wheel_of_picctl_leads_an_empty_repository_and_is_in_the_bill_of_materials(
    tools, built, checkout, tmp_path
):
    wheels = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done = in_release(checkout, f"print(make_pic(Path({str(tmp_path / name)!r}), '{COMMIT_TIME}'))")
        assert done.returncode == 0, done.stderr
        wheels.append(Path(done.stdout.splitlines()[-1]))
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    words = ["--site", installed.site_packages(), "--time", COMMIT_TIME, "--beside", wheels[0], "-o", tmp_path / "bom"]
    subprocess.run([tools / "python", checkout / "ci/sbom", *words], check=True)
    [part] = [
        one for one in json.loads((tmp_path / "bom").read_text())["components"] if one["name"] == "pilot-in-command"
    ]
    assert part["hashes"][0]["content"] == hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    assert part["licenses"] == [{"license": {"id": "MIT"}}]

    with zipfile.ZipFile(wheels[0]) as wheel:
        assert not [name for name in wheel.namelist() if "avatar" in name]
        told = wheel.read(next(name for name in wheel.namelist() if name.endswith("/METADATA"))).decode()
    assert re.findall(r"^Requires-Dist: (\w+)>=[\d.]+$", told, re.MULTILINE) == ["click"]
    lead_an_empty_repository(wheels[0], tmp_path)


def lead_an_empty_repository(wheel: Path, scratch: Path) -> None:
    """Two phases of one, by the wheel in an environment that holds what it asks for and nothing else."""
    lines = (ROOT / "locks/base.txt").read_text().splitlines(keepends=True)
    (scratch / "needs.txt").write_text("".join(line for line in lines if line.startswith("click==")))
    uv = installer.find(ROOT, ROOT / ".venv", print)
    uv.make_environment(sys.executable, scratch / "env")
    uv.install(scratch / "env/bin/python", [scratch / "needs.txt"], "--quiet", wheel, require_hashes=False)
    installed_here = {path.name.partition("-")[0] for path in (scratch / "env").rglob("*.dist-info")}
    assert installed_here == {"pilot_in_command", "click"}
    root = pic_project.make(scratch / "repository")

    def picctl(*words: str, code: int = 0) -> str:
        alone = {"PATH": os.environ["PATH"], "HOME": str(scratch), "LC_ALL": "C.UTF-8", "PIC_WHO": "Ann"}
        done = subprocess.run([scratch / "env/bin/picctl", *words], cwd=root, capture_output=True, text=True, env=alone)
        assert done.returncode == code, (words, done.stdout + done.stderr)
        return done.stdout + done.stderr

    assert "picctl 0." in picctl("--version")
    assert "wrote pic.toml" in picctl("init", "--agents")
    pic_project.fill(root)
    assert "has changed since it was trusted" in picctl("gate", "research", code=1)
    picctl("trust", "--yes")
    assert "research is open" in picctl("start", "a problem")
    for phase, following in (("research", "planning"), ("planning", "design")):
        assert f"green {phase}-lines" in picctl("gate")
        assert "is written and empty" in picctl("handoff", code=1)
        pic_project.write_draft(root, phase)
        assert f"{following} is open" in picctl("handoff")
    assert "planning > [design]" in picctl("status") and "proved" in picctl("prove", "design-lines")
    assert "they agree" in picctl("verify") and "the audit needs packaging" in picctl("audit", "six", code=2)


# ---------------------------------------------------------------- what a release is refused for


def refusal(folder: Path) -> str:
    done = subprocess.run([folder / "ci/release", "--images", "none"], capture_output=True, text=True)
    assert done.returncode == 1 and not (folder / "dist").exists()
    return done.stderr


def test_a_changed_tree_is_refused(checkout):
    (checkout / "left-over.txt").touch()
    try:
        assert "left-over.txt" in refusal(checkout)
    finally:
        (checkout / "left-over.txt").unlink()


def test_a_tag_of_another_version_is_refused(checkout):
    git(checkout, "tag", "v99.0")
    try:
        assert f"v99.0, but avatar/__init__.py says {__version__}" in refusal(checkout)
    finally:
        git(checkout, "tag", "--delete", "v99.0")


def test_a_version_the_changelog_does_not_know_is_refused(checkout, tmp_path):
    copy = shutil.copytree(checkout, tmp_path / "copy")
    changelog = copy / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace(f"## [{__version__}]", "## [99.0]"))
    commit(copy)
    assert f"no section `## [{__version__}]`" in refusal(copy)


def test_differing_releases_are_told_apart_by_file(checkout, tmp_path):
    for name, digest in (("one", "a"), ("two", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SHA256SUMS").write_text(f"{digest * 64}  sample.mp4\n{'c' * 64}  notes.md\n")
    one, two = tmp_path / "one", tmp_path / "two"
    assert "these files differ: sample.mp4;" in in_release(checkout, f"compare(Path('{one}'), Path('{two}'))").stderr
    assert in_release(checkout, f"compare(Path('{one}'), Path('{one}'))").returncode == 0


# ---------------------------------------------------------------- the workflows


def read(name: str) -> dict:
    return yaml.load(WORKFLOWS[name].read_text(), Loader=yaml.BaseLoader)  # BaseLoader: `on` is a word, not a truth


def called_by(name: str) -> set[str]:
    """The workflow and every one that it calls."""
    calls = {Path(job["uses"]).name for job in read(name)["jobs"].values() if "uses" in job}
    return {name}.union(*(called_by(call) for call in calls))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit_with_their_version(name):
    for line in re.findall(r"uses: *(.+)", WORKFLOWS[name].read_text()):
        assert re.fullmatch(r"\./\.github/workflows/[a-z-]+\.yml|[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_only_read_and_every_job_ends(name):
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read"}
    own = [job for job in workflow["jobs"].values() if "uses" not in job]
    assert all("timeout-minutes" in job for job in own)


def test_what_runs_for_a_pull_request_is_given_no_secret():
    assert not any("pull_request_target" in read(name)["on"] for name in WORKFLOWS)
    open_to_all = [name for name in WORKFLOWS if "pull_request" in read(name)["on"]]
    assert open_to_all == ["checks.yml"]
    for name in set().union(*map(called_by, open_to_all)):
        assert "secrets" not in WORKFLOWS[name].read_text()
        assert "self-hosted" not in WORKFLOWS[name].read_text() and "vars." not in WORKFLOWS[name].read_text()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_scripts_a_workflow_runs_are_there(name):
    runs = [step["run"] for job in read(name)["jobs"].values() for step in job.get("steps", []) if "run" in step]
    named = set(re.findall(r"(?<![\w/.])\.?ci/[a-z-]+", "\n".join(runs)))
    assert [script for script in named if not os.access(ROOT / script, os.X_OK)] == []


def test_nothing_is_published_before_gates_doors_and_the_gpu_stage():
    jobs = read("release.yml")["jobs"]

    def before(job: str) -> set[str]:
        needs = jobs[job].get("needs", [])
        needs = [needs] if isinstance(needs, str) else needs
        return set(needs).union(*map(before, needs))

    assert before("publish") == {"checks", "candidate", "gpu"}
    assert jobs["gpu"]["with"]["on-skip"] == "fail"
    assert read("checks.yml")["jobs"]["doors"]["needs"] == "gates"


def test_jobs_run_on_the_base_of_the_images():
    base = re.search(r"^ARG BASE=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    jobs = [job for name in WORKFLOWS for job in read(name)["jobs"].values()]
    assert {job["container"]["image"] for job in jobs if "container" in job} == {base}


def test_the_linter_sees_an_action_that_is_not_pinned(tools, tmp_path):
    folder = shutil.copytree(ROOT / ".github", tmp_path / ".github") / "workflows"
    checks = folder / "checks.yml"
    checks.write_text(re.sub(r"@[0-9a-f]{40}", "@main", checks.read_text()))
    done = subprocess.run([tools / "zizmor", "--offline", "--quiet", folder], capture_output=True, text=True)
    assert done.returncode != 0 and "unpinned-uses" in done.stdout


# ---------------------------------------------------------------- the rented pod


class Cloud(BaseHTTPRequestHandler):
    """As much of RunPod's API (version 2) as ci/pod calls, with the pods in a dictionary."""

    def do_GET(self):
        pods = self.server.pods
        self.answer({"pods": list(pods.values())} if self.path == "/pods" else pods[self.path.split("/")[-1]])

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked["gpu"]["id"])
        identity = f"pod{len(self.server.asked)}"
        state = {"id": identity, "status": self.server.status, "ssh": None, "cost": self.server.costs.pop(0)}
        self.server.pods[identity] = asked | state
        self.answer(self.server.pods[identity], 201)

    def do_DELETE(self):
        del self.server.pods[self.path.split("/")[-1]]
        self.answer(None, 204)

    def answer(self, content, status: int = 200) -> None:
        assert self.headers["Authorization"] == "Bearer a key"
        body = json.dumps(content).encode() if content else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def cloud():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    server.pods, server.asked, server.costs, server.status = {}, [], [0.5], "ERROR"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def pod(cloud, *words: str) -> subprocess.CompletedProcess:
    address = f"http://127.0.0.1:{cloud.server_port}"
    settings = {**os.environ, "RUNPOD_API": address, "RUNPOD_API_KEY": "a key", "RUNPOD_START_S": "1"}
    return subprocess.run([ROOT / "ci/pod", *words], env=settings, capture_output=True, text=True)


def test_a_pod_that_fails_is_removed(cloud):
    done = pod(cloud, "run", "image@sha256:0", "true")
    assert done.returncode == 1 and "pod1 is ERROR" in done.stderr and "pod1: removed" in done.stderr
    assert cloud.pods == {} and "a key" not in done.stderr


def test_a_pod_that_never_answers_is_removed(cloud):
    cloud.status = "STARTING"
    done = pod(cloud, "run", "image@sha256:0", "true")
    assert done.returncode == 1 and "could not be reached by ssh" in done.stderr and cloud.pods == {}


def test_a_pod_that_costs_too_much_is_removed_and_another_asked_for(cloud):
    cloud.costs = [1.5, 0.5]
    done = pod(cloud, "run", "image@sha256:0", "true")
    assert len(cloud.asked) == 2 and "pod2: NVIDIA RTX A5000, 0.5 USD per hour" in done.stderr and cloud.pods == {}


def test_the_reaper_removes_old_pods_of_its_own_and_no_other(cloud):
    old, new = "2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    names = [("ours-old", "avatar-ci-1", old), ("ours-new", "avatar-ci-2", new), ("theirs", "training", old)]
    cloud.pods = {identity: {"id": identity, "name": name, "createdAt": at} for identity, name, at in names}
    assert pod(cloud, "reap").returncode == 0
    assert sorted(cloud.pods) == ["ours-new", "theirs"]
