"""What is delivered of a job: its video with a signed manifest, or its very bytes where nothing is to be signed.

The job's own video.mp4 is never signed: it has the promise of equal bytes, and two signatures of the same differ, by their
salts. The signed copy is kept beside it, so that every delivery of a job has the same bytes:

    signed.mp4     video.mp4 with its manifest
    signed.json    {"video": sha256 of video.mp4, "signed": sha256 of signed.mp4, "certificate": sha256 of its PEM file}
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from avatar import settings
from avatar.errors import EnvironmentProblem
from avatar.files import file_digest, is_regular, write_json, written_whole
from avatar.jobs.contents import read_signed
from avatar.jobs.delivery import deliver, deliver_captions
from avatar.jobs.job import Job
from avatar.json_files import Damaged
from avatar.provenance import c2pa_child, signer

SIGNED, NOTED = "signed.mp4", "signed.json"
MANIFEST_BYTES = 1 << 20  # more than any that is made here


def refuse_unusable() -> None:
    """Before anything is made: raises RequestError and EnvironmentProblem where what is delivered could not be signed."""
    if signer.is_wanted() and not is_impossible():
        signer.chosen(settings.home())


def is_impossible() -> str:
    """Why nothing can be signed on this host, where nobody asked for a certificate of his own: then it is not, and that is
    told."""
    why = c2pa_child.obstacle()
    return why if why and not settings.load().sign_certificate else ""


def deliver_all(
    job: Job, target: Path, sign: bool | None = None, note: Callable[[str], object] = lambda text: None
) -> None:
    """The video of a job, and the captions that go beside it. sign: None is as the settings say; note: is told why a video
    is not signed."""
    if not is_delivered(job, target, sign):  # it is, where somebody was killed between that and saying so
        deliver(to_deliver(job, sign, note), target)
    deliver_captions(job, target)


def to_deliver(job: Job, sign: bool | None = None, note: Callable[[str], object] = lambda text: None) -> Path:
    """The file that is delivered of a finished job. Raises RequestError, EnvironmentProblem, TemporaryProblem."""
    if not (signer.is_wanted() if sign is None else sign):
        return job.video
    if why := is_impossible():
        note(
            f"the video carries no signed manifest: {why}. Art. 50 of the EU's AI Act asks for a mark that machines read."
        )
        return job.video
    return signed(job, signer.chosen(job.home))


def signed(job: Job, by: signer.Signer) -> Path:
    """The signed copy in the job's folder, made where it is not there."""
    from avatar.provenance.manifest import manifest_of

    target, certificate = job.file(SIGNED), file_digest(by.certificate)
    known = noted(job)
    if known.get("certificate") == certificate and is_regular(target) and file_digest(target) == known["signed"]:
        return target
    with written_whole(target) as partial:
        asked = signer.signing(by, job.video, partial, manifest_of(job))
        try:
            c2pa_child.ask(asked, job.video.stat().st_size + MANIFEST_BYTES)
        except c2pa_child.Refused as error:
            raise EnvironmentProblem(
                f"the video of job {job.id} could not be signed ({error}); it is safe at {str(job.video)!r}."
            ) from error
        made = file_digest(partial)
    write_json(job.file(NOTED), {"video": video_digest(job), "signed": made, "certificate": certificate})
    return target


def as_delivered(job: Job) -> tuple[Path, str]:
    """What is delivered, and its sha256. What was signed is not read again: every part of it that somebody downloads asks.

    Where the job's own video is none, a link for one, that is what is named, and nothing is signed.
    """
    if not is_regular(job.video):
        return job.video, video_digest(job)
    if not ((known := noted(job)) and is_regular(job.file(SIGNED))):
        if to_deliver(job) == job.video:
            return job.video, video_digest(job)
        known = noted(job)
    return job.file(SIGNED), known["signed"]


def noted(job: Job) -> dict[str, str]:
    """What signed.json says, where it is about the video that the job has now; else {}."""
    with contextlib.suppress(Damaged):
        known = read_signed(job.folder)
        if known and known["video"] == video_digest(job):
            return known
    return {}


def video_digest(job: Job) -> str:
    """sha256 of video.mp4, as the job remembers it; "" of an unfinished one."""
    return (job.record("video") or {}).get("outputs", {}).get("video.mp4", "")


def is_delivered(job: Job, output: Path, sign: bool | None = None) -> bool:
    """Whether a file is what would be delivered of this job: what the job itself holds may be lost or damaged."""
    wanted = signer.is_wanted() if sign is None else sign
    sha256 = noted(job).get("signed") if wanted and not is_impossible() else video_digest(job)
    return bool(sha256) and output.is_file() and file_digest(output) == sha256


def is_of(job: Job, output: Path) -> bool:
    """Whether a file is this job's own video, signed or not, delivered before: it may be replaced unasked."""
    from avatar.media.unsigned import unsigned_digest

    sha256 = video_digest(job)
    return bool(sha256) and output.is_file() and sha256 in (file_digest(output), unsigned_digest(output))
