"""Which engine serves which stage of which stack: the differences between stacks are here, and nowhere else.

What a stage asks of its engine is said in engines.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatar.request import LIPS_FIELDS, Request


@dataclass(frozen=True)
class Stack:
    """The engines of one request, as classes of engines.py."""

    name: str
    portrait: Any
    voice: Any
    lips: Any
    mark: str  # the words of the visible mark
    has_options: bool  # whether a request may say something about the lips
    moves_clips: bool  # whether the lips engine takes a video as it is, in place of a portrait

    @property
    def models(self) -> list[str]:
        """Names of the weights that these engines load, as in models.lock."""
        return self.models_of(("portrait", "voice", "lips"))

    def models_of(self, stages: Iterable[str]) -> list[str]:
        """The same of some stages, in the order of their use; the video has none."""
        engines = {"portrait": self.portrait, "voice": self.voice, "lips": self.lips}
        return [model for stage in stages if stage in engines for model in engines[stage].models]

    def takes_clip(self, path: Path | None) -> bool:
        """Whether the lips engine moves the lips of this file itself: a video, and an engine that can."""
        if not self.moves_clips or path is None:
            return False
        from avatar.portrait.clip import is_clip

        return is_clip(path)

    def lips_source(self, folder: Path, request: Request, is_whole: bool = False) -> tuple[Callable[[], Any], dict]:
        """What gives the lips engine its source, and the stage inputs that stand for it. is_whole: of a clip all is shown."""
        if request.portrait and self.takes_clip(request.portrait):
            from avatar.portrait.clip import Clip

            clip = Clip(request.portrait, request.face, "the clip that was given", is_whole)
            made_of = {"clip": request.portrait, "face": request.face}
            return lambda: clip, made_of | ({"is_whole": True} if is_whole else {})
        from avatar import drawn

        return drawn.source(folder, request)

    def lips_options(self, request: Request) -> Any:
        """What the request says about the lips, beside their source; None where there is nothing to choose."""
        if not self.has_options:
            return None
        from avatar.lips.musetalk.options import Options

        said = {name.removeprefix("lips_"): getattr(request, name) for name in LIPS_FIELDS}
        return Options(**{name: value for name, value in said.items() if value is not None})


def stack_for(request: Request) -> Stack:
    """The engines for a request; their classes are imported here, their models load when `load` is entered."""
    from avatar.portrait.given_picture import GivenPortrait
    from avatar.voice.given_speech import GivenSpeech

    if request.stack == "preview":
        from avatar.lips.warp.engine import WarpLipsEngine
        from avatar.voice.presets.engine import PresetVoice

        voice = GivenSpeech if request.audio else _cloning(request) or PresetVoice
        return Stack("preview", GivenPortrait, voice, WarpLipsEngine, "synthetic preview", False, False)

    from avatar.lips.musetalk.engine import MuseTalkLips
    from avatar.portrait.diffusion.engine import DiffusionPortrait

    portrait = GivenPortrait if request.prompt is None else DiffusionPortrait
    voice = GivenSpeech if request.audio else _cloning(request)
    if voice is None:
        from avatar.voice.xtts.engine import XttsVoice as voice
    return Stack("full", portrait, voice, MuseTalkLips, "synthetic", True, True)


def with_profile(request: Request) -> Request:
    """The request with the profile that fits this host, where it needs one and names none. Raises EnvironmentProblem."""
    if request.stack == "preview":
        return request
    from avatar.device import memory

    return request.model_copy(
        update={
            "profile": (memory.profile_named_or_fitting(request.profile) if request.profile else memory.profile()).name
        }
    )


def passed_over(request: Request) -> list[str]:
    """A note where XTTS-v2 clones a voice because nobody said which engine and Pocket TTS could not."""
    from avatar.weights import cloning

    if request.stack != "full" or request.engine or not (request.voice and request.text):
        return []
    how = cloning.with_pocket(request.language)
    return (
        [f"the voice is cloned with XTTS-v2, for no commercial use; for any use Pocket TTS clones it {how}."]
        if how
        else []
    )


def uncloned(request: Request) -> list[str]:
    """The same before anything is made, and a note where the preview does not clone the voice of a recording."""
    if request.stack == "preview" and request.engine is None and request.voice and request.text:
        from avatar.voice.presets.engine import clones

        return [f"the voice is not cloned here; {clones(request.language)}."]
    return passed_over(request)


def _cloning(request: Request) -> Any:
    """The engine that was asked for by name, or chosen for the request; None where it is the stack's own."""
    if request.engine != "pocket":
        return None
    from avatar.voice.pocket.engine import PocketVoice

    return PocketVoice
