"""Pocketsphinx, with the English model of its wheel: which phones are in a recording, and when.

A decoder carries what it heard into its next recording (the means of its features), so each search has one of its own
and is given the recording as a whole: the same samples give the same phones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from avatar.environment.packaged import package_file

SAMPLE_RATE = 16_000  # Hz, of the model
FRAME_S = 0.01
PACKAGE, MODEL = "pocketsphinx", "model/en-us"
# The words are known, so no path is given up. Best paths of the word lattice leave phones less time than they need.
EVERY_PATH = {"beam": 1e-300, "pbeam": 1e-300, "wbeam": 1e-300, "bestpath": False}


class Heard(NamedTuple):
    """A phone in ARPAbet, "" for silence and noise; frames of FRAME_S, the last one not its own. word: which of the
    words, None where none was given."""

    phone: str
    first: int
    last: int
    word: int | None = None


def at_model_rate(samples: np.ndarray, sample_rate: int) -> bytes:
    """Samples (n,) in -1..1 as 16 bit at SAMPLE_RATE: the spectrum is cut, or continued with nothing."""
    seconds = -(-len(samples) // sample_rate)
    spectrum = np.fft.rfft(np.pad(samples.astype(np.float64), (0, seconds * sample_rate - len(samples))))
    count = seconds * SAMPLE_RATE
    resampled = np.fft.irfft(spectrum[: count // 2 + 1], count) * (SAMPLE_RATE / sample_rate)
    resampled = resampled[: round(len(samples) / sample_rate * SAMPLE_RATE)]
    return np.clip(np.rint(resampled * 32767), -32768, 32767).astype("<i2").tobytes()


def heard(sound: bytes) -> list[Heard]:
    """The phones of a sound by its sound alone; empty where there are none."""
    decoder = _decoder(allphone=_model("en-us-phone.lm.bin"), dict=None, lw=2.0, pip=0.3, beam=1e-10, pbeam=1e-10)
    _listen(decoder, sound)
    found = [Heard(_bare(part.word), part.start_frame, part.end_frame + 1) for part in decoder.seg() or ()]
    return found if any(part.phone for part in found) else []


def aligned(sound: bytes, words: Sequence[str], pronounced: Callable[[list[str]], list[str]]) -> list[Heard]:
    """The phones of these words where they are in the sound; empty where the words cannot be found in it.

    words: in small letters. pronounced: gives phones, in ARPAbet, for words that are not in the dictionary; a word with
    none is passed over.
    """
    decoder = _decoder(dict=_model("cmudict-en-us.dict"), lm=None, **EVERY_PATH)
    unknown = [word for word in dict.fromkeys(words) if not decoder.lookup_word(word)]
    phones_of = dict(zip(unknown, pronounced(unknown), strict=True))
    for word, phones in phones_of.items():
        if phones:
            decoder.add_word(word, phones, False)
    places = [place for place, word in enumerate(words) if phones_of.get(word, "known")]
    try:
        decoder.set_align_text(" ".join(words[place] for place in places))
        _listen(decoder, sound)
        if not decoder.hyp():
            return []
        decoder.set_alignment()  # a second pass: the first one keeps no phones
        _listen(decoder, sound)
        return _phones_of(decoder.get_alignment() or (), places)
    except RuntimeError:  # all that it says is that it failed; its log, which says more, is for its developers
        return []


def _phones_of(alignment: Any, places: list[int]) -> list[Heard]:
    found, spoken = [], iter(places)
    for word in alignment:
        place = None if word.name.startswith(("<", "[")) else next(spoken)
        for phone in word:
            found.append(Heard(_bare(phone.name), phone.start, phone.start + phone.duration, place))
    return found


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

    folder = package_file(PACKAGE, f"{MODEL}/en-us/mdef").parent
    return Decoder(hmm=str(folder), loglevel="FATAL", **options)
