"""What a video is for: the frame and the captions that a place wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What a place shows videos as: https://support.google.com/youtube (16:9, captions as a track that a viewer turns on; Shorts
# 9:16, watched without sound), and feeds that show squares.
PURPOSES: dict[str, dict[str, str]] = {
    "youtube": {"size": "landscape", "captions": "soft"},
    "shorts": {"size": "portrait", "captions": "burned", "caption_style": "karaoke"},
    "square": {"size": "square", "captions": "burned", "caption_style": "box"},
}
CAPTIONS = ("captions", "caption_style")  # what a purpose says of them, which goes together


def with_purpose(purpose: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a purpose asks for, and what the user does; of a recording without its words no captions are asked for."""
    means = PURPOSES[purpose]
    is_unworded = "audio" in given and not given.keys() & {"transcript", "transcript_file"}
    if is_unworded or given.get("subtitles") or given.get("captions", means["captions"]) != means["captions"]:
        means = {name: value for name, value in means.items() if name not in CAPTIONS}
    return {**means, **given}
