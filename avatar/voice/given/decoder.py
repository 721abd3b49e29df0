"""Pocketsphinx, with the English model of its wheel: which phones are in a sound, and when.

A decoder carries what it heard into its next recording (the means of its features), so each search has one of its own
and is given the sound as a whole: the same samples give the same phones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from avatar.environment.packaged import package_file

SAMPLE_RATE = 16_000  # Hz, of the model
FRAME_S = 0.01
PACKAGE, MODEL = "pocketsphinx", "model/en-us"
DICTIONARY = "cmudict-en-us.dict"
PHONES_ALONE = {"lw": 2.0, "pip": 0.3, "beam": 1e-20, "pbeam": 1e-20}
# Bounded, so that noise, in which every word is about as likely, takes no longer than speech.
WORDS = {"fwdflat": False, "maxhmmpf": 3000, "maxwpf": 10, "ds": 2}
# The words are known, so no path is given up. Best paths of the word lattice leave phones less time than they need.
EVERY_PATH = {"beam": 1e-300, "pbeam": 1e-300, "wbeam": 1e-300, "bestpath": False}


class Heard(NamedTuple):
    """A phone in ARPAbet, "" for silence and noise, from its first frame to before its last one. word: which of the words
    that were asked for it belongs to, None where it belongs to none."""

    phone: str
    first: int
    last: int
    word: int | None = None


class Alignment(NamedTuple):
    """Phones, and how well they fit the sound: the mean of their frames, 0 where each is the likeliest of all."""

    phones: list[Heard]
    fit: float


NOWHERE = Alignment([], -np.inf)


def at_model_rate(samples: np.ndarray, sample_rate: int, stretch: float = 1.0) -> bytes:
    """Samples (n,) in -1..1 as 16 bit at SAMPLE_RATE, played slower: its spectrum is cut, or continued with nothing."""
    seconds = -(-len(samples) // sample_rate)
    spectrum = np.fft.rfft(np.pad(samples.astype(np.float64), (0, seconds * sample_rate - len(samples))))
    count = round(seconds * SAMPLE_RATE * stretch)
    resampled = np.fft.irfft(spectrum[: count // 2 + 1], count) * (count / (seconds * sample_rate))
    resampled = resampled[: round(len(samples) / sample_rate * SAMPLE_RATE * stretch)]
    return np.clip(np.rint(resampled * 32767), -32768, 32767).astype("<i2").tobytes()


def phones_alone(sound: bytes) -> list[Heard]:
    """The phones of a sound, whatever words they make."""
    decoder = _decoder(allphone=_model("en-us-phone.lm.bin"), dict=None, **PHONES_ALONE)
    _listen(decoder, sound)
    return [Heard(_bare(part.word), part.start_frame, part.end_frame + 1) for part in decoder.seg() or ()]


def phones_of_words(sound: bytes) -> list[Heard]:
    """The phones of the words that are recognised: words are often wrong, and then sound like the right ones."""
    decoder = _decoder(lm=_model("en-us.lm.bin"), dict=_model(DICTIONARY), **WORDS)
    _listen(decoder, sound)
    try:
        return _heard(_again(decoder, sound))
    except RuntimeError:
        return []


def aligned(
    sound: bytes, words: Sequence[str], pronounced: Callable[[list[str]], list[str]], dictionary: bool = True
) -> Alignment:
    """The phones of these words where they are in the sound; NOWHERE where the words cannot be found in it.

    words: in small letters. pronounced: gives phones, in ARPAbet, for words that are not in the dictionary; a word with
    none is passed over. dictionary: false where none of the words are to be looked up.
    """
    decoder = _decoder(dict=_model(DICTIONARY) if dictionary else None, lm=None, **EVERY_PATH)
    unknown = [word for word in dict.fromkeys(words) if not decoder.lookup_word(word)]
    phones_of = dict(zip(unknown, pronounced(unknown), strict=True))
    for word, phones in phones_of.items():
        if phones:
            decoder.add_word(word, phones, False)
    places = [place for place, word in enumerate(words) if phones_of.get(word, "in the dictionary")]
    try:
        decoder.set_align_text(" ".join(words[place] for place in places))
        _listen(decoder, sound)
        alignment = _again(decoder, sound)
    except RuntimeError:  # all that it says is that it failed
        return NOWHERE
    scored = [(part.score, part.duration) for part in alignment if _bare(part.phone)]
    if not scored:
        return NOWHERE
    return Alignment(_heard(alignment, places), sum(score for score, _ in scored) / sum(n for _, n in scored))


def fit(sound: bytes, phones: Sequence[Heard]) -> float:
    """How well phones that were found fit the sound."""
    words = [f"_{each.phone}" for each in phones if each.phone]
    return aligned(sound, words, lambda unknown: [word[1:] for word in unknown], dictionary=False).fit


class _Part(NamedTuple):
    """A phone of an alignment, and which of its words it belongs to."""

    number: int
    word: str
    phone: str
    start: int
    duration: int
    score: int


def _again(decoder: Any, sound: bytes) -> list[_Part]:
    """The phones of the latest search: the first pass keeps none."""
    if not decoder.hyp():
        return []
    decoder.set_alignment()
    _listen(decoder, sound)
    alignment: Any = decoder.get_alignment() or ()
    return [  # copied at once: what it iterates over is memory of the decoder
        _Part(number, word.name, phone.name, phone.start, phone.duration, phone.score)
        for number, word in enumerate(alignment)
        for phone in word
    ]


def _heard(parts: Sequence[_Part], places: Sequence[int] = ()) -> list[Heard]:
    spoken = dict.fromkeys(part.number for part in parts if not part.word.startswith(("<", "[")))
    place_of = dict(zip(spoken, places, strict=False))
    return [
        Heard(_bare(part.phone), part.start, part.start + part.duration, place_of.get(part.number)) for part in parts
    ]


def _bare(phone: str) -> str:
    return "" if phone == "SIL" or phone.startswith(("+", "<", "[", "(")) else phone


def _listen(decoder: Any, sound: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def _model(name: str) -> str:
    return str(package_file(PACKAGE, f"{MODEL}/{name}"))


def _decoder(**options: Any) -> Any:
    from pocketsphinx import Decoder

    return Decoder(hmm=str(package_file(PACKAGE, f"{MODEL}/en-us/mdef").parent), loglevel="FATAL", **options)
