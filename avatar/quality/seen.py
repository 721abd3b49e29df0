"""What a viewer sees of a talking face that the mouth's curve does not tell, gathered frame by frame.

Each figure is in a file of its own, with its limit and where that comes from: lips that shut (closures.py), lids
(lids.py), the mouth's colours (mouth_colour.py), its parts (mouth_shape.py), its sharpness (sharpness.py), movement
(movement.py). No figure says that a video looks well; each catches one fault for which people turned videos down.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from avatar.portrait.face import Face
from avatar.quality import closures, lids, mouth_colour, mouth_shape, movement, sharpness
from avatar.quality.intended import Asked
from avatar.quality.movement import Movement
from avatar.quality.upright import upright

# Which frames show the inside of the mouth: those open past a share of the widest opening, and this at least, as a share
# of the distance between the eyes.
WIDE, OPEN, LEAST_OPEN = 0.75, 0.4, 0.05
SHUT_PERCENTILE = 40  # frames open no further than this one's are the shut ones


class MouthLook(NamedTuple):
    """Of one frame; None where the mouth is hardly open."""

    opening: float
    slits: tuple[float, float]
    colours: tuple[float, ...] | None
    band: tuple[float, float, float] | None


class Seen:
    """Add each frame; then `figures`."""

    def __init__(self) -> None:
        self.movement = Movement()
        self.gaps: list[float] = []
        self.mouths: list[MouthLook] = []
        self.sharpness: list[float] = []

    def add(self, frame: np.ndarray, grey: np.ndarray, face: Face | None, opening: float) -> None:
        """frame: uint8 RGB; grey: the same in grey; opening: of the mouth, over the distance between the eyes."""
        self.movement.add(grey, face.landmarks if face else None)
        self.gaps.append(lids.lid_gap(face.landmarks) if face else np.nan)
        if face is None:
            return
        cut = upright(frame, face.landmarks)
        is_open = opening > LEAST_OPEN
        colours, band = (mouth_colour.look(cut), mouth_shape.teeth_band(cut)) if is_open else (None, None)
        self.mouths.append(MouthLook(opening, mouth_shape.slits(cut), colours, band))
        if len(self.gaps) % sharpness.EACH == 1:
            self.sharpness.append(sharpness.look(cut))

    def figures(self, asked: Asked | None, frame_rate: float) -> dict:
        """All figures but that of the closures, which needs the sound."""
        return {
            **lids.figures(np.array(self.gaps), asked and asked.blink, frame_rate),
            **self._mouth(),
            **sharpness.figures(self.sharpness),
            **self.movement.figures(),
        }

    def _mouth(self) -> dict:
        openings = np.array([mouth.opening for mouth in self.mouths])
        widest = float(np.percentile(openings, closures.WIDEST_PERCENTILE)) if len(openings) else 0.0
        shut_below = float(np.percentile(openings, SHUT_PERCENTILE)) if len(openings) else 0.0
        wide = [mouth for mouth in self.mouths if mouth.opening > max(WIDE * widest, LEAST_OPEN)]
        parted = [mouth for mouth in self.mouths if mouth.opening > max(OPEN * widest, LEAST_OPEN)]
        shut = [mouth.slits for mouth in self.mouths if mouth.opening <= shut_below]
        return {
            **mouth_colour.figures(np.array([mouth.colours for mouth in wide if mouth.colours])),
            **mouth_shape.figures(
                np.array([mouth.slits for mouth in parted]),
                np.array(shut),
                np.array([mouth.band for mouth in parted if mouth.band]),
            ),
        }


def failures(seen: dict, asked: Asked | None) -> list[str]:
    """What a viewer would turn the video down for. asked: what is known of a video that was made here.

    A video of people may show a head that keeps still, a background that moves and eyes that stay open; only where
    another thing was planned it is a fault.
    """
    blink = asked.blink if asked else None
    failed = closures.failures(seen["bilabials"]) + lids.failures(seen, blink)
    failed += mouth_colour.failures(seen) + mouth_shape.failures(seen) + sharpness.failures(seen)
    sways = asked is not None and asked.sway is not None and bool(np.any(asked.sway))
    moved = seen | {"border_moves": None} if asked and asked.moves_behind else seen
    return failed + (movement.failures(moved) if sways else [])


def notes(seen: dict, asked: Asked | None, seconds: float) -> list[str]:
    """What is told of it and is no fault by itself."""
    return lids.notes(seen, asked.blink if asked else None, seconds)


def rows(seen: dict) -> list[tuple[str, str]]:
    """For a person, by what is judged."""
    said = []
    if found := seen["bilabials"]:
        heard = ", as heard" if found["heard"] else ""
        said.append(("lips", f"shut at {found['share']:.0%} of {found['count']} sounds p, b and m{heard}"))
    if seen["lids_at_blink"] is not None:
        said.append(("eyes", f"blinks {seen['blinks']}, lids then at {seen['lids_at_blink']:.0%} of the open eye"))
    if seen["mouth_chroma"] is not None:
        said.append(("mouth", f"chroma {seen['mouth_chroma']:g} inside, {seen['face_chroma']:g} of the face"))
    if seen["corner_slits"] is not None:
        said.append(("corners", f"slits of {seen['corner_slits']:.0%} of the skin's light"))
    if seen["mouth_sharpness"] is not None:
        said.append(("sharpness", f"mouth {seen['mouth_sharpness']:.0%} of the upper face"))
    if seen["head_moves"] is not None:
        border = "too plain to follow" if seen["border_moves"] is None else f"{seen['border_moves']:.3f}"
        said.append(("movement", f"head {seen['head_moves']:.3f}, border {border} (of the distance between the eyes)"))
    return said
