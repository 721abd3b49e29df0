"""Shared ground: a home of its own for every test, and the command run as a user runs it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.namespaces import need_mounts

ROOT = Path(__file__).parent.parent
SHORT_TEXT = "Peter bought a map of my boat. It moves, but why?"
SCRIPT = (  # with an abbreviation, a symbol, a number and pauses
    "Hello, Dr. Smith — 😀 how are you? Bob and Pam bought 42 maps of the big black boat, but a map is not a boat. "
    "She sees six ships in the sea; stop, please."
)


def pytest_addoption(parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", help="the files, and the tests of each, in an order of chance")


def pytest_configure() -> None:
    """What a test starts is no worker of xdist, beside which pytest-benchmark measures nothing."""
    for name in [each for each in os.environ if each.startswith("PYTEST_XDIST_")]:
        del os.environ[name]


def pytest_collection_modifyitems(config, items) -> None:
    """A test that leans on the one before it fails here. Files stay together: their fixtures are made once."""
    if seed := config.getoption("--shuffle"):
        chance = random.Random(seed)
        files = {item.path: chance.random() for item in items}
        items.sort(key=lambda item: (files[item.path], chance.random()))


@dataclass
class Outcome:
    code: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch) -> Path:
    """AVATAR_HOME, empty, for each test. Messages name commands as they are where avatar is on the PATH."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("AVATAR_RUN", raising=False)
    monkeypatch.setenv("AVATAR_HOME", str(folder))
    return folder


@pytest.fixture
def avatar(capfd):
    """Run the command in this process; returns its exit code and what it printed."""
    from avatar.__main__ import main

    def run(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def one_thread():
    """Two threads wait for each other on a busy host, ten times longer than small layers take to compute."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def full_environment() -> None:
    """For tests of what only the full environment holds: skipped in the small one. No library is loaded for that."""
    if not find_spec("torch"):
        pytest.skip("wants the full environment: ./run --full pytest")


@pytest.fixture
def mounts() -> None:
    """For tests that mount something: skipped where the host forbids it, failed there in CI."""
    need_mounts()


def without_manifest(video: Path | bytes) -> bytes:
    """A delivered video without its signed manifest, which must be there: the bytes that its job has."""
    from avatar.media.unsigned import unsigned

    if isinstance(video, Path):
        return b"".join(unsigned(video))
    with tempfile.NamedTemporaryFile() as file:
        file.write(video)
        file.flush()
        return b"".join(unsigned(Path(file.name)))


def command(*arguments: str | Path) -> list[str]:
    """The command line of avatar in a process of its own."""
    return [sys.executable, "-m", "avatar", *map(str, arguments)]


def heed_signals() -> None:
    """For `preexec_fn`: a process that signals stop, also where the tests run in the background or under nohup."""
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def run_command(*arguments: str | Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command(*arguments), capture_output=True, text=True, **options)


@pytest.fixture
def worker():
    """Starts workers of the queue in processes of their own; what still runs at the end is killed."""
    begun = []

    def start(*options: str, avatar: Sequence[object] = (), **environment: str) -> subprocess.Popen:
        """avatar: the command that starts it, where it is not this environment's own."""
        line = [*avatar, "queue", "work", *options] if avatar else command("queue", "work", *options)
        process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_signals,
            env={**os.environ, **environment},
        )  # fmt: skip
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A Ray cluster of one node, and what strace saw it and its children ask the network."""
    from testing.ray_cluster import running

    folder = tmp_path_factory.mktemp("cluster")
    calls = "trace=connect,sendto,sendmsg"
    traced = ("strace", "-f", "-qq", "-e", calls, "-o", str(folder / "trace.txt")) if shutil.which("strace") else ()
    with running(folder, before=traced) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def finished_home(tmp_path_factory) -> Path:
    """A home in which SHORT_TEXT was rendered once, with the voice joe. Tests read it and leave it as it is."""
    folder = tmp_path_factory.mktemp("finished")
    done = run_command(
        "pipeline", "run", "--text", SHORT_TEXT, "--preset", "joe", "--subtitles",
        env={**os.environ, "AVATAR_HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def finished_job(finished_home):
    from avatar.jobs import home as homes

    return homes.every(finished_home)[0]


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory) -> Path:
    """A home in which `avatar demo -o demo.mp4` ran once, as the README has it."""
    folder = tmp_path_factory.mktemp("demo")
    done = run_command("demo", "-o", folder / "demo.mp4", env={**os.environ, "AVATAR_HOME": str(folder)})
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder / 'demo.mp4'}\n"
    return folder


@pytest.fixture(scope="session")
def tiny_original(full_environment, tmp_path_factory) -> Path:
    """All tiny checkpoints with their lock, as ci/tiny-models writes them. Tests work on copies."""
    folder = tmp_path_factory.mktemp("tiny-original") / "models"
    done = subprocess.run([sys.executable, ROOT / "ci/tiny-models", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"AVATAR_MODELS={folder}\nAVATAR_MODELS_LOCK={folder}/models.lock\n"
    return folder


def parse_only(command, words: list[str], parent=None) -> None:
    """Let click parse a command line, down to its last command, and run nothing. Raises click's errors."""
    import click

    context = command.make_context("avatar", list(words), parent=parent)
    if isinstance(command, click.Group):
        _, child, rest = command.resolve_command(context, context._protected_args + context.args)
        parse_only(child, rest, context)


@pytest.fixture
def ffmpeg_is(tmp_path, monkeypatch):
    """Let a shell script be the FFmpeg that the wheel's record names."""
    from avatar.media import encoder, sound_file
    from avatar.media.ffmpeg import ffmpeg_program

    real = Path(ffmpeg_program())
    package = real.parent.parent
    (record,) = package.parent.glob("imageio_ffmpeg-*.dist-info")
    for folder in (package, record):
        shutil.copytree(folder, tmp_path / "site" / folder.name, copy_function=os.symlink)
    monkeypatch.syspath_prepend(tmp_path / "site")

    def be(script: str) -> None:
        program = tmp_path / "site" / package.name / "binaries" / real.name
        recorded = tmp_path / "site" / record.name / "RECORD"
        rows = (record / "RECORD").read_text().splitlines()
        name = f"imageio_ffmpeg/binaries/{program.name}"
        program.unlink()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        recorded.unlink()
        size = program.stat().st_size
        recorded.write_text("\n".join(f"{name},,{size}" if row.startswith(f"{name},") else row for row in rows))
        for kept in (ffmpeg_program, encoder.nvenc_problem, sound_file._decoded):
            kept.cache_clear()
        assert ffmpeg_program() == str(program)

    yield be
    for kept in (ffmpeg_program, encoder.nvenc_problem, sound_file._decoded):
        kept.cache_clear()
