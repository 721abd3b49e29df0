"""Who signs: the home with a key of its own, made when it is first needed, or the user with the certificate of the settings."""

from __future__ import annotations

import datetime
import os
import re
import secrets
import shlex
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from avatar import settings
from avatar.errors import EnvironmentProblem, RequestError
from avatar.files import is_folder, new_folder, rename_new
from avatar.provenance import c2pa_child, certificate

FOLDER, KEY, CERTIFICATE = "keys/signing", "key.pem", "certificate.pem"
YEARS = 30
LARGEST_BYTES = 1 << 16  # of a PEM file
MADE_BEFORE = datetime.timedelta(days=1)  # so that a host whose clock is late can read what was signed

# Object identifiers in a key of PKCS#8, and how it signs
ALGORITHMS = {
    bytes.fromhex("06032b6570"): "ed25519",
    bytes.fromhex("06082a8648ce3d030107"): "es256",
    bytes.fromhex("06052b81040022"): "es384",
    bytes.fromhex("06052b81040023"): "es512",
    bytes.fromhex("06092a864886f70d010101"): "ps256",
}
# What the library says of a certificate, and what is meant
WHY = {
    "certificate is invalid": "C2PA admits no such certificate: it must be for digital signatures, no CA, and for "
    "emailProtection (or timeStamping or OCSPSigning alone) as extended key usage, an RSA key of 2048 bits at least",
    "not valid at time": "the certificate is not valid now",
    "does not match": "the key is not that of the certificate",
    "self-signed": "the first certificate in it signed itself; put yours first, which somebody else signed, then its issuers' up "
    "to the root",
    "invalid public key": "the key is not that of the certificate",  # it is of another kind
}
# A file that is not PEM, by how it begins: what it is, and what makes PEM of its certificates and of its key
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
FORMS = (
    (rb"\x30[\x80-\x84].{0,4}?\x02\x01\x03\x30", "PKCS#12", "pkcs12 -nokeys", "pkcs12 -nocerts -nodes"),
    (
        rb"\x30[\x80-\x84].{0,4}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
        "PKCS#7 in DER",
        "pkcs7 -inform der -print_certs",
        "",
    ),
    (rb"(?s).*-----BEGIN PKCS7-----", "PKCS#7", "pkcs7 -print_certs", ""),
    (rb"\x30[\x20-\x84]", "DER", "x509 -inform der", "pkcs8 -topk8 -nocrypt -inform der"),
)


@dataclass(frozen=True)
class Signer:
    """Paths of PEM files: the certificate, issuers behind it, and its key."""

    certificate: Path
    key: Path
    algorithm: str  # as c2pa calls it
    is_homes: bool


def is_wanted() -> bool:
    """Whether the settings want what is delivered signed. Raises RequestError."""
    sign = settings.load().sign
    if sign not in ("yes", "no"):
        raise RequestError(f"the setting sign ({settings.origin('sign')}) is {sign!r}; it is yes or no.")
    return sign == "yes"


def chosen(home: Path) -> Signer:
    """Who signs what this home delivers; a home without a key gets one. Raises RequestError where that cannot be used."""
    wanted = settings.load()
    if not wanted.sign_certificate and not wanted.sign_key:
        return of_home(home)
    for name, other in (("sign_certificate", "sign_key"), ("sign_key", "sign_certificate")):
        if not getattr(wanted, name):
            raise RequestError(
                f"the setting {other} ({settings.origin(other)}) wants {name} beside it: a certificate and its key."
            )
    return of_user(Path(wanted.sign_certificate).expanduser(), Path(wanted.sign_key).expanduser())


def of_home(home: Path) -> Signer:
    folder = home / FOLDER
    if not os.path.lexists(folder):
        make(folder, datetime.datetime.now(datetime.UTC))
    found = Signer(folder / CERTIFICATE, folder / KEY, "ed25519", is_homes=True)
    try:
        if not is_folder(folder):
            raise ValueError("it is no folder")
        if not certificate.belongs_to(_text(found.certificate), certificate.seed_of(_text(found.key))):
            raise ValueError("the key is not that of the certificate")
        _refuse_out_of_time(found.certificate)
    except ValueError as error:
        raise EnvironmentProblem(
            f"the key of this home, in {str(folder)!r}, cannot be used ({error}); put back what was there, or move the "
            "folder away: the home then makes another key, and what was signed before is signed by another."
        ) from error
    return found


def make(folder: Path, now: datetime.datetime, years: int = YEARS) -> None:
    """A key and its certificate, valid for so many years, in a folder that only its owner reads."""
    seed = secrets.token_bytes(32)
    name = f"avatar home {secrets.token_hex(4)}"
    text = certificate.self_signed(
        seed, name, secrets.randbits(120) | 1, now - MADE_BEFORE, now.replace(day=1, year=now.year + years)
    )
    with new_folder(folder) as scratch:
        descriptor = os.open(scratch / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(certificate.key_pem(seed))
        (scratch / CERTIFICATE).write_text(text)
        try:
            rename_new(scratch, folder)
        except FileExistsError:  # another process made one meanwhile
            return


def of_user(certificate_file: Path, key_file: Path) -> Signer:
    """Raises RequestError where they are none, or cannot sign; tried once, on a file of a few bytes."""
    text = _text(certificate_file, "sign_certificate")
    if "PRIVATE KEY-----" in text:
        raise RequestError(
            f"{str(certificate_file)!r} (the setting sign_certificate) holds a private key too; keep certificates alone in it."
        )
    try:
        certificate.validity(text)
    except (ValueError, StopIteration) as error:
        raise RequestError(
            f"{str(certificate_file)!r} (the setting sign_certificate) is no certificate in PEM ({error}); name another."
        ) from error
    algorithm = _algorithm(key_file, _text(key_file, "sign_key"))
    found = Signer(certificate_file.absolute(), key_file.absolute(), algorithm, is_homes=False)
    _refuse_out_of_time(certificate_file)
    _try(found, text)
    return found


def _algorithm(path: Path, text: str) -> str:
    try:
        content = certificate.der("PRIVATE KEY", text)
    except ValueError as error:
        how = f"openssl pkcs8 -topk8 -nocrypt {_in_and_out(path)}" if "PRIVATE KEY" in text else "name another file"
        raise RequestError(
            f"{str(path)!r} (the setting sign_key) is no private key in PKCS#8 without a password; {how}."
        ) from error
    for identifier, algorithm in ALGORITHMS.items():
        if identifier in content[:64]:
            return algorithm
    raise RequestError(
        f"the key {str(path)!r} (the setting sign_key) is of a kind that C2PA does not admit; Ed25519, P-256, P-384, P-521 and "
        "RSA are."
    )


def _try(signer: Signer, anchors: str) -> None:
    """Raises RequestError, and EnvironmentProblem where c2pa's library does not work."""
    from avatar.provenance.manifest import CREATED

    if why := c2pa_child.obstacle():
        raise EnvironmentProblem(f"nothing can be signed: {why}.")
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "source.mp4", Path(scratch) / "target.mp4"
        source.write_bytes(smallest_mp4())
        try:
            c2pa_child.ask(signing(signer, source, target, {"assertions": [CREATED]}), LARGEST_BYTES)
        except c2pa_child.Refused as error:
            if "private key" in str(error):
                raise RequestError(
                    f"{str(signer.key)!r} (the setting sign_key) cannot be read as a private key; put it alone into the file, "
                    f"in PEM: openssl pkcs8 -topk8 -nocrypt {_in_and_out(signer.key)}."
                ) from error
            why = next((told for words, told in WHY.items() if words in str(error)), str(error))
            raise RequestError(
                f"{str(signer.certificate)!r} cannot sign (the setting sign_certificate): {why}."
            ) from error
        read = c2pa_child.ask({"do": "read", "path": str(target), "anchors": anchors}, LARGEST_BYTES)
    if "signingCredential.untrusted" in read["failures"]:
        raise RequestError(
            f"{str(signer.certificate)!r} (the setting sign_certificate) holds a certificate without its issuers; put theirs "
            "behind it, up to the root."
        )


def signing(signer: Signer, source: Path, target: Path, manifest: dict) -> dict[str, object]:
    """What the library is asked for."""
    files = {"source": source, "target": target, "certificate": signer.certificate, "key": signer.key}
    told = {name: str(path.absolute()) for name, path in files.items()}
    return {"do": "sign", **told, "algorithm": signer.algorithm, "manifest": manifest}


def smallest_mp4() -> bytes:
    """An mp4 without a track."""
    box = lambda kind, content: struct.pack(">I4s", len(content) + 8, kind) + content  # noqa: E731
    return box(b"ftyp", b"isom\0\0\2\0isommp42") + box(b"moov", box(b"mvhd", bytes(100))) + box(b"mdat", bytes(8))


def _refuse_out_of_time(path: Path) -> None:
    begins, ends = certificate.validity(_text(path))
    now = datetime.datetime.now(datetime.UTC)
    if now > ends:
        raise RequestError(
            f"the certificate {str(path)!r} has expired, on {ends:%Y-%m-%d}; name another, or do not sign."
        )
    if now < begins:
        raise RequestError(
            f"the certificate {str(path)!r} is valid from {begins:%Y-%m-%d} on, and this host's clock says {now:%Y-%m-%d}; "
            "set it, or name another."
        )


def _refuse_other_form(path: Path, setting: str, content: bytes) -> None:
    """Raises RequestError that says what makes PEM of it."""
    shown = f"{str(path)!r} (the setting {setting})"
    if content.startswith(MARKS):
        raise RequestError(f"{shown} begins with a byte order mark; save it as plain ASCII, as OpenSSL writes PEM.")
    for beginning, form, certificates, key in FORMS:
        how = key if setting == "sign_key" else certificates
        if how and re.match(beginning, content, re.DOTALL):
            raise RequestError(f"{shown} is {form}, and PEM is wanted: openssl {how} {_in_and_out(path)}.")


def _in_and_out(path: Path) -> str:
    """What OpenSSL is to read and to write: another file, since it empties what it writes before it reads."""
    return f"-in {shlex.quote(str(path))} -out {shlex.quote(f'new-{path.stem}.pem')}"


def _text(path: Path, setting: str = "") -> str:
    """Raises RequestError where it is a setting's, else ValueError."""
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "it is no file" if path.exists() else "No such file")
        with open(path, "rb") as file:
            content = file.read(LARGEST_BYTES)
        if setting:
            _refuse_other_form(path, setting, content)
        return content.decode("ascii", "replace")
    except OSError as error:
        if setting:
            raise RequestError(
                f"cannot read {str(path)!r} (the setting {setting}): {error.strerror}; name another file."
            ) from error
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from error
