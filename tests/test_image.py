"""What makes the container images, without building one: `ci/image check` builds and runs them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from avatar.environment import driver, locks
from avatar.jobs import cause
from ci.container import build, debs, docker, inside, labels, layers
from ci.container.host import Problem
from tests.conftest import ROOT

DOCKER = ROOT / "docker"
DOCKERFILE = (ROOT / "Dockerfile").read_text()

# ---------------------------------------------------------------- the Dockerfile


def instructions() -> list[str]:
    """The Dockerfile's lines with continuations joined; comments and blank lines as they are."""
    return re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines()


def test_the_dockerfile_is_short_and_has_a_comment_for_each_step():
    lines = instructions()
    assert len(DOCKERFILE.splitlines()) <= 110
    steps = [number for number, line in enumerate(lines) if line.startswith(("RUN", "ENV", "HEALTHCHECK", "LABEL"))]
    assert len(steps) > 10
    for number in steps:
        above = number - 1
        while lines[above].startswith("COPY"):  # what a step needs is copied under its comment
            above -= 1
        assert lines[above].startswith("# "), f"no comment above: {lines[number]}"


def test_the_base_is_named_by_digest():
    assert re.search(r"^ARG BASE=\S+/debian:bookworm-slim@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)
    external = [line.split()[1] for line in instructions() if line.startswith("FROM")]
    stages = {line.split()[3] for line in instructions() if line.startswith("FROM")}
    assert set(external) - stages == {"${BASE}"}


def test_only_the_pod_is_root():
    user, last_user = "", {}
    for line in instructions():
        if line.startswith("FROM"):
            stage = line.split()[3]
        if line.startswith("USER"):
            user = last_user[stage] = line.split()[1]
    users = {"preview": "1000:1000", "full": "1000:1000", "pod": "0:0", "serverless": "1000:1000"}
    assert last_user == users, user


def test_what_is_copied_is_let_into_the_build():
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in instructions():
        if line.startswith("COPY"):
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), line
                assert source.split("/")[0] in let_in, f"{source} is kept out by .dockerignore"


def test_every_docker_line_of_the_docs_is_run_or_says_why_not():
    """`ci/image docker` runs the first kind."""
    runs, cannot = docker.documented(docker.DOCS.read_text())
    assert [line.split()[1] for line in runs] == ["build", "run", "run", "run", "run", "build"]
    assert cannot and all("avatar:full" in line for line in cannot)
    for page in (ROOT / "README.md", ROOT / "docs/install.md", ROOT / "docs/runpod.md"):
        others, _ = docker.documented(page.read_text())
        assert set(others) <= set(runs), f"{page.name} has a line that nothing runs"


# ---------------------------------------------------------------- labels and budgets


def test_labels_are_derived_from_the_locks(tmp_path, monkeypatch):
    locked = locks.read_payload(ROOT / "locks")
    found = labels.labels("full", debs.LOCK)
    assert found["avatar.fingerprint.base"] == cause.locked_fingerprints()["base"]
    assert found["avatar.fingerprint.full"] == cause.locked_fingerprints()["full"]
    assert found["avatar.least-driver"] == driver.least_driver(driver.locked_cuda(locked))
    assert "avatar.least-driver" not in labels.labels("preview", debs.LOCK)  # no torch, no driver
    assert found["avatar.lock"] != labels.labels("preview", debs.LOCK)["avatar.lock"]
    for value in (found["avatar.fingerprint.base"], found["avatar.least-driver"], found["avatar.lock"]):
        assert value not in DOCKERFILE

    # A torch of CUDA 13 in the lock: the label follows by itself.
    shutil.copytree(ROOT / "locks", tmp_path / "locks")
    locked["full"] = {name: entry for name, entry in locked["full"].items() if "cuda-runtime" not in name}
    locked["full"]["nvidia-cuda-runtime"] = {"version": "13.0.48", "payload": "0" * 64}
    (tmp_path / "locks" / "payload.json").write_text(json.dumps(locked))
    monkeypatch.setattr(labels, "ROOT", tmp_path)
    moved = labels.labels("full", debs.LOCK)
    assert moved["avatar.least-driver"] == driver.LEAST_DRIVER[13]
    assert moved["avatar.fingerprint.full"] != found["avatar.fingerprint.full"]


@pytest.mark.parametrize(
    "remote, public",
    [
        ("https://name:secret@example.org/team/avatar.git", "https://example.org/team/avatar"),
        ("git@example.org:team/avatar.git", "https://example.org/team/avatar"),
        ("/somewhere/avatar.git", ""),  # a folder of this machine
    ],
)
def test_the_source_label_is_a_public_address_without_credentials(tmp_path, monkeypatch, remote, public):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", remote], check=True)
    monkeypatch.setattr(labels, "ROOT", tmp_path)
    assert labels.source() == public


def image_of(folder: Path, megabytes: float, config: dict | None = None) -> build.Image:
    """An image as buildah leaves it in a folder: a manifest, a config, and one layer of that size."""
    body = json.dumps(config or {"config": {}}).encode()
    digest = hashlib.sha256(body).hexdigest()
    folder.mkdir()
    (folder / digest).write_bytes(body)
    manifest = {"config": {"digest": f"sha256:{digest}", "size": len(body)}, "layers": [{"size": int(megabytes * 1e6)}]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return build.Image("preview", "localhost/test:1", folder)


def test_every_target_has_a_budget_and_a_heavier_image_is_refused(tmp_path):
    assert all(build.budget(target) > 0 for target in build.TARGETS)
    build.check_budget(image_of(tmp_path / "light", build.budget("preview") - 1))
    with pytest.raises(Problem, match="preview weighs 601 MB, more than the 600 MB of docker/budgets.toml"):
        build.check_budget(image_of(tmp_path / "heavy", build.budget("preview") + 1))


def test_two_images_that_differ_in_their_container_alone_are_one(tmp_path):
    """buildah writes the random name of the container it committed from into the config."""
    digests = set()
    for name in ("a", "b"):
        config = {"container": name * 64, "config": {"Hostname": name * 12, "User": "1000"}}
        image = image_of(tmp_path / name, 1, config)
        build.forget_container(image.folder)
        digests.add(image.digest)
        assert image.config == {"Hostname": "", "User": "1000"}
    assert len(digests) == 1


def test_the_file_that_differs_between_two_builds_is_named(tmp_path):
    folders = []
    for text in ("one", "other"):
        folder = tmp_path / text
        (folder / "root").mkdir(parents=True)
        (folder / "root" / "same").write_text("same")
        (folder / "root" / "log").write_text(text)
        with tarfile.open(folder / "layer", "w") as archive:
            for name in ("same", "log"):
                info = tarfile.TarInfo(f"var/{name}")
                info.size = (folder / "root" / name).stat().st_size
                with open(folder / "root" / name, "rb") as file:
                    archive.addfile(info, file)
        digest = hashlib.sha256((folder / "layer").read_bytes()).hexdigest()
        (folder / "layer").rename(folder / digest)
        (folder / "manifest.json").write_text(
            json.dumps({"config": {"digest": "sha256:0"}, "layers": [{"digest": f"sha256:{digest}"}]})
        )
        folders.append(folder)
    assert layers.differences(*folders) == ["layer 0: var/log"]


# ---------------------------------------------------------------- the scripts that run in an image


def test_the_image_refuses_a_system_package_of_other_bytes(tmp_path):
    (tmp_path / "one.deb").write_bytes(b"not what is locked")
    (tmp_path / "debs.txt").write_text(f"preview one=1 {'0' * 64} one.deb\n")
    nothing_installs = {"DEBS": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["sh", DOCKER / "install-debs.sh", "preview"], env=nothing_installs, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "one.deb: FAILED" in done.stdout
    done = subprocess.run(
        ["sh", DOCKER / "install-debs.sh", "pod"], env=nothing_installs, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "install-debs: debs.txt names no package for pod\n")


def test_byte_code_for_images_is_hashed_and_the_same_each_time(tmp_path):
    source = tmp_path / "module.py"
    source.write_text("ANSWER = 6 * 7\n")
    (tmp_path / "template.py").write_text("print {{ name }}\n")
    contents = set()
    for time in (1, 1_000_000_000):
        os.utime(source, (time, time))
        done = subprocess.run([sys.executable, DOCKER / "compile.py", tmp_path], capture_output=True, text=True)
        assert done.returncode == 0
        assert "left as it is" in done.stderr and "template.py" in done.stderr
        (code,) = (tmp_path / "__pycache__").iterdir()
        contents.add(code.read_bytes())
        code.unlink()
    assert len(contents) == 1
    assert contents.pop()[4:8] == b"\x01\0\0\0"  # PEP 552: hash-based, not compared with the source


def start_pod(*command: str, **variables: str) -> subprocess.Popen:
    clean = {name: value for name, value in os.environ.items() if name != "PUBLIC_KEY"}
    return subprocess.Popen(
        ["sh", DOCKER / "pod-start.sh", *command], env=clean | variables, stderr=subprocess.PIPE, text=True
    )


def test_a_pod_without_a_key_runs_its_command_and_no_sshd():
    pod = start_pod("sh", "-c", "exit 7")
    _, said = pod.communicate(timeout=30)
    assert pod.returncode == 7
    assert "no PUBLIC_KEY, so no sshd" in said


def test_a_pod_waits_until_it_is_stopped():
    pod = start_pod()
    assert "no PUBLIC_KEY" in pod.stderr.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        pod.wait(timeout=0.3)
    pod.send_signal(signal.SIGTERM)
    assert pod.wait(timeout=30) == 0


def test_another_python_or_a_compiler_on_the_path_of_an_image_is_named(tmp_path, monkeypatch):
    for name, answer in {"python3": "Python 3.12.4", "python3.11": "Python 3.11.2", "gcc-12": "", "avatar": ""}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho {answer}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    assert inside.other_pythons() == [f"{tmp_path}/python3 is Python 3.12.4"]
    assert inside.build_tools() == [f"{tmp_path}/gcc-12 can build or install"]
    (tmp_path / "python3").unlink()
    assert inside.other_pythons() == ["no python3 on PATH"]
