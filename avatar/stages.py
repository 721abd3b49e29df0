"""The four stages: what each asks of its engine, and what it writes.

A stage is two things: a Task, which names the engine and all that the outcome depends on, and what it does with the
loaded engine. Between the two the pipeline looks whether such a thing was made before. The portrait comes first: a
picture without a face is refused before any speech is made.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from avatar import framed
from avatar.engines import Told, WantedPicture, WantedSpeech
from avatar.files import file_digest
from avatar.jobs import report
from avatar.jobs.cause import Program, cause, made_by
from avatar.limits import FRAME_RATE, ISO_639_2, LONGEST_S
from avatar.request import Request
from avatar.stacks import passed_over
from avatar.voice import kept

if TYPE_CHECKING:
    from avatar.device.hardware import Profile
    from avatar.jobs.job import Job
    from avatar.progress import Progress
    from avatar.stacks import Stack
    from avatar.voice.speech import Speech

MUX = Program("ffmpeg", "1")


@dataclass
class Work:
    """One job on its way through the stages."""

    job: Job
    request: Request
    stack: Stack
    profile: Profile | None  # None for the preview, which runs alike everywhere
    progress: Progress


@dataclass(frozen=True)
class Task:
    """A stage of one job. make(engine, folder, told) writes its files, and may return facts for the stage's record; None
    where there is nothing to write."""

    engine: Any  # a class of engines.py, or a Program, which nobody loads
    inputs: dict  # all that the outcome depends on besides the engine; a Path stands for the file's content
    make: Callable[[Any, Path, Told], dict | None] | None


def wanted_picture(request: Request) -> WantedPicture:
    drawn = {name: getattr(request, name) for name in ("prompt", "negative_prompt", "steps", "tries")}
    return WantedPicture(request.portrait, request.face, **drawn, seed=request.seed, size=framed.square(request))


def wanted_speech(request: Request) -> WantedSpeech:
    names = ("text", "transcript", "preset", "language", "seconds", "speed", "seed")
    asked = {name: getattr(request, name) for name in names}
    return WantedSpeech(reference=request.voice or request.audio, **asked)


def portrait(work: Work) -> Task:
    """A picture with a face, given or drawn -> portrait.png, SIZE x SIZE, landmarks.npy and place.json. A clip of which the square around
    the head is shown stays as it is."""
    wanted = wanted_picture(work.request)

    def make(engine: Any, folder: Path, told: Told) -> None:
        engine.picture(wanted, told, work.progress).save(folder)

    is_square_clip = work.stack.takes_clip(work.request.portrait) and not framed.whole_clip(work.request)
    if is_square_clip:  # known by another cause than one that is shown as it is, of which there is a portrait
        return Task(work.stack.portrait, asdict(wanted) | {"shown": "square"}, None)
    return Task(work.stack.portrait, asdict(wanted), make)


def voice(work: Work) -> Task:
    """A text, or given speech -> speech.wav, a whole number of frames long, and timings.json."""
    wanted = wanted_speech(work.request)

    def make(engine: Any, folder: Path, told: Told) -> dict:
        sounds = kept_speech(work.job.home, work.stack.voice, wanted, work.profile)
        speech = spoken(engine, wanted, told, work.progress, sounds)
        told.notes += passed_over(work.request)
        speech.padded_to_frames(FRAME_RATE).save(folder)
        return {"sounds": sounds.names, "spoken": sounds.made} if sounds.names or sounds.made else {}

    return Task(work.stack.voice, asdict(wanted) | {"besides": work.stack.voice.inputs(wanted)}, make)


def spoken(engine: Any, wanted: WantedSpeech, told: Told, progress: Progress, sounds: kept.KeptSpeech) -> Speech:
    """What a loaded voice says, with what is kept of it; what it makes is kept. Raises RequestError where it is too long."""
    speech = engine.speak(wanted, told, progress, sounds)
    speech.refuse_longer_than(LONGEST_S)
    sounds.bound()
    return speech


def kept_speech(home: Path, engine: Any, wanted: WantedSpeech, profile: Profile | None) -> kept.KeptSpeech:
    """The sounds of this voice, language and seed in a home: those of any text, at any speed, fitted to any length."""
    recording = file_digest(wanted.reference) if wanted.reference else ""
    inputs = {"recording": recording, "preset": wanted.preset, "language": wanted.language, "seed": wanted.seed}
    made_of = cause(made_by("voice", engine, profile), inputs | {"besides": engine.inputs(wanted)})
    return kept.KeptSpeech(home, made_of, recording)


def lips(work: Work) -> Task:
    """Portrait and speech -> picture.mp4, the moving picture without sound. Frames stream into FFmpeg.

    For a frame other than the plain square it is kept without loss and unmarked, so that it does for any; the one that is
    wanted now is made on the way.
    """
    from avatar.media import encoder, ffmpeg
    from avatar.media.mark import layer
    from avatar.voice.speech import Speech

    job, request, stack = work.job, work.request, work.stack
    source, made_of = stack.lips_source(job.folder, request, framed.whole_clip(request) is not None)
    options = stack.lips_options(request)
    shown, frame = framed.moving(request), framed.wanted(request, stack.mark)
    chosen = encoder.choose(device_of(work), max(shown.width, shown.height), shown.rate)
    mark = stack.mark if request.mark else None
    inputs = job.files("speech.wav", "timings.json") | made_of | {"seed": request.seed, "options": repr(options)}
    inputs |= {"kept": "without loss"} if frame else {"mark": mark, **chosen.inputs}

    def make(engine: Any, folder: Path, told: Told) -> dict:
        speech = Speech.load(job.folder)
        frames = engine.frames(source(), speech, shown.rate, request.seed, options, told)
        frames = work.progress.count(frames, speech.frame_count(shown.rate))
        if frame:
            count = framed.encode(frames, engine.pixels, job, request, frame, chosen.name, folder)
        else:
            words = layer(shown.width, shown.height, mark) if mark else None
            count = ffmpeg.encode_frames(frames, *shown, folder / "picture.mp4", chosen.name, engine.pixels, words)
        engine.save_motion(folder)
        return {"encoder": asdict(chosen), "frames": count, "frame_rate": str(shown.rate)}

    return Task(stack.lips, inputs, make)


def device_of(work: Work) -> str:
    return work.profile.device if work.profile else "cpu"


def video(work: Work) -> Task:
    """Moving picture, speech and captions -> video.mp4 (and subtitles.srt or .vtt).

    Only here all speech comes to one loudness: the lips have followed it as it was spoken.
    """
    from avatar.media import encoder, ffmpeg
    from avatar.media.level import levelled
    from avatar.voice.speech import Speech

    job, request = work.job, work.request
    said = {"captions": request.worded, "language": request.language, "tags": report.video_tags(job, request)}
    frame = framed.wanted(request, work.stack.mark)
    shown = framed.moving(request)
    chosen = encoder.choose(device_of(work), max(shown.width, shown.height), shown.rate).name
    made_of = framed.inputs(job, request, frame, chosen) if frame else {}

    def make(engine: None, folder: Path, told: Told) -> None:
        if frame:
            told.notes += framed.notes(job, frame)
        speech = Speech.load(job.folder)
        captions = written_captions(request.worded, speech, folder)
        equally_loud = replace(speech, samples=levelled(speech.samples, speech.sample_rate))
        moving = framed.picture(job, request, frame, chosen) if frame else nullcontext(job.file("picture.mp4"))
        with TemporaryDirectory(dir=folder) as scratch, moving as picture:
            sound = Path(scratch, "speech.wav")
            equally_loud.write_wav(sound)
            ffmpeg.mux(
                picture,
                sound,
                speech.frame_count(shown.rate) / shown.rate,
                folder / "video.mp4",
                said["tags"],
                captions if request.worded == "soft" else None,
                "und" if request.audio else ISO_639_2[request.language],
            )

    engine = framed.FFMPEG if frame else MUX
    return Task(engine, job.files("picture.mp4", "speech.wav", "timings.json") | said | made_of, make)


def written_captions(kind: str, speech: Speech, folder: Path) -> Path | None:
    """subtitles.srt for "soft" and "srt", subtitles.vtt for "vtt"."""
    from avatar.media import subtitles

    if kind == "vtt":
        path, text = folder / "subtitles.vtt", subtitles.vtt(speech.words)
    elif kind in ("soft", "srt"):
        path, text = folder / "subtitles.srt", subtitles.srt(speech.words)
    else:
        return None
    path.write_text(text, encoding="utf-8")
    return path


STAGES: dict[str, Callable[[Work], Task]] = {"portrait": portrait, "voice": voice, "lips": lips, "video": video}
