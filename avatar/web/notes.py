"""What the API keeps with a job: api.json in its folder (what the caller said beside the request) and webhook.json (what was
told whom)."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from avatar.errors import AvatarError
from avatar.files import write_json
from avatar.jobs.job import Job
from avatar.jobs.schema import fitting
from avatar.json_files import Damaged, read_json

NAME, WEBHOOK = "api.json", "webhook.json"
LONGEST_URL, MOST_WEBHOOKS = 2000, 100


class Note(BaseModel):
    """api.json. kept: the voice and the portrait of this home that were named; webhooks: where to tell that the video is there, or failed; metadata: the last caller's own words."""

    model_config = ConfigDict(strict=True, extra="ignore")

    webhooks: Annotated[list[Annotated[str, Field(max_length=LONGEST_URL)]], Field(max_length=MOST_WEBHOOKS)] = []
    metadata: dict[str, str] = {}
    kept: dict[str, str] = {}
    remixed_from: Annotated[str, Field(max_length=100)] | None = None


class Attempt(BaseModel):
    """One delivery of a webhook. status: HTTP's, None where nobody answered."""

    model_config = ConfigDict(strict=True, extra="ignore")

    time: float
    status: int | None = None
    problem: str = ""


class ToAddress(BaseModel):
    """To one address. is_done: somebody took it, or nobody will."""

    model_config = ConfigDict(strict=True, extra="ignore")

    is_done: bool = False
    not_before: float = 0.0
    attempts: Annotated[list[Attempt], Field(max_length=100)] = []


class Deliveries(BaseModel):
    """webhook.json: of one end of a job (`ended`, as queue.json has it), so that one made again is told again."""

    model_config = ConfigDict(strict=True, extra="ignore")

    ended: float
    id: str
    to: Annotated[dict[str, ToAddress], Field(max_length=MOST_WEBHOOKS)] = {}


def write(job: Job, webhook: str | None, is_waiting: bool, **said: Any) -> None:
    """said: other fields of a Note; is_waiting: for somebody else already, who asked for the same and is told too."""
    others = read(job).webhooks if is_waiting else []
    webhooks = [*others, *([webhook] if webhook and webhook not in others else [])][-MOST_WEBHOOKS:]
    write_json(job.folder / NAME, Note(webhooks=webhooks, **said).model_dump(mode="json"), durable=True)


def write_key(path: Path, digest: str, job: str, is_taken: bool) -> None:
    """What is kept of a request with an Idempotency-Key (once.py). is_taken: its job is in the queue for certain."""
    content = {"digest": digest, "job": job, "time": round(time.time(), 3), "is_taken": is_taken}
    write_json(path, content, durable=True)


def read(job: Job) -> Note:
    """Of a job that came another way, or whose note is damaged, one that says nothing."""
    with contextlib.suppress(Damaged, OSError, AvatarError):
        return fitting(Note, read_json(job.folder / NAME), NAME)
    return Note()


def write_deliveries(job: Job, deliveries: Deliveries) -> None:
    write_json(job.folder / WEBHOOK, deliveries.model_dump(mode="json"), durable=True)


def read_deliveries(job: Job) -> Deliveries | None:
    with contextlib.suppress(Damaged, OSError, AvatarError):
        return fitting(Deliveries, read_json(job.folder / WEBHOOK), WEBHOOK)
    return None
