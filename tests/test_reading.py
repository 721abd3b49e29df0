"""FFmpeg reading a stranger's file: closed, bounded, and whole or not; stand-ins for it stop, hang, lie and are starved."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import EnvironmentProblem, InputError, TemporaryProblem
from avatar.media import frames, pipes, reading, streams
from avatar.media.ffmpeg import encode_frames, mux
from avatar.media.frames import video_frames
from avatar.media.loudness import loudness_of
from avatar.media.sound_file import read_sound, samples_from_zero
from avatar.media.streams import probe
from tests.conftest import ROOT
from tests.test_closed_child import gone
from tests.test_closed_files import needs_landlock
from tests.test_ffmpeg_ended import READERS, REAL


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    """2 s of picture and sound."""
    path = tmp_path_factory.mktemp("video") / "two seconds.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2"]
    subprocess.run([REAL, "-v", "error", *source, path], check=True)
    return path


@pytest.fixture
def impatient(monkeypatch):
    """No second is waited for a program that does nothing."""
    monkeypatch.setattr(pipes, "IDLE_S", 0.8)
    monkeypatch.setattr(pipes, "STEP_S", 0.2)


@pytest.fixture
def mp4(tmp_path) -> Path:
    """4 s of large pictures and sound, so that FFmpeg is at work for a while."""
    path = tmp_path / "large.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=640x480:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4"]
    subprocess.run([REAL, "-v", "error", *source, "-preset", "ultrafast", path], check=True)
    return path


# ---------------------------------------------------------------- it stands still


@pytest.mark.parametrize("reader", READERS)
def test_one_that_hangs_is_ended_and_told_as_the_hosts(video, ffmpeg_is, impatient, reader, tmp_path):
    ffmpeg_is(f"echo $$ > '{tmp_path}/self'; sleep 60 & echo $! > '{tmp_path}/child'; wait")
    begun = time.monotonic()
    with pytest.raises(TemporaryProblem, match="^FFmpeg did nothing for 1 s while reading .*two seconds.*try again"):
        READERS[reader](video)
    assert time.monotonic() - begun < 10
    for name in ("self", "child"):
        assert gone(int((tmp_path / name).read_text()))


def test_one_that_is_stopped_is_ended(mp4, impatient):
    frames = video_frames(mp4)
    next(frames)
    os.kill(frames.gi_frame.f_locals["ffmpeg"].process.pid, signal.SIGSTOP)
    with pytest.raises(TemporaryProblem, match="^FFmpeg did nothing for 1 s while reading"):
        list(frames)


def test_the_clock_stands_while_nobody_waits(mp4, impatient):
    count = 0
    for count, _ in enumerate(video_frames(mp4), 1):
        if count in (1, 90):
            time.sleep(1.2)  # what is done with a picture may take its time
    assert count == 100


def test_one_at_work_without_a_result_is_the_files_fault(video, ffmpeg_is, monkeypatch):
    for name, value in (("STEP_S", 0.2), ("BUSY_S", 2), ("BUSY_SHARE", 0.02)):  # other tests may have the cores
        monkeypatch.setattr(pipes, name, value)
    ffmpeg_is("while :; do :; done")
    with pytest.raises(InputError, match="takes more time than there is to decode"):
        probe(video)


def test_one_that_hangs_while_it_writes(video, ffmpeg_is, impatient, tmp_path):
    ffmpeg_is("sleep 60")
    large = [np.zeros((1024, 1024, 3), np.uint8)] * 2
    for write in (
        lambda: encode_frames(large, 1024, 1024, Fraction(25), tmp_path / "new.mp4"),
        lambda: mux(video, video, Fraction(2), tmp_path / "new.mp4", {}),
    ):
        with pytest.raises(TemporaryProblem, match=r"^FFmpeg did nothing for 1 s while writing new\.mp4"):
            write()


# ---------------------------------------------------------------- exit status 0, and not all came


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "probe"])
@pytest.mark.parametrize(
    "script",
    [
        f"'{REAL}' \"$@\" | head -c 50000; exit 0",  # cut off behind it
        f"'{REAL}' \"$@\" & sleep 0.5; kill -KILL $!; exit 0",  # killed, and nobody says so
        "exit 0",
    ],
)
def test_a_part_is_not_taken_for_the_whole(video, ffmpeg_is, reader, script):
    ffmpeg_is(script.replace(f"'{REAL}' \"$@\" &", f"'{REAL}' -re \"$@\" &"))
    with pytest.raises(TemporaryProblem, match="^FFmpeg was cut off while reading .*try again"):
        READERS[reader](video)


def test_fewer_samples_than_the_file_has_are_no_whole(mp4, monkeypatch):
    """FFmpeg itself is content: what the tables of the file say decides."""
    claims = reading.refuse_false(mp4)
    (track,) = (track for track in claims.tracks if track.kind == b"vide")
    assert claims.samples(b"vide") == 100 == len(list(video_frames(mp4)))
    track.samples = 124
    monkeypatch.setattr(reading, "refuse_false", lambda path: claims)
    with pytest.raises(TemporaryProblem, match="at 100 of 124 samples"):
        list(video_frames(mp4))


def test_a_video_that_ends_too_early_is_the_files_fault(tmp_path, mp4):
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    subprocess.run([REAL, "-v", "error", "-i", mp4, "-c", "copy", whole], check=True)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match="cannot read the video .*cut.mkv.*ended prematurely"):
        list(video_frames(cut))
    assert 0 < len(list(video_frames(cut, whole=False))) < 100  # judged as far as it goes


def test_a_damaged_video_is_refused_as_a_clip(tmp_path, mp4):
    content = bytearray(mp4.read_bytes())
    middle = content.index(b"mdat") + 100_000
    content[middle : middle + 3000] = bytes(3000)
    (tmp_path / "hurt.mp4").write_bytes(content)
    with pytest.raises(InputError, match="cannot read the video"):
        list(video_frames(tmp_path / "hurt.mp4"))


# ---------------------------------------------------------------- the host is short of something


@pytest.mark.parametrize("reader", READERS)
def test_memory_that_the_file_needs_is_its_fault_and_memory_that_the_host_lacks_is_not(
    video, ffmpeg_is, monkeypatch, reader
):
    ffmpeg_is("echo '[in#0 @ 0x5] [info] begun' >&2; echo '[aac @ 0x5] [error] Cannot allocate memory' >&2; exit 244")
    with pytest.raises(InputError, match=r"takes more than (256|1500) MiB of memory to decode"):
        READERS[reader](video)
    monkeypatch.setattr(reading, "available_mib", lambda: 200)
    with pytest.raises(TemporaryProblem, match="^FFmpeg found no memory while reading"):
        READERS[reader](video)


def test_a_real_decoder_that_runs_out_of_memory_does_not_leave_pictures_out(tmp_path, monkeypatch):
    path = tmp_path / "4k.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=3840x2160:r=25:d=0.4", "-preset", "ultrafast", "-bf", "3"]
    subprocess.run([REAL, "-v", "error", *source, path], check=True)
    monkeypatch.setattr(reading, "available_mib", lambda: 8000)
    for memory_mib in (100, 160, 220, 225, 230, 280):
        count = 0
        try:
            with reading.reading(path, *PPM, within=replace(reading.OF_PICTURES, memory_mib=memory_mib)) as ffmpeg:
                while len(ffmpeg.stdout.read(16 * 16 * 3)) == 16 * 16 * 3:
                    count += 1
                status = ffmpeg.finish()
                # Its H.264 decoder may take a packet that it has no memory for as a damaged one.
                damage = ffmpeg.account("video").errors and ffmpeg.complaint()
            assert status or count == 10 or damage
        except (InputError, TemporaryProblem):
            pass
        bounded = partial(reading.reading, within=replace(reading.OF_PICTURES, memory_mib=memory_mib))
        monkeypatch.setattr(frames, "reading", bounded)
        with contextlib.suppress(InputError, TemporaryProblem):
            assert len(list(video_frames(path))) == 10


PPM = ["-map", "0:v:0", "-vf", "scale=16:16,format=rgb24", "-f", "rawvideo", "-fps_mode", "passthrough", "pipe:1"]
SHORT = """
import os, resource, sys
from pathlib import Path
from avatar.errors import AvatarError
from avatar.media.sound_file import read_sound
from avatar.media.streams import probe
from avatar.media.ffmpeg import ffmpeg_program
ffmpeg_program()
path = Path(sys.argv[1])
probe(path)  # all is loaded
{shortage}
for read in (probe, lambda path: read_sound(path, 60)):
    try:
        read(path)
    except AvatarError as error:
        print(type(error).__name__, error)
    else:
        print("read")
"""


def told(path: Path, shortage: str, **options) -> list[str]:
    line = [sys.executable, "-c", SHORT.format(shortage=shortage), path]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("left", range(7))
def test_too_many_open_files_are_the_hosts(mp4, left):
    """Whichever of them is the one too many."""
    shortage = f"held = os.open('/', os.O_RDONLY); resource.setrlimit(resource.RLIMIT_NOFILE, (held + {left}, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))"
    for said in told(mp4, shortage):
        assert said == "read" or said.startswith(("TemporaryProblem", "EnvironmentProblem")), said
        assert left > 3 or said != "read"


@pytest.mark.skipif(os.getuid() == 0, reason="root may have any number of processes")
def test_no_more_processes_are_the_hosts(mp4):
    for said in told(mp4, "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))"):
        assert said.startswith("TemporaryProblem"), said


def test_no_fork_is_the_hosts(mp4, monkeypatch):
    def no_fork(*arguments, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", no_fork)
    with pytest.raises(TemporaryProblem, match="^FFmpeg cannot be started: Resource temporarily unavailable"):
        probe(mp4)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(5, EnvironmentProblem), (24, TemporaryProblem), (23, TemporaryProblem), (12, TemporaryProblem)],
)
def test_a_disk_that_fails_is_no_bad_sound(mp4, monkeypatch, number, kind):
    """EIO, EMFILE, ENFILE and ENOMEM where the file is opened."""
    real = open

    def fails(file, *arguments, **options):
        if file == mp4:
            raise OSError(number, os.strerror(number))
        return real(file, *arguments, **options)

    monkeypatch.setattr("builtins.open", fails)
    monkeypatch.setattr(Path, "open", lambda path, *arguments, **options: fails(path, *arguments, **options))
    for read in (probe, lambda path: read_sound(path, 60), lambda path: list(video_frames(path)), loudness_of):
        with pytest.raises(kind) as error:
            read(mp4)
        assert not isinstance(error.value, InputError) and os.strerror(number) in str(error.value)


def test_an_error_of_the_disk_while_ffmpeg_reads_is_the_hosts(video, ffmpeg_is, monkeypatch):
    ffmpeg_is("echo '[in#0 @ 0x5] [error] Error during demuxing: Input/output error' >&2; exit 251")
    with pytest.raises(InputError):  # the disk gives all of it: the words are of a file that ends too early
        probe(video)
    real = open

    def fails(file, *arguments, **options):
        if file == video and sys._getframe(1).f_code.co_name == "_refuse_broken_disk":
            raise OSError(5, "Input/output error")
        return real(file, *arguments, **options)

    monkeypatch.setattr("builtins.open", fails)
    with pytest.raises(EnvironmentProblem, match="Input/output error; the disk or its connection is broken"):
        probe(video)


# ---------------------------------------------------------------- closed and bounded


@needs_landlock
def test_it_opens_its_input_alone(mp4, monkeypatch):
    """Even where it is let follow a list."""
    other = mp4.parent / "list.txt"
    other.write_text(f"ffconcat version 1.0\nfile {mp4.name}\n")
    monkeypatch.setattr(reading, "refuse_false", lambda path: None)  # what looks at it before
    with reading.reading(other, *PPM, formats="concat,mov") as ffmpeg:
        assert not ffmpeg.stdout.read(1)
        assert ffmpeg.finish() > 0 and "Permission denied" in ffmpeg.said()


def test_threads_are_those_of_no_host(mp4):
    with reading.reading(mp4, *PPM) as ffmpeg:
        line = ffmpeg.process.args
        assert [line[at + 1] for at, word in enumerate(line) if word in ("-threads", "-filter_threads")] == ["2", "2"]
        ffmpeg.stdout.read(1)
        assert len(os.listdir(f"/proc/{ffmpeg.process.pid}/task")) < 16


def test_it_has_no_network_and_few_means(mp4):
    with reading.reading(mp4, *PPM) as ffmpeg:
        ffmpeg.stdout.read(1)
        held = Path(f"/proc/{ffmpeg.process.pid}/limits").read_text()
        status = Path(f"/proc/{ffmpeg.process.pid}/status").read_text()
    rows = dict(line.rsplit(None, 3)[0:2] for line in held.splitlines() if line.startswith("Max data"))
    assert rows == {"Max data size": str(reading.OF_PICTURES.memory_mib << 20)}
    assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def test_too_much_cpu_time_is_the_files_fault(mp4, monkeypatch):
    monkeypatch.setattr(streams, "PROBE_CPU_S", 0)
    with pytest.raises(InputError, match="takes more than 0 s of CPU time"):
        probe(mp4)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    path = tmp_path / "wide.mov"
    source = ["-f", "lavfi", "-i", "color=gray:s=8000x5000", "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]
    subprocess.run([REAL, "-v", "error", *source, path], check=True)
    with pytest.raises(InputError, match="have 8000x5000 pixels; 36 million is the most"):
        list(video_frames(path))


def test_too_many_pictures_and_too_much_sound_are_refused(mp4, monkeypatch):
    monkeypatch.setattr("avatar.media.frames.MOST_FRAMES", 99)
    with pytest.raises(InputError, match="has over 99 pictures"):
        list(video_frames(mp4))
    monkeypatch.setattr("avatar.media.sound_file.LONGEST_JUDGED_S", 3)
    with pytest.raises(InputError, match="min of sound, the most"):
        samples_from_zero(mp4)


def test_a_pipe_among_files_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for read in (probe, lambda path: list(video_frames(path))):
        with pytest.raises(InputError, match="is no ordinary file"):
            read(tmp_path / "pipe.mp4")


def test_it_may_be_read_by_a_thread_and_ended_by_another(mp4):
    """It is killed with the thread that starts it, so that thread stays."""
    frames, counted = video_frames(mp4), []
    next(frames)
    thread = threading.Thread(target=lambda: counted.append(len(list(frames))))
    thread.start()
    thread.join()
    assert counted == [99]


def test_limits_leave_room():
    assert resource.RLIMIT_DATA  # the kind of memory that is bounded
    assert reading.OF_SOUND.memory_mib <= 256 and reading.OF_PICTURES.memory_mib <= 1500
