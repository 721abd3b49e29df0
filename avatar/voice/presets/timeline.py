"""From what a model made of each line to one speech: silence cut, phones and words timed on one line of time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatar.script.sentences import MARKS
from avatar.voice.presets.pronunciation import NO_WORD, STRESS, Line, is_phone
from avatar.voice.speech import LEAD_IN_S, LEAD_OUT_S, PEAK, Phone, Speech, Word

# Sound below this, against the loudest 10 ms, is silence. The floor of both voices is under -70 dB.
SILENCE_DB = -50.0
BLOCK_S = 0.010  # about: a whole number of samples
KEPT_BEFORE_S = 0.03  # of the silence around a line: the closure before a first burst, the last sound's decay
KEPT_AFTER_S = 0.06
SHORTEST_PHONE_S = 0.04  # before a pause


@dataclass(frozen=True)
class Utterance:
    """What a model made of a line.

    samples: float32 (n,). boundaries_s: float (symbols + 1,), where each symbol begins, and where the last one ends.
    """

    samples: np.ndarray
    boundaries_s: np.ndarray
    sample_rate: int


@dataclass(frozen=True)
class Piece:
    """A line without the silence around it. phones follow each other without a gap from 0 to its end; words: the index
    of each phone's word, or NO_WORD for a pause."""

    samples: np.ndarray
    phones: list[Phone]
    words: list[int]
    sample_rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


def cut_out(utterance: Utterance, line: Line) -> Piece:
    """The sounding part of an utterance, with the times of its phones."""
    spans = _merge_marks(line, utterance.boundaries_s)
    block = round(BLOCK_S * utterance.sample_rate)
    block_s = block / utterance.sample_rate
    is_loud = _loud_blocks(utterance.samples, block)
    _move_pauses(spans, is_loud, block_s)
    loud = np.flatnonzero(is_loud)
    begin_s = max(0.0, float(loud[0]) * block_s - KEPT_BEFORE_S)
    end_s = float(loud[-1] + 1) * block_s + KEPT_AFTER_S
    samples = utterance.samples[round(begin_s * utterance.sample_rate) : round(end_s * utterance.sample_rate)]
    length_s = len(samples) / utterance.sample_rate
    phones, words = [], []
    latest_s = 0.0
    for index, span in enumerate(spans):
        until_s = length_s if index + 1 == len(spans) else min(max(span.end_s - begin_s, latest_s), length_s)
        if until_s > latest_s:
            phones.append(Phone(span.symbol, latest_s, until_s))
            words.append(span.word)
        latest_s = until_s
    return Piece(samples, phones, words, utterance.sample_rate)


def join(pieces: list[Piece], lines: list[Line], words: list[str]) -> Speech:
    """All pieces in a row with a pause after each, loudest sample at PEAK; phones fill the whole time."""
    sample_rate = pieces[0].sample_rate
    silences = [LEAD_IN_S, *(line.pause_s for line in lines[:-1]), LEAD_OUT_S]
    counts = [round(silence * sample_rate) for silence in silences]
    parts = [np.zeros(counts[0], np.float32)]
    phones = [Phone(" ", 0.0, counts[0] / sample_rate)]
    word_of = [NO_WORD]
    for piece, count in zip(pieces, counts[1:], strict=True):
        begin_s = phones[-1].end_s
        parts += [piece.samples, np.zeros(count, np.float32)]
        phones += [Phone(phone.symbol, begin_s + phone.start_s, begin_s + phone.end_s) for phone in piece.phones]
        end_s = sum(map(len, parts)) / sample_rate
        phones.append(Phone(" ", phones[-1].end_s, end_s))
        word_of += [*piece.words, NO_WORD]
    samples = np.concatenate(parts)
    samples *= PEAK / np.abs(samples).max()
    return Speech(samples, sample_rate, phones, _timed_words(words, phones, word_of))


def with_length(speech: Speech, count: int) -> Speech:
    """The speech with exactly so many samples: silence added at its end, or taken away there."""
    samples = speech.samples[:count]
    samples = np.pad(samples, (0, count - len(samples)))
    *phones, last = speech.phones
    return replace(speech, samples=samples, phones=[*phones, last._replace(end_s=count / speech.sample_rate)])


@dataclass
class _Span:
    symbol: str
    start_s: float
    end_s: float
    word: int


def _merge_marks(line: Line, boundaries_s: np.ndarray) -> list[_Span]:
    """One span per phone and per punctuation mark; the time of every other symbol goes to one of them.

    The models give stress marks and spaces between words a time of their own, in which the phone after them already
    sounds: with their time given to that phone, expected loudness correlates better with the sound (joe .58 against
    .48, Kokoro .70 against .61, over a minute of speech each) than with the phone before. A length mark lengthens the
    phone before it; a space after punctuation is part of the pause.
    """
    spans: list[_Span] = []
    waiting_s: float | None = None
    for symbol, word, start_s, end_s in zip(
        line.symbols, line.words, boundaries_s[:-1].tolist(), boundaries_s[1:].tolist(), strict=True
    ):
        in_pause = bool(spans) and spans[-1].symbol in MARKS
        if is_phone(symbol) or symbol in MARKS:
            spans.append(_Span(symbol, start_s if waiting_s is None else waiting_s, end_s, word))
            waiting_s = None
        elif symbol in STRESS or (symbol == " " and not in_pause):
            waiting_s = start_s if waiting_s is None else waiting_s
        elif spans:
            spans[-1].end_s = end_s
    if waiting_s is not None:
        spans[-1].end_s = float(boundaries_s[-1])
    return spans


def _loud_blocks(samples: np.ndarray, block: int) -> np.ndarray:
    """bool (blocks,): whether so many samples are louder than silence; always True somewhere."""
    peaks = np.abs(np.pad(samples, (0, -len(samples) % block))).reshape(-1, block).max(axis=1)
    return peaks >= peaks.max() * 10 ** (SILENCE_DB / 20)


def _move_pauses(spans: list[_Span], is_loud: np.ndarray, block_s: float) -> None:
    """Let a pause begin where the sound before it ends.

    The models count most of a pause's silence to the phone before it (a `k` of 0.4 s); the lips would hold it so long.
    """
    for before, pause in zip(spans, spans[1:], strict=False):
        if pause.symbol not in MARKS:
            continue
        first = round((before.start_s + SHORTEST_PHONE_S) / block_s)
        start, length = _longest_run(~is_loud[first : round(pause.end_s / block_s)])
        if length:
            before.end_s = pause.start_s = (first + start) * block_s


def _longest_run(flags: np.ndarray) -> tuple[int, int]:
    """Start and length of the longest run of True; length 0 where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])


def _timed_words(words: list[str], phones: list[Phone], word_of: list[int]) -> list[Word]:
    """Each word from its first phone's start to its last one's end; a word without a phone has no length."""
    spans: dict[int, tuple[float, float]] = {}
    for phone, index in zip(phones, word_of, strict=True):
        if index != NO_WORD:
            spans[index] = (spans.get(index, (phone.start_s, 0.0))[0], phone.end_s)
    result = []
    latest_s = LEAD_IN_S
    for index, word in enumerate(words):
        start_s, end_s = spans.get(index, (latest_s, latest_s))
        result.append(Word(word, start_s, end_s))
        latest_s = end_s
    return result
