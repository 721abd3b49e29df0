"""The whole story: a request becomes a job folder, four stages fill it, and a video comes out.

Stage by stage over all jobs, with one model on the device at a time, loaded once for as many jobs as need it: one job is
a batch of one. What was made before from the same cause is not made again.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from avatar import stopping
from avatar.device.hardware import Profile, profile_named
from avatar.invocation import to_type
from avatar.jobs import report
from avatar.jobs.cause import Program, cause, made_by
from avatar.jobs.events import logged
from avatar.jobs.job import Job
from avatar.loading import ONE_AT_A_TIME, Loading
from avatar.progress import Event, Progress
from avatar.request import Request
from avatar.stacks import stack_for
from avatar.stages import STAGES, Task, Work
from avatar.weights.read_ahead import read_ahead

Missing = tuple[Work, Task, str, dict]  # a stage that is to be made, its cause, and what that says of its making


def render(job: Job, progress: Progress, loading: Loading = ONE_AT_A_TIME) -> Path:
    """Bring a job to its video, doing only what is not there yet. Returns the path of the mp4."""
    if failed := render_all([job], lambda _, event: progress.tell(event), loading):
        raise failed[job.id]
    return job.video


def render_all(
    jobs: Sequence[Job],
    tell: Callable[[Job, Event], object] = lambda job, event: None,
    loading: Loading = ONE_AT_A_TIME,
) -> dict[str, Exception]:
    """Bring jobs to their videos, each model being loaded once. Returns {id: error} of those that failed.

    A job that fails leaves the others. One that another process works on fails with TemporaryProblem.
    """
    failed: dict[str, Exception] = {}
    with contextlib.ExitStack() as held:
        works = []
        for job in dict.fromkeys(jobs):
            with noted(job, failed):
                work = work_of(job, partial(tell, job))
                held.enter_context(job.locked())
                works.append(work)
        for number, stage in enumerate(STAGES, start=1):
            works = [work for work in works if work.job.id not in failed]
            names = list(STAGES)[number - 1 :]
            with read_ahead([model for work in works for model in work.stack.models_of(names)]):
                run_stage(number, stage, works, failed, loading)
        for work in works:
            if work.job.id not in failed:
                with noted(work.job, failed):
                    report.write(work.job, work.request, judged(work))
    return failed


def judged(work: Work) -> dict:
    """What our own check finds of a finished video; what it falls short of is told."""
    from avatar.framed import moving
    from avatar.quality.judgement import judge
    from avatar.voice.speech import Speech

    judgement = judge(
        work.job.video, Speech.load(work.job.folder), work.job.file("motion.npz"), moving(work.request).rate
    )
    judgement["failed"] = [f"our own check of this video falls short: {reason}" for reason in judgement["failed"]]
    for warning in judgement["failed"]:
        work.progress.say(f"{warning}; '{to_type(f'check {work.job.video}')}' measures it frame by frame.")
    return judgement


def work_of(job: Job, tell: Callable[[Event], object]) -> Work:
    """A job's request, read once, with the engines that serve it."""
    request = job.request()
    profile = profile_of(request)
    return Work(job, request, stack_for(request), profile, Progress(logged(job.folder, tell)))


def profile_of(request: Request) -> Profile | None:
    """The one in the request. Where an older version made it, which kept none, it is what fits this host."""
    if request.stack == "preview":
        return None
    if request.profile:
        return profile_named(request.profile)
    from avatar.device import memory

    return memory.profile()


def run_stage(number: int, stage: str, works: list[Work], failed: dict[str, Exception], loading: Loading) -> None:
    """One stage of all jobs: what is missing is made, by one engine after the other."""
    missing: dict[tuple[Any, Profile | None], list[Missing]] = {}
    for work in works:
        with noted(work.job, failed):
            work.progress.stage(number, stage)
            task = STAGES[stage](work)
            parts = made_by(stage, task.engine, work.profile)
            known_by = cause(parts, task.inputs)
            if work.job.has(stage, known_by) or work.job.take_from_another(stage, known_by):
                ended(work, stage, is_cached=True)
            else:
                missing.setdefault((task.engine, work.profile), []).append((work, task, known_by, parts))
    for (engine, profile), some in missing.items():
        make_all(stage, engine, profile, some, failed, loading)


def make_all(
    stage: str,
    engine: Any,
    profile: Profile | None,
    some: list[Missing],
    failed: dict[str, Exception],
    loading: Loading,
) -> None:
    """Make a stage of several jobs with one engine. Where it cannot be loaded, all of them fail."""
    to_load = engine if any(task.make for _, task, _, _ in some) and not isinstance(engine, Program) else None
    tried: list[Work] = []
    try:
        if to_load is not None and profile is not None:
            from avatar.device import memory

            memory.profile_named_or_fitting(profile.name)  # the job may come from a host with another card
        with loading.use(to_load, profile) if to_load is not None else nullcontext() as loaded:
            for work, task, known_by, parts in some:
                tried.append(work)
                with noted(work.job, failed):
                    is_cached = work.job.take_from_another(stage, known_by)  # one of these made it just now
                    if not is_cached:
                        with work.job.making(stage, known_by, parts) as (folder, told, facts):
                            if task.make:
                                facts |= task.make(loaded, folder, told) or {}
                    ended(work, stage, is_cached)
    except Exception as error:  # the engine itself: no model, no memory
        stopping.raise_if_told(error)
        failed |= {work.job.id: error for work, _, _, _ in some if work not in tried}
        return
    made = [work for work in tried if work.job.id not in failed]
    if loaded is not None and loaded.notes and made:  # known only now: memory that stayed on the card
        work = made[-1]
        for note in loaded.notes:
            work.progress.say(note)
        work.job.add_notes(stage, loaded.notes)


def ended(work: Work, stage: str, is_cached: bool = False) -> None:
    for note in (work.job.record(stage) or {"notes": ()})["notes"]:
        work.progress.say(note, is_cached)
    work.progress.end(is_cached)


@contextlib.contextmanager
def noted(job: Job, failed: dict[str, Exception]) -> Iterator[None]:
    """A failure of this job is kept, and the others go on."""
    try:
        yield
    except Exception as error:  # whatever it was: of many jobs the others can still be made, and of one it is raised
        stopping.raise_if_told(error)
        traceback.clear_frames(error.__traceback__)  # whose tensors would stay on the device
        failed[job.id] = error
