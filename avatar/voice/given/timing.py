"""When the phones and words of a recording are spoken: by its transcript where there is one, else by its sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from avatar.script.reader import Script, read
from avatar.voice.given import decoder
from avatar.voice.given.arpabet import IPA_OF
from avatar.voice.given.decoder import FRAME_S, Heard
from avatar.voice.given.transcript import pronounced, spoken_words
from avatar.voice.speech import Phone, Word

LANGUAGE = "en"  # of the decoder's model
# Share of the spoken frames in which the transcript's phone is the one that is heard without it: LEAST_AGREEMENT parts
# transcripts of a recording from other texts (bench/NOTES.md, "Given speech").
LEAST_AGREEMENT = 0.25


@dataclass(frozen=True)
class Timing:
    """phones and words: empty where they are not known. note: what the mouth follows instead, and why, or ""."""

    phones: list[Phone] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    note: str = ""


def timed(samples: np.ndarray, sample_rate: int, transcript: str | None, language: str) -> Timing:
    """The phones and words of a recording (n,) in -1..1."""
    script = read(transcript, language) if transcript else None
    if language != LANGUAGE:
        words = shared_out(script, samples, sample_rate)
        return Timing(
            [], words, "the mouth follows the loudness of the recording: sounds are told apart in English alone"
        )
    sound = decoder.at_model_rate(samples, sample_rate)
    heard = decoder.heard(sound)
    if not script:
        return Timing(_phones(heard)) if heard else Timing(note=NOTHING_HEARD)
    said = spoken_words(script)
    found = decoder.aligned(sound, [word for word, _ in said], pronounced)
    if heard and agreement(found, heard) >= LEAST_AGREEMENT:
        return Timing(_phones(found), _words(found, [place for _, place in said], script))
    words = shared_out(script, samples, sample_rate)
    return Timing(_phones(heard), words, ANOTHER_TEXT if heard else NOTHING_HEARD)


NOTHING_HEARD = "no speech sound was recognised in the recording; the mouth follows its loudness"
ANOTHER_TEXT = ("the transcript does not fit the recording; the mouth follows the sounds that are heard, and captions are "
                "timed by their length")  # fmt: skip


def agreement(aligned: Sequence[Heard], heard: Sequence[Heard]) -> float:
    """Share of the frames with a phone by the one in which the other has the same one, 0 where there are none."""
    if not aligned or not heard:
        return 0.0
    count = max(aligned[-1].last, heard[-1].last)
    first, second = (_by_frame(phones, count) for phones in (aligned, heard))
    spoken = first != ""
    return float((first == second)[spoken].mean()) if spoken.any() else 0.0


def _by_frame(phones: Sequence[Heard], count: int) -> np.ndarray:
    frames = np.full(count, "", dtype="<U3")
    for phone in phones:
        frames[phone.first : phone.last] = phone.phone
    return frames


def _phones(heard: Sequence[Heard]) -> list[Phone]:
    return [Phone(IPA_OF.get(each.phone, " "), each.first * FRAME_S, each.last * FRAME_S) for each in heard]


def _words(found: Sequence[Heard], places: Sequence[int], script: Script) -> list[Word]:
    """The written words, from the first to the last phone of each; one that was not spoken stays with the one before."""
    spans: dict[int, tuple[float, float]] = {}
    for each in found:
        if each.word is not None:
            place = places[each.word]
            start_s = spans[place][0] if place in spans else each.first * FRAME_S
            spans[place] = start_s, each.last * FRAME_S
    words, latest_s = [], 0.0
    for place, (text, mark) in enumerate(zip(script.written, script.marks, strict=True)):
        start_s, end_s = spans.get(place, (latest_s, latest_s))
        words.append(Word(text, start_s, end_s, mark))
        latest_s = end_s
    return words


def shared_out(script: Script | None, samples: np.ndarray, sample_rate: int) -> list[Word]:
    """The written words over the time in which the recording is loud, each as long as it has letters."""
    if script is None or not script.written:
        return []
    block = sample_rate // 50
    levels = np.sqrt(np.mean(np.square(samples[: len(samples) // block * block].reshape(-1, block)), axis=1))
    loud = np.flatnonzero(levels > 0.1 * np.percentile(levels, 95))
    start_s, end_s = loud[0] * 0.02, (loud[-1] + 1) * 0.02
    ends = np.cumsum([len(word) + 1 for word in script.written])
    times = start_s + (end_s - start_s) * np.concatenate([[0], ends]) / ends[-1]
    return [
        Word(text, float(times[place]), float(times[place + 1]), mark)
        for place, (text, mark) in enumerate(zip(script.written, script.marks, strict=True))
    ]
