"""The whole story: a request becomes a job folder, four stages fill it, and a video comes out.

Stages know files by name; how a face or a voice is made is the engines' business (stacks.py says which engine
serves which stage). The portrait comes first: a picture without a face is refused before any speech is made.
"""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from avatar import report
from avatar.job import STAGES, Job
from avatar.progress import Progress
from avatar.request import FRAME_RATE, ISO_639_2, LONGEST_S
from avatar.stacks import Stack, stack_for
from avatar.weights.read_ahead import read_ahead

SIZE = 512  # pixels, width and height of the video


def render(job: Job, progress: Progress) -> Path:
    """Bring a job to its video, doing only what is not there yet. Returns the path of the mp4."""
    stack = stack_for(job.request())
    with job.locked():
        for number, stage in enumerate((portrait, voice, lips, video), start=1):
            progress.stage(number, stage.__name__)
            with read_ahead(stack.models_of(STAGES[number - 1 :])):
                stage(job, stack, progress)
            for note in job.record(stage.__name__)["notes"]:
                progress.say(note)
        report.write(job)
    return job.video


def portrait(job: Job, stack: Stack, progress: Progress) -> None:
    """A picture with a face, given or drawn -> portrait.png, SIZE x SIZE, and landmarks.npy. A clip stays as it is."""
    request = job.request()
    inputs = {
        name: getattr(request, name) for name in ("portrait", "face", "prompt", "negative_prompt", "steps", "tries")
    }
    with job.stage("portrait", stack.portrait, request.seed, inputs | {"size": SIZE}) as stage:
        if stage.is_done or stack.takes_clip(request.portrait):
            return
        with stack.portrait(request.seed) as engine:
            if request.prompt is not None:
                wish = (request.prompt, request.negative_prompt, SIZE, request.steps, request.tries)
                made = engine.draw(*wish, progress=progress)
            else:
                made = engine.frame(request.portrait, request.face, SIZE)
            made.save(stage.folder)
        stage.tell(engine)


def voice(job: Job, stack: Stack, progress: Progress) -> None:
    """A text, or given speech -> speech.wav, a whole number of frames long, and timings.json."""
    request = job.request()
    inputs = {name: getattr(request, name) for name in ("text", "audio", "voice", "preset", "language", "seconds")}
    with job.stage("voice", stack.voice, request.seed, inputs) as stage:
        if stage.is_done:
            return
        with stack.voice(request.voice or request.audio, request.preset, request.seed) as engine:
            speech = engine.speak(request.text, request.language, request.seconds)
        speech.refuse_longer_than(LONGEST_S)
        speech.padded_to_frames(FRAME_RATE).save(stage.folder)
        stage.tell(engine)


def lips(job: Job, stack: Stack, progress: Progress) -> None:
    """Portrait and speech -> picture.mp4, the moving picture without sound. Frames stream into FFmpeg."""
    from avatar.media.encoder import choose
    from avatar.media.ffmpeg import encode_frames
    from avatar.media.mark import marked
    from avatar.voice.speech import Speech

    request = job.request()
    source, made_of = stack.lips_source(job.folder, request)
    options = stack.lips_options(request)
    rate = Fraction(FRAME_RATE)
    encoder = choose(stack.name, SIZE, rate)
    inputs = job.files("speech.wav", "timings.json") | made_of | {"mark": request.mark, "options": repr(options)}
    inputs |= encoder.inputs
    with job.stage("lips", stack.lips, request.seed, inputs) as stage:
        if stage.is_done:
            return
        speech = Speech.load(job.folder)
        with stack.lips(source, request.seed, options) as engine:
            frames = progress.count(engine.frames(speech, FRAME_RATE), speech.frame_count(FRAME_RATE))
            frames = marked(frames, SIZE, SIZE, stack.mark) if request.mark else frames
            picture = stage.folder / "picture.mp4"
            stage.facts["encoder"] = asdict(encoder)
            stage.facts["frames"] = encode_frames(frames, SIZE, SIZE, rate, picture, encoder.name)
            engine.save_motion(stage.folder)
        stage.tell(engine)


def video(job: Job, stack: Stack, progress: Progress) -> None:
    """Moving picture, speech and optional subtitles -> video.mp4 (and subtitles.srt)."""
    from avatar.media import ffmpeg, subtitles
    from avatar.voice.speech import Speech

    request = job.request()
    inputs = job.files("picture.mp4", "speech.wav", "timings.json") | {
        "subtitles": request.subtitles,
        "language": request.language,
        "tags": report.video_tags(job),
    }
    with job.stage("video", ffmpeg, request.seed, inputs) as stage:
        if stage.is_done:
            return
        speech = Speech.load(job.folder)
        srt = stage.folder / "subtitles.srt"
        if request.subtitles:
            srt.write_text(subtitles.srt(speech.words))
        ffmpeg.mux(
            job.file("picture.mp4"),
            job.file("speech.wav"),
            Fraction(speech.frame_count(FRAME_RATE), FRAME_RATE),
            stage.folder / "video.mp4",
            inputs["tags"],
            srt if request.subtitles else None,
            "und" if request.audio else ISO_639_2[request.language],
        )
