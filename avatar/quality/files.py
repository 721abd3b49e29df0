"""From a file to its measured report: which kind of file it is, by its content, decides what is measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import InputError, RequestError

if TYPE_CHECKING:
    from avatar.quality.intended import Asked


GOOD = "good: every limit is met"
MARRED = "can be used: no limit is missed, but see the notes"


def check_file(path: Path, asked: Asked | None = None, lse: bool = False) -> dict:
    """Measure a picture, a video or a recording.

    asked: for a video made here, what its face was asked to do; lse: let SyncNet judge a video's lip sync.

    Returns a JSON-able report: "kind" ("picture", "video", "recording"), "passed", "failed" (a sentence for each
    limit that is not met), and the figures. Raises RequestError when there is no such file, or no video where `lse` wants
    one, InputError when it is none of the three.
    """
    name = repr(str(path))
    if not path.is_file():
        raise RequestError(f"there is no file {name}; check the path.")
    if path.stat().st_size == 0:
        raise InputError(f"the file {name} is empty (0 bytes).")
    report = _measure(path, asked, lse)
    if lse and report["kind"] != "video":
        raise RequestError(f"SyncNet judges the lips of a video, and {name} is a {report['kind']}.", ("lse",))
    return {"file": str(path), **report, "passed": not report["failed"]}


def lines(report: dict) -> list[str]:
    """The report for a person: one figure a line, the verdict last."""
    if report["kind"] == "picture":
        from avatar.quality.picture import lines
    elif report["kind"] == "video":
        from avatar.quality.video import lines
    else:
        from avatar.quality.recording import lines
    verdict = [f"falls short: {reason}" for reason in report["failed"]] or [MARRED if report.get("warnings") else GOOD]
    return [f"{report['kind']:<12}{report['file']}", *lines(report), *verdict]


def _measure(path: Path, asked: Asked | None, lse: bool) -> dict:
    from avatar.portrait.picture import is_picture

    if is_picture(path):
        from avatar.quality.picture import check_picture

        return check_picture(path)
    from avatar.media.streams import probe

    streams = probe(path)
    if streams.video_codec:
        from avatar.quality.video import check_video

        return check_video(path, streams, asked, lse)
    from avatar.quality.recording import check_recording

    return check_recording(path, streams)
