"""What a talking-head video measures: does the mouth move with the sound, is a face in every frame, does it look right?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.invocation import to_type
from avatar.media.frames import at_rate, video_frames
from avatar.media.loudness import SILENT_DBFS, Loudness, decibels, loudness_of
from avatar.media.lufs import Meter
from avatar.media.reading import FORMATS
from avatar.media.sound_file import FROM_ZERO_RATE
from avatar.media.streams import Streams
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.landmarks import LEFT_EYE, LOWER_LIP, RIGHT_EYE, UPPER_LIP
from avatar.quality import closures, seen
from avatar.quality.intended import Asked
from avatar.quality.judgement import APART_S
from avatar.quality.seen import Seen
from avatar.quality.sync import LEAST_R_INTENDED, LEAST_R_SOUND, Match, match, match_failures

MOST_MISSING_S = 0.25  # of the length that the file claims; containers round it, and sound is padded
BLACK = 8  # mean grey level of 255 below which a frame is black
MOST_BLACK = 0.1  # share of the frames: room for a fade in and out, not for a video that shows next to nothing
MOST_RATE = 120  # frames a second; what claims more counts its ticks
FROZEN = 0.02  # mean change of the grey level below which a frame is the one before


@dataclass
class Pictures:
    """What was measured on the frames of a video, one after the other."""

    width: int
    height: int
    opening: list[float] = field(default_factory=list)  # of each frame; NaN where no face was found
    black: int = 0
    frozen: int = 0
    seen: Seen = field(default_factory=Seen)


def check_video(
    path: Path, streams: Streams, asked: Asked | None, lse: bool = False, pictures: Pictures | None = None
) -> dict:
    """Figures and failed limits of a video.

    asked: what its face was asked to do, where that is known. lse: let SyncNet judge the lip sync too; loads PyTorch.
    pictures: what `measure_frames` gave, where it was asked before.
    """
    from avatar.quality import syncnet

    pictures = pictures or measure_frames(path, streams.frame_rate)
    meter = Meter(FROM_ZERO_RATE)
    sound = loudness_of(path, meter.add) if streams.audio_codec else None
    opening = np.array(pictures.opening)
    frames, faces = len(opening), int(np.isfinite(opening).sum())
    if streams.frame_rate is None:
        raise InputError(f"{str(path)!r} does not say how many frames a second it has; convert it to an mp4 (H.264).")
    rate, start = float(streams.frame_rate), streams.video_start_s
    seconds = start + frames / rate  # from the beginning of the file, as those of the sound
    is_heard = bool(sound and sound.rms_dbfs is not None and sound.rms_dbfs >= SILENT_DBFS)
    intended = asked and match(opening, asked.opening, rate)
    loudness = sound and match(opening, sound.envelope(frames, rate, start), rate)
    lip_sync = syncnet.check_lip_sync(path) if lse else None
    report = {
        "kind": "video",
        "width": pictures.width,
        "height": pictures.height,
        "frame_rate": round(rate, 4),
        "frames": frames,
        "video_seconds": round(seconds, 4),
        "declared_seconds": streams.declared_s,
        "video_codec": streams.video_codec,
        "audio_codec": streams.audio_codec,
        "audio_seconds": sound and round(sound.seconds, 4),
        "difference_seconds": sound and round(abs(seconds - sound.seconds), 4),
        "audio_rms_dbfs": sound and _round(sound.rms_dbfs, 1),
        "audio_lufs": sound and _round(meter.loudness(), 1),
        "audio_peak_dbfs": sound and _round(decibels(sound.peak), 1),
        "frames_with_face": faces,
        "opening": _spread(opening),
        "opening_to_intended": intended and intended.figures(),
        "opening_to_sound": loudness and loudness.figures(),
        "lip_sync": lip_sync,
        "lip_sync_left_out": None if lse else syncnet.obstacle() or f"'{to_type('check FILE --lse')}' asks SyncNet.",
        "seen": _seen(path, pictures, asked, rate, start, is_heard),
        "black_share": round(pictures.black / frames, 4),
        "frozen_share": round(pictures.frozen / frames, 4),
    }
    failed = failures(report, sound, intended, loudness) + seen.failures(report["seen"], asked)
    notes = seen.notes(report["seen"], asked, seconds)
    return {**report, "warnings": notes, "failed": failed + (lip_sync["failed"] if lip_sync else [])}


def _seen(path: Path, pictures: Pictures, asked: Asked | None, rate: float, start_s: float, is_heard: bool) -> dict:
    """What a viewer sees of the face, with the closures of the lips against the phones of the sound."""
    known = asked.phones if asked else ()
    phones = known or (closures.heard_phones(path) if is_heard else ())
    shut = closures.figures(np.array(pictures.opening), phones, rate, start_s, heard=not known)
    return {"bilabials": shut, **pictures.seen.figures(asked, rate)}


def failures(report: dict, sound: Loudness | None, intended: Match | None, loudness: Match | None) -> list[str]:
    """A sentence for every limit that is not met."""
    failed = []
    there = max(report["video_seconds"], report["audio_seconds"] or 0)
    if (report["declared_seconds"] or 0) - there > MOST_MISSING_S:
        failed.append(f"the file claims {report['declared_seconds']:.2f} s and holds {there:.2f} s; it is cut short")
    if report["frames_with_face"] < report["frames"]:
        missing = report["frames"] - report["frames_with_face"]
        failed.append(f"no face was found in {missing} of {report['frames']} frames")
    if report["black_share"] > MOST_BLACK:
        failed.append(f"{report['black_share']:.0%} of the frames are black, {MOST_BLACK:.0%} is the most")
    if sound is None:
        failed.append("there is no sound")
    elif sound.rms_dbfs is None or sound.rms_dbfs < SILENT_DBFS:
        failed.append(f"the sound is silent (below {SILENT_DBFS:.0f} dBFS)")
    if sound and report["difference_seconds"] > max(APART_S, 1 / report["frame_rate"]):
        failed.append(f"picture and sound differ by {report['difference_seconds']:.3f} s, more than one frame")
    if intended:
        failed += match_failures(intended, "what it was asked to do", LEAST_R_INTENDED)
    if loudness:
        failed += match_failures(loudness, "the sound", LEAST_R_SOUND)
    return failed


def lines(report: dict) -> list[str]:
    rows = [
        (
            "picture",
            f"{report['width']} x {report['height']}, {report['frame_rate']:g} frames a second, "
            f"{report['frames']} frames, {report['video_seconds']:.3f} s, {report['video_codec']}",
        ),
        (
            "sound",
            f"{report['audio_seconds']:.3f} s, {_or_none(report['audio_lufs'], ' LUFS')}, "
            f"{_or_none(report['audio_rms_dbfs'], ' dBFS')}, {report['audio_codec']}"
            if report["audio_codec"]
            else "none",
        ),
        ("face", f"in {report['frames_with_face']} of {report['frames']} frames"),
    ]
    if spread := report["opening"]:
        rows.append(
            (
                "mouth",
                f"opens {spread['min']:.3f} to {spread['max']:.3f}, median {spread['median']:.3f} "
                "(of the distance between the eyes)",
            )
        )
    for key, name in (("opening_to_intended", "asked for"), ("opening_to_sound", "loudness")):
        if found := report[key]:
            rows.append((name, f"correlation {_or_none(found['r'])}, lag {_or_none(found['lag_ms'], ' ms')}"))
    rows += seen.rows(report["seen"])
    rows.append(("lip sync", _lip_sync(report)))
    rows.append(("still", f"{report['frozen_share']:.1%} of the frames, black {report['black_share']:.1%}"))
    rows += [("note", note) for note in report["warnings"]]
    return [f"{name:<12}{text}" for name, text in rows]


# ---------------------------------------------------------------- frames


def measure_frames(path: Path, frame_rate: Fraction | None = None) -> Pictures:
    """Read a video frame by frame, at this rate however unevenly it has them; as it has them where it is None.

    Raises InputError when it has no frame that can be decoded.
    """
    pick = at_rate(frame_rate) if frame_rate and frame_rate <= MOST_RATE else ""
    pictures = measured(video_frames(path, pick=pick, containers=FORMATS, whole=False))
    if pictures is None:
        raise InputError(f"{str(path)!r} holds no frame that can be read; it is damaged or cut short, or no video.")
    return pictures


def measured(frames: Iterable[np.ndarray]) -> Pictures | None:
    """What is measured on frames, uint8 RGB (height, width, 3), one after the other; None where there is none."""
    pictures = before = None
    with FaceReader() as reader:
        for frame in frames:
            pictures = pictures or Pictures(frame.shape[1], frame.shape[0])
            face = reader.largest(frame)
            grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
            pictures.opening.append(mouth_opening(face) if face else np.nan)
            pictures.seen.add(frame, grey, face, pictures.opening[-1])
            pictures.black += grey.mean() < BLACK
            pictures.frozen += before is not None and cv2.absdiff(grey, before).mean() < FROZEN
            before = grey
    return pictures


def mouth_opening(face: Face) -> float:
    """Distance between the inner lips over that between the outer corners of the eyes: size and tilt cancel out."""
    points = face.landmarks[:, :2]
    lips = np.linalg.norm(points[UPPER_LIP] - points[LOWER_LIP])
    return float(lips / np.linalg.norm(points[LEFT_EYE] - points[RIGHT_EYE]))


# ---------------------------------------------------------------- figures


def _lip_sync(report: dict) -> str:
    if (found := report["lip_sync"]) is None:
        return f"not judged: {report['lip_sync_left_out']}"
    if found["confidence"] is None:
        return "cannot be told"
    return (
        f"confidence (LSE-C) {found['confidence']:.2f}, distance (LSE-D) {found['distance']:.2f}, "
        f"offset {found['offset_frames']} frames"
    )


def _spread(opening: np.ndarray) -> dict | None:
    known = opening[np.isfinite(opening)]
    if not known.size:
        return None
    return {"min": round(known.min(), 4), "median": round(float(np.median(known)), 4), "max": round(known.max(), 4)}


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _or_none(value: float | None, unit: str = "") -> str:
    return "cannot be told" if value is None else f"{value:g}{unit}"
