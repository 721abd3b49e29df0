"""Whether a video is as it was signed, and by whom: by this home, or by somebody else."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from avatar import settings
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.files import file_digest, refuse_larger
from avatar.jobs import home as homes
from avatar.jobs.job import Job
from avatar.media.unsigned import had_manifest, has_blank_padding, manifest_of, unsigned_digest
from avatar.provenance import c2pa_child, certificate, signer
from avatar.provenance.manifest import LABEL

State = Literal["unchanged", "changed", "expired", "no manifest", "signed by another"]
# What is wrong with a signature whose file is as it was
UNTRUSTED, EXPIRED = "signingCredential.untrusted", ("signingCredential.expired", "claimSignature.outsideValidity")
LARGEST_ANSWER = 16 << 20  # bytes of a manifest as JSON


@dataclass(frozen=True)
class Verdict:
    """signed_by: the certificate's subject; why: what does not fit, in the words of C2PA; says: our own assertion of the
    manifest, which is worth what the signature is; video: sha256 of the file without its manifest."""

    state: State
    sha256: str
    video: str | None = None
    signed_by: str = ""
    why: tuple[str, ...] = ()
    says: dict[str, Any] = field(default_factory=dict)
    again: str | None = None  # sha256 of what was rendered anew


def verify(home: Path, path: Path) -> Verdict:
    """Raises RequestError for a file that is not there, InputError for one that is no mp4, EnvironmentProblem where c2pa's
    library does not work on this host."""
    if not path.is_file():
        raise RequestError(f"there is no video {str(path)!r}; check the path.")
    refuse_larger(path, "clip")
    sha256 = file_digest(path)
    has_one, before = had_manifest(path) or manifest_of(path) is not None, unsigned_digest(path)
    if why := c2pa_child.obstacle():
        raise EnvironmentProblem(f"nothing can be verified on this host: {why}.")
    own = own_certificates(home)
    asked = {"do": "read", "path": str(path.absolute()), "anchors": "\n".join(own)}
    try:
        read = c2pa_child.ask(asked, LARGEST_ANSWER, path.absolute())
    except c2pa_child.Refused as error:
        if has_one:  # it was readable when it was signed
            return Verdict("changed", sha256, before, why=(str(error),))
        _refuse_other(path)
        return Verdict("no manifest", sha256)
    says = _says(read["manifest"])
    state, why = _judged(read, says, before, own)
    if state != "changed" and not has_blank_padding(path):
        state, why = "changed", ("the signature's padding",)
    return Verdict(state, sha256, before, _name(read["certificate"]), why, says)


def own_certificates(home: Path) -> list[str]:
    """In PEM, with their issuers: the home's, and the user's where the settings name one. One that cannot be read signed
    nothing."""
    paths = [home / signer.FOLDER / signer.CERTIFICATE]
    if named := settings.load().sign_certificate:
        paths.append(Path(named).expanduser())
    found = []
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            text = path.read_text("ascii")
            certificate.serial_number(text)
            found.append(text)
    return found


def _judged(
    read: dict[str, Any], says: dict[str, Any], before: str | None, own: list[str]
) -> tuple[State, tuple[str, ...]]:
    failures = [each for each in read["failures"] if each not in (UNTRUSTED, *EXPIRED)]
    if failures or (not read["failures"] and read["state"] == "Invalid"):
        return "changed", tuple(failures)
    if says.get("video") and says["video"] != before:  # also in what C2PA leaves out of its digest: ftyp, free
        return "changed", ("the video's sha256",)
    if any(each in EXPIRED for each in read["failures"]):
        return "expired", tuple(each for each in read["failures"] if each in EXPIRED)
    if UNTRUSTED in read["failures"] or not own or not _is_own(read["certificate"], own):
        return "signed by another", ()
    return "unchanged", ()


def _is_own(told: dict[str, Any], own: list[str]) -> bool:
    """Of a certificate whose issuer is trusted: it is ours, and no other one of the same issuer."""
    with contextlib.suppress(ValueError):
        return int(str(told.get("serialNumber")), 16) in [certificate.serial_number(text) for text in own]
    return False


def _name(told: dict[str, Any]) -> str:
    subject = told.get("subject")
    return str(subject.get("CN") or subject.get("O") or "") if isinstance(subject, dict) else ""


def _says(manifest: dict[str, Any]) -> dict[str, Any]:
    found = [each.get("data") for each in manifest.get("assertions", []) if each.get("label") == LABEL]
    return found[0] if found and isinstance(found[0], dict) else {}


def _refuse_other(path: Path) -> None:
    """Raises InputError for a file that is no mp4."""
    with open(path, "rb") as file:
        if file.read(8)[4:] != b"ftyp":
            raise InputError(f"{str(path)!r} is no mp4; give a video that was delivered.")


def job_of(home: Path, verdict: Verdict) -> Job:
    """The job that made a video. Raises RequestError where this home does not have it."""
    job, request = verdict.says.get("job"), verdict.says.get("request")
    if not isinstance(job, str) or not isinstance(request, str):
        raise RequestError("the video does not say what made it: only what avatar signed can be rendered again.")
    found = [Job(folder) for folder in homes.folders(home) if folder.name == job]
    if not found or found[0].request().digest() != request:
        raise RequestError(
            f"the job {job!r} that made it is not in {str(home / 'jobs')!r}; look at it where the home is that has it."
        )
    return found[0]
