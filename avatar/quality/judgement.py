"""The cheap part of `avatar check`, done on every video that was made here: from what lies in its job, in milliseconds.

The frames are not decoded again: that takes as long as drawing them. Where the plan of the mouth is known, it is
compared with the sound; a drawn mouth follows its plan with a correlation of 0.95 or more (bench/NOTES.md, "Our own
judgement"). It is no stage: what it finds is told, and nothing is made again when it changes.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.errors import AvatarError
from avatar.limits import FRAME_RATE
from avatar.media.loudness import SILENT_DBFS, decibels, rms_around
from avatar.media.mp4 import tracks_of
from avatar.quality.sync import FEWEST, LEAST_R_SOUND, match, match_failures
from avatar.voice.speech import Speech

APART_S = 0.04  # a frame of 25 a second; at 60 a second two packets of AAC sound, 21 ms each, are longer than one


def judge(video: Path, speech: Speech, motion: Path, frame_rate: Fraction = Fraction(FRAME_RATE)) -> dict:
    """Figures and failed limits of a video that was made from this speech, with so many frames a second; motion: where its
    plan is, if it has one."""
    frames = speech.frame_count(frame_rate)
    level = decibels(float(np.sqrt(np.mean(np.square(speech.samples, dtype=np.float64))))) if frames else None
    failed = _file_failures(video, frames)
    if level is None or level < SILENT_DBFS:
        failed.append(f"the sound is silent (below {SILENT_DBFS:.0f} dBFS)")
    judged = {"frames": frames, "audio_rms_dbfs": level and round(level, 1)}
    if motion.is_file() and frames >= FEWEST and not failed:
        from avatar.lips.warp.motion import Motion

        found = match(Motion.load(motion).mouth[:, 0], _loudness(speech, frames), FRAME_RATE)
        judged["asked_to_sound"] = found.figures()
        failed += match_failures(found, "the sound", LEAST_R_SOUND)
    return {**judged, "failed": failed}


def _file_failures(video: Path, frames: int) -> list[str]:
    """What is wrong with the file: a track too few, or one that is not as long as the speech."""
    try:
        tracks = {track.kind: track for track in reversed(tracks_of(video))}
    except AvatarError as error:
        return [str(error)]
    picture, sound = tracks.get("vide"), tracks.get("soun")
    if picture is None or sound is None:
        return [f"there is no {'picture' if picture is None else 'sound'}"]
    failed = []
    if picture.samples != frames:
        failed.append(f"the picture has {picture.samples} frames, and the speech fills {frames}")
    if abs(picture.seconds - sound.seconds) > APART_S:
        failed.append(
            f"picture and sound differ by {abs(picture.seconds - sound.seconds):.3f} s, more than {APART_S} s"
        )
    return failed


def _loudness(speech: Speech, frames: int) -> np.ndarray:
    centres = ((np.arange(frames) + 0.5) / FRAME_RATE * speech.sample_rate).astype(np.int64)
    return rms_around(speech.samples, speech.sample_rate, centres)
