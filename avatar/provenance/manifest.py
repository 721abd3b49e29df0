"""What the manifest of a video says: that it is synthetic, and what it was made of and with."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import avatar
from avatar.files import file_digest
from avatar.jobs.cause import locked_fingerprints, source_digest
from avatar.jobs.job import STAGES, Job
from avatar.jobs.report import licences
from avatar.request import Request

LABEL = "avatar.render"  # of our assertion in a manifest
# IPTC's term for media that a trained model made; art. 50 of the EU's AI Act asks for a mark that machines read.
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
SOFTWARE = {"name": "avatar", "version": avatar.__version__}
CREATED: dict[str, Any] = {
    "label": "c2pa.actions",
    "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": SYNTHETIC, "softwareAgent": SOFTWARE}]},
}


def manifest_of(job: Job) -> dict[str, Any]:
    """Of a finished job. No word of what was asked for is in it, only digests."""
    return {
        "claim_generator_info": [SOFTWARE],
        "title": "synthetic video",
        "format": "video/mp4",
        "assertions": [CREATED, {"label": LABEL, "data": facts(job, datetime.datetime.now(datetime.UTC))}],
    }


def facts(job: Job, now: datetime.datetime) -> dict[str, Any]:
    """All of it is in the job's folder. video: sha256 of the video without this manifest, which is the render's own."""
    request = job.request()
    records = {stage: record for stage in STAGES if (record := job.record(stage))}
    made_by = {stage: record["made_by"] for stage, record in records.items()}
    weights = {name: sha256 for made in made_by.values() for name, sha256 in made.get("models", {}).items()}
    consent = consent_of(request, job.home)
    return {
        "synthetic": True,
        "signed": now.isoformat(timespec="seconds"),
        "job": job.id,
        "request": request.digest(),
        "video": records["video"]["outputs"]["video.mp4"],
        "stack": request.stack,
        "seed": request.seed,
        "avatar": {"version": avatar.__version__, "source": source_digest()},
        "lock": locked_fingerprints(),
        "engines": {
            stage: {name: made[name] for name in ("engine", "version", "code", "libraries") if name in made}
            for stage, made in made_by.items()
        },
        "weights": weights,
        "licences": licences(records),
        **({"consent": consent} if consent else {}),
    }


def consent_of(request: Request, home: Path) -> dict[str, Any]:
    """Of a cloned voice: which recording, whether the speaker's consent was noted, and the ids of the consents that the API keeps;
    {} where nobody's voice was cloned.

    A recording that is kept as a voice is found by its digest.
    """
    from avatar import voices

    if request.voice is None:
        return {}
    sha256 = file_digest(request.voice)
    kept = [each for each in voices.every(home) if each["reference_sha256"] == sha256]
    ids = sorted({each["consent_id"] for each in kept if "consent_id" in each})
    return {"recording": sha256, "noted": any(each["consent"] for each in kept), **({"ids": ids} if ids else {})}
