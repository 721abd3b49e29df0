"""avatar.make, speak and check: in a process of their own, whose errors and events come back as they are."""

from __future__ import annotations

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import avatar
from avatar.errors import AvatarError, InputError, RequestError, TemporaryProblem
from tests.conftest import ROOT, SHORT_TEXT, heed_signals, without_manifest

SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.S)


def test_a_video_is_made_and_the_caller_keeps_its_network(finished_job, tmp_path, home):
    events = []
    made = avatar.make(text=SHORT_TEXT, preset="joe", subtitles=True, out=tmp_path / "made.mp4", progress=events.append)
    assert made.path == tmp_path / "made.mp4"
    assert without_manifest(made.path) == finished_job.video.read_bytes(), "the bytes of the command"
    assert (tmp_path / "made.srt").is_file()
    assert made.report["job"] == made.job == finished_job.id
    assert made.seconds == pytest.approx(made.report["records"]["lips"]["frames"] / 25) and made.took_s > 0
    assert [event.stage for event in events if event.is_end] == ["portrait", "voice", "lips", "video"]
    assert any(event.done and event.total for event in events if event.stage == "lips")
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))


def test_the_worker_gets_no_socket(tmp_path, monkeypatch):
    """What it does is done behind the filter: a module that is imported there asks for a socket."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, atexit\n"
        "def ask():\n"
        "    import socket\n"
        "    try: socket.socket(); said = 'open'\n"
        "    except PermissionError: said = 'closed'\n"
        f"    open({str(tmp_path / 'said')!r}, 'a').write(said + chr(10))\n"
        "if 'avatar.worker' in ' '.join(sys.orig_argv): atexit.register(ask)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    avatar.speak("Hello.", out=tmp_path / "hello.wav", preset="joe")
    assert (tmp_path / "said").read_text() == "closed\n"


def test_the_callers_process_loads_nothing_heavy(tmp_path):
    code = (
        "import sys, avatar\n"
        f"avatar.speak('Hello.', out={str(tmp_path / 'hello.wav')!r})\n"
        "print(sorted(n for n in ('numpy', 'cv2', 'mediapipe', 'onnxruntime', 'torch') if n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_signals_of_the_caller_are_left_alone(tmp_path):
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    avatar.speak("Hello.", out=tmp_path / "hello.wav")
    assert before == [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


@pytest.mark.parametrize(
    ("asked", "kind", "fields", "reason"),
    [
        ({}, RequestError, ("text", "audio"), "nothing to say"),
        ({"text": "Hello.", "audio": "a.wav"}, RequestError, ("text", "audio"), "exclude each other"),
        ({"text": " "}, RequestError, ("text",), "empty"),
        ({"text": "Hello.", "seconds": -1}, RequestError, ("seconds",), "greater than 0"),
        ({"text": "Hello.", "portrait": "nobody.png"}, RequestError, ("portrait",), "no kept portrait and no file"),
        ({"text": "Hello.", "voice": "nobody"}, RequestError, ("voice",), "no cloned voice"),
        ({"text": "Hello.", "colour": "red"}, RequestError, ("colour",), "no field 'colour'"),
        ({"text": "Hello.", "profile": "6GB"}, RequestError, ("profile",), "full stack"),
        ({"text": "Hello.", "portrait": __file__}, InputError, (), "test_api.py"),
        ({"text": "Hello.", "out": "/no/such/folder/a.mp4"}, RequestError, ("output",), "does not exist"),
    ],
)
def test_errors_come_back_with_field_reason_and_remedy(asked, kind, fields, reason):
    with pytest.raises(kind) as raised:
        avatar.make(**asked)
    error = raised.value
    assert type(error) is kind and error.fields == fields and reason in error.reason
    assert "--" not in str(error), "flags are words of the command line"
    assert error.remedy == "" or str(error) == f"{error.reason}; {error.remedy}"


def test_what_would_help_comes_back_as_fields_too():
    with pytest.raises(RequestError) as raised:
        avatar.make(text="Hello.", prompt="an old sailor")
    assert raised.value.mend == {"stack": "full"} and raised.value.fields == ("prompt",)
    with pytest.raises(RequestError) as raised:
        avatar.make(text="こんにちは。", language="ja")
    assert raised.value.mend == {"language": "en"}


def test_no_error_below_the_command_line_speaks_of_flags():
    """Python programs and a service raise the same; __main__.py adds the flags. Commands to type are another thing."""
    own = ("cli", "environment", "fit", "__main__.py")  # commands, whose options are no fields of a request
    found = []
    for path in sorted((ROOT / "avatar").rglob("*.py")):
        if path.relative_to(ROOT / "avatar").parts[0] in own:
            continue
        for statement in ast.walk(ast.parse(path.read_text())):
            if isinstance(statement, ast.Raise) and statement.exc:
                typed = {id(each) for call in commands_in(statement) for each in ast.walk(call)}
                found += [
                    f"{path.name}:{each.lineno}: {each.value}"
                    for each in ast.walk(statement)
                    if isinstance(each, ast.Constant) and id(each) not in typed
                    and isinstance(each.value, str) and re.search(r"(?<![\w-])--[a-z]", each.value)
                ]  # fmt: skip
    assert found == []


def commands_in(statement: ast.AST) -> list[ast.Call]:
    names = ("to_type", "in_full_environment")
    calls = [each for each in ast.walk(statement) if isinstance(each, ast.Call)]
    return [each for each in calls if isinstance(each.func, ast.Name) and each.func.id in names]


def test_the_command_line_says_it_in_its_flags():
    from avatar.failures import with_flags

    error = RequestError("no such thing; take another.", ("lips_shift",), {"stack": "full", "overwrite": True})
    assert with_flags(error) == "--lips-shift: no such thing; take another (--stack full, --overwrite)."
    assert with_flags(RequestError("no such thing.")) == "no such thing."


def test_a_worker_that_is_killed_is_told_as_something_that_may_pass(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'avatar.worker' in ' '.join(sys.orig_argv): os.kill(os.getpid(), 9)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(TemporaryProblem, match="SIGKILL.*try again"):
        avatar.speak("Hello.", out=tmp_path / "hello.wav")


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}])
def test_what_is_no_text_number_or_path_is_refused(value):
    with pytest.raises(RequestError):
        avatar.make(text="Hello.", portrait=value)


def test_an_interrupted_call_leaves_nothing_half_made(tmp_path, home):
    """By Ctrl-C in a terminal, which both processes get; only the caller has something to say."""
    code = (
        f"import avatar; avatar.make(text={' '.join(['word'] * 100)!r}, preset='joe', out={str(tmp_path / 'a.mp4')!r})"
    )
    caller = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True,
                              start_new_session=True, preexec_fn=heed_signals)  # fmt: skip
    deadline = time.monotonic() + 60
    while not list((home / "jobs").glob("*/.lips-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(caller.pid, signal.SIGINT)
    said = caller.communicate(timeout=30)[1]
    assert said.count("Traceback") == 1 and said.strip().endswith("KeyboardInterrupt")
    (job,) = (home / "jobs").glob("[!.]*")
    assert not [path for path in home.rglob(".*") if path.name.startswith((".lips", ".new"))]
    assert (job / "records/voice.json").is_file() and not (tmp_path / "a.mp4").exists()


def test_the_worker_ends_with_its_caller(tmp_path, home):
    code = f"import avatar; avatar.make(text={' '.join(['word'] * 200)!r}, out={str(tmp_path / 'long.mp4')!r})"
    caller = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (workers := workers_of(caller.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    caller.kill()
    caller.wait()
    while any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers and not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_call_that_is_left_early_ends_its_worker(home):
    """As by Ctrl-C, which may come at any event."""

    def leave(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        avatar.make(text=SHORT_TEXT, preset="joe", progress=leave)
    assert not workers_of(os.getpid())
    (job,) = (home / "jobs").iterdir()
    assert not (job / "video.mp4").exists(), "it was waited for to its end"


def workers_of(parent: int) -> list[int]:
    """Other children that tests before it left are none."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            is_worker = b"avatar.worker" in path.with_name("cmdline").read_bytes()
            if is_worker and int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_a_sound_file_is_measured(tmp_path):
    avatar.speak("A sentence to measure, and then another one.", out=tmp_path / "spoken.wav", preset="joe")
    report = avatar.check(tmp_path / "spoken.wav")
    assert report["kind"] == "recording" and report["passed"] == (not report["failed"])
    with pytest.raises(RequestError, match="there is no file"):
        avatar.check(tmp_path / "none.wav")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=[str(number) for number in range(len(SNIPPETS))])
def test_each_snippet_of_the_page_runs(snippet, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_page_names_each_kind_of_error_with_its_exit_code():
    from avatar import errors

    page = (ROOT / "docs/python.md").read_text()
    for kind in (errors.RequestError, errors.InputError, errors.EnvironmentProblem, errors.TemporaryProblem):
        assert re.search(rf"\| `{kind.__name__}`.*\| {kind.exit_code} \|", page), kind
    assert issubclass(TemporaryProblem, errors.EnvironmentProblem) and issubclass(InputError, AvatarError)
