"""Programs in a closed child that are given a few paths, by the kernel's Landlock: what they read, write and signal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from avatar.host import closed
from avatar.host.closed_child import Ended, Limits, command_line, run
from avatar.media.ffmpeg import ffmpeg_program
from tests.conftest import ROOT

PYTHON = [sys.executable, "-I", "-S", "-c"]
ITS_FILES = (sys.prefix, sys.base_prefix)
WHY_NOT = subprocess.run(
    [
        *PYTHON,
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from avatar.host.closed import *; print(close_files([], []))",
    ],
    capture_output=True,
    text=True,
).stdout.strip()
needs_landlock = pytest.mark.skipif(bool(WHY_NOT), reason=f"this kernel closes no files: {WHY_NOT}")


@pytest.fixture
def secret(tmp_path) -> Path:
    (tmp_path / "secret").write_text("a word")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "file").write_text("in a folder")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    return tmp_path / "secret"


def python(code: str, *readable: Path, writable: tuple[Path, ...] = ()) -> Ended:
    return run([*PYTHON, code], Limits(readable=(*ITS_FILES, *readable), writable=writable))


def refused(ended: Ended) -> bool:
    return ended.status == 1 and b"PermissionError" in ended.stderr


@needs_landlock
def test_what_is_given_is_read_and_nothing_else(secret):
    read = f"print(open({str(secret)!r}).read())"
    assert python(read, secret).stdout == b"a word\n"
    assert refused(python(read)) and refused(python(read, secret.parent / "given"))
    assert refused(python(f"open({str(secret)!r}, 'a')", secret))  # given to be read
    assert python(f"print(open({str(secret.parent / 'given/file')!r}).read())", secret.parent / "given").status == 0
    assert refused(python("print(open('/etc/passwd').read())", secret))
    assert refused(python(f"import os; print(os.listdir({str(secret.parent)!r}))", secret))


@needs_landlock
def test_a_link_leads_to_nothing_that_was_not_given(secret):
    read = f"print(open({str(secret.parent / 'given/link')!r}).read())"
    (secret.parent / "given" / "link").symlink_to(secret)
    assert refused(python(read, secret.parent / "given"))
    assert python(read, secret).stdout == b"a word\n"  # given by its other name


@needs_landlock
def test_what_may_be_written_is_written_and_nothing_else(secret):
    folder = secret.parent / "given"
    assert python(f"open({str(folder / 'new')!r}, 'w').write('x')", writable=(folder,)).status == 0
    assert (folder / "new").read_text() == "x"
    move = (
        f"import os; os.rename({str(folder / 'file')!r}, {str(folder / 'moved')!r}); os.remove({str(folder / 'new')!r})"
    )
    assert python(move, writable=(folder,)).status == 0
    assert os.listdir(folder) == ["moved"]
    assert refused(python(f"open({str(secret)!r}, 'w')", writable=(folder,)))
    assert refused(python(f"open({str(secret.parent / 'other')!r}, 'w')", writable=(folder,)))
    assert secret.read_text() == "a word"


@needs_landlock
def test_a_path_where_nothing_is_changes_nothing(secret):
    assert python("print(1)", secret.parent / "none", writable=(secret.parent / "none either",)).stdout == b"1\n"


def test_without_paths_files_stay_open(secret):
    assert run([*PYTHON, f"print(open({str(secret)!r}).read())"], Limits()).stdout == b"a word\n"


@needs_landlock
def test_what_is_open_stays_open(secret):
    with open(secret, "rb") as stdin:
        ended = run([*PYTHON, "import sys; print(sys.stdin.read())"], Limits(readable=ITS_FILES), stdin=stdin)
    assert ended.stdout == b"a word\n"


@needs_landlock
def test_no_program_but_its_own_is_run(secret):
    assert refused(python("import os; os.execv('/bin/sh', ['sh', '-c', 'echo out'])"))


@needs_landlock
def test_ffmpeg_needs_its_input_alone(tmp_path):
    picture, other = tmp_path / "-a picture=1.ppm", tmp_path / "other.ppm"
    for file in (picture, other):
        file.write_bytes(b"P6\n2 2\n255\n" + bytes(12))
    read = [ffmpeg_program(), "-loglevel", "error", "-i", f"file:{picture}", "-f", "rawvideo", "pipe:1"]
    ended = run(read, Limits(readable=(picture,)))
    assert (ended.status, ended.stdout, ended.stderr) == (0, bytes(12), b"")
    ended = run(read, Limits(readable=(other,)))
    assert ended.status > 0 and b"Permission denied" in ended.stderr


@needs_landlock
def test_it_signals_nobody_outside():
    if closed.ctypes.CDLL(None).syscall(closed.CREATE_RULESET, 0, 0, closed.ASK_VERSION) < closed.SCOPES_SINCE:
        pytest.skip("this kernel's Landlock is older than its scopes")
    assert refused(python(f"import os; os.kill({os.getpid()}, 0)"))


@pytest.mark.parametrize("error", ["ENOSYS", "EOPNOTSUPP"])
def test_a_kernel_without_landlock_runs_it_all_the_same(secret, error):
    read = [*PYTHON, f"print(open({str(secret)!r}).read())"]
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from avatar.host.closed_child import *\n"
        f"print(run({read!r}, Limits(readable=())))"
    )
    line = [sys.executable, "-m", "tests.refusing_kernel", "landlock", error, sys.executable, "-c", code, str(ROOT)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert "status=0, stdout=b'a word\\n'" in done.stdout, done.stderr


def test_no_paths_no_landlock_in_the_command():
    assert "files" not in command_line(["true"], Limits())
    assert "read:true" in command_line(["true"], Limits(readable=()))
