"""What the FFmpeg program knows of a file. The wheel brings no ffprobe: the streams are read from its report."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from avatar.errors import InputError
from avatar.media.reading import FORMATS, OF_PICTURES, reading

# Not a cover picture in a sound file, and not a text, which FFmpeg would show as a terminal does (codec "ansi").
_VIDEO = re.compile(r"^ +Stream #\d+:\d+.*?: Video: (?!ansi)(\w+)(?!.*\(attached pic\))", re.MULTILINE)
_AUDIO = re.compile(r"^ +Stream #\d+:\d+.*?: Audio: (\w+)", re.MULTILINE)
_FRAME = re.compile(r"\bn: *0 .*?\bfmt:(\w+) .*?\bsar:(\d+)/(\d+) s:(\d+)x(\d+) i:(\w)")
_COLOURS = re.compile(r"\bcolor_range:\S+ color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)")
_DURATION = re.compile(r"^ +Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
_FRAME_RATE = re.compile(r"\bconfig in time_base: .*?\bframe_rate: ([1-9]\d*/[1-9]\d*)")
_FIRST_FRAME = re.compile(r"\bn: *0 .*?\bpts_time:(-?[\d.]+)")
_FIRST_OUTPUT = re.compile(r"^(Stream mapping:|Output #0)", re.MULTILINE)
PROBE_CPU_S = 8  # for the report and one picture; of 8K that takes 1
# Its own report, and one decoded frame: when that is shown, and the frame rate as a fraction.
_ONE_FRAME = ("-map", "0:V:0", "-frames:v", "1", "-vf", "showinfo=checksum=0", "-f", "null", "-")
# WebM keeps transparency in a stream of its own, which FFmpeg's own decoders leave out.
_HAS_ALPHA = re.compile(r"^ +alpha_mode +: 1", re.MULTILINE)
_ALPHA_DECODERS = {"vp8": ("-c:v", "libvpx"), "vp9": ("-c:v", "libvpx-vp9")}


@dataclass(frozen=True)
class FirstFrame:
    """What FFmpeg's filter showinfo says of a decoded frame, after it was turned upright; words are FFmpeg's."""

    layout: str  # of the pixels: yuv420p10le
    width: int
    height: int
    pixel_aspect: Fraction  # width of a pixel over its height
    is_interlaced: bool
    matrix: str
    primaries: str
    transfer: str


@dataclass(frozen=True)
class Streams:
    """A file's first picture and sound stream: their codecs as FFmpeg names them, None where there is none.

    video_start_s is when the first frame is shown, in seconds after the file's beginning; nearly always 0. frame_rate:
    of the pictures, a second; None where FFmpeg cannot tell. declared_s is the length that the file claims, None where
    it does not say. first_frame: as it is decoded; None where none can be. options: with which FFmpeg is to read it.
    """

    video_codec: str | None
    audio_codec: str | None
    video_start_s: float = 0.0
    declared_s: float | None = None
    frame_rate: Fraction | None = None
    first_frame: FirstFrame | None = None
    options: tuple[str, ...] = ()


def probe(path: Path, formats: str = FORMATS) -> Streams:
    """The streams of a file, as far as FFmpeg's readers named by `formats` may read it.

    Raises InputError when it has neither picture nor sound.
    """
    said = said_of_first_frame(path, formats)
    report = input_report(said)
    video, audio = _VIDEO.search(report), _AUDIO.search(report)
    if not video and not audio:
        raise InputError(f"{str(path)!r} is not a picture, a video or a recording that can be read.")
    if not video:
        return Streams(None, audio and audio[1])
    options = _ALPHA_DECODERS.get(video[1], ()) if _HAS_ALPHA.search(report) else ()
    frame = first_frame(said_of_first_frame(path, formats, options) if options else said)
    first, rate = _FIRST_FRAME.search(said), _FRAME_RATE.search(said)
    return Streams(
        video[1],
        audio and audio[1],
        float(first[1]) if first else 0.0,
        declared_seconds(report),
        Fraction(rate[1]) if rate else None,
        frame,
        options,
    )


def said_of_first_frame(path: Path, formats: str, options: tuple[str, ...] = ()) -> str:
    """FFmpeg's messages while it decodes one frame."""
    within = replace(OF_PICTURES, cpu_s=PROBE_CPU_S)
    with reading(path, *_ONE_FRAME, level="info", formats=formats, options=options, within=within) as ffmpeg:
        ffmpeg.finish()
        return ffmpeg.said()


def first_frame(said: str) -> FirstFrame | None:
    """In FFmpeg's messages, its filter showinfo's among them; None where no frame was decoded."""
    frame, colours = _FRAME.search(said), _COLOURS.search(said)
    if not frame or not colours:
        return None
    layout, across, down, width, height, interlaced = frame.groups()
    aspect = Fraction(int(across), int(down)) if int(across) and int(down) else Fraction(1)
    return FirstFrame(layout, int(width), int(height), aspect, interlaced != "P", *colours.groups())


def input_report(said: str) -> str:
    """The part of FFmpeg's messages (level info) that tells of the file, before what it writes."""
    output = _FIRST_OUTPUT.search(said)
    return said[: output.start()] if output else said


def declared_seconds(report: str) -> float | None:
    """The length that a file claims, by FFmpeg's report; None where it does not say."""
    length = _DURATION.search(report)
    return int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]) if length else None
