"""The FFmpeg program of the imageio-ffmpeg wheel: how every file is read by it, and how an mp4 is written.

This room alone starts FFmpeg: streams.py asks what a file holds, sound_file.py and frames.py decode it. A program that
the host ended says nothing about the file, see `refuse_ended_by_host`. Raw frames never touch the disk. Encoder threads are fixed and the muxers are told to write nothing that
changes from run to run (bitexact), so the same frames give the same bytes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from avatar import limits
from avatar.environment.packaged import MEND, recorded_file
from avatar.errors import AvatarError, EnvironmentProblem, TemporaryProblem
from avatar.files import HOST_IS_SHORT
from avatar.host.closed_child import OUT_OF_MEMORY, Ended, Limits, command_line
from avatar.media.pipes import StandsStill, ToPipe, end

if TYPE_CHECKING:
    import numpy as np

name, version = "ffmpeg", "1"  # the engine of the video stage, as records name it
THREADS = "2"  # of each decoder and each filter, whatever the host's cores: memory grows with them
MOST_STREAMS = 64  # tracks of a file; a phone's clip has six
ENCODER_THREADS = 2  # fixed: x264 writes other bytes with another number
STOPPED = 255  # its exit status where it heard SIGTERM, SIGINT or SIGQUIT and stopped in good order
# BT.709, limited range, said in the stream: players guess otherwise, and faces turn green or orange
BT709 = "scale=out_color_matrix=bt709:out_range=tv,setparams=color_primaries=bt709:color_trc=bt709"
TAGGED = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
# What a frame handed to FFmpeg is, in its names: RGB (height, width, 3), or BT.709 already, in limited range: luma
# (height, width), then cb and cr (height / 2, width / 2) each. And the filters that make it the second.
RGB, YCBCR = "rgb24", "yuv420p"
TO_YCBCR = {
    RGB: f"{BT709},format={YCBCR}",
    YCBCR: TAGGED,
}
OVERLAID = "scale=out_color_matrix=bt709:out_range=tv,format=yuva420p"  # a picture that is clear in parts
IN_CORNER = f"overlay=0:main_h-overlay_h,format=yuv420p,{TAGGED}"
BITEXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
# The encoders that encoder.py chooses between. NVENC takes the middle one of its presets, a constant quality with the
# number of x264's (another scale: not compared on a card yet), and x264's distance between key frames.
ENCODERS = {
    "x264": ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", str(ENCODER_THREADS)],
    "nvenc": ["-c:v", "h264_nvenc", "-preset", "p4", "-rc", "vbr", "-cq", "20", "-g", "250"],
}
KEPT = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-threads", "1"]  # lossless, 5 to 8 MB a second at 1080


@dataclass(frozen=True)
class Input:
    """What FFmpeg reads. place: a file, or "pipe:0"; formats: the names of its readers that may read it, with commas
    between; options: more of FFmpeg's own for it."""

    place: Path | str
    formats: str
    options: tuple[str, ...] = ()


@cache
def ffmpeg_program() -> str:
    """Path of the pinned FFmpeg, whatever the environment says: imageio_ffmpeg itself would take another one.

    Its size is that of the wheel; hashing its 173 MB at each start would take 0.15 s, so its contents are left to
    `avatar status --strict`. Raises EnvironmentProblem when the program is not there or not that one.
    """
    if other := os.environ.get("IMAGEIO_FFMPEG_EXE"):
        print(f"note: IMAGEIO_FFMPEG_EXE={other} is ignored: the locked FFmpeg is used.", file=sys.stderr)
    program = recorded_file("imageio_ffmpeg", "binaries/ffmpeg-*")
    if not os.access(program, os.X_OK):
        raise EnvironmentProblem(f"{program} may not be executed; {MEND}.")
    return str(program)


def is_script(program: str) -> bool:
    """Whether a script stands in the program's place, as on hosts that wrap it: its interpreter needs files of its own."""
    with open(program, "rb") as file:
        return file.read(2) == b"#!"


def file_argument(path: Path) -> str:
    """A path as FFmpeg takes it whatever it holds: a leading dash, a colon, a newline."""
    return f"file:{path}"


def command(*inputs: Input, output: Sequence[str], level: str = "error") -> list[str]:
    """FFmpeg with these inputs; every command that is run is built here, and so bounded.

    Decoders and filters have as many threads on every host. Of protocols an input has its own alone, and of FFmpeg's
    readers those that it names: others would follow lists to further files and to addresses.
    """
    given = [ffmpeg_program(), "-hide_banner", "-loglevel", level, "-nostdin", "-nostats", "-y"]
    given += ["-filter_threads", THREADS, "-filter_complex_threads", THREADS]
    for each in inputs:
        place = each.place if isinstance(each.place, str) else file_argument(each.place)
        given += ["-protocol_whitelist", place.partition(":")[0], "-format_whitelist", each.formats]
        given += ["-max_streams", str(MOST_STREAMS), "-max_pixels", str(limits.MOST_PIXELS), "-threads", THREADS]
        given += [*each.options, "-i", place]
    return [*given, *output]


def started(command: list[str], **pipes) -> subprocess.Popen:
    """FFmpeg in a session of its own, so that Ctrl-C reaches this process alone, which then stops FFmpeg.

    Raises EnvironmentProblem when the program cannot be started: TemporaryProblem for want of memory or processes.
    """
    try:
        return subprocess.Popen(command, start_new_session=True, bufsize=0, **pipes)
    except OSError as error:
        if error.errno in HOST_IS_SHORT:
            raise TemporaryProblem(
                f"FFmpeg cannot be started: {error.strerror}; end other programs, or try again later."
            ) from error
        raise EnvironmentProblem(f"FFmpeg cannot be started: {error}; {MEND}.") from error


def messages_file() -> IO[bytes]:
    """A file without a name for FFmpeg's messages. Raises TemporaryProblem where the host has no room for one."""
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise TemporaryProblem(
            f"FFmpeg's messages cannot be kept in {tempfile.gettempdir()}: {error.strerror}; free some space there, end "
            "other programs, or try again later."
        ) from error


def refuse_ended_by_host(status: int, said: str, doing: str) -> None:
    """Raises TemporaryProblem when FFmpeg found no memory, or was ended from outside: no verdict on what it read.

    status: as subprocess has it; said: FFmpeg's messages; doing: "while reading …", for the message.
    """
    words = said.encode()
    if status and any(refusal in words for refusal in OUT_OF_MEMORY):
        raise TemporaryProblem(f"FFmpeg found no memory {doing}; end other programs, or try again later.")
    if Ended(status, b"", words, "").ended_by_host:
        raise TemporaryProblem(f"FFmpeg was ended by {_signal_name(-status)} {doing}; try again.")
    # -1, which is the error EPERM as well, would be the same status.
    if status == STOPPED and os.strerror(errno.EPERM) not in said:
        raise TemporaryProblem(f"FFmpeg was ended by a signal {doing}; try again.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most of the real-time signals have no name
        return f"signal {number}"


def encode_frames(
    frames: Iterable[np.ndarray],
    width: int,
    height: int,
    frame_rate: Fraction,
    path: Path,
    encoder: str = "x264",
    pixels: str = RGB,
    mark: np.ndarray | None = None,
) -> int:
    """Encode frames, each uint8 of one of TO_YCBCR's kinds, to a silent H.264 mp4; returns how many there were.

    encoder: one of ENCODERS; mark: uint8 RGBA (height, width, 4), laid over the lower left corner.

    Raises TemporaryProblem when the disk is full or the host ended FFmpeg, EnvironmentProblem when NVENC refuses,
    AvatarError when FFmpeg fails otherwise. On any error, and on Ctrl-C, FFmpeg is stopped and the unfinished file removed.
    """
    count = 0
    with _file_of(mark, path.parent) as laid_over:
        encode = encode_command(width, height, frame_rate, encoder, pixels, laid_over)
        encode += ["-xerror", *BITEXACT, "-f", "mp4", file_argument(path)]
        with running(encode, path) as stdin:
            for frame in frames:
                stdin.write(frame.data)
                count += 1
    return count


def encode_command(
    width: int, height: int, frame_rate: Fraction, encoder: str, pixels: str = RGB, mark: Input | None = None
) -> list[str]:
    """FFmpeg with raw frames at its standard input and one of ENCODERS; what it writes is to be added."""
    given, filters = raw_frames(width, height, frame_rate, pixels), ["-vf", TO_YCBCR[pixels]]
    if mark:
        filters = [
            "-filter_complex",
            f"[0:v]{TO_YCBCR[pixels]}[moving];[1:v]{OVERLAID}[mark];[moving][mark]{IN_CORNER}",
        ]
    output = [*filters, *ENCODERS[encoder], "-pix_fmt", YCBCR]
    return command(given, *([mark] if mark else []), output=output)


@contextlib.contextmanager
def _file_of(picture: np.ndarray | None, folder: Path) -> Iterator[Input | None]:
    """A picture, uint8 RGBA, as FFmpeg reads it; gone when the block ends."""
    if picture is None:
        yield None
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".mark-") as file:
        file.write(picture.tobytes())
        file.flush()
        size = f"{picture.shape[1]}x{picture.shape[0]}"
        yield Input(Path(file.name), "rawvideo", ("-f", "rawvideo", "-pix_fmt", "rgba", "-s", size))


def raw_frames(width: int, height: int, frame_rate: Fraction, pixels: str = RGB) -> Input:
    """Raw frames at FFmpeg's standard input."""
    form = ("-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{width}x{height}", "-r", str(frame_rate))
    return Input("pipe:0", "rawvideo", form)


def mux(
    picture: Path,
    sound: Path,
    seconds: Fraction,
    path: Path,
    metadata: dict[str, str],
    subtitles: Path | None = None,
    language: str = "und",
) -> None:
    """Join a silent mp4 (stream copied), a sound file (to AAC) and optional SRT subtitles (soft track) into path.

    The sound is padded or cut to `seconds`, the length of the picture. language is the ISO 639-2 code of the tracks.
    """
    inputs = [Input(picture, "mov"), Input(sound, "wav")]
    streams = ["-map", "0:v:0", "-map", "1:a:0"]
    if subtitles:
        inputs += [Input(subtitles, "srt")]
        streams += ["-map", "2:s:0", "-c:s", "mov_text", "-metadata:s:s:0", f"language={language}"]
    tags = [argument for key, value in metadata.items() for argument in ("-metadata", f"{key}={value}")]
    output = [
        "-xerror", *streams, "-map_metadata", "-1", *tags, "-metadata:s:a:0", f"language={language}",
        "-c:v", "copy", "-c:a", "aac", "-b:a", "128k", "-ac", "1", "-ar", "48000",
        "-af", "aresample=resampler=swr,apad", "-t", f"{float(seconds):.6f}",
        "-movflags", "+faststart", *BITEXACT, "-threads", str(ENCODER_THREADS), "-f", "mp4", file_argument(path),
    ]  # fmt: skip
    with running(command(*inputs, output=output), path):
        pass


@contextlib.contextmanager
def running(
    line: list[str],
    path: Path,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    within: Limits | None = None,
) -> Iterator[ToPipe]:
    """Run FFmpeg, give its standard input, and wait for it; on failure remove `path` and say what FFmpeg said.

    folder: that it works in; variables: of its environment, beside those of this process; within: what it may use, where it
    reads what a stranger made. Raises TemporaryProblem too where it stands still; it and what it started are gone then.
    """
    with messages_file() as messages:
        environment = {**os.environ, **variables} if variables else None
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": messages}
        process = started(command_line(line, within) if within else line, cwd=folder, env=environment, **pipes)
        stdin = ToPipe(process)
        try:
            # A closed pipe means that FFmpeg has given up; why is in its messages and its exit code.
            with contextlib.suppress(BrokenPipeError):
                yield stdin
            stdin.close()
            stdin.watch.until_ended()
        except BaseException as error:
            end(process)
            path.unlink(missing_ok=True)
            if isinstance(error, StandsStill):
                raise TemporaryProblem(f"FFmpeg {error} while writing {path.name}; it was ended, try again.") from None
            raise
        end(process)
        if process.returncode:
            path.unlink(missing_ok=True)
            messages.seek(0)
            said = messages.read().decode(errors="replace")
            if not nvenc_reason(said):  # a GPU without memory is told as such
                refuse_ended_by_host(process.returncode, said, f"while writing {path.name}")
            raise failure(said, path)


def failure(messages: str, path: Path) -> AvatarError:
    """The error that FFmpeg's messages amount to."""
    if "No space left on device" in messages or free_bytes(path.parent) < 1 << 20:
        return TemporaryProblem(
            f"the disk that holds {path.parent} is full; free some space there, then run the same command again."
        )
    if reason := nvenc_reason(messages):
        return EnvironmentProblem(
            f"NVENC could not encode {path.name}: {reason}; AVATAR_ENCODER=x264 before the same command does without it."
        )
    last = messages.strip().splitlines()[-1:] or ["it said nothing"]
    return AvatarError(f"FFmpeg could not write {path.name}: {last[0]}.")


def nvenc_reason(messages: str) -> str:
    """What NVENC itself said among FFmpeg's messages, in their order; "" where it said nothing.

    FFmpeg goes on with what follows from it: an encoder that did not open, a file that was not written.
    """
    return "; ".join(re.findall(r"^\[h264_nvenc @ \w+\] (.+?)\.?$", messages, re.MULTILINE))


def free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
