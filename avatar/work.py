"""What can be asked of avatar, done in this process: make a video, go on with one, speak, measure a file.

The command line calls these, in a process that it has closed to the network; for Python programs `api` starts such a
process. Defaults are those of the settings, and a voice and a portrait may be named.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
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
from avatar.request import FILE_FIELDS, Request, make_request
from avatar.script.subtitles import words_of
from avatar.stacks import with_profile

if TYPE_CHECKING:
    from avatar.preflight import Faces
    from avatar.provenance.verifying import Verdict

Tell = Callable[[Event], object]
MOST_TEXT_BYTES = 1 << 20  # of a file; a text of 5,000 characters has a fiftieth of it


@dataclass(frozen=True)
class Made:
    """A video or a sound file. seconds: its length; took_s: how long this call took; report: of a video, report.json."""

    path: Path
    seconds: float
    took_s: float
    notes: tuple[str, ...]
    report: dict[str, Any]
    job: str = ""


def request_of(**asked: Any) -> Request:
    """A Request for a video from what was asked for, with the settings' defaults, the files of named voices and portraits,
    and the engine that clones a voice here, or that cloned it in the video that is kept.

    asked: fields of the request; None is the default. Raises RequestError.
    """
    return as_kept(cloned_by(as_asked(**asked)))


def speech_of(**asked: Any) -> Request:
    """The same for speech alone, of which no video is kept. Raises RequestError."""
    return cloned_by(as_asked(**asked))


def as_asked(**asked: Any) -> Request:
    """The same where another machine is to make it, and to choose the engine by what it has. Raises RequestError."""
    asked = {name: value for name, value in asked.items() if value is not None}
    if names_preset(asked.get("voice")):
        if "preset" in asked:
            raise RequestError("a voice and a preset exclude each other; give one of them.", ("voice", "preset"))
        asked["preset"] = asked.pop("voice")
    if (voice := asked.get("voice")) is not None:
        from avatar import voices

        asked.setdefault("language", voices.language_of(settings.home(), str(voice)))
        asked["voice"] = voice_file(str(voice))
    elif "language" not in asked and (language := preset_language(asked.get("preset"))):
        asked["language"] = language
    if (portrait := asked.get("portrait")) is not None:
        from avatar import portraits

        if (face := portraits.face_of(settings.home(), str(portrait))) is not None:
            asked.setdefault("face", face)
        asked["portrait"] = portrait_file(str(portrait))
    for name in ("text", "transcript"):
        if isinstance(asked.get(name), str):
            asked[name] = words_of(asked[name])  # captions may be sent as text, as they may be a file
    for name in FILE_FIELDS:
        if isinstance(asked.get(name), str | os.PathLike):
            asked[name] = Path(os.path.abspath(asked[name]))
    by_setting = from_settings(asked)
    asked |= by_setting
    if asked.get("profile") == "auto":
        del asked["profile"]
    try:
        return make_request(**asked)
    except RequestError as error:
        if len(error.fields) == 1 and error.fields[0] in by_setting:
            name = error.fields[0]
            raise RequestError(
                f"the setting {name} ({settings.origin(name)}) is {by_setting[name]!r}, and {error}"
            ) from error
        raise


def cloned_by(request: Request) -> Request:
    """The request with the engine that clones its voice, where nobody said which: Pocket TTS where it speaks the language
    and its weights are here, which may be published with, or where the full stack has nothing else; else the stack's own.
    Another file in the place of its weights is one to be refused by name, and no reason for another voice."""
    if request.engine or request.text is None or request.voice is None:
        return request
    from avatar.weights import loaders, store
    from avatar.weights.lock import POCKET_TTS

    model = POCKET_TTS.get(request.language)
    is_all_there_is = request.stack == "full" and loaders.is_without_xtts()
    is_usable = model is not None and (is_all_there_is or store.can_load(model) or store.is_spoilt(model))
    return request.model_copy(update={"engine": "pocket"}) if is_usable else request


def as_kept(request: Request) -> Request:
    """The request with Pocket TTS, where it does not clone the voice here any more, and a finished video in which it did is
    kept."""
    from avatar.weights.lock import POCKET_TTS

    if request.engine or request.text is None or request.voice is None or request.language not in POCKET_TTS:
        return request
    from avatar import pipeline

    cloned = request.model_copy(update={"engine": "pocket"})
    return cloned if pipeline.to_make(cloned) == [] else request


def from_settings(asked: dict[str, Any]) -> dict[str, Any]:
    """The fields that the settings decide, since nobody asked for them."""
    defaults = settings.load()
    decided = {"stack": defaults.stack, "seed": defaults.seed}
    stack = str(asked.get("stack", defaults.stack)).strip().lower()
    needs_preset = stack == "preview" and not {"voice", "audio"} & asked.keys()
    if needs_preset and defaults.preset and speaks(defaults.preset, asked.get("language", "en")):
        decided["preset"] = defaults.preset
    if stack == "full":
        decided["profile"] = defaults.profile
    return {name: value for name, value in decided.items() if name not in asked}


def names_preset(voice: Any) -> bool:
    """Whether a voice is that of a preset: of no cloned voice and no file."""
    from avatar import voices
    from avatar.voice.presets.catalog import PRESETS

    return str(voice) in PRESETS and not voices.recording_of(settings.home(), str(voice)) and not os.path.exists(voice)


def preset_language(preset: Any) -> str | None:
    """What a preset that was asked for speaks; None for one that is none."""
    from avatar.voice.presets.catalog import PRESETS

    return PRESETS[preset].languages[0] if preset in PRESETS else None


def speaks(preset: str, language: Any) -> bool:
    """Whether a preset that nobody asked for fits the language; one that is none is told of later."""
    from avatar.voice.presets.catalog import PRESETS

    return preset not in PRESETS or language in PRESETS[preset].speaks


def voice_file(voice: str) -> Path:
    """The recording of a cloned voice of that name, else the file of that name. Raises RequestError for neither."""
    from avatar import voices

    recording = voices.recording_of(settings.home(), voice) or Path(voice)
    if not os.path.exists(recording):  # a name too long for a file is none
        raise RequestError(
            f"there is no preset, no cloned voice and no file {voice!r}; '{to_type('voice list')}' shows the voices.",
            ("voice",),
        )
    return recording


def portrait_file(portrait: str) -> Path:
    """The picture of a kept portrait of that name, else the file of that name. Raises RequestError for neither."""
    from avatar import portraits

    picture = portraits.picture_of(settings.home(), portrait) or Path(portrait)
    if not os.path.exists(picture):
        raise RequestError(
            f"there is no kept portrait and no file {portrait!r}; '{to_type('portrait list')}' shows the portraits.",
            ("portrait",),
        )
    return picture


def read_text(path: Path) -> str:
    """Text of a file, or of standard input for '-'; of captions what they say. Raises RequestError when it cannot be read or
    is not UTF-8."""
    shown = repr(str(path))
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else open(path, "rb") as file:
            data = file.read(MOST_TEXT_BYTES + 1)
        if len(data) > MOST_TEXT_BYTES:
            raise RequestError(f"the text file {shown} is larger than {MOST_TEXT_BYTES >> 20} MiB; give a shorter one.")
        return words_of(data.decode("utf-8-sig"))
    except OSError as error:
        raise RequestError(f"cannot read the text file {shown}: {error.strerror}; check the path.") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"the text file {shown} is not UTF-8 text; save it as UTF-8.") from error


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
