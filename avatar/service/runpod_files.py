"""A RunPod job's files: those that come with a request, and the video that goes out."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avatar import portraits, settings, voices
from avatar.errors import EnvironmentProblem, RequestError
from avatar.files import file_digest
from avatar.invocation import to_type
from avatar.jobs.delivery import deliver
from avatar.limits import MOST_BYTES
from avatar.request import FILE_FIELDS, KINDS
from avatar.work import Made

MOST_ANSWER_BYTES = 7_000_000  # of an mp4 in an answer: base64 makes 9.3 MB of it, and RunPod takes 10 MB from /run
# Of videos, which are known by their names
SUFFIXES = {
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv", "video/x-msvideo": ".avi",
    "video/x-m4v": ".m4v",
}  # fmt: skip
BUCKET = ("BUCKET_ENDPOINT_URL", "BUCKET_ACCESS_KEY_ID", "BUCKET_SECRET_ACCESS_KEY")


def volume() -> Path:
    """Where an endpoint's network volume is seen; there is none where nothing is there."""
    return Path(os.environ.get("AVATAR_RUNPOD_VOLUME", "/runpod-volume"))


def asked_for(given: Any, folder: Path) -> dict[str, Any]:
    """The fields of a request, its files written into a folder. Raises RequestError for what is none, and for a voice whose
    speaker is not said to agree."""
    if not isinstance(given, dict):
        raise RequestError('the input is no request; give {"text": …}.', ("input",))
    given = dict(given)
    refuse_without_consent(given.get("voice"), given.pop("consent", None))
    files = [name for name in FILE_FIELDS if given.get(name) is not None and not is_kept(name, given[name])]
    return given | {name: str(as_file(name, given[name], folder)) for name in files}


def refuse_without_consent(voice: Any, consent: Any) -> None:
    """A kept voice has its speaker's consent noted; whoever sends a recording says so with it: "consent": true."""
    if voice is None or consent is True:
        return
    if not is_kept("voice", voice):
        raise RequestError(
            'a voice is cloned with its speaker\'s consent; where it was given, send "consent": true.', ("voice",)
        )
    if not voices.read(settings.home(), voice)["consent"]:
        raise RequestError(
            f'no consent of the speaker of the voice {voice!r} is noted; where it was given, send "consent": true, or note it '
            f"in the worker's home: '{to_type(f'voice update {voice} --consent')}'.", ("voice",),
        )  # fmt: skip


def is_kept(name: str, value: Any) -> bool:
    """Whether a portrait or a voice is kept under this name in the worker's home."""
    kept = {"portrait": portraits.picture_of, "voice": voices.recording_of}
    return name in kept and isinstance(value, str) and len(value) <= 64 and bool(kept[name](settings.home(), value))


def as_file(name: str, value: Any, folder: Path) -> Path:
    """A file on the volume, by its path; else what the text holds in base64, with or without a data URL's beginning."""
    if not isinstance(value, str):
        raise RequestError("a file is a text: its bytes in base64, or a path on the volume.", (name,))
    if value.startswith(f"{volume()}/"):
        path = Path(os.path.realpath(value))
        if not path.is_relative_to(os.path.realpath(volume())):
            raise RequestError(f"{value!r} leads out of {str(volume())!r}; name a file on the volume.", (name,))
        return path
    if len(value) * 3 // 4 > MOST_BYTES[KINDS[name]]:
        raise RequestError(f"the file has more than {MOST_BYTES[KINDS[name]] >> 20} MiB; give a smaller one.", (name,))
    try:
        data = base64.b64decode(value.partition(",")[2] if value.startswith("data:") else value, validate=True)
    except ValueError as error:  # binascii.Error too
        raise RequestError(
            f"this is no base64, and no path below {str(volume())!r}; nothing is fetched from an address.", (name,)
        ) from error
    kind = re.match(r"data:([\w/.+-]+)[;,]", value[:200])
    path = folder / f"{name}{SUFFIXES.get(kind[1].lower(), '') if kind else ''}"
    path.write_bytes(data)
    return path


def answer_with(video: Made, name: str, upload: Callable[..., str]) -> dict[str, Any]:
    """What is told of a video, and the video itself; one too large for an answer in the bucket, or on the volume.

    Raises EnvironmentProblem where there is neither.
    """
    size = video.path.stat().st_size
    told = {"seconds": video.seconds, "bytes": size, "sha256": file_digest(video.path), "report": video.report}
    for beside in ("subtitles.srt", "subtitles.vtt"):
        if (subtitles := video.path.with_name(beside)).exists():
            told["subtitles"] = subtitles.read_text()
    if size <= int(os.environ.get("AVATAR_RUNPOD_ANSWER_BYTES", MOST_ANSWER_BYTES)):
        return told | {"video": base64.b64encode(video.path.read_bytes()).decode()}
    if all(map(os.environ.get, BUCKET)):
        return told | {"url": upload(f"{name}.mp4", str(video.path), prefix="avatar")}
    if not volume().is_dir():
        raise EnvironmentProblem(
            f"the video has {size / 1e6:.1f} MB, more than an answer may hold; give the endpoint a network volume, or a "
            f"bucket ({', '.join(BUCKET)})."
        )
    path = volume() / "avatar" / f"{name}.mp4"
    path.parent.mkdir(exist_ok=True)
    deliver(video.path, path)
    return told | {"path": str(path)}
