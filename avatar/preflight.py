"""What can be refused before anything heavy loads: unreadable or unusable files, languages, lengths, missing weights."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any, Self

from avatar import framed
from avatar.engines import Told, WantedPicture
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.files import file_digest
from avatar.media import encoder
from avatar.portrait.picture import decoding, is_picture
from avatar.progress import Progress
from avatar.request import FILE_FIELDS, Request
from avatar.script.guess import remark
from avatar.script.reader import read
from avatar.stacks import Stack, stack_for
from avatar.stages import wanted_picture, wanted_speech
from avatar.weights import cloning, loaders, store

if TYPE_CHECKING:
    from avatar.portrait.given_picture import GivenPortrait

MOST_REMEMBERED = 1000  # pictures


class Faces:
    """Says of a given picture what the portrait stage would say, for whoever does not go on to that stage at once: a dry
    run, the queue, the API. Use it in a `with` block.

    The face reader is loaded for the first picture and kept, and what was found of a picture is remembered. Loading takes
    0.2 s and 0.2 GB, a picture of 512 pixels 0.1 s, one of 4096 pixels 0.5 s, and 6 s where no face is in it (2 cores). A video
    that is made at once gains nothing: its first stage is this one.
    """

    def __init__(self) -> None:
        self._held = ExitStack()
        self._engine: GivenPortrait | None = None
        self._found: dict[tuple[str, int | None], list[str] | InputError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._engine = None
        self._held.close()

    def notes_on(self, wanted: WantedPicture) -> list[str]:
        """What would be noted of the picture. Raises InputError for one without a usable face."""
        assert wanted.path
        key = (file_digest(wanted.path), wanted.face)
        if key not in self._found:
            if len(self._found) == MOST_REMEMBERED:
                self._found.clear()
            self._found[key] = self._look(wanted)
        if isinstance(found := self._found[key], InputError):
            raise type(found)(str(found), found.fields, found.mend)
        return found

    def _look(self, wanted: WantedPicture) -> list[str] | InputError:
        from avatar.portrait.given_picture import GivenPortrait

        if self._engine is None:
            self._engine = self._held.enter_context(GivenPortrait.load())
        told = Told()
        try:
            self._engine.picture(wanted, told, Progress())
        except InputError as refusal:
            return refusal
        return told.notes


def check(request: Request, faces: Faces | None = None) -> list[str]:
    """Raises RequestError, InputError or EnvironmentProblem when the request cannot become a video.

    faces: look for the face of a given picture too, and return what is to be noted of the text and of it. Without it no
    model library is imported.
    """
    refuse_missing_files(request)
    with decoding(request.portrait) if request.portrait else nullcontext():  # while the engines' code is loaded
        stack = stack_for(request)
        refuse_non_commercial(request, stack.models)
        check_stages(request, stack)
        refuse_previewing(request, stack.voice)
    check_frame(request)
    shown = framed.moving(request)
    encoder.refuse_unusable(max(shown.width, shown.height), shown.rate)
    refuse_missing_parts_of(request, stack)
    if faces is None:
        return []
    notes = list(read(request.text, request.language).notes) if request.text else []
    notes += remark(request.transcript or "", request.language, "transcript")
    if request.portrait and not stack.takes_clip(request.portrait):
        notes += faces.notes_on(wanted_picture(request))
    return notes


def refuse_missing_files(request: Request) -> None:
    for name in FILE_FIELDS:
        path = getattr(request, name)
        if path and not path.is_file():
            raise RequestError(f"there is no file {str(path)!r}; check the path.", (name,))


def check_stages(request: Request, stack: Stack) -> None:
    """What each engine says of its part of the request."""
    from avatar.portrait.clip import Clip, is_clip, refuse_unusable

    if request.portrait and stack.takes_clip(request.portrait):
        refuse_unusable(Clip(request.portrait, request.face))  # by the name that the user knows it by
    else:
        if request.portrait and is_clip(request.portrait) and not is_picture(request.portrait):
            raise RequestError(
                "a clip for a portrait is for the full stack; choose that one, or give a picture.",
                ("portrait",), {"stack": "full"},
            )  # fmt: skip
        stack.portrait.check(wanted_picture(request))
    stack.voice.check(wanted_speech(request))
    stack.lips.check()


def refuse_non_commercial(request: Request, names: Sequence[str]) -> None:
    """Raises RequestError that names every part whose terms forbid commercial use, where that is what is wanted. names: of the weights
    that it would be made with."""
    if not request.commercial:
        return
    from avatar.weights import lock

    if request.engine == "pocket" and request.language not in lock.POCKET_TTS:  # whose own refusal names XTTS-v2
        raise RequestError(
            f"nothing clones a voice in {request.language!r} here whose speech may be used commercially: Pocket TTS's weights are "
            f"locked for {', '.join(lock.POCKET_TTS)}; choose that language, or give speech that you have the rights of.",
            ("commercial", "engine", "language"),
        )  # fmt: skip
    models = [model for model in map(lock.read().model, names) if not model.licence.commercial]
    if models:
        named = ", ".join(f"{model.name} ({model.licence.name})" for model in models)
        can_clone = request.voice is not None and request.language in lock.POCKET_TTS
        raise RequestError(
            f"the terms of {named} forbid commercial use; a voice cloned with Pocket TTS (of a recording, in "
            f"{', '.join(lock.POCKET_TTS)}), or speech that you have the rights of, does without.",
            ("commercial", "engine") if can_clone else ("commercial",), {"engine": "pocket"} if can_clone else {},
        )  # fmt: skip


def refuse_previewing(request: Request, voice: Any) -> None:
    """Raises RequestError where commercial use is wanted and a preset speaks that is for previews alone, by name or because
    it is the nearest to a recording; after the engine's own check."""
    from avatar.voice.presets.catalog import ANY_USE, DEFAULT_PRESET, PRESETS
    from avatar.voice.presets.engine import PresetVoice, chosen

    if not request.commercial or voice is not PresetVoice:
        return
    name = chosen(wanted_speech(request))
    if PRESETS[name].use != ANY_USE:
        preset = f"the preset {name!r}"
        if request.preset:
            raise RequestError(
                f"{preset} is for {PRESETS[name].use}; choose another preset.",
                ("commercial", "preset"),
                {"preset": DEFAULT_PRESET},
            )
        raise RequestError(
            f"{preset}, which is the nearest to the recording, is for {PRESETS[name].use}; choose a preset in the place of the "
            f"recording, or clone it: Pocket TTS does that {cloning.with_pocket(request.language)}.", ("commercial", "voice"),
        )  # fmt: skip


def check_frame(request: Request) -> None:
    """A background that is no picture and no video, a font that is none or does not draw the words. Raises RequestError and InputError."""
    from avatar.frame import behind

    if request.backdrop:
        behind.refuse_unusable(request.backdrop)
    if request.worded == "burned":
        from avatar.media import fonts

        font = fonts.opened(request.font) if request.font else fonts.bundled()
        if lacking := font.lacking(request.text or request.transcript or ""):
            shown = " ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
            raise RequestError(
                f"the font {font.family} does not draw {shown}; choose soft captions, or give a font that does.",
                ("captions", "font"), {"captions": "soft"},
            )  # fmt: skip


def refuse_missing_parts(models: Sequence[str]) -> None:
    """Raises EnvironmentProblem where weights, or the libraries that load them, are not there.

    The weights are told first: they are what takes long, and their message names the full environment too. Not those that
    could not be loaded in this one once they were there.
    """
    if models:
        if loaders.is_without_xtts():
            loaders.refuse_missing(*models)
        store.check_present(*models)
        loaders.refuse_missing(*models)


def refuse_missing_parts_of(request: Request, stack: Stack) -> None:
    """The same for a video, of which nothing is missed that only made what is kept of it."""
    try:
        refuse_missing_parts(stack.models)
    except EnvironmentProblem:
        from avatar import unmade

        if (wanted := stack.models_of(unmade.to_make(request))) == stack.models:
            raise
        refuse_missing_parts(wanted)
