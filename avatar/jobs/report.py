"""report.json: what made a video, from the records of its stages. Also the tags written into the mp4."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import avatar
from avatar.errors import AvatarError
from avatar.files import file_digest, write_json
from avatar.jobs.cause import locked_fingerprints, source_digest
from avatar.jobs.contents import read_report
from avatar.jobs.job import STAGES, Job
from avatar.json_files import Damaged
from avatar.limits import FRAME_RATE
from avatar.request import Request


def write(job: Job, request: Request, judgement: dict) -> None:
    """Write report.json of a finished job, unless it is already about these records, judged so.

    judgement: figures of the finished video and, as "failed", what it falls short of (quality/judgement.py).
    """
    content = build(job, request, judgement)
    with contextlib.suppress(Damaged):
        known = read_report(job.folder)
        if known and all(known.get(part) == content[part] for part in ("records", "judgement")):
            return
    write_json(job.file("report.json"), content)


def read(job: Job) -> dict:
    """Raises AvatarError where there is none."""
    try:
        if content := read_report(job.folder):
            return content
    except Damaged as error:
        raise AvatarError(f"the report of job {job.id} cannot be read ({error}).") from error
    raise AvatarError(f"the report of job {job.id} is gone.")


def video_seconds(records: dict) -> float | None:
    """How long a job's video is, by the records of its stages; None where that of the lips is not there."""
    lips = records.get("lips") or {}
    return float(lips["frames"] / Fraction(lips.get("frame_rate") or FRAME_RATE)) if lips.get("frames") else None


def build(job: Job, request: Request, judgement: dict) -> dict:
    records = {stage: record for stage in STAGES if (record := job.record(stage))}
    made_here = [record for record in records.values() if "copied_from" not in record]
    return {
        "job": job.id,
        "video": str(job.video),
        "video_sha256": file_digest(job.video),
        "synthetic": True,  # whatever made it, this video shows something that was never filmed
        "stack": request.stack,
        "request": request.model_dump(mode="json"),
        "avatar": {"version": avatar.__version__, "source": source_digest()},
        "locked_fingerprints": locked_fingerprints(),
        "licences": licences(records),
        "seconds": round(sum(record["seconds"] for record in made_here), 3),
        "peak_memory_mib": max(record["peak_memory_mib"] for record in made_here),
        "notes": [note for record in records.values() for note in record["notes"]] + judgement["failed"],
        "judgement": judgement,
        "records": records,
    }


def licences(records: dict) -> dict[str, str]:
    """{name of weights, or "voice" and that of a preset: licence} of what the stages of these records were made with."""
    from avatar.voice.presets.catalog import PRESETS
    from avatar.weights import lock

    weights = [name for record in records.values() for name in record["made_by"].get("models", {})]
    known = {model.name: model.licence.name for model in lock.read().every} if weights else {}
    told = {name: known[name] for name in weights if name in known}
    preset = records.get("voice", {}).get("engine", {}).get("preset", "")
    return told | ({f"voice {preset}": PRESETS[preset].licence} if preset in PRESETS else {})


def video_tags(job: Job, request: Request) -> dict[str, str]:
    """Metadata of the mp4: it says that it is synthetic, and which job made it. Nothing here changes between runs."""
    return {
        "title": "avatar preview" if request.stack == "preview" else "avatar",
        "comment": f"Synthetic video: speech and face are computer-generated. job={job.id}",
        "description": "synthetic",
    }
