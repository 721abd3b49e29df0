"""The certificate of a home: X.509 (RFC 5280), signed by itself, in DER and PEM, with what C2PA asks of one.

C2PA 2.1, section 14.5: the key usage digitalSignature, one of a few extended key usages, no CA. Here emailProtection.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import textwrap
from collections.abc import Iterator

from avatar.provenance import ed25519

# Object identifiers, as DER has them
ED25519 = bytes.fromhex("06032b6570")
COMMON_NAME, ORGANIZATION = bytes.fromhex("0603550403"), bytes.fromhex("060355040a")
BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE = (bytes.fromhex(f"0603551d{each}") for each in ("13", "0f", "25"))
SUBJECT_KEY, AUTHORITY_KEY = bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d23")
EMAIL_PROTECTION = bytes.fromhex("06082b06010505070304")

SEQUENCE, SET, INTEGER, BITS, OCTETS, TEXT, TRUE = 0x30, 0x31, 0x02, 0x03, 0x04, 0x0C, bytes.fromhex("0101ff")
PRIVATE_KEY = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: before the 32 bytes of the key


def key_pem(seed: bytes) -> str:
    return pem("PRIVATE KEY", PRIVATE_KEY + seed)


def seed_of(text: str) -> bytes:
    """The 32 bytes of a key that `key_pem` wrote. Raises ValueError for anything else."""
    content = der("PRIVATE KEY", text)
    if len(content) != len(PRIVATE_KEY) + 32 or not content.startswith(PRIVATE_KEY):
        raise ValueError("it is no Ed25519 key in PKCS#8")
    return content[len(PRIVATE_KEY) :]


def self_signed(seed: bytes, name: str, serial: int, begins: datetime.datetime, ends: datetime.datetime) -> str:
    """The certificate of this key as PEM. name: of whom it is, at most 64 letters; serial: positive, below 2**159."""
    public = ed25519.public_key(seed)
    known_by = hashlib.sha1(public).digest()
    algorithm, whole = _of(SEQUENCE, ED25519), _names(name)
    extensions = (
        _extension(BASIC_CONSTRAINTS, _of(SEQUENCE), critical=True),
        _extension(KEY_USAGE, bytes.fromhex("03020780"), critical=True),  # digitalSignature
        _extension(EXTENDED_KEY_USAGE, _of(SEQUENCE, EMAIL_PROTECTION)),
        _extension(SUBJECT_KEY, _of(OCTETS, known_by)),
        _extension(AUTHORITY_KEY, _of(SEQUENCE, _of(0x80, known_by))),
    )
    content = _of(
        SEQUENCE,
        _of(0xA0, _integer(2)),  # version 3
        _integer(serial),
        algorithm,
        whole,
        _of(SEQUENCE, _time(begins), _time(ends)),
        whole,
        _of(SEQUENCE, algorithm, _of(BITS, b"\0", public)),
        _of(0xA3, _of(SEQUENCE, *extensions)),
    )
    return pem("CERTIFICATE", _of(SEQUENCE, content, algorithm, _of(BITS, b"\0", ed25519.sign(seed, content))))


def validity(text: str) -> tuple[datetime.datetime, datetime.datetime]:
    """From when until when the first certificate in a PEM file is valid. Raises ValueError for what is none."""
    certificate = next(_elements(der("CERTIFICATE", text)))[1]
    parts = [content for tag, content in _elements(next(_elements(certificate))[1]) if tag != 0xA0]
    begins, ends = (_when(tag, content) for tag, content in _elements(parts[3]))  # after serial, algorithm, issuer
    return begins, ends


def serial_number(text: str) -> int:
    """Of the first certificate in a PEM file. Raises ValueError for what is none."""
    certificate = next(_elements(der("CERTIFICATE", text)))[1]
    return next(
        int.from_bytes(content, "big") for tag, content in _elements(next(_elements(certificate))[1]) if tag == INTEGER
    )


def belongs_to(text: str, seed: bytes) -> bool:
    """Whether the first certificate in a PEM file is of this key."""
    return _of(SEQUENCE, _of(SEQUENCE, ED25519), _of(BITS, b"\0", ed25519.public_key(seed))) in der("CERTIFICATE", text)


def pem(kind: str, content: bytes) -> str:
    lines = textwrap.wrap(base64.b64encode(content).decode(), 64)
    return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""))


def der(kind: str, text: str) -> bytes:
    """The content of the first PEM block of a kind. Raises ValueError where there is none."""
    _, begin, rest = text.partition(f"-----BEGIN {kind}-----")
    inside, end, _ = rest.partition(f"-----END {kind}-----")
    if not begin or not end:
        raise ValueError(f"it holds no {kind}")
    return base64.b64decode("".join(inside.split()), validate=True)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of what lies in a sequence. Raises ValueError where it is cut short."""
    at = 0
    while at < len(content):
        tag, size, start = content[at], content[at + 1] if at + 1 < len(content) else 0, at + 2
        if size >= 0x80:
            start, size = at + 2 + size - 0x80, int.from_bytes(content[at + 2 : at + 2 + size - 0x80], "big")
        if start + size > len(content):
            raise ValueError("it is cut short")
        yield tag, content[start : start + size]
        at = start + size
    if not content:
        raise ValueError("it is empty")


def _when(tag: int, content: bytes) -> datetime.datetime:
    form = "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ"
    return datetime.datetime.strptime(content.decode("ascii"), form).replace(tzinfo=datetime.UTC)


def _of(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _integer(number: int) -> bytes:
    return _of(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _names(name: str) -> bytes:
    pairs = ((ORGANIZATION, "avatar"), (COMMON_NAME, name))
    return _of(SEQUENCE, *(_of(SET, _of(SEQUENCE, kind, _of(TEXT, value.encode()))) for kind, value in pairs))


def _time(when: datetime.datetime) -> bytes:
    """RFC 5280, section 4.1.2.5: two digits of the year before 2050, four from then on."""
    utc = when.astimezone(datetime.UTC)
    if utc.year < 2050:
        return _of(0x17, utc.strftime("%y%m%d%H%M%SZ").encode())
    return _of(0x18, utc.strftime("%Y%m%d%H%M%SZ").encode())


def _extension(kind: bytes, value: bytes, critical: bool = False) -> bytes:
    return _of(SEQUENCE, kind, TRUE if critical else b"", _of(OCTETS, value))
