"""Ed25519 as RFC 8032 has it (section 5.1): enough to make a key and sign one certificate with it, once in a home's life.

Everything else is signed by c2pa's library. The time that this takes depends on the key, so it is for nothing that
somebody could ask for again and again.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int, int, int]  # X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z

_Y = 4 * pow(5, -1, P) % P
_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE: Point = (_X, _Y, 1, _X * _Y % P)
ZERO: Point = (0, 1, 1, 0)


@lru_cache(maxsize=4)  # 10 ms, and asked for again where the key is looked at
def public_key(seed: bytes) -> bytes:
    """The public key, 32 bytes, of a private one of 32 bytes."""
    return _encoded(_times(_scalar(seed)[0], BASE))


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of a message, 64 bytes."""
    scalar, prefix = _scalar(seed)
    nonce = _number(prefix + message)
    first = _encoded(_times(nonce, BASE))
    challenge = _number(first + public_key(seed) + message)
    return first + ((nonce + challenge * scalar) % ORDER).to_bytes(32, "little")


def _scalar(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little")
    return number & (2**254 - 8) | 2**254, digest[32:]


def _number(content: bytes) -> int:
    return int.from_bytes(hashlib.sha512(content).digest(), "little") % ORDER


def _times(number: int, point: Point) -> Point:
    total = ZERO
    while number:
        if number & 1:
            total = _sum(total, point)
        point, number = _sum(point, point), number >> 1
    return total


def _sum(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")
