"""Failures as HTTP answers, in OpenAI's shape: {"error": {"message", "type", "param", "code"}}.

OpenAI's client tries 408, 409, 429 and 5xx again by itself and obeys `retry-after` and `x-should-retry`.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from avatar.errors import AvatarError, EnvironmentProblem, InputError, RequestError, TemporaryProblem
from avatar.failures import exit_code, explanation

FIELDS = {"text": "prompt", "portrait": "input_reference", "prompt": "portrait_prompt"}  # of a Request: the API's names
NOT_OURS = (errno.EACCES, errno.EROFS, errno.EPERM, errno.EIO, errno.ESTALE, errno.ENODEV)  # of a home
TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Problem(BaseModel):
    """message: one or two sentences; param: the field that it is about; code: for programs."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class Failed(BaseModel):
    error: Problem


class Refused(Exception):
    """An answer other than 2xx. retry_s: when to ask again; None where asking again is no use."""

    def __init__(
        self, status: int, code: str, message: str, param: str | None = None, retry_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param, self.retry_s = status, code, message, param, retry_s


class TooLarge(HTTPException):
    """A body is longer than it may be, whatever its headers said. (FastAPI makes a 400 of any other kind.)"""

    def __init__(self) -> None:
        super().__init__(413, "the request is too large; send smaller files")


def failed(
    status: int, code: str, message: str, param: str | None = None, retry_s: float | None = None
) -> JSONResponse:
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    headers = {"x-should-retry": "false"} if retry_s is None else retry_headers(retry_s)
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    content = Failed(error=Problem(message=message, type=kind, param=param, code=code))
    return JSONResponse(content.model_dump(), status, headers)


def retry_headers(seconds: float) -> dict[str, str]:
    return {"retry-after": str(max(1, round(seconds))), "x-should-retry": "true"}


def refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return failed(error.status, error.code, error.message, error.param, error.retry_s)


def of_avatar(request: Request, error: Exception) -> JSONResponse:
    """Asked wrongly 400, a bad file 422, our host 503: and of these what may pass with a time to try again."""
    assert isinstance(error, AvatarError)
    param = named(error.fields[0]) if error.fields else None
    mends = ", ".join(f"{named(name)}={value}" for name, value in error.mend.items())
    message = f"{str(error).removesuffix('.')} ({mends})." if mends else str(error)
    if isinstance(error, RequestError):
        return failed(400, "invalid_request", message, param)
    if isinstance(error, InputError):
        return failed(422, "unusable_file", message, param)
    if isinstance(error, TemporaryProblem):
        return failed(503, "try_again", message, param, retry_s=5)
    if isinstance(error, EnvironmentProblem):
        return failed(503, "host", message, param)
    return failed(500, "failed", message, param)


def named(field: str) -> str:
    return FIELDS.get(field, field)


def of_fastapi(request: Request, error: Exception) -> JSONResponse:
    """A body, a parameter or a path of another form."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    name = ".".join(where) or None
    return failed(400, "invalid_request", f"{name or 'the request'}: {first['msg']}.", name)


def of_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "invalid_request")
    said = {404: f"there is no {request.url.path} here; /docs shows what there is."}
    answer = failed(error.status_code, code, said.get(error.status_code, f"{error.detail}."))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def of_anything(request: Request, error: Exception) -> JSONResponse:
    """What nobody foresaw: the host is short of something, or a fault of ours."""
    if exit_code(error) == TemporaryProblem.exit_code:
        return failed(503, "try_again", explanation(error), retry_s=5)
    if isinstance(error, OSError) and error.errno in NOT_OURS:
        where = f"{error.filename}: " if error.filename else ""
        return failed(503, "host", f"the folder of the videos fails ({where}{error.strerror}); its owner has to look.")
    return failed(500, "failed", explanation(error))


def gone(request: Request, error: Exception) -> JSONResponse:
    """The client went away before its request was whole: nobody reads this."""
    return failed(400, "incomplete", "the request ended before it was whole.")


HANDLERS: Mapping = {
    Refused: refused,
    ClientDisconnect: gone,
    AvatarError: of_avatar,
    RequestValidationError: of_fastapi,
    HTTPException: of_http,
    OSError: of_anything,
    Exception: of_anything,
}
# Each route may answer so.
RESPONSES: dict[int | str, dict] = {
    status: {"model": Failed, "description": text}
    for status, text in {
        400: "Asked wrongly.", 401: "The token is missing or wrong.", 403: "From another site.", 404: "There is none.",
        405: "Not with this method.", 408: "It did not come to its end.", 409: "Not now.", 410: "Removed.", 413: "Too large.",
        415: "Of another type.", 421: "Asked for by another host's name.", 422: "A file that cannot be used.", 429: "Too many; wait.",
        500: "A fault of ours.", 503: "This host cannot.",
    }.items()
}  # fmt: skip
