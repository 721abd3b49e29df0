"""Which engine serves which stage.

An engine is a class with a name, a version, and one verb, used in a `with` block; its facts (for the report) and notes
(for the user) are complete when the block has ended. `models` names the weights it needs, if any.

    portrait(seed)                   .frame(path, face, size)                      -> Portrait
                                     .draw(prompt, negative, size, steps)          -> Portrait
    voice(reference, preset, seed)   .speak(text, language, seconds)               -> Speech
    lips(source, seed, options)      .frames(speech, frame_rate)                   -> uint8 (height, width, 3) RGB each
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from avatar.lips.musetalk.options import Options
from avatar.request import LIPS_FIELDS, Request


@dataclass(frozen=True)
class Stack:
    name: str
    portrait: type
    voice: type
    lips: type
    mark: str  # the words of the visible mark

    @property
    def models(self) -> list[str]:
        """Names of the weights that these engines load, as in models.lock."""
        return self.models_of(("portrait", "voice", "lips"))

    def models_of(self, stages: Iterable[str]) -> list[str]:
        """The same of some stages, in the order of their use."""
        return [model for stage in stages for model in getattr(getattr(self, stage, None), "models", ())]

    def takes_clip(self, path: Path | None) -> bool:
        """Whether the lips engine moves the lips of this file itself: a video, and the full stack."""
        if self.name != "full" or path is None:
            return False
        from avatar.lips.musetalk.clip import is_clip

        return is_clip(path)

    def lips_source(self, folder: Path, request: Request) -> tuple[object, dict]:
        """What the lips engine works on, and the stage inputs that stand for it."""
        if self.takes_clip(request.portrait):
            from avatar.lips.musetalk.clip import Clip

            return Clip(request.portrait, request.face), {"clip": request.portrait, "face": request.face}
        from avatar.portrait.framing import Portrait

        return Portrait.load(folder), {name: folder / name for name in ("portrait.png", "landmarks.npy")}

    def lips_options(self, request: Request) -> Options | None:
        """What the request says about the lips, beside their source; the preview's have nothing to choose."""
        if self.name != "full":
            return None
        said = {name.removeprefix("lips_"): getattr(request, name) for name in LIPS_FIELDS}
        return Options(**{name: value for name, value in said.items() if value is not None})


def stack_for(request: Request) -> Stack:
    """The engines for a request; their classes are imported here, their models load when they are entered."""
    from avatar.portrait.given import GivenPortrait
    from avatar.voice.given import GivenSpeech

    if request.stack == "preview":
        from avatar.lips.warp.engine import PreviewLips
        from avatar.voice.presets.engine import PreviewVoice

        voice = GivenSpeech if request.audio else PreviewVoice
        return Stack("preview", GivenPortrait, voice, PreviewLips, mark="synthetic preview")

    from avatar.lips.musetalk.engine import MuseTalkLips
    from avatar.portrait.diffusion.engine import DiffusionPortrait
    from avatar.voice.xtts.engine import XttsVoice

    portrait = GivenPortrait if request.prompt is None else DiffusionPortrait
    return Stack("full", portrait, GivenSpeech if request.audio else XttsVoice, MuseTalkLips, mark="synthetic")
