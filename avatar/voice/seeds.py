"""What a cloned voice draws its chance from: the words themselves, so that a sentence sounds alike wherever it stands in a text."""

from __future__ import annotations

import hashlib
from collections import Counter

from avatar.voice.pieces import Piece


def occurrences(pieces: list[Piece]) -> list[tuple[Piece, int]]:
    """Each piece with how often its words stood before: said again, they need not sound the same."""
    counted: Counter[str] = Counter()
    result = []
    for piece in pieces:
        result.append((piece, counted[piece.spoken]))
        counted[piece.spoken] += 1
    return result


def seed_of(seed: int, text: str, before: int, attempt: int) -> int:
    """A seed for one try at one piece: the same words of the same request always have the same."""
    return int.from_bytes(hashlib.sha256(f"{seed} {before} {attempt} {text}".encode()).digest()[:8], "big")
