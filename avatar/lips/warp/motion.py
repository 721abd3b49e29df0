"""The plan of everything that moves in a video: mouth, lids and head, for every frame, before any is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.lips.warp.liveliness import plan_blinks, plan_sway
from avatar.lips.warp.loudness import loudness_envelope, mouth_curves_from_sound, relative_loudness
from avatar.lips.warp.visemes import mouth_curves
from avatar.voice.speech import Speech

# A soft syllable opens the mouth less: the opening is the viseme's, to the first power, times the loudness, 1 at the
# usual loud level, to the second. The first draws vowels together ("ee" opens half as far as "ah", by the table a
# third), so that the loudness of a syllable shows whatever its vowel. Chosen on a hundred sentences so that the drawn
# mouth follows the sound (bench/NOTES.md, "Our own judgement") and over half of all spoken frames open past a third.
OPENING_POWER, LOUDNESS_POWER = 0.55, 1.0
# Then all openings are scaled so that the widest few percent reach this, whatever the speaker's vowels.
WIDE_OPENING, WIDE_PERCENTILE, MOST_OPENING = 0.85, 97, 1.05
LEAST_WIDE = 0.40  # speech without open vowels ("mm-hm") is not blown up further than this allows


@dataclass(frozen=True)
class Motion:
    """What moves in each frame, float32. A frame is one row of each."""

    mouth: np.ndarray  # (frames, 4): opening 0..1.05, width -1..1, lift 0..1, tuck 0..1
    blink: np.ndarray  # (frames,): 0 open .. 1 closed
    # (frames, 6): shift in x and y (pixels of a picture 512 wide), roll (radians), turn and nod (pixels per pixel of depth),
    # brows (such pixels up)
    sway: np.ndarray

    def __len__(self) -> int:
        return len(self.blink)

    def save(self, path: Path) -> None:
        """Write an .npz; equal motions give equal bytes (np.savez dates its entries 1980)."""
        with open(path, "wb") as file:
            np.savez(file, mouth=self.mouth, blink=self.blink, sway=self.sway)

    @classmethod
    def load(cls, path: Path) -> Motion:
        with np.load(path, allow_pickle=False) as arrays:
            return cls(mouth=arrays["mouth"], blink=arrays["blink"], sway=arrays["sway"])


def plan_motion(speech: Speech, frame_count: int, frame_rate: float, seed: int) -> Motion:
    """The motion for a video of frame_count frames: the mouth from the speech, blinks and sway from the seed.

    The mouth follows the phones where the speech has them, else the sound. The video may be longer than the speech.
    """
    envelope = loudness_envelope(speech.samples, speech.sample_rate, frame_rate, frame_count)
    loudness = relative_loudness(envelope)
    if speech.phones:
        mouth = mouth_curves(speech.phones, frame_count / frame_rate, frame_rate)
        mouth[:, 0] = mouth[:, 0] ** OPENING_POWER * loudness**LOUDNESS_POWER
    else:
        mouth = mouth_curves_from_sound(speech.samples, speech.sample_rate, frame_rate, frame_count)
    if frame_count:
        wide = max(float(np.percentile(mouth[:, 0], WIDE_PERCENTILE)), LEAST_WIDE)
        mouth[:, 0] = np.clip(mouth[:, 0] * (WIDE_OPENING / wide), 0, MOST_OPENING)
    return Motion(
        mouth=mouth,
        blink=plan_blinks(frame_count, frame_rate, seed),
        sway=plan_sway(loudness, frame_rate, seed),
    )
