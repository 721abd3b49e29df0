"""Of a video that was asked for before: what of it still wants making, and so which weights."""

from __future__ import annotations

import contextlib

from avatar import pipeline, settings
from avatar.device.hardware import PROFILES
from avatar.errors import AvatarError
from avatar.jobs import home as homes
from avatar.jobs.cause import cause, made_by
from avatar.jobs.job import Job
from avatar.progress import Progress
from avatar.request import Request
from avatar.stacks import stack_for, with_profile
from avatar.stages import STAGES, Work
from avatar.weights import loaders


def to_make(request: Request) -> list[str]:
    """The stages that a request's video still wants made, by what is kept of the very same request: from the first one on
    that is not there as it would be made now. Loads nothing, and needs no weights: the lock has their digests. PyTorch is
    asked for a profile that nobody named only where there is such a job."""
    with contextlib.suppress(AvatarError, OSError):  # damaged, or removed meanwhile
        if job := known_job(request):
            return unmade(job)
    return list(STAGES)


def known_job(request: Request) -> Job | None:
    """The job of this very request, where it is in the home."""
    if request.stack == "full" and loaders.missing() == "torch":
        return None

    def job_of(request: Request) -> Job | None:
        job = Job(homes.place(settings.home(), request))
        return job if job.folder.exists() else None

    if request.stack == "preview" or request.profile:
        return job_of(request)
    any_profile = (request.model_copy(update={"profile": each.name}) for each in PROFILES)
    return job_of(with_profile(request)) if any(map(job_of, any_profile)) else None


def unmade(job: Job) -> list[str]:
    """The stages of a job from the first one on that is not there as it would be made now. Raises AvatarError and OSError."""
    job.refuse_damaged()
    request = job.request()
    work = Work(job, request, stack_for(request), pipeline.profile_of(request), Progress())
    for number, stage in enumerate(STAGES):
        task = STAGES[stage](work)
        if not job.has(stage, cause(made_by(stage, task.engine, work.profile), task.inputs)):
            return list(STAGES)[number:]
    return []
