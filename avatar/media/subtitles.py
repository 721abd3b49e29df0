"""Subtitles from word timings, as an SRT file (one or two lines of at most 42 characters, as broadcasters set them)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avatar.voice.speech import Word

LINE_CHARACTERS = 42
CUE_CHARACTERS = 2 * LINE_CHARACTERS
SHORTEST_CUE_S = 0.8
PAUSE_S = 0.6  # a longer silence begins a new cue


def cues(words: list[Word]) -> list[tuple[float, float, str]]:
    """(start_s, end_s, text) of each cue: words are gathered until a sentence ends, a pause comes or two lines are full."""
    groups: list[list[Word]] = []
    for word in words:
        group = groups[-1] if groups else None
        if (
            group is None
            or group[-1].text.endswith((".", "!", "?", "…"))
            or word.start_s - group[-1].end_s > PAUSE_S
            or sum(len(w.text) + 1 for w in group) + len(word.text) > CUE_CHARACTERS
        ):
            groups.append([word])
        else:
            group.append(word)
    result = []
    for index, group in enumerate(groups):
        latest = groups[index + 1][0].start_s if index + 1 < len(groups) else float("inf")
        end_s = min(max(group[-1].end_s, group[0].start_s + SHORTEST_CUE_S), latest)
        result.append((group[0].start_s, end_s, " ".join(word.text for word in group)))
    return result


def break_lines(text: str) -> str:
    """One line where it fits, else two as even as the words allow."""
    if len(text) <= LINE_CHARACTERS:
        return text
    words = text.split(" ")
    cut = min(range(1, len(words) + 1), key=lambda n: max(len(" ".join(words[:n])), len(" ".join(words[n:]))))
    return "\n".join(part for part in (" ".join(words[:cut]), " ".join(words[cut:])) if part)


def clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def srt(words: list[Word]) -> str:
    """The words as SubRip text; empty when there are none."""
    blocks = [
        f"{number}\n{clock(start_s)} --> {clock(end_s)}\n{break_lines(text)}\n"
        for number, (start_s, end_s, text) in enumerate(cues(words), start=1)
    ]
    return "\n".join(blocks)
