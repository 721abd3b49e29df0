"""FFmpeg reading somebody else's file: without the network, without other files, within limits, and to its end or not.

What it reads was looked at before (claims.py). It runs in a closed child (avatar/host/closed_child.py) that may open this
one file, with a bounded memory, CPU time and length of messages; one that stands still is ended. At its end `finish`
decides: a program that the host ended, starved or cut off is the host's failure (TemporaryProblem) and no verdict on the
file, even where its exit status is 0; one that ran into its own limits is the file's (InputError).
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from avatar import limits
from avatar.device.hardware import available_mib
from avatar.environment.packaged import MEND
from avatar.errors import AvatarError, EnvironmentProblem, InputError, TemporaryProblem
from avatar.files import refuse_host_failure
from avatar.host.closed_child import Limits, command_line
from avatar.media.boxes import Boxes
from avatar.media.claims import refuse_false
from avatar.media.ffmpeg import (
    Input,
    command,
    end,
    ffmpeg_program,
    is_script,
    messages_file,
    refuse_ended_by_host,
    started,
)
from avatar.media.pipes import FromPipe, StandsStill

# FFmpeg's readers of files that hold pictures or sound themselves. Others follow lists, to further files and addresses.
SOUND_FORMATS = "wav,w64,aiff,au,caf,flac,mp3,aac,ogg,mov,matroska,asf,avi,mpegts,amr"
FORMATS = f"{SOUND_FORMATS},mpeg,flv,ivf"
# Sound needs 100 MiB at most, 8K video of 10 bit and 16 reference frames 1,300. CPU time: of all threads; an hour's sound
# takes 20 s, half an hour of 4K at 60 pictures a second most of an hour.
OF_SOUND = Limits(memory_mib=256, cpu_s=120, file_mib=4)
OF_PICTURES = Limits(memory_mib=1500, cpu_s=3600, file_mib=4)

LEVELS = ("panic", "fatal", "error", "warning", "info", "verbose", "debug")
_LEVEL = re.compile(rf"^((?:\[[^]]*\] )*?)\[({'|'.join(LEVELS)})\] ?")
_WRITTEN = re.compile(r"Statistics: (\d+) bytes written")
_DECODED = re.compile(
    r"Input stream #\d+:\d+ \((\w+)\): (\d+) packets read .*?; (\d+) frames decoded.*?; (\d+) decode errors"
)
_NO_MEMORY = ("Cannot allocate memory", "std::bad_alloc", "get_buffer() failed", "Failed to allocate")
# What it says after the reason
_NO_REASON = (
    "Terminating thread", "Task finished", "Error opening input", "Nothing was written", "Last message", "Conversion failed",
    "Format not on whitelist", "Error parsing options for output", "Could not open encoder before EOF",
)  # fmt: skip
_TOO_MANY_PIXELS = re.compile(r"[Pp]icture size (\d+x\d+) (exceeds specified max pixel count|is invalid)")


@dataclass(frozen=True)
class Account:
    """What FFmpeg says at its end of the streams that it read, one kind of them: packets in, frames out, errors."""

    packets: int
    frames: int
    errors: int


@dataclass
class Reading:
    """FFmpeg at work on a file; `stdout` is what it decodes, to be read to its end before `finish`."""

    path: Path
    process: subprocess.Popen
    messages: IO[bytes]
    limits: Limits
    level: str
    claims: Boxes | None
    stdout: FromPipe = field(init=False)
    _cpu_s: float = 0.0

    def __post_init__(self) -> None:
        self.stdout = FromPipe(self.process)

    def said(self) -> str:
        """FFmpeg's messages so far, of the level that was asked for and graver ones."""
        return self._told(self.level.removeprefix("level+"), with_level=self.level.startswith("level+"))

    def complaint(self) -> str:
        """What FFmpeg found wrong, in a line: what it gave up for, else the last it said; "" where it said nothing."""
        fatal, lines = (
            [line for line in self._told(level).splitlines() if line.strip() and not line.startswith(_NO_REASON)]
            for level in ("fatal", "error")
        )
        return (fatal[:1] or lines[-1:] or [""])[0].strip().rstrip(".")

    def account(self, kind: str) -> Account:
        """What came of the streams of a kind, "video" or "audio", once it has ended."""
        found = [row for row in _DECODED.findall(self._told("verbose")) if row[0] == kind]
        return Account(*(sum(int(row[column]) for row in found) for column in (1, 2, 3)))

    def finish(self) -> int:
        """Wait for FFmpeg's end; its exit status, 0 only where it went through all that it found and all that it decoded came
        here. What it could not decode is in `account` and `complaint`; with -xerror among its options it gives up there.

        Raises TemporaryProblem when the host ended it, or let it want for something; InputError when the file made it
        take too much.
        """
        if self.process.returncode is None:
            self.stdout.watch.until_ended()
            self._end()
        status, wrong = int(self.process.returncode or 0), self._told("error")  # it has ended: there is a status
        doing = f"while reading {str(self.path)!r}"
        if -status == signal.SIGXCPU or self._cpu_s >= self.limits.cpu_s:
            raise self._too_much(f"takes more than {self.limits.cpu_s} s of CPU time")
        if -status == signal.SIGXFSZ:
            raise self._too_much("gives FFmpeg cause for megabytes of complaints")
        if any(words in wrong for words in _NO_MEMORY):
            if self._has_begun() and not self._host_wants_memory():
                raise self._too_much(f"takes more than {self.limits.memory_mib} MiB of memory")
            raise TemporaryProblem(f"FFmpeg found no memory {doing}; end other programs, or try again later.")
        refuse_ended_by_host(status, wrong, doing)
        if found := _TOO_MANY_PIXELS.search(wrong):
            raise InputError(
                f"the pictures of {str(self.path)!r} have {found[1]} pixels; {limits.MOST_PIXELS / 1e6:.0f} million is the "
                "most, convert it to a smaller one."
            )
        if "Input/output error" in wrong:
            self._refuse_broken_disk()
        if status > 0 and not self._has_begun():
            self._refuse_not_started(doing)
        if status == 0:
            self._refuse_cut_off(doing)
        return status

    def _refuse_cut_off(self, doing: str) -> None:
        """Raises TemporaryProblem where it had nothing to say and read fewer samples than the file has, where its last
        words are missing, or where more was written than came here."""
        said = self._told("verbose")
        if "EOF while reading input" in said and self.claims and not self._told("error"):
            for kind, track in (("video", b"vide"), ("audio", b"soun")):
                read, claimed = self.account(kind).packets, self.claims.samples(track)
                if 0 < read < claimed:
                    raise TemporaryProblem(f"FFmpeg stopped {doing} at {read} of {claimed} samples; try again.")
        written = _WRITTEN.findall(said)
        if "Exiting with exit code 0" not in said or (written and int(written[-1]) != self.stdout.count):
            raise TemporaryProblem(f"FFmpeg was cut off {doing}: not all came that it decoded; try again.")

    def _refuse_broken_disk(self) -> None:
        """FFmpeg's readers say "Input/output error" of a file that ends too early too: is it the disk?"""
        try:
            with open(self.path, "rb") as file:
                while file.read(1 << 20):
                    pass
        except OSError as error:
            refuse_host_failure(error, f"reading {str(self.path)!r}")

    def _has_begun(self) -> bool:
        return any(_LEVEL.match(line) for line in self._all().splitlines())

    def _refuse_not_started(self, doing: str) -> None:
        """Raises EnvironmentProblem where the host could not start the program, TemporaryProblem where it lacked means."""
        said = self._all().strip().splitlines()[-1:] or ["it said nothing"]
        if said[0].startswith(f"{ffmpeg_program()}: "):
            raise EnvironmentProblem(f"FFmpeg cannot be started: {said[0]}; {MEND}.")
        if re.search(
            r"Too many open files|No space left|Error 2[34]\b|error while loading|Fatal Python error", said[0]
        ):
            raise TemporaryProblem(
                f"FFmpeg could not begin {doing}: {said[0]}; end other programs, or try again later."
            )

    def _host_wants_memory(self) -> bool:
        """Whether the host had less memory than FFmpeg was allowed: then it is no fault of the file."""
        own = min(_soft(resource.RLIMIT_AS), _soft(resource.RLIMIT_DATA))
        return min(available_mib(), own >> 20) < self.limits.memory_mib

    def _too_much(self, what: str) -> AvatarError:
        return InputError(
            f"{str(self.path)!r} {what} to decode; convert it to an ordinary mp4 (H.264), WAV or MP3 file."
        )

    def _told(self, level: str, with_level: bool = False) -> str:
        """The messages of a level and graver ones. A line without a level belongs to the one before."""
        wanted, lines = LEVELS[: LEVELS.index(level) + 1], []
        current = "error"
        for line in self._all().splitlines():
            if found := _LEVEL.match(line):
                current = found[2]
            if current in wanted:
                lines.append(line if with_level or not found else line[found.end() :])
        return "".join(f"{line}\n" for line in lines)

    def _all(self) -> str:
        file = self.messages.fileno()  # whose place is FFmpeg's too: it must not be moved
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def _end(self) -> None:
        self._cpu_s = max(self._cpu_s, end(self.process))


@contextlib.contextmanager
def reading(
    path: Path,
    *output: str,
    level: str = "error",
    formats: str = FORMATS,
    seconds: float | None = None,
    within: Limits = OF_PICTURES,
    options: tuple[str, ...] = (),
) -> Iterator[Reading]:
    """FFmpeg reading one file, and nothing else. At the end of the block it is gone, and all that it started.

    output: what it is to write, to "pipe:1". level: of the messages that are of interest. formats: the names of FFmpeg's
    readers that may read the file. seconds: read no more of the file. within: what it may use. options:
    more of FFmpeg's own for the file.
    Raises InputError where the file claims what it cannot hold, or keeps FFmpeg at work without a result;
    TemporaryProblem where the host has no room for another process, or FFmpeg stands still.
    """
    claims = refuse_false(path)
    options += ("-t", f"{seconds:.6f}") if seconds else ()
    line = command(Input(path, formats, options), output=output, level="level+verbose")
    within = replace(within, readable=None if is_script(line[0]) else (path,))
    with messages_file() as messages:
        process = started(command_line(line, within), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages)
        ffmpeg = Reading(path, process, messages, within, level, claims)
        try:
            yield ffmpeg
        except StandsStill as still:
            ffmpeg._end()
            if still.works:
                raise ffmpeg._too_much("takes more time than there is") from None
            raise TemporaryProblem(f"FFmpeg {still} while reading {str(path)!r}; it was ended, try again.") from None
        finally:
            ffmpeg._end()


def _soft(kind: int) -> int:
    soft = resource.getrlimit(kind)[0]
    return 1 << 62 if soft == resource.RLIM_INFINITY else soft
