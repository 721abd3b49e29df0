"""What can be asked of avatar, done in this process: make a video, go on with one, speak, measure a file.

The command line calls these, in a process that it has closed to the network; for Python programs `api` starts such a
process. Defaults are those of the settings, and a voice and a portrait may be named.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar import settings
from avatar.engines import Told
from avatar.errors import InputError, Interrupted, RequestError
from avatar.invocation import to_type
from avatar.jobs import home as homes
from avatar.jobs.delivery import LEAST_FREE_BYTES, check_home, check_output, deliver_with, refuse_inputs
from avatar.jobs.job import STAGES, Job
from avatar.loading import ONE_AT_A_TIME, Loading
from avatar.progress import Event, Progress
from avatar.provenance import delivery
from avatar.request import FILE_FIELDS, Request
from avatar.stacks import with_profile

if TYPE_CHECKING:
    from avatar.preflight import Faces
    from avatar.provenance.verifying import Verdict

Tell = Callable[[Event], object]


@dataclass(frozen=True)
class Made:
    """A video or a sound file. seconds: its length; took_s: how long this call took; report: of a video, report.json."""

    path: Path
    seconds: float
    took_s: float
    notes: tuple[str, ...]
    report: dict[str, Any]
    job: str = ""


def make(
    request: Request,
    output: Path | None,
    overwrite: bool,
    tell: Tell,
    loading: Loading = ONE_AT_A_TIME,
    sign: bool | None = None,
) -> Made:
    """Make a video and deliver it to `output`, or leave it in its job's folder. The same request makes nothing twice.

    sign: whether what is delivered is signed; None is as the settings say.
    """
    started = time.monotonic()
    output = prepare(request, output, overwrite)
    job = homes.create(settings.home(), with_profile(request))
    try:
        return finish(job, output, tell, started, loading, sign)
    except (InputError, RequestError):  # what only a stage could see; it would refuse the same again
        homes.remove_if_empty(job)
        raise


def resume(job: Job, output: Path | None, overwrite: bool, tell: Tell, loading: Loading = ONE_AT_A_TIME) -> Made:
    """Go on with a job, after the same checks, to `output`, or to where its video was asked for before."""
    if output is None and (remembered := job.outputs()):
        output = remembered[-1]
        overwrite = overwrite or not output.exists() or delivery.is_of(job, output)
    return go_on(job, output, overwrite, tell, loading)


def go_on(
    job: Job,
    output: Path | None,
    overwrite: bool,
    tell: Tell,
    loading: Loading = ONE_AT_A_TIME,
    sign: bool | None = None,
) -> Made:
    """The same, to `output` or nowhere. sign: whether what is delivered is signed; None is as the settings say."""
    started = time.monotonic()
    job.refuse_damaged()
    request = job.request()
    job = Job(job.folder, request)
    return finish(job, prepare(request, output, overwrite), tell, started, loading, sign)


def prepare(request: Request, output: Path | None, overwrite: bool, faces: Faces | None = None) -> Path | None:
    """All that can be refused before work begins; returns the output as an absolute path. faces: where the portrait is not
    made at once."""
    return checked(request, output, overwrite, faces)[0]


def checked(
    request: Request, output: Path | None, overwrite: bool, faces: Faces | None = None
) -> tuple[Path | None, list[str]]:
    """The same, with what is to be noted of the face."""
    from avatar import framed, preflight

    check_home(settings.home())
    output = output and prepare_output(request, output, overwrite)
    notes = preflight.check(request, faces)
    check_home(settings.home(), LEAST_FREE_BYTES + framed.needed_bytes(request))
    return output, notes


def prepare_output(request: Request, output: Path, overwrite: bool) -> Path:
    """The output as an absolute path, where it can be written."""
    output = check_outputs(request, output, overwrite)
    delivery.refuse_unusable()
    return output


def check_outputs(request: Request, output: Path, overwrite: bool, suffix: str = ".mp4") -> Path:
    """Refuse an output, or captions beside it, that cannot be written or would replace what they are made from. Returns the output as
    an absolute path."""
    output = Path(os.path.abspath(output))
    refuse_inputs(outputs_of(request, output), filter(None, (getattr(request, name) for name in FILE_FIELDS)))
    for each in outputs_of(request, output):
        check_output(each, overwrite, suffix if each == output else each.suffix)
    return output


def keep_texts(request: Request, output: Path | None, *texts: Path | None) -> None:
    """Refuse captions that would replace the file a text was read from, which the request does not know."""
    if output is not None:
        refuse_inputs(outputs_of(request, Path(os.path.abspath(output))), filter(None, texts))


def outputs_of(request: Request, output: Path) -> list[Path]:
    """The output, and the captions beside it where there are some."""
    name = request.captions_file
    return [output, *([output.with_suffix(Path(name).suffix)] if name and output.name else [])]


def finish(
    job: Job,
    output: Path | None,
    tell: Tell,
    started: float,
    loading: Loading = ONE_AT_A_TIME,
    sign: bool | None = None,
) -> Made:
    """Render what is missing of a job, then deliver the result."""
    from avatar import pipeline
    from avatar.jobs import report

    if output:
        job.remember_output(output)
    try:
        video = pipeline.render(job, Progress(tell), loading)
    except KeyboardInterrupt as stop:
        raise Interrupted(f"job {job.id} stopped; '{to_type(f'pipeline resume {job.id}')}' goes on with it.") from stop
    if output:
        delivery.deliver_all(job, output, sign, lambda note: tell(Event("video", len(STAGES), note=note)))
    told = report.read(job)
    seconds = report.video_seconds(told["records"]) or 0.0
    return Made(output or video, seconds, time.monotonic() - started, tuple(told["notes"]), told, job.id)


def speak(request: Request, output: Path, overwrite: bool, tell: Tell) -> Made:
    """Speak the text of a request into a WAV file, and write its captions beside it where it asks for them."""
    from avatar.media.level import levelled
    from avatar.preflight import refuse_missing_parts, refuse_non_commercial, refuse_previewing
    from avatar.stacks import passed_over, stack_for
    from avatar.stages import kept_speech, spoken, wanted_speech, written_captions

    started = time.monotonic()
    if request.worded == "burned":
        raise RequestError(
            "captions are drawn into a picture, and speech has none; choose a file beside it.",
            ("captions",), {"captions": "srt"},
        )  # fmt: skip
    output = check_outputs(request, output, overwrite, suffix=".wav")
    engine, wanted, told, progress = stack_for(request).voice, wanted_speech(request), Told(), Progress(tell)
    refuse_non_commercial(request, engine.models)
    engine.check(wanted)
    refuse_previewing(request, engine)
    refuse_missing_parts(engine.models)
    if engine.models:  # what is made of weights is kept there
        check_home(settings.home())
    profile = profile_for(request)
    sounds = kept_speech(settings.home(), engine, wanted, profile)
    progress.stage(1, "voice")
    with engine.load(profile) as voice:
        speech = spoken(voice, wanted, told, progress, sounds)
    told.notes += passed_over(request)
    for note in told.notes:
        progress.say(note)
    equally_loud = replace(speech, samples=levelled(speech.samples, speech.sample_rate))
    deliver_with(equally_loud.write_wav, output)
    with tempfile.TemporaryDirectory() as scratch:
        if captions := written_captions(request.worded, speech, Path(scratch)):
            deliver_with(lambda partial: shutil.copyfile(captions, partial), output.with_suffix(captions.suffix))
    return Made(output, speech.seconds, time.monotonic() - started, tuple(told.notes), {"engine": told.facts})


def verify(path: Path, is_again: bool = False) -> Verdict:
    """Whether a video is as this home signed it. is_again: its request is also rendered anew, in a home of its own, from
    what its job keeps.

    Raises RequestError and InputError for the file, RequestError where the job is not there, EnvironmentProblem.
    """
    from avatar import pipeline
    from avatar.files import file_digest
    from avatar.provenance import verifying

    verdict = verifying.verify(settings.home(), path)
    if not is_again:
        return verdict
    job = verifying.job_of(settings.home(), verdict)
    with tempfile.TemporaryDirectory() as scratch:
        anew = homes.create(Path(scratch), job.request())
        return replace(verdict, again=file_digest(pipeline.render(anew, Progress())))


def profile_for(request: Request) -> Any:
    from avatar.device.hardware import profile_named

    chosen = with_profile(request).profile
    return profile_named(chosen) if chosen else None


def check(path: Path, lse: bool = False) -> dict[str, Any]:
    """The measured report of a recording, a picture or a video. Raises RequestError and InputError."""
    from avatar.quality import check_file, intended

    path = Path(os.path.abspath(path))
    return check_file(path, intended.asked_of(settings.home(), path), lse)
