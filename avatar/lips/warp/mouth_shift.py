"""How far the lower face has moved in one frame: a few weights of MouthFields, made into pixels where they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.warp.mouth_fields import MouthFields


@dataclass(frozen=True)
class MouthShift:
    """Weights of MouthFields by their names, in the face's own axes."""

    along: dict[str, float]  # both layers, along u
    upper: dict[str, float]  # the layer of the upper lip, along v
    lower: dict[str, float]  # the layer of the lower lip and the jaw, along v
    jaw: float  # the tongue and the lower teeth, along v, all by the same; the upper teeth stay with the skull
    rounded: float  # 0..1, how far the lips are pushed forward

    def over(self, fields: MouthFields) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each pixel's movement in pixels: of both layers along u; of the upper, and of the lower one, along v."""
        along, upper, lower = (weighted_sum(each, vars(fields)) for each in (self.along, self.upper, self.lower))
        return along, upper, lower


def weighted_sum(weights: Mapping[str, float], fields: Mapping[str, np.ndarray]) -> np.ndarray:
    """Of fields times weights; one that a pose does not use costs nothing."""
    total = np.zeros_like(fields["widen"])
    for name, weight in weights.items():
        if weight:
            cv2.scaleAdd(fields[name], weight, total, dst=total)
    return total
