"""A portrait from a given picture, or the bundled one, framed around its face."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from avatar.device.libraries import FACES, FFMPEG
from avatar.engines import Told, WantedPicture
from avatar.media import READS_CLIPS
from avatar.portrait import heic
from avatar.portrait.bundled import BUNDLED_NOTE, bundled_picture
from avatar.portrait.clip import LOOKS_PER_S, Clip, first_frame, is_clip, seen
from avatar.portrait.covered import covered_note
from avatar.portrait.cut_out import frame_cut_out, is_standing
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.framing import (
    Place,
    Portrait,
    choose_face,
    frame_box,
    frame_portrait,
    outside_note,
)
from avatar.portrait.picture import NEARLY_OPAQUE, is_picture, moves, read_opacity, read_picture
from avatar.portrait.seen_again import read_again, seen_again
from avatar.portrait.upright import refuse_lying
from avatar.progress import Progress

if TYPE_CHECKING:
    from avatar.device.hardware import Profile

MOST_FACES = 12  # of a group picture, to choose from
ANIMATION_NOTE = "the portrait is an animation; its first picture is shown."
HEIC_NOTE = (
    "the portrait is cut out, and of HEIC that is not read: save it as PNG, and the background is seen behind it."
)
CUT_OUT_NOTE = "the portrait is cut out: the background is seen behind it, and stands still; of a video the first picture is shown."


class GivenPortrait:
    """Holds the face reader; `load` makes one. Takes of what is wanted: path, face and size."""

    name: ClassVar[str] = "given-picture"
    version: ClassVar[str] = "2"
    models: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[tuple[str, ...]] = tuple(sorted({*FACES, *FFMPEG}))  # FFmpeg for HEIC
    code: ClassVar[tuple[str, ...]] = (
        "portrait/bundled.py", "portrait/clip.py", "portrait/covered.py", "portrait/cut_out.py", "portrait/decode_picture.py",
        "portrait/face.py",
        "portrait/facts.py", "portrait/framing.py", "portrait/given_picture.py", "portrait/heic.py", "portrait/landmarks.py",
        "portrait/mediapipe_calls.py", "portrait/moving_head.py", "portrait/picture.py", "portrait/seen_again.py", "portrait/upright.py", *READS_CLIPS,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ()

    def __init__(self, reader: FaceReader) -> None:
        self.notes: list[str] = []
        self._reader = reader

    @classmethod
    @contextmanager
    def load(cls, profile: Profile | None = None) -> Iterator[Self]:
        """The engine, until the block ends; it runs on the CPU, whatever the profile."""
        with FaceReader(max_faces=MOST_FACES) as reader:
            yield cls(reader)

    @staticmethod
    def check(wanted: WantedPicture) -> None:
        """Raises RequestError and InputError for a picture that cannot be read."""
        if wanted.path:
            read_picture(wanted.path)

    def picture(self, wanted: WantedPicture, told: Told, progress: Progress) -> Portrait:
        """The head-and-shoulders portrait of one face of a picture; of the bundled picture when there is no path.

        The landmarks are read on the framed picture itself, which the lips engine sees, and not on the one that was
        given. Raises RequestError and InputError as read_picture and choose_face do.
        """
        if wanted.path and is_clip(wanted.path) and not is_picture(wanted.path):
            return self._of_clip(Clip(wanted.path, wanted.face), wanted.size)
        rgb = read_picture(wanted.path) if wanted.path else bundled_picture()
        faces = self._reader.read(rgb)
        if wanted.path:
            refuse_lying(self._reader, rgb, faces)
            if moves(wanted.path):
                told.notes.append(ANIMATION_NOTE)
            if heic.is_cut_out(wanted.path):
                told.notes.append(HEIC_NOTE)
        else:
            told.notes.append(BUNDLED_NOTE)
        faces = seen_again(self._reader, rgb, faces)
        chosen = choose_face(faces, wanted.face, rgb.shape[1], rgb.shape[0])
        if note := outside_note(chosen, rgb.shape[1], rgb.shape[0]):
            told.notes.append(note)
        portrait = framed(self._reader, rgb, chosen, wanted.size, read_opacity(wanted.path) if wanted.path else None)
        if portrait.opacity is not None:
            told.notes.append(CUT_OUT_NOTE)
        if wanted.path and (note := covered_note(self._reader, portrait.picture, portrait.landmarks)):
            told.notes.append(note)
        return portrait

    def _of_clip(self, clip: Clip, size: int) -> Portrait:
        """How a clip that is shown as it is shows its head at first."""
        shown = seen(clip, self._reader, 1 / LOOKS_PER_S)
        return framed(self._reader, first_frame(clip.path, shown.start_s), Face(shown.first), size)


def framed(
    reader: FaceReader, rgb: np.ndarray, face: Face, size: int = 512, opacity: np.ndarray | None = None
) -> Portrait:
    """The head-and-shoulders portrait, size x size pixels, around one of the faces of a picture. opacity: of its pixels, uint8
    (height, width), where some are clear.

    The landmarks are read on it anew; where none are near the expected ones, those stand.
    """
    picture, expected = frame_portrait(rgb, face.landmarks, size)
    share = None
    if opacity is not None:
        cut, share = frame_cut_out(rgb, opacity, face.landmarks, size)
        picture, share = (cut, share) if share.min() < NEARLY_OPAQUE else (picture, None)
    reading = read_again(reader, picture, expected)
    height, width = rgb.shape[:2]
    stands = opacity is not None and is_standing(opacity)
    place = Place(*frame_box(width, height, face.landmarks), width, height, stands)
    return Portrait(picture, expected if reading is None else reading, place, share)


def bundled_portrait(size: int = 512) -> Portrait:
    """The bundled picture as this engine frames it, size x size pixels."""
    with GivenPortrait.load() as engine:
        return engine.picture(WantedPicture(size=size), Told(), Progress())
