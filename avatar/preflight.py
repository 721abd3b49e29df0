"""What can be refused before anything heavy loads: unreadable or unusable files, languages, lengths, missing weights."""

from __future__ import annotations

import importlib.util

from avatar.errors import EnvironmentProblem, RequestError
from avatar.request import FILE_FIELDS, Request
from avatar.stacks import stack_for
from avatar.weights import store


def check(request: Request) -> None:
    """Raises RequestError, InputError or EnvironmentProblem when the request cannot become a video.

    Imports no model library.
    """
    stack = stack_for(request)
    for name in FILE_FIELDS:
        path = getattr(request, name)
        if path and not path.is_file():
            raise RequestError(f"--{name}: there is no file {str(path)!r}; check the path.")
    if request.portrait and not stack.takes_clip(request.portrait):
        from avatar.portrait.picture import read_picture

        read_picture(request.portrait)
    if request.prompt is not None:
        stack.portrait.check(request.prompt, request.negative_prompt, steps=request.steps)
    stack.voice.check(request.voice or request.audio, request.preset, request.language)
    if stack.models:
        store.check_present(*stack.models)
        refuse_base_environment()


def refuse_base_environment() -> None:
    """Raises EnvironmentProblem where the full stack's libraries are not installed."""
    if not importlib.util.find_spec("torch"):
        raise EnvironmentProblem(
            "the full stack needs the full environment, and this is the base one; type './run --full avatar …'."
        )
