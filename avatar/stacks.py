"""Which engine serves which stage.

An engine is a class with a name, a version, and one verb, used in a `with` block:

    portrait()                       .frame(path, face, size)            -> Portrait
    voice(reference, preset, seed)   .speak(text, language, seconds)     -> Speech
    lips(portrait, seed)             .frames(speech, frame_rate)         -> uint8 (height, width, 3) RGB, one by one
"""

from __future__ import annotations

from dataclasses import dataclass

from avatar.errors import RequestError
from avatar.request import Request


@dataclass(frozen=True)
class Stack:
    name: str
    portrait: type
    voice: type
    lips: type


def stack_for(request: Request) -> Stack:
    """The engines for a request; their classes are imported here, their models only when they are entered."""
    if request.stack == "full":
        raise RequestError(
            "the full stack (XTTS-v2, Stable Diffusion, MuseTalk) is not built yet; use --stack preview."
        )
    from avatar.lips.preview import PreviewLips
    from avatar.portrait.given import GivenPortrait
    from avatar.voice.given import GivenSpeech
    from avatar.voice.preview import PreviewVoice

    return Stack("preview", GivenPortrait, GivenSpeech if request.audio else PreviewVoice, PreviewLips)
