"""Subtitles from word timings, as an SRT or WebVTT file, within the limits that broadcasters set: one or two lines of at most 42
characters, 0.8 to 7 s, 20 characters a second where the speech leaves the time. A letter of Chinese, Japanese or Korean
counts as two, which is how wide it is."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from avatar.media.unspaced import GLUE, columns, is_unspaced, line_of, parts

if TYPE_CHECKING:
    from avatar.voice.speech import Word

LINE_CHARACTERS = 42
LINES = 2
SHORTEST_CUE_S = 0.8
LONGEST_CUE_S = 7.0
CHARACTERS_A_SECOND = 20
PAUSE_S = 0.6  # a longer silence begins a new cue, unless that would be too short to be read
NEVER_FIRST = frozenset("-‐‑‒–—―!?:;,.…»”’)]%")  # of a line, where it stands between spaces
SENTENCE_ENDS = (".", "!", "?", "…")
CUT_IN_A_WORD = "/\\-_.?&="  # an address that is longer than a line is cut after one of these
MARKUP = re.compile(r"(?<=<)(?=[^<]*>)|(?<=\{)(?=\\)")  # where players of SubRip see a tag, and swallow it
OF_LETTERS = re.compile(r"\W*[^\W\d_]+\W*")  # a word, which is cut with a hyphen

Cue = tuple[float, float, str]
Group = list["Word"]  # those of one cue
Token = tuple[str, bool]  # what stands between two spaces, and whether a line or cue may end after it


def cues(words: list[Word]) -> list[Cue]:
    """(start_s, end_s, text in lines) of each cue."""
    return [(start_s, end_s, break_lines(tokens_of(group))) for start_s, end_s, group in timed_groups(words)]


def timed_groups(
    words: list[Word], line_characters: int = LINE_CHARACTERS, longest_word: int = LINE_CHARACTERS
) -> list[tuple[float, float, Group]]:
    """(start_s, end_s, words) of each cue.

    A sentence is a cue, cut where it is too long for one: after a comma or at a pause where there is one, never after
    an abbreviation or a list's number. What would be too short to be read stays until the next cue begins, or is shown
    together with it. line_characters: that fit into a line; a cue has two at most. longest_word: letters of one that has a line
    to itself, where lines are drawn smaller to hold it; a longer one is cut.
    """
    groups: list[Group] = []
    for sentence in _sentences([part for word in words for part in _parts(word, line_characters, longest_word)]):
        groups += _cut(sentence, line_characters)
    groups = _joined(groups, line_characters)
    return [
        (group[0].start_s, _end(group, following), group)
        for group, following in zip(groups, [*groups[1:], None], strict=False)
    ]


def srt(words: list[Word]) -> str:
    """The words as SubRip text; empty when there are none. What would be taken for a tag is none: it has GLUE in it."""
    blocks = [
        f"{number}\n{clock(start_s)} --> {clock(end_s)}\n{MARKUP.sub(GLUE, text)}\n"
        for number, (start_s, end_s, text) in enumerate(cues(words), start=1)
    ]
    return "\n".join(blocks)


def vtt(words: list[Word]) -> str:
    """The words as WebVTT; a file without cues when there are none."""
    escaped = [(start, end, html.escape(text, quote=False)) for start, end, text in cues(words)]
    blocks = [f"{clock(start, '.')} --> {clock(end, '.')}\n{text}\n" for start, end, text in escaped]
    return "\n".join(["WEBVTT\n", *blocks])


def clock(seconds: float, point: str = ",") -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def break_lines(tokens: list[Token], line_characters: int = LINE_CHARACTERS) -> str:
    """One line where it fits, else two as even as the words allow."""
    texts = [text for text, _ in tokens]
    cut = second_line(tokens, line_characters)
    return "\n".join(line_of(texts[part]) for part in (slice(cut), slice(cut, None)) if texts[part])


def second_line(tokens: list[Token], line_characters: int = LINE_CHARACTERS) -> int:
    """The number of the token that begins the second line; where all fit into one, that of none. The lines are as even as
    the words allow, the first not ended by an abbreviation."""
    texts = [text for text, _ in tokens]
    if columns(line_of(texts)) <= line_characters or len(texts) == 1:
        return len(texts)
    cuts = [n for n in range(1, len(tokens)) if tokens[n - 1][1]] or list(range(1, len(tokens)))
    return min(cuts, key=lambda n: max(columns(line_of(texts[:n])), columns(line_of(texts[n:]))))


def tokens_of(group: Group) -> list[Token]:
    """What stands between the spaces of a cue. A word may hold some ("12 March 2024,"): inside of it a full stop is an
    abbreviation's, and a dash or a French mark (“va ?”) stays with what is before it."""
    tokens: list[Token] = []
    for word in group:
        *inner, last = parts = word.text.split(" ")
        tokens += [
            (part, not part.endswith(".") and not NEVER_FIRST.issuperset(following))
            for part, following in zip(inner, parts[1:], strict=True)
        ]
        tokens.append((last, not _holds_on(word)))
    return tokens


def _parts(word: Word, line_characters: int, longest_word: int) -> list[Word]:
    """The word; an address that is longer than a line, and what is written without spaces, in parts, each with its share of
    the time."""
    if is_unspaced(word.text):
        pieces = [(text, mark) for each in word.text.split(" ") for text, mark in _glued(parts(each, line_characters))]
    elif max(map(len, word.text.split(" "))) <= (longest_word if OF_LETTERS.fullmatch(word.text) else line_characters):
        return [word]
    else:
        pieces = [(text, "") for text in _cut_in_word(word.text, line_characters)]
    s_per_column = (word.end_s - word.start_s) / max(1, sum(columns(text) for text, _ in pieces))
    found, start_s = [], word.start_s
    for text, mark in pieces:
        end_s = start_s + columns(text) * s_per_column
        found.append(word._replace(text=text, start_s=start_s, end_s=end_s, mark=mark))
        start_s = end_s
    return [*found[:-1], found[-1]._replace(end_s=word.end_s, mark=word.mark)]


def _glued(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(GLUE + text if number else text, mark) for number, (text, mark) in enumerate(pieces)]


def _cut_in_word(text: str, line_characters: int) -> list[str]:
    texts, rest = [], text
    hyphen = "-" if OF_LETTERS.fullmatch(text) else ""
    while len(rest) > line_characters:
        places = [n for n in range(1, line_characters + 1) if rest[n - 1] in CUT_IN_A_WORD + " "]
        cut = places[-1] if places else line_characters - len(hyphen)
        texts.append(rest[:cut].rstrip() + ("" if places else hyphen))
        rest = rest[cut:].lstrip()
    return texts + ([rest] if rest else [])


def _ends_sentence(word: Word) -> bool:
    if word.mark is None:  # of a job that was made before marks were kept
        return word.text.endswith(SENTENCE_ENDS)
    return word.mark in tuple(".!?")


def _holds_on(word: Word) -> bool:
    """Whether a word must not be the last of a cue or line: an abbreviation, or the number of a list's item."""
    return word.text.endswith(".") and word.mark is not None and not _ends_sentence(word)


def _sentences(words: list[Word]) -> list[list[Word]]:
    groups: list[list[Word]] = []
    for word in words:
        last = groups[-1][-1] if groups else None
        if last is None or _ends_sentence(last) or word.start_s - last.end_s > PAUSE_S:
            groups.append([word])
        else:
            groups[-1].append(word)
    return groups


def _cut(words: Group, line_characters: int) -> list[Group]:
    """The words as one cue where they fit, else in two at the best place, and so on."""
    places = [n for n in range(1, len(words)) if not _holds_on(words[n - 1])] or list(range(1, len(words)))
    if _fits(words, line_characters) or not places:
        return [words]
    lengths = [columns(word.text) + (not word.text.startswith(GLUE)) for word in words]
    total = sum(lengths)

    def badness(place: int) -> float:
        """How far from the middle; a comma, or else a pause of speech, is worth a quarter of the whole."""
        before = sum(lengths[:place]) / total
        at_pause = words[place - 1].mark or words[place - 1].text.endswith((",", ";", ":"))
        return abs(before - 0.5) - (0.25 if at_pause and 0.15 < before < 0.85 else 0)

    place = min(places, key=badness)
    return [*_cut(words[:place], line_characters), *_cut(words[place:], line_characters)]


def _fits(words: Group, line_characters: int) -> bool:
    lines = break_lines(tokens_of(words), line_characters).split("\n")
    return (
        len(lines) <= LINES
        and max(map(columns, lines)) <= line_characters
        and words[-1].end_s - words[0].start_s <= LONGEST_CUE_S
    )


def _needed_s(words: list[Word]) -> float:
    """How long a cue must stay to be read."""
    return max(SHORTEST_CUE_S, columns(line_of(word.text for word in words)) / CHARACTERS_A_SECOND)


def _end(words: list[Word], following: list[Word] | None) -> float:
    """Where a cue ends: with its last word, later where it takes longer to be read and the next one leaves the time."""
    start_s = words[0].start_s
    end_s = max(words[-1].end_s, start_s + _needed_s(words))
    end_s = min(end_s, start_s + LONGEST_CUE_S)
    return min(end_s, following[0].start_s) if following else end_s


def _joined(groups: list[Group], line_characters: int) -> list[Group]:
    """The cues, each that would be gone too soon put together with the one before or after it, where both fit."""
    groups = list(groups)
    position = 0
    while position < len(groups):
        following = groups[position + 1] if position + 1 < len(groups) else None
        shown_s = _end(groups[position], following) - groups[position][0].start_s
        if shown_s >= _needed_s(groups[position]) - 1e-6:
            position += 1
            continue
        pairs = [n for n in (position, position - 1) if 0 <= n < len(groups) - 1]
        pairs = [n for n in pairs if _fits(groups[n] + groups[n + 1], line_characters)]
        if not pairs:
            position += 1
            continue
        best = min(pairs, key=lambda n: sum(columns(word.text) for word in groups[n] + groups[n + 1]))
        groups[best : best + 2] = [groups[best] + groups[best + 1]]
        position = max(best - 1, 0)
    return groups
