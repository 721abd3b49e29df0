"""What can be refused before anything heavy loads: unreadable or unusable files, languages, lengths."""

from __future__ import annotations

from avatar.errors import RequestError
from avatar.request import FILE_FIELDS, Request
from avatar.stacks import stack_for


def check(request: Request) -> None:
    """Raises RequestError or InputError when the request cannot become a video. Imports no model library."""
    stack = stack_for(request)
    for name in FILE_FIELDS:
        path = getattr(request, name)
        if path and not path.is_file():
            raise RequestError(f"--{name}: there is no file {str(path)!r}; check the path.")
    if request.portrait:
        from avatar.portrait.picture import read_picture

        read_picture(request.portrait)
    stack.voice.check(request.voice or request.audio, request.preset, request.language)
