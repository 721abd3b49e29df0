"""A real FFmpeg that the host ends, by a signal or without memory, is no verdict on a file: it may be tried again."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import AvatarError, EnvironmentProblem, InputError, TemporaryProblem
from avatar.media import encoder
from avatar.media.ffmpeg import encode_frames, ffmpeg_program, mux
from avatar.media.frames import video_frames
from avatar.media.loudness import loudness_of
from avatar.media.sound_file import read_sound, samples_from_zero
from avatar.media.streams import probe
from avatar.quality.video import measure_frames
from avatar.voice.recording import check_reference

REAL = ffmpeg_program()
FRAMES = [np.full((64, 64, 3), 8 * number, np.uint8) for number in range(25)]

KILLED_AT_ONCE = "kill -KILL $$"
# What it decodes comes in part, so that a reader sees a file that seems to be cut short.
KILLED_MIDWAY = f"'{REAL}' \"$@\" | head -c 20000; kill -KILL $$"
KILLED_WITHIN_A_SAMPLE = f"'{REAL}' \"$@\" | head -c 20001; kill -KILL $$"
# FFmpeg hears SIGTERM, stops in good order and leaves with a status of its own; -re, so that it is not done by then.
STOPPED_MIDWAY = f"'{REAL}' -re \"$@\" & sleep 0.7; kill -TERM $!; wait $!"
WITHOUT_MEMORY = "echo '[aac @ 0x5] Cannot allocate memory' >&2; exit 244"

READERS = {
    "read_sound": lambda path: read_sound(path, 60),
    "check_reference": check_reference,
    "probe": probe,
    "loudness_of": loudness_of,
    "samples_from_zero": samples_from_zero,
    "video_frames": lambda path: list(video_frames(path)),
    "measure_frames": measure_frames,
}


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    """2 s of picture and sound."""
    path = tmp_path_factory.mktemp("video") / "two seconds.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2"]
    subprocess.run([REAL, "-v", "error", *source, path], check=True)
    return path


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("script", [KILLED_AT_ONCE, KILLED_MIDWAY, KILLED_WITHIN_A_SAMPLE])
def test_a_killed_ffmpeg_is_told_as_such_wherever_a_file_is_read(video, ffmpeg_is, reader, script):
    ffmpeg_is(script)
    with pytest.raises(TemporaryProblem) as error:
        READERS[reader](video)
    assert str(error.value) == f"FFmpeg was ended by SIGKILL while reading {str(video)!r}; try again."


# but for probe, which reads one frame and is done before anybody could stop it
@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "probe"])
def test_a_stopped_ffmpeg_is_told_as_such(video, ffmpeg_is, reader):
    ffmpeg_is(STOPPED_MIDWAY)
    with pytest.raises(TemporaryProblem, match="^FFmpeg was ended by a signal while reading .*two seconds"):
        READERS[reader](video)


@pytest.mark.parametrize("reader", READERS)
def test_an_ffmpeg_without_memory_is_told_as_such(video, ffmpeg_is, reader):
    ffmpeg_is(WITHOUT_MEMORY)
    with pytest.raises(TemporaryProblem, match="^FFmpeg found no memory while reading .*two seconds"):
        READERS[reader](video)


@pytest.mark.parametrize("reader", READERS)
def test_a_fault_of_ffmpegs_own_is_a_verdict_on_the_file(video, ffmpeg_is, reader):
    ffmpeg_is("kill -SEGV $$")
    with pytest.raises(InputError):
        READERS[reader](video)


def test_a_program_that_cannot_be_started_is_told_as_such(video, ffmpeg_is):
    ffmpeg_is("")
    Path(ffmpeg_program()).write_text("no program")
    with pytest.raises(EnvironmentProblem, match="^FFmpeg cannot be started: .*Exec format error.*status --strict"):
        probe(video)


@pytest.mark.parametrize(
    ("script", "said"), [(KILLED_AT_ONCE, "ended by SIGKILL"), (WITHOUT_MEMORY, "found no memory")]
)
def test_the_same_holds_where_a_file_is_written(video, ffmpeg_is, tmp_path, script, said):
    ffmpeg_is(script)
    with pytest.raises(TemporaryProblem, match=f"^FFmpeg (was )?{said} while writing new.mp4; "):
        encode_frames(FRAMES, 64, 64, Fraction(25), tmp_path / "new.mp4")
    with pytest.raises(TemporaryProblem, match=f"^FFmpeg (was )?{said} while writing new.mp4; "):
        mux(video, video, Fraction(2), tmp_path / "new.mp4", {})
    assert not (tmp_path / "new.mp4").exists()


def test_a_killed_trial_frame_is_no_verdict_on_nvenc(ffmpeg_is):
    ffmpeg_is(KILLED_AT_ONCE)
    with pytest.raises(TemporaryProblem, match="while encoding a trial frame"):
        encoder.nvenc_problem(64, Fraction(25))


def test_a_user_is_told_to_try_again(video, ffmpeg_is, avatar):
    ffmpeg_is(KILLED_AT_ONCE)
    for command in (["check", video], ["voice", "clone", video, "--name", "me"], ["pipeline", "run", "--audio", video]):
        done = avatar(*command)
        assert (done.code, done.stdout) == (TemporaryProblem.exit_code, "")
        assert f"FFmpeg was ended by SIGKILL while reading {str(video)!r}; try again." in done.stderr


def test_a_copy_of_a_recording_is_not_decoded_again(video, ffmpeg_is, tmp_path):
    ffmpeg_is(f"echo >> '{tmp_path}/starts'; exec '{REAL}' \"$@\"")
    (tmp_path / "copy.mp4").write_bytes(video.read_bytes())
    first = read_sound(video, 60)
    first.samples[:] = 7  # what one reader does to its samples is not the next one's
    second = read_sound(tmp_path / "copy.mp4", 60)
    assert abs(second.samples).max() <= 1 and len(second.samples) == len(first.samples)
    assert len((tmp_path / "starts").read_text()) == 1
    with (tmp_path / "copy.mp4").open("ab") as changed:
        changed.write(b"\0")
    with pytest.raises(AvatarError, match="is over 2 s long"):
        read_sound(tmp_path / "copy.mp4", 1)
    read_sound(tmp_path / "copy.mp4", 60)
    assert len((tmp_path / "starts").read_text()) == 3
