"""What a cloned voice made of each piece of a text, put together to one speech."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatar.errors import RequestError
from avatar.voice.length import Expected, refuse_longest
from avatar.voice.pieces import Piece, timed_words
from avatar.voice.speech import LEAD_IN_S, LEAD_OUT_S, PEAK, Speech

SAMPLE_RATE = 24_000  # Hz, of the decoders


@dataclass(frozen=True)
class Utterance:
    """A piece as spoken. samples: float32 (n,) at 24 kHz."""

    piece: Piece
    samples: np.ndarray


def join(utterances: list[Utterance], speed: float = 1.0) -> Speech:
    """All utterances in a row, each with its pause, silence at both ends, the loudest sample at PEAK. speed: at which
    they were spoken."""
    pauses_s = [*(each.piece.pause_s / speed for each in utterances[:-1]), LEAD_OUT_S]
    parts = [np.zeros(round(LEAD_IN_S * SAMPLE_RATE), np.float32)]
    words = []
    for utterance, pause_s in zip(utterances, pauses_s, strict=True):
        start_s = sum(map(len, parts)) / SAMPLE_RATE
        words += timed_words(utterance.piece, start_s, start_s + len(utterance.samples) / SAMPLE_RATE)
        parts += [utterance.samples, np.zeros(round(pause_s * SAMPLE_RATE), np.float32)]
    samples = np.concatenate(parts)
    samples *= PEAK / np.abs(samples).max()
    return Speech(samples, SAMPLE_RATE, words=words)


def with_silence(speech: Speech, seconds: float, model: str, fastest: float = 1.0) -> Speech:
    """The speech, made `seconds` long by silence at its end. Raises RequestError when it is longer already. model, fastest: for
    the message."""
    wanted = round(seconds * SAMPLE_RATE)
    if len(speech.samples) > wanted:
        raise does_not_fit(f"{speech.seconds:.1f} s", speech.seconds, model, fastest)
    return replace(speech, samples=np.pad(speech.samples, (0, wanted - len(speech.samples))))


def refuse_too_long(
    sounding: Expected, pauses_s: float, seconds: float | None, model: str, fastest: float = 1.0
) -> None:
    """Raises RequestError as soon as it is sure that a speech comes out too long. sounding: all pieces without their
    pauses; seconds: the length that it is wanted for."""
    least_s, likely_s, enough_s = (LEAD_IN_S + each + pauses_s + LEAD_OUT_S for each in sounding)
    if seconds is None:
        refuse_longest(least_s, likely_s)
    elif least_s > seconds:
        raise does_not_fit(f"about {likely_s:.0f} s", enough_s, model, fastest)


def does_not_fit(takes: str, seconds: float, model: str, fastest: float = 1.0) -> RequestError:
    """seconds: that are enough at its own pace; fastest: times that pace, at which the model may speak."""
    pace = "keeps its own pace" if fastest == 1 else f"speaks {fastest:g} times as fast at most"
    return RequestError(
        f"the text takes {takes} to speak and {model} {pace}; shorten the text, or allow it more.",
        ("seconds",),
        {"seconds": f"{np.ceil(seconds / fastest * 10) / 10:.1f}"},
    )
