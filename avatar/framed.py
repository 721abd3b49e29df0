"""The frame of one job: what is asked for, what it follows from, and the picture in it.

The plain square around the head, without words, needs nothing but encoding, and is no frame here: `wanted` is None for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from avatar.frame import size
from avatar.frame.wanted import WantedFrame
from avatar.jobs.cause import Program, cause, made_by
from avatar.limits import FRAME_RATE, LONGEST_S
from avatar.media import READS_CLIPS
from avatar.request import SIZE, Request

if TYPE_CHECKING:
    import numpy as np

    from avatar.frame.assembly import Shot
    from avatar.frame.layout import Layout
    from avatar.jobs.job import Job
    from avatar.portrait.moving_head import Heads

MADE_FROM = ("portrait.png", "landmarks.npy", "place.json", "timings.json")
TOLD_ENLARGED = 1.5  # times
KEPT_BYTES = 10_000_000  # a second, at 1080 pixels a side: 4.9 and 7.6 MB were seen, of a smooth and a grainy picture
CLIP_GRAIN = 2  # times as much of a camera's noise
# What the lips' stage makes besides, what that was made from, and where a clip's head is while it is used
FRAMED, MADE_AS, HEADS = "framed.mp4", "framed.txt", "heads.npy"
FFMPEG = Program(
    "ffmpeg", "1",
    libraries=("fonttools", "imageio-ffmpeg", "matplotlib", "opencv-python-headless", "pillow", "scikit-image"),
    code=(
        "framed.py", "frame", "media/ass.py", "media/fonts.py", "media/mark.py", "media/subtitles.py",
        "media/unspaced.py", "portrait/bundled.py",
        "portrait/clip.py", "portrait/cut_out.py", "portrait/decode_picture.py", "portrait/framing.py", "portrait/heic.py",
        "portrait/moving_head.py",
        "portrait/picture.py",
        *READS_CLIPS,
    ),
)  # fmt: skip


class Moving(NamedTuple):
    """What the lips' engine draws: pixels, and frames a second."""

    width: int
    height: int
    rate: Fraction


def moving(request: Request) -> Moving:
    """A square around the head; or a clip's own frames."""
    if clip := whole_clip(request):
        from avatar.portrait.clip import own_rate, own_size

        return Moving(*own_size(clip), own_rate(clip))
    return Moving(square(request), square(request), Fraction(FRAME_RATE))


def whole_clip(request: Request) -> Path | None:
    """The clip whose own frames are shown: that of the full stack, wherever more than the plain square is asked for."""
    if request.stack != "full" or request.portrait is None:
        return None
    from avatar.portrait.clip import is_clip

    is_square = request.size is None or size.parsed(request.size) == (SIZE, SIZE)
    is_plain = is_square and request.fit == "crop" and request.worded != "burned"
    return request.portrait if is_clip(request.portrait) and not is_plain else None


def wanted(request: Request, mark: str) -> WantedFrame | None:
    """None where what the lips' engine draws is the frame. mark: the words of the visible mark, if there is to be one."""
    frame = whole_frame(request, mark)
    is_square = frame.fit == "crop" and (frame.width, frame.height) == (SIZE, SIZE)
    is_filled = (frame.width, frame.height) == frame.clip if frame.clip else is_square
    return None if is_filled and frame.style is None else frame


def whole_frame(request: Request, mark: str) -> WantedFrame:
    """The same of the plain square too."""
    width, height = frame_size(request)
    style = request.caption_style if request.worded == "burned" else None
    clip = moving(request)[:2] if whole_clip(request) else None
    is_own_size = request.size is not None and size.parsed(request.size) is None
    fit = "pad" if is_own_size else request.fit  # of a picture in its own size all is shown, as of a clip
    asked = {name: getattr(request, name) for name in ("background", "backdrop", "position", "font")}
    return WantedFrame(width, height, fit=fit, **asked, style=style, mark=mark if request.mark else None, clip=clip)


def frame_size(request: Request) -> tuple[int, int]:
    """Width and height of the video in pixels."""
    if request.size is None or (request.prompt is not None and size.parsed(request.size) is None):
        return SIZE, SIZE
    if found := size.parsed(request.size):
        return found
    if clip := whole_clip(request):
        from avatar.portrait.clip import own_size

        return size.of_picture(*own_size(clip))
    return size.of_picture(*source_picture(request).shape[1::-1])


def square(request: Request) -> int:
    """Pixels a side at which the head is drawn. What Stable Diffusion draws is SIZE, which it was trained on."""
    return SIZE if request.prompt is not None else size.drawn(*frame_size(request), request.stack)


def needed_bytes(request: Request) -> int:
    """What a job may take on the disk besides what any does: of a frame what moves in it without loss."""
    from avatar.frame.behind import is_video
    from avatar.script.length import estimate_seconds

    if (frame := wanted(request, "")) is None:
        return 0
    seconds = estimate_seconds(request.text, request.language) / request.speed if request.text else LONGEST_S
    shown, grain = moving(request), CLIP_GRAIN if whole_clip(request) else 1
    share = shown.width * shown.height * shown.rate / (size.DRAWN**2 * FRAME_RATE)
    if frame.backdrop and is_video(frame.backdrop):
        share += CLIP_GRAIN / grain * frame.width * frame.height * shown.rate / (size.DRAWN**2 * FRAME_RATE)
    return round(grain * KEPT_BYTES * min(request.seconds or seconds, LONGEST_S) * share)


def source_picture(request: Request) -> np.ndarray:
    """The picture that was given, a clip's first one, or the bundled one: uint8 RGB (height, width, 3)."""
    if clip := whole_clip(request):
        from avatar.portrait.clip import first_frame

        return first_frame(clip)
    from avatar.portrait.bundled import bundled_picture
    from avatar.portrait.picture import read_picture

    return read_picture(request.portrait) if request.portrait else bundled_picture()


def inputs(job: Job, request: Request, frame: WantedFrame, encoder: str) -> dict:
    """All that a frame follows from, beside the moving picture in it."""
    files = {name: path for name, path in job.files(*MADE_FROM).items() if path.exists()}
    given = {"picture": request.portrait, "backdrop": frame.backdrop, "font": frame.font}
    given = {name: path for name, path in given.items() if path}
    return files | given | {"frame": repr(replace(frame, backdrop=None, font=None)), "frame_encoder": encoder}


def encode(
    frames: Iterable[np.ndarray],
    pixels: str,
    job: Job,
    request: Request,
    frame: WantedFrame,
    encoder: str,
    folder: Path,
) -> int:
    """Frames of what moves, of these pixels -> picture.mp4, the same without loss, FRAMED, and of a clip HEADS; returns how many there were."""
    from avatar.frame import assembly

    if clip := whole_clip(request):
        _heads_of(clip, job, request).save(folder / HEADS)
    with _ready(job, request, frame, encoder, folder) as shot:
        count = assembly.assemble(frames, shot, folder / "picture.mp4", folder / FRAMED, pixels)
    (folder / MADE_AS).write_text(_known_by(job, request, frame, encoder))
    return count


@contextlib.contextmanager
def picture(job: Job, request: Request, frame: WantedFrame, encoder: str) -> Iterator[Path]:
    """The moving picture in its frame: what was made with the lips, where that is what is wanted now; else it is made anew
    from what they kept, and gone when the block ends."""
    from avatar.frame import assembly

    made_as = job.file(MADE_AS)
    if made_as.exists() and made_as.read_text() == _known_by(job, request, frame, encoder):
        yield job.file(FRAMED)
        return
    with _ready(job, request, frame, encoder, job.folder) as shot:
        assembly.assemble_again(job.file("picture.mp4"), shot, shot.folder / FRAMED)
        yield shot.folder / FRAMED


def notes(job: Job, frame: WantedFrame) -> list[str]:
    """What to say of a head that is shown larger than it was drawn, or than its picture shows it, of one that leaves the frame,
    and of a background that nobody sees."""
    from avatar.frame.still import laid_out
    from avatar.portrait.framing import Portrait

    portrait, heads = Portrait.load(job.folder), _heads(frame, job.folder)
    drawn, place = len(portrait.picture), portrait.place
    laid = laid_out(frame, portrait, heads)
    if frame.clip and heads:
        return _notes_of_clip(frame, frame.clip[0], laid, heads) + (_unseen(frame, laid) or _stands(frame))
    shown = laid.head.width
    if place and shown > TOLD_ENLARGED * place.side:
        enlarged = [
            f"the head is shown {shown / place.side:.1f} times as large as it is in the picture; a larger picture is sharper."
        ]
    else:
        enlarged = (
            [f"the head is drawn {drawn} pixels wide and shown {shown}: it is enlarged."] if shown > drawn else []
        )
    return enlarged + (_unseen(frame, laid, portrait.opacity is not None) or _stands(frame))


def _notes_of_clip(frame: WantedFrame, width: int, laid: Layout, heads: Heads) -> list[str]:
    from avatar.portrait.clip import LOOKS_PER_S

    left, top, shown, _ = laid.picture
    times = shown / width
    told = [f"the clip is shown {times:.1f} times as large as it is."] if times > TOLD_ENLARGED else []
    inside = heads.within(-left / times, -top / times, frame.width / times, frame.height / times)
    if outside := int((~inside).sum()):
        told.append(
            f"the head moves further than the frame reaches: it is cut off or not seen in {outside / LOOKS_PER_S:g} s of the "
            "clip; --fit pad or --size source shows all of it."
        )
    return told


def _unseen(frame: WantedFrame, laid: Layout, is_seen_through: bool = False) -> list[str]:
    if frame.backdrop is None or not laid.is_covered or is_seen_through:
        return []
    return ["what was given as the background is not seen: the picture fills the frame."]


def _stands(frame: WantedFrame) -> list[str]:
    from avatar.frame.behind import stands_still

    if frame.backdrop is None or not stands_still(frame.backdrop):
        return []
    return ["the background is an AVIF animation, of which the first picture is shown; as GIF, WebP or mp4 it moves."]


def _known_by(job: Job, request: Request, frame: WantedFrame, encoder: str) -> str:
    return cause(made_by("video", FFMPEG, None), inputs(job, request, frame, encoder))


@contextlib.contextmanager
def _ready(job: Job, request: Request, frame: WantedFrame, encoder: str, lips: Path) -> Iterator[Shot]:
    """lips: the folder of what the lips' stage makes."""
    from avatar.frame.still import ready
    from avatar.portrait.framing import Portrait
    from avatar.portrait.picture import read_opacity
    from avatar.voice.speech import Speech

    portrait = Portrait.load(job.folder)
    around = source_picture(request) if portrait.place else portrait.picture
    opacity = read_opacity(request.portrait) if request.portrait and not frame.clip else None
    with TemporaryDirectory(dir=job.folder, prefix=".frame-") as folder:
        speech, rate = Speech.load(job.folder), moving(request).rate
        seconds, heads = speech.frame_count(rate) / rate, _heads(frame, lips)
        yield ready(frame, portrait, around, speech.words, Path(folder), rate, seconds, encoder, heads, opacity)


def _heads(frame: WantedFrame, lips: Path) -> Heads | None:
    from avatar.portrait.moving_head import Heads

    return Heads.load(lips / HEADS) if frame.clip else None


def _heads_of(clip: Path, job: Job, request: Request) -> Heads:
    """Where its head is in that part of a clip which the speech fills."""
    from avatar.portrait.clip import Clip, seen
    from avatar.portrait.face import FaceReader
    from avatar.voice.speech import Speech

    rate = moving(request).rate
    seconds = float(Speech.load(job.folder).frame_count(rate) / rate)
    with FaceReader() as reader:
        return seen(Clip(clip, request.face, "the clip that was given"), reader, seconds).heads
