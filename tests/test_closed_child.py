"""Programs in a closed child: real ones that take too much of something, and what is said of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.host import closed
from avatar.host.closed_child import Ended, Limits, command_line, run
from avatar.media.ffmpeg import ffmpeg_program
from tests.conftest import ROOT, heed_signals

PYTHON = [sys.executable, "-I", "-S", "-c"]
FFMPEG = [ffmpeg_program(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
LONG_PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=600"]


def python(code: str, limits: Limits | None = None, **options) -> Ended:
    return run([*PYTHON, code], limits or Limits(), **options)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(process: int) -> bool:
    """Whether it ends within two seconds."""
    deadline = time.monotonic() + 2
    while is_running(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def number_in(file: Path) -> int:
    """The process number that another process writes there."""
    deadline = time.monotonic() + 10
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(file.read_text())


def test_a_program_that_ends_well(tmp_path):
    with open(tmp_path / "in", "w+b") as stdin:
        stdin.write(b"a word")
        stdin.seek(0)
        code = "import sys, os; print(sys.stdin.read(), os.environ['A'], os.getcwd()); print('aside', file=sys.stderr)"
        ended = python(code, stdin=stdin, env={"A": "b"}, cwd=tmp_path)
    assert ended == Ended(0, f"a word b {tmp_path}\n".encode(), b"aside\n", "")
    assert not ended.ended_by_host


def test_its_own_failure_is_its_own():
    ended = python("import sys; sys.exit(7)")
    assert (ended.status, ended.limit, ended.ended_by_host) == (7, "", False)


def test_a_crash_is_the_programs(tmp_path):
    ended = python("import ctypes; ctypes.string_at(0)")
    assert (ended.status, ended.limit, ended.ended_by_host) == (-signal.SIGSEGV, "", False)


def test_a_kill_from_outside_is_the_hosts():
    ended = python("import os; os.kill(os.getpid(), 9)")
    assert (ended.status, ended.limit, ended.ended_by_host) == (-signal.SIGKILL, "", True)


def test_a_program_that_is_not_there():
    ended = run(["/no/such/program"], Limits())
    assert (ended.status, ended.stderr) == (1, b"/no/such/program: No such file or directory\n")


def test_it_has_no_network_and_this_process_has():
    code = "import _socket\ntry: _socket.socket()\nexcept OSError as error: print(error.errno)"
    assert python(code).stdout == b"13\n"
    assert not closed.is_closed()


# --- time


def test_a_sleeper_and_its_children_are_ended_when_their_time_is_over(tmp_path):
    code = (
        f"import subprocess, time; child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(f'{{child.pid}}\\n'); time.sleep(60)"
    )
    begun = time.monotonic()
    ended = python(code, Limits(wall_s=1))
    assert (ended.status, ended.limit, ended.ended_by_host) == (-signal.SIGKILL, "time", True)
    assert 1 <= time.monotonic() - begun < 3
    assert gone(number_in(tmp_path / "child"))


def test_a_child_left_behind_is_ended_and_not_waited_for():
    begun = time.monotonic()
    ended = python("import subprocess; print(subprocess.Popen(['sleep', '60']).pid)")
    assert (ended.status, ended.limit) == (0, "")
    assert gone(int(ended.stdout)) and time.monotonic() - begun < 5


CALLER = """
import sys
from avatar.host.closed_child import Limits, run
run([sys.executable, "-I", "-S", "-c", '''
import os, subprocess, time
child = subprocess.Popen(["sleep", "60"])
open("child", "w").write(f"{child.pid}\\\\n")
open("self", "w").write(f"{os.getpid()}\\\\n")
time.sleep(60)
'''], Limits())
"""


@pytest.fixture
def caller(tmp_path) -> subprocess.Popen:
    """A process that waits for a sleeper, who has a child of its own."""
    process = subprocess.Popen([sys.executable, "-c", CALLER], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
                               stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heed_signals)  # fmt: skip
    yield process
    process.kill()
    process.communicate()


def test_an_interrupted_caller_takes_all_with_it(caller, tmp_path):
    sleeper, child = number_in(tmp_path / "self"), number_in(tmp_path / "child")
    caller.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in caller.communicate(timeout=10)[1]
    assert gone(sleeper) and gone(child)


def test_a_killed_caller_takes_the_program_with_it(caller, tmp_path):
    sleeper, child = number_in(tmp_path / "self"), number_in(tmp_path / "child")
    caller.kill()
    assert gone(sleeper)
    os.kill(child, signal.SIGKILL)  # nobody is left who knew of it


# --- CPU time


def test_a_loop_without_end():
    ended = python("while True: pass", Limits(cpu_s=1, wall_s=20))
    assert (ended.status, ended.limit, ended.ended_by_host) == (-signal.SIGXCPU, "CPU time", True)


def test_a_loop_that_catches_the_signal():
    code = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    ended = python(code, Limits(cpu_s=1, wall_s=20))
    assert (ended.status, ended.limit) == (-signal.SIGKILL, "CPU time")


def test_ffmpeg_that_encodes_too_long():
    """It catches SIGXCPU, ends its file and leaves with a status of its own."""
    ended = run([*FFMPEG, *LONG_PICTURE, "-c:v", "libx264", "-f", "null", "-"], Limits(cpu_s=1, wall_s=30))
    assert ended.status > 0 and ended.limit == "CPU time", ended


# --- memory


def test_a_program_that_wants_too_much_memory():
    ended = python("bytearray(300 << 20)", Limits(memory_mib=200))
    assert (ended.status, ended.limit, ended.ended_by_host) == (1, "memory", True)
    assert python("bytearray(100 << 20)", Limits(memory_mib=200)).status == 0


def test_ffmpeg_whose_picture_is_too_large_for_its_memory():
    picture = ["-f", "lavfi", "-i", "testsrc2=size=16000x16000", "-frames:v", "1", "-xerror"]
    ended = run([*FFMPEG, *picture, "-f", "null", "-"], Limits(memory_mib=200, wall_s=30))
    assert ended.status > 0 and ended.limit == "memory", ended


@pytest.mark.parametrize("memory_mib", [30, 100, 300])
def test_ffmpeg_with_many_threads_fails_in_little_memory_and_does_not_hang(memory_mib):
    """In as little address space (RLIMIT_AS) it may hang for ever."""
    picture = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:duration=1", "-c:v", "libx264", "-threads", "32"]
    ended = run([*FFMPEG, *picture, "-f", "null", "-"], Limits(memory_mib=memory_mib, wall_s=30))
    assert ended.status > 0 and ended.limit in ("memory", ""), ended


# --- files


@pytest.mark.parametrize("where", ["file", "standard output"])
def test_ffmpeg_that_writes_too_long_a_file(tmp_path, where):
    target = f"file:{tmp_path / 'long.raw'}" if where == "file" else "pipe:1"
    ended = run([*FFMPEG, *LONG_PICTURE, "-f", "rawvideo", target], Limits(file_mib=2, wall_s=30))
    assert (ended.status, ended.limit) == (-signal.SIGXFSZ, "file size")
    assert max(len(ended.stdout), sum(path.stat().st_size for path in tmp_path.iterdir())) <= 2 << 20


def test_python_that_writes_too_much_to_standard_output():
    """It ignores the signal and gets an error in place of it."""
    ended = python("print('x' * (3 << 20))", Limits(file_mib=2))
    assert ended.status > 0 and ended.limit == "file size"


def test_a_decoder_whose_file_is_bad_is_not_ended_by_the_host(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(bytes(1000))
    ended = run([*FFMPEG, "-i", tmp_path / "bad.mp4", "-f", "null", "-"], Limits())
    assert ended.status > 0 and not ended.ended_by_host and b"Invalid data" in ended.stderr


def test_ffmpeg_works_within_the_limits(tmp_path):
    picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:duration=0.4", "-c:v", "libx264"]
    ended = run([*FFMPEG, *picture, tmp_path / "short.mp4"], Limits())
    assert ended == Ended(0, b"", b"", "")


def test_a_stricter_limit_of_the_caller_stays():
    """Only root may have more than the hard limit that it was started with."""
    stricter = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); os.execv(sys.argv[1], sys.argv[1:])"
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_FSIZE))"
    line = [*PYTHON, stricter, *command_line([*PYTHON, code], Limits())]
    assert subprocess.check_output(line) == b"(4096, 4096)\n"
