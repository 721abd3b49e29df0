"""When the phones and words of a recording are spoken: by its transcript where there is one, else by its sound.

The decoder's model was made of other speakers. A voice whose throat is shorter or who speaks faster is understood far
better when it is played slower, and a deep one when it is played faster, so the stretch that fits best is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from avatar.script.reader import Script, read
from avatar.voice.given.arpabet import IPA_OF
from avatar.voice.given.decoder import (
    FRAME_S,
    Heard,
    aligned,
    at_model_rate,
    fit,
    phones_alone,
    phones_of_words,
)  # fmt: skip
from avatar.voice.given.transcript import pronounced, spoken_words
from avatar.voice.speech import Phone, Word

LANGUAGE = "en"  # of the decoder's model
USUAL, SLOWER, SLOWEST, FASTER = 1.0, 1.15, 1.3, 0.9  # stretches
LOOKED_AT_S = 8.0  # of a recording without a transcript, to find the stretch
# Of a transcript (bench/NOTES.md, "Given speech"). GOOD_FIT: no other stretch is tried. LEAST_FIT: what fits worse is
# another text.
GOOD_FIT, LEAST_FIT = -30.0, -40.0
DITHER = 10 ** (
    -60 / 20
)  # RMS of noise in which digital silence is hidden, whose logarithm spoils the model's features
BLOCK_S, LOUD = 0.02, 0.1  # for captions alone: blocks that are louder than this share of the loud ones are speech

FOREIGN = "sounds are told apart in English alone; the mouth follows the loudness of the recording"
NOTHING_HEARD = "no speech sound was recognised in the recording; the mouth follows its loudness"
ANOTHER_TEXT = "the transcript does not fit the recording; the mouth follows the sounds that are heard"
ROUGHLY = ", and captions are timed by their length"


@dataclass(frozen=True)
class Timing:
    """phones and words: empty where they are not known. note: what the mouth follows instead, and why, or ""."""

    phones: list[Phone] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    note: str = ""


def timed(samples: np.ndarray, sample_rate: int, transcript: str | None, language: str) -> Timing:
    """The phones and words of a recording (n,) in -1..1. Without a transcript there are no words."""
    script = read(transcript or "", language)
    note, phones = FOREIGN, []
    if language == LANGUAGE:
        dithered = hidden_silence(samples)
        if script.written and (found := by_transcript(dithered, sample_rate, script)):
            return found
        phones = by_sound(dithered, sample_rate)
        note = NOTHING_HEARD if not phones else ANOTHER_TEXT if script.written else ""
    if not script.written:
        return Timing(phones, note=note)
    return Timing(phones, shared_out(script, samples, sample_rate), note + ROUGHLY)


def of_text(samples: np.ndarray, sample_rate: int, text: str, language: str) -> Timing | None:
    """The phones and words of a text in the speech of it, (n,) in -1..1; None where they are not found in it, and for a
    language whose sounds are not told apart."""
    script = read(text, language)
    if language != LANGUAGE or not script.written:
        return None
    return by_transcript(hidden_silence(samples), sample_rate, script)


def hidden_silence(samples: np.ndarray) -> np.ndarray:
    """With noise in which digital silence is hidden."""
    return samples + DITHER * np.random.default_rng(0).standard_normal(len(samples), np.float32)


def by_transcript(samples: np.ndarray, sample_rate: int, script: Script) -> Timing | None:
    """None where the script is no text of this recording."""
    said = spoken_words(script)
    words = [word for word, _ in said]
    tried = {}

    def fit_of(stretch: float) -> float:
        tried[stretch] = aligned(at_model_rate(samples, sample_rate, stretch), words, pronounced)
        return tried[stretch].fit

    stretch = best_stretch(fit_of, GOOD_FIT)
    best, frame_s = tried[stretch], FRAME_S / stretch
    if best.fit < LEAST_FIT:
        return None
    return Timing(_phones(best.phones, frame_s), _words(best.phones, [place for _, place in said], script, frame_s))


def by_sound(samples: np.ndarray, sample_rate: int) -> list[Phone]:
    """Empty where nothing is heard."""
    some = samples[: round(LOOKED_AT_S * sample_rate)]

    def fit_of(stretch: float) -> float:
        sound = at_model_rate(some, sample_rate, stretch)
        return fit(sound, phones_alone(sound))

    stretch = best_stretch(fit_of)
    sound = at_model_rate(samples, sample_rate, stretch)
    heard = phones_of_words(sound)
    if not any(each.phone for each in heard):
        heard = phones_alone(sound)
    return _phones(heard, FRAME_S / stretch) if any(each.phone for each in heard) else []


def best_stretch(fit_of: Callable[[float], float], enough: float = 0.0) -> float:
    """The stretch of the best fit, looked for in the direction in which it grows, as long as it is not enough."""
    usual = fit_of(USUAL)
    if usual > enough:
        return USUAL
    slower = fit_of(SLOWER)
    if slower > usual:
        return SLOWEST if slower < enough and fit_of(SLOWEST) > slower else SLOWER
    return FASTER if fit_of(FASTER) > usual else USUAL


def _phones(heard: Sequence[Heard], frame_s: float) -> list[Phone]:
    return [Phone(IPA_OF.get(each.phone, " "), each.first * frame_s, each.last * frame_s) for each in heard]


def _words(found: Sequence[Heard], places: Sequence[int], script: Script, frame_s: float) -> list[Word]:
    """The written words, each from its first phone to its last one; what has no sound takes no time."""
    spans: dict[int, tuple[float, float]] = {}
    for each in found:
        if each.word is not None:
            place = places[each.word]
            start_s = spans[place][0] if place in spans else each.first * frame_s
            spans[place] = start_s, each.last * frame_s
    words, latest_s = [], 0.0
    for place, (text, mark) in enumerate(zip(script.written, script.marks, strict=True)):
        start_s, latest_s = spans.get(place, (latest_s, latest_s))
        words.append(Word(text, start_s, latest_s, mark))
    return words


def shared_out(script: Script, samples: np.ndarray, sample_rate: int) -> list[Word]:
    """The written words from the first to the last loud moment of the recording, each as long as it has letters."""
    block = round(BLOCK_S * sample_rate)
    levels = np.sqrt(np.mean(np.square(samples[: len(samples) // block * block].reshape(-1, block)), axis=1))
    loud = np.flatnonzero(levels >= LOUD * np.percentile(levels, 95))
    start_s, end_s = loud[0] * BLOCK_S, (loud[-1] + 1) * BLOCK_S
    ends = np.cumsum([0, *(len(word) + 1 for word in script.written)])
    times = (start_s + (end_s - start_s) * ends / ends[-1]).tolist()
    return [
        Word(text, start_s, end_s, mark)
        for text, mark, start_s, end_s in zip(script.written, script.marks, times, times[1:], strict=False)
    ]
