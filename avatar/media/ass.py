"""Captions as an ASS document, which FFmpeg's libass draws into the frames.

The document is as large as the frame, so that its numbers are pixels. A line is broken here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from avatar.media.unspaced import GLUE

Style = Literal["plain", "box", "karaoke"]
WHITE, BLACK, YELLOW, HALF_BLACK = "&H00FFFFFF", "&H00101010", "&H0038D8FF", "&H59101010"  # alpha, blue, green, red
OUTLINE, PADDING = 0.055, 0.22  # shares of a line's height

SHOWN = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
STYLED = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding"
)


@dataclass(frozen=True)
class Look:
    """How captions are drawn in a frame of width x height. line_px: the height of a line; edge_px: between the text and the
    frame's lower edge, or its upper one where at_top."""

    width: int
    height: int
    style: Style
    family: str
    bold: bool
    line_px: int
    edge_px: int
    at_top: bool = False


@dataclass(frozen=True)
class Piece:
    """What stands between two spaces: its text, and how long it is spoken, in seconds; with the pause before it."""

    text: str
    seconds: float
    pause_s: float = 0.0


@dataclass(frozen=True)
class Caption:
    """Lines of pieces, from start_s to end_s. shrunk: what the letters' size is multiplied by, so that a line fits."""

    start_s: float
    end_s: float
    lines: tuple[tuple[Piece, ...], ...]
    shrunk: float = 1.0


def document(captions: Iterable[Caption], look: Look) -> str:
    """The whole file."""
    boxed = look.style == "box"
    style = [
        "caption", look.family, look.line_px,
        YELLOW if look.style == "karaoke" else WHITE, WHITE, BLACK, HALF_BLACK if boxed else BLACK,
        -int(look.bold), 0, 0, 0, 100, 100, 0, 0,
        4 if boxed else 1,  # libass's own: one box around all lines, which its shadow makes wider
        0 if boxed else round(look.line_px * OUTLINE, 1), round(look.line_px * PADDING, 1) if boxed else 0,
        8 if look.at_top else 2, 0, 0, look.edge_px,
        -1,  # the direction of a line is that of its first letter
    ]  # fmt: skip
    head = [
        "[Script Info]", "ScriptType: v4.00+", f"PlayResX: {look.width}", f"PlayResY: {look.height}",
        "WrapStyle: 2", "ScaledBorderAndShadow: yes", "YCbCr Matrix: TV.709", "",
        "[V4+ Styles]", f"Format: {STYLED}", "Style: " + ",".join(map(str, style)), "",
        "[Events]", f"Format: {SHOWN}",
    ]  # fmt: skip
    return "\n".join([*head, *(_event(each, look) for each in captions), ""])


def _event(caption: Caption, look: Look) -> str:
    sung = look.style == "karaoke"
    text = "\\N".join(_line(each, sung) for each in caption.lines)
    size = f"{{\\fs{look.line_px * caption.shrunk:.0f}}}" if caption.shrunk < 1 else ""
    return f"Dialogue: 0,{_clock(caption.start_s)},{_clock(caption.end_s)},caption,,0,0,0,,{size}{text}"


def _line(pieces: tuple[Piece, ...], sung: bool) -> str:
    """A space belongs to the piece before it."""
    texts = [
        ("" if piece.text.startswith(GLUE) or not number else " ") + _piece(piece, sung)
        for number, piece in enumerate(pieces)
    ]
    return "".join(texts)


def _piece(piece: Piece, sung: bool) -> str:
    # A backslash cannot be escaped in ASS: a word joiner after it, which shows nothing, keeps it from being a command.
    text = piece.text.removeprefix(GLUE).replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")
    if not sung:
        return text
    return f"{{\\k{piece.pause_s * 100:.0f}}}{{\\k{piece.seconds * 100:.0f}}}{text}"


def _clock(seconds: float) -> str:
    hundredths = round(seconds * 100)
    minutes, hundredths = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"
