"""Shell completion, by the shells themselves: keys are typed at a terminal, and what stands on the line then is looked at."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

LAYER = Path(sys.prefix).name
IN_CHECKOUT = Path(sys.prefix).parent == ROOT / ".venv"
AVATAR = f"./run --{LAYER} avatar"
SOURCE = f"source <({AVATAR} completion %s)"
TAB, ALL = "\t", "\x1b*"  # of bash and zsh; the second inserts every completion that there is
SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
BEGIN = {
    "bash": f"bind 'set enable-bracketed-paste off'; {SOURCE % 'bash'}",
    "zsh": f"bindkey -e; unsetopt prompt_sp; autoload -U compinit; compinit -u -D; {SOURCE % 'zsh'}",
}
LONGEST_S = 60
needs_run = pytest.mark.skipif(not IN_CHECKOUT, reason="this environment is not one that ./run made here")


@pytest.fixture
def here(home, tmp_path, monkeypatch) -> Path:
    """A folder beside a home with a voice, a portrait and a job; pictures lie in it."""
    for name in ("voices/my-joe", "portraits/ann", "jobs/hello-0123456789"):
        (home / name).mkdir(parents=True)
        (home / name / "kept").touch()
    for name in ("anna.jpg", "pictures/my face.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "run").symlink_to(ROOT / "run")
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TERM", "dumb")
    return tmp_path


def after(shell: str, folder: Path, *keys: str) -> list[list[str]]:
    """The words that stand on the line after each of these keys was typed into an interactive shell in a folder."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    process, terminal = pty.fork()
    if not process:
        os.chdir(folder)
        os.execvp(SHELLS[shell][0], SHELLS[shell])
    try:
        return [typed(terminal, folder, keys) for keys in ("", BEGIN[shell] + "; :", *keys)][2:]
    finally:
        os.close(terminal)
        os.kill(process, 9)
        os.waitpid(process, 0)


def typed(terminal: int, folder: Path, keys: str) -> list[str]:
    """Ctrl-A and Ctrl-E bring a printf around the line, which is not run then. Nobody waits: keys are taken in their order."""
    told = folder / "told"
    told.unlink(missing_ok=True)
    is_command = keys.endswith("; :")
    around = f"{keys} > part; mv part told\r" if is_command else f"{keys}\x01printf '%s\\n' \x05 > part; mv part told\r"
    os.write(terminal, around.encode())
    began, said = time.monotonic(), b""
    os.set_blocking(terminal, False)
    while not told.exists():
        assert time.monotonic() - began < LONGEST_S, said.decode(errors="replace")
        try:
            said += os.read(terminal, 1 << 16)
        except BlockingIOError:
            time.sleep(0.02)
    return told.read_text().splitlines()


def last(words: list[list[str]]) -> list[str]:
    return [line[-1] for line in words]


@needs_run
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("program", ["run", "avatar"])
def test_what_is_typed_is_completed(here, shell, program):
    avatar = AVATAR if program == "run" else "avatar"
    cases = {
        "port": "portrait", "pipeline resu": "resume", "make --no-m": "--no-mark", "make --captions bu": "burned",
        "make --captions=bu": "--captions=burned", "make --size la": "landscape", "pipeline run --preset jo": "joe",
        "make --voice my": "my-joe", "make --voice my-joe --portrait anna": "anna.jpg",
        "portrait show a": "ann", "voice remove m": "my-joe", "pipeline show hel": "hello-0123456789",
        "models fetch xt": "xtts-v2", "make pictures/m": "pictures/my face.jpg",
        "make --portrait pictures/m": "pictures/my face.jpg", "make --for sq": "square", "completion z": "zsh",
    }  # fmt: skip
    done = after(shell, here, *(f"{avatar} {line}{TAB}" for line in cases))
    assert dict(zip(cases, last(done), strict=True)) == cases
    assert done[0][:-1] == avatar.split()


@needs_run
def test_all_that_may_stand_there_is_offered(here):
    lines = (
        "make --captions ",
        "make --portrait an",
        "voice show ",
        "portrait add x --fa",
        "make --background bl",
        "./run ",
    )
    lines = [line if line.startswith("./run") else f"{AVATAR} {line}" for line in lines]
    done = after("bash", here, *(line + ALL for line in lines))
    offered = [words[len(line.split()) - (not line.endswith(" ")) :] for words, line in zip(done, lines, strict=True)]
    assert offered == [
        ["soft", "burned", "srt", "vtt", "none"], ["ann", "anna.jpg"], ["my-joe"], ["--face"], ["blur", "black", "blue"],
        ["avatar", "--base", "--test", "--full", "--pocket"],
    ]  # fmt: skip


@needs_run
def test_fish_too(here):
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    cases = {
        f"{AVATAR} port": "portrait", f"{AVATAR} make --captions bu": "burned", f"{AVATAR} make --portrait an": "ann",
        f"{AVATAR} make --captions=bu": "--captions=burned", "avatar voice show m": "my-joe", "./run av": "avatar",
        f"{AVATAR} pipeline run --preset jo": "joe", "avatar make pictures/m": "pictures/my face.jpg",
    }  # fmt: skip
    asked = "\n".join(f"complete -C '{line}'; echo ==" for line in cases)
    line = f"{AVATAR} completion fish | source\n{asked}"
    done = subprocess.run(
        ["fish", "--no-config", "-c", line], cwd=here, capture_output=True, text=True, timeout=LONGEST_S
    )
    answers = [[each.split("\t")[0] for each in part.splitlines()] for part in done.stdout.split("==\n")[:-1]]
    for (line, word), answer in zip(cases.items(), answers, strict=True):
        assert word in answer, (line, answer, done.stderr)


@needs_run
@pytest.mark.parametrize("shell", SHELLS)
def test_the_run_of_another_project_is_not_started(here, shell):
    other = here / "other"
    other.mkdir()
    (other / "run").write_text("#!/bin/sh\ntouch started\n")
    (other / "run").chmod(0o755)
    (other / "letter.txt").touch()
    assert last(after(shell, here, f"./other/run avatar por{TAB}", f"./other/run other/le{TAB}")) == [
        "por",
        "other/letter.txt",
    ]
    assert not list(here.rglob("started"))


def test_no_environment_is_made_for_a_word(tmp_path):
    (tmp_path / "avatar/environment").mkdir(parents=True)
    shutil.copy(ROOT / "run", tmp_path)
    (tmp_path / "avatar/environment/bootstrap.py").write_text("open('made', 'w')")
    for completing in ({"_AVATAR_COMPLETE": "bash_complete", "COMP_WORDS": "avatar", "COMP_CWORD": "1"}, {}):
        environment = {**os.environ, **completing, "AVATAR_PYTHON": sys.executable}
        done = subprocess.run(
            [tmp_path / "run", "avatar"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (tmp_path / "made").exists() == (not completing), done.stderr
        if completing:
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_clicks_own_way_prints_the_same(avatar, monkeypatch, shell):
    for run in (None, "/my videos/it's/run"):
        monkeypatch.delenv("_AVATAR_COMPLETE", raising=False)
        if run:
            monkeypatch.setenv("AVATAR_RUN", run)
        printed = avatar("completion", shell).stdout
        assert "@RUN@" not in printed and (bool(run) == ("/my videos/it" in printed))
        done = subprocess.run(
            [sys.executable, "-m", "avatar"], env={**os.environ, "_AVATAR_COMPLETE": f"{shell}_source"}, capture_output=True,
            text=True,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, printed)
        if shutil.which(shell):
            checked = subprocess.run([shell, "-n"], input=printed, capture_output=True, text=True)
            assert (checked.returncode, checked.stderr) == (0, "")


HEAVY = {"torch", "mediapipe", "cv2", "onnxruntime", "numpy", "pydantic", "rich", "TTS"}


@pytest.mark.parametrize("words", ["make --portrait ", "make --voice ", "pipeline show "])
def test_nothing_heavy_is_loaded_for_a_word(here, words):
    environment = {
        **os.environ, "_AVATAR_COMPLETE": "bash_complete", "COMP_WORDS": f"avatar {words}",
        "COMP_CWORD": str(len(words.split()) + 1),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "avatar"], env=environment, capture_output=True, text=True
    )
    imported = {row.rsplit("|", 1)[1].strip().split(".")[0] for row in done.stderr.splitlines() if "|" in row}
    assert "plain," in done.stdout and "click" in imported and not imported & HEAVY
