"""What ci/image shows with a Docker of its own: the Dockerfile built by Docker, buildah's image run by it, and the lines
of docs/docker.md.

The daemon has no network to give and keeps everything in a temporary folder. No registry is asked: the base is the one
that mmdebstrap made, with apt sources as official images have them; the mirror that they name and the dated archive
behind it stand on this host (testing/debian_archive.py), and so does the index of the wheels.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avatar.media.unsigned import unsigned_digest
from ci import wheels
from ci.container import base, build, checks, debs, downloads
from ci.container.build import BUILDAH, Image
from ci.container.host import KEPT, ROOT, Problem, run, sha256_of
from testing.debian_archive import DebianArchive, list_packages
from testing.wheel_index import WheelIndex

DOCS = ROOT / "docs" / "docker.md"
BASE_TIME = "20260803T000000Z"  # of the base that stands in; the lock has another
LOST = ("libegl1", "python3-pip")  # what the mirror no longer has
# Lines of the docs that cannot run here, and why.
OUT_OF_REACH = {
    r"avatar:full": "wants torch, a GPU or weights",
    r"REGISTRY": "wants a registry",
}


@dataclass(frozen=True)
class Docker:
    """A running daemon: `environment` lets `docker` find it."""

    environment: dict[str, str]

    def __call__(self, *words: str | Path, **options) -> str:
        return run("docker", *words, env=self.environment, **options)

    def shell(self, line: str, folder: Path) -> str:
        return run("bash", "-c", line, env=self.environment, cwd=folder)


def why_not() -> str:
    """Why no daemon can be started here; "" where one can."""
    if not shutil.which("dockerd"):
        return "no dockerd here (apt-get install docker.io)"
    return "" if os.geteuid() == 0 else "a daemon wants root"


@contextmanager
def daemon() -> Iterator[Docker]:
    """A Docker daemon of its own, stopped afterwards and its data removed."""
    with tempfile.TemporaryDirectory(prefix="docker-", dir=KEPT) as name:
        folder = Path(name)
        environment = {**os.environ, "DOCKER_HOST": f"unix://{folder}/sock", "DOCKER_BUILDKIT": "1"}
        # Debian's client first: it brings BuildKit along, where others want a plugin.
        environment["PATH"] = f"/usr/bin:{environment['PATH']}"
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(
                ["dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false", "--data-root", folder / "data",
                 "--exec-root", folder / "exec", "--pidfile", folder / "pid", "-H", f"unix://{folder}/sock"],
                stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        try:
            docker = Docker(environment)
            wait_for(docker, process, folder / "log")
            yield docker
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_for(docker: Docker, process: subprocess.Popen, log: Path) -> None:
    """Until the daemon answers, for 30 seconds at most."""
    for _ in range(60):
        answer = subprocess.run(["docker", "version"], env=docker.environment, capture_output=True)
        if answer.returncode == 0:
            return
        if process.poll() is not None:
            break
        time.sleep(0.5)
    raise Problem("dockerd does not start:\n" + "\n".join(log.read_text().splitlines()[-5:]))


def documented(docs: str) -> tuple[list[str], dict[str, str]]:
    """(docker's lines of the shell blocks that can run here, {line: why it cannot})."""
    blocks = re.findall(r"^```sh\n(.*?)^```", docs, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("docker ")]
    cannot = {line: why for line in lines for pattern, why in OUT_OF_REACH.items() if re.search(pattern, line)}
    return [line for line in lines if line not in cannot], cannot


# ---------------------------------------------------------------- building


@contextmanager
def stand_ins() -> Iterator[tuple[DebianArchive, WheelIndex]]:
    """A mirror that lost some packages, the dated archive that has them all and is busy at first, and the wheels."""
    with tempfile.TemporaryDirectory(prefix="archive-", dir=KEPT) as name:
        for place, lost in (("mirror", LOST), (f"archive/{BASE_TIME}", ())):
            folder = Path(name, place)
            folder.mkdir(parents=True)
            for deb in debs.read(downloads.DOWNLOADS / "debs" / "debs.txt"):
                if deb.name not in lost:  # the archive's file names leave out the epoch
                    wheels.place(downloads.DOWNLOADS / "debs" / deb.file, folder / re.sub(r"\d+%3a", "", deb.file))
            list_packages(folder)
        with DebianArchive(Path(name), busy=[429, 503]) as archive, WheelIndex(downloads.DOWNLOADS / "wheels") as index:
            yield archive, index


def import_base(docker: Docker, archive: DebianArchive) -> str:
    """The base as an image of this daemon, with the apt sources of an official one; its name."""
    docker("import", base.make(), "stand-in:bare")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "debian.sources").write_text(
            f"Types: deb\n# {archive.address}/archive/debian/{BASE_TIME}\nURIs: {archive.address}/debian\n"
            "Suites: ./\nTrusted: yes\n"
        )
        Path(folder, "Dockerfile").write_text(
            "FROM stand-in:bare\nRUN rm /etc/apt/sources.list\nCOPY debian.sources /etc/apt/sources.list.d/\n"
        )
        docker("build", "--network=none", "--tag", "stand-in:dated", folder)
    return "stand-in:dated"


def build_documented(docker: Docker, lines: list[str]) -> str:
    """Run the `docker build` lines, over the stand-ins; how many packages came from where."""
    with stand_ins() as (archive, index):
        options = ["--network=host", f"--build-arg=BASE={import_base(docker, archive)}",
                   f"--build-arg=PIP_INDEX_URL={index.address}"]  # fmt: skip
        for line in lines:
            docker.shell(line.replace("docker build ", f"docker build {shlex.join(options)} "), ROOT)
        packages = [path for path in archive.requests if path.endswith(".deb")]
    dated = {path.rpartition("/")[2] for path in packages if path.startswith("/archive/")}
    if {name.partition("_")[0] for name in dated} != set(LOST) or archive.busy:
        raise Problem(f"not what the mirror lost, {LOST}, came from the dated archive, but {sorted(dated)}")
    return f"{len(packages)} requests for packages, {', '.join(LOST)} from the dated archive after a 429 and a 503"


# ---------------------------------------------------------------- running


def run_documented(docker: Docker, lines: list[str], demo: str) -> None:
    """Run the `docker run` lines in a folder of the image's user, with a picture beside; the demo must be `demo`."""
    with checks.workspace() as folder:
        picture = "/opt/avatar/env/lib/python3.11/site-packages/skimage/data/astronaut.png"
        docker.shell(f"docker run --rm --entrypoint cat avatar {picture} >me.jpg", folder)
        for line in lines:
            docker.shell(line, folder)
        made = {path.name: path for path in folder.glob("*.mp4")}
        if set(made) != {"avatar-demo.mp4", "hello.mp4"} or unsigned_digest(made["avatar-demo.mp4"]) != demo:
            raise Problem(f"the lines of {DOCS.name} made {sorted(made)}, or another demo than {demo}")


def check_loaded(docker: Docker, image: Image, demo: str) -> None:
    """buildah's image, loaded: the same demo as user 1000 without a network, and a status on a read-only file system."""
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        pipe = Path(folder, "pipe")  # 1.4 GB need not lie on the disk once more
        os.mkfifo(pipe)
        with (
            subprocess.Popen(
                [*BUILDAH, "push", "--quiet", image.name, f"docker-archive:{pipe}:avatar:buildah"],
                stdout=subprocess.DEVNULL,
            ) as push,
            open(pipe, "rb") as archive,
        ):
            docker("load", "--quiet", stdin=archive)
        if push.returncode:
            raise Problem(f"buildah does not give {image.name} away: `buildah push` ended with {push.returncode}")
    with checks.workspace() as folder:
        docker(
            "run",
            "--rm",
            "--network=none",
            f"--volume={folder}:/workspace",
            "avatar:buildah",
            "demo",
            "--no-sign",
            "-o",
            "demo.mp4",
        )
        owner, digest = (folder / "demo.mp4").stat().st_uid, sha256_of(folder / "demo.mp4")
    if (owner, digest) != (checks.USER, demo):
        raise Problem(
            f"in Docker user {owner} renders the demo {digest}; with buildah user {checks.USER} renders {demo}"
        )
    docker("run", "--rm", "--network=none", "--read-only", "avatar:buildah", "status")


def check_other_user(docker: Docker) -> None:
    """`--user` with a number that the image does not know."""
    with checks.workspace() as folder:
        os.chown(folder, 4321, 4321)
        docker("run", "--rm", "--user=4321:4321", f"--volume={folder}:/workspace", "avatar",
               "voice", "say", "Hello.", "-o", "hello.wav")  # fmt: skip
        if (folder / "hello.wav").stat().st_uid != 4321:
            raise Problem("with --user the image does not write as that user")


def check_stop(docker: Docker) -> None:
    """`docker stop` ends a render as Ctrl-C does, and `pipeline resume` goes on with it."""
    with checks.workspace() as folder:
        volume = f"--volume={folder}:/workspace"
        name = docker("run", "--detach", volume, "avatar", "pipeline", "run", "--text", "Hello there. " * 8).strip()
        for _ in range(200):
            if "[3/4]" in logs(docker, name):
                break
            time.sleep(0.1)
        docker("stop", "--time=30", name)
        code = docker("inspect", "--format={{.State.ExitCode}}", name).strip()
        job = re.search(r"pipeline resume (\S+?)'", logs(docker, name))
        docker("rm", name)
        if code != "130" or not job:
            raise Problem(f"docker stop ended a render with {code}, not 130, or it does not say how to go on")
        docker("run", "--rm", volume, "avatar", "pipeline", "resume", job[1])


def logs(docker: Docker, name: str) -> str:
    """What a container wrote to stderr."""
    return subprocess.run(["docker", "logs", name], env=docker.environment, capture_output=True, text=True).stderr


def check_all(done: Callable[[str], None]) -> None:
    """Everything, on a daemon of its own; `done` is told what was shown."""
    image = build.build("preview")
    demo = checks.render_demo(image)
    lines, cannot = documented(DOCS.read_text())
    with daemon() as docker:
        from_where = build_documented(docker, [line for line in lines if line.startswith("docker build")])
        done(f"docker build: {from_where}")
        run_documented(docker, [line for line in lines if line.startswith("docker run")], demo)
        done(f"{len(lines)} lines of {DOCS.name} run, with the demo {demo}")
        for line, why in cannot.items():
            done(f"not run, {why}: {line}")
        check_other_user(docker)
        check_stop(docker)
        done("--user, and docker stop with pipeline resume")
        check_loaded(docker, image, demo)
        done("buildah's image, loaded: the same demo as user 1000 without a network; status with --read-only")
