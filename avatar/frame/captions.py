"""Burned captions: how large and where in a frame, and which words when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from avatar.frame.layout import Layout
from avatar.media.ass import Caption, Look, Piece, Style
from avatar.media.fonts import Font
from avatar.media.subtitles import LINE_CHARACTERS, second_line, timed_groups, tokens_of
from avatar.media.unspaced import columns, line_of

if TYPE_CHECKING:
    from avatar.media.subtitles import Group
    from avatar.voice.speech import Word

WIDTH = 0.86  # of the frame, that a line may take
LETTER_EM = 0.66  # mean width of a bold letter, with the spaces
# Shares of the frame: a line's height (of the height in a wide frame, of the width in others), and the room below. Shorts
# and reels lay their titles and buttons over the lowest fifth; EBU R 95's safe area leaves 5 %.
LINE = {"wide": 0.060, "high": 0.068, "square": 0.058}
EDGE = {"wide": 0.06, "high": 0.20, "square": 0.06}
HIGH = 1.6  # times as high as wide: shorts are 1.78; a post of 4:5 or 3:4 has nothing laid over it
LEAST_EDGE = 0.05
LEAST_LINE = 0.7  # of that height, before captions go to the top
LEAST_SHRUNK = 0.7  # of a line's letters, before a word that is longer than the line is cut
LINES = 2
CLOSES = ",.;:!?…"  # a word


def look_of(layout: Layout, mouth_px: float, style: Style, font: Font) -> Look:
    """How captions stand in this frame: in its lower part, two lines, never over the mouth.

    mouth_px: how far down in the frame the open mouth reaches.
    """
    kind = "wide" if layout.width > layout.height else "high" if layout.height >= HIGH * layout.width else "square"
    whole = round(LINE[kind] * (layout.height if kind == "wide" else layout.width))
    look = Look(layout.width, layout.height, style, font.family, font.bold, whole, round(EDGE[kind] * layout.height))
    for line, edge in ((1.0, EDGE[kind]), (1.0, LEAST_EDGE), (LEAST_LINE, LEAST_EDGE)):
        look = replace(look, line_px=round(whole * line), edge_px=round(edge * layout.height))
        if top_of(look) > mouth_px:
            return look
    return replace(look, line_px=whole, at_top=True)


def top_of(look: Look) -> float:
    """Where the highest line of captions at the bottom begins, in pixels from above, with its outline or box."""
    return look.height - look.edge_px - (LINES + 0.3) * look.line_px


def captions_of(words: Sequence[Word], look: Look, font: Font) -> list[Caption]:
    """The words in lines that fit into the frame; what the font does not draw is left out."""
    room = WIDTH * look.width
    characters = min(LINE_CHARACTERS, int(room / (LETTER_EM * look.line_px / font.height_em)))
    shown = [word._replace(text=drawable(word.text, font)) for word in words]
    longest_word = min(LINE_CHARACTERS, int(characters / LEAST_SHRUNK))
    groups = timed_groups([word for word in shown if word.text], characters, longest_word)
    return [caption_of(start_s, end_s, group, characters, look, font) for start_s, end_s, group in groups]


def caption_of(start_s: float, end_s: float, group: Group, characters: int, look: Look, font: Font) -> Caption:
    pieces = pieces_of(group, start_s)
    cut = second_line(tokens_of(group), characters)
    lines = tuple(each for each in (tuple(pieces[:cut]), tuple(pieces[cut:])) if each)
    widest = max(font.width(line_of(piece.text for piece in each), look.line_px) for each in lines)
    return Caption(start_s, end_s, lines, min(1.0, WIDTH * look.width / widest))


def pieces_of(group: Group, start_s: float) -> list[Piece]:
    """The words by their spaces, each with its share of the word's time; the first begins with the caption."""
    pieces, at_s = [], start_s
    for word in group:
        texts = word.text.split(" ")
        s_per_letter = max(0.0, word.end_s - word.start_s) / max(1, sum(map(columns, texts)))
        for number, text in enumerate(texts):
            pause_s = 0.0 if number else max(0.0, word.start_s - at_s)
            pieces.append(Piece(text, columns(text) * s_per_letter, pause_s))
        at_s = max(at_s, word.end_s)
    return pieces


def drawable(text: str, font: Font) -> str:
    """What of a text the font draws; "" where nothing is left that is seen, as of a family of emoji its joiners. The comma
    after an emoji that is not drawn closes the word before it."""
    left: list[str] = []
    for part in text.split():
        drawn = "".join(each for each in part if font.draws(each))
        if drawn == part or drawn.strip(CLOSES):
            left.append(drawn)
        elif left and left[-1][-1] not in CLOSES:
            left[-1] += drawn
    found = " ".join(left)
    return found if columns(found) else ""
