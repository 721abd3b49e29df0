"""Every failure that a user can meet, as one tree: asked wrongly, a bad file, our host; and of the last, what may pass.

A message is one or two sentences: what was looked for or found wrong, where, and after a semicolon what helps (a
command where there is one). The command line prints it without a traceback, with its own flags before it; `--debug`
shows the traceback too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class AvatarError(Exception):
    """Something failed that the message explains."""

    exit_code = 1
    kind = "failed"

    def __init__(self, message: str, fields: Sequence[str] = (), mend: Mapping[str, object] | None = None) -> None:
        """fields: of the request, which the message is about; mend: values of fields that would help.

        The message speaks of neither flags nor functions: who shows it knows how its reader sets a field.
        """
        super().__init__(message)
        self.fields = tuple(fields)
        self.mend = dict(mend or {})

    def as_json(self) -> dict[str, object]:
        """For another process, which raises it again (`told_by`)."""
        return {"kind": self.kind, "message": str(self), "fields": self.fields, "mend": self.mend}

    @property
    def reason(self) -> str:
        """What is wrong, without what helps."""
        return str(self).rpartition("; ")[0] or str(self)

    @property
    def remedy(self) -> str:
        """What helps; "" where the message names nothing."""
        return str(self).rpartition("; ")[2] if "; " in str(self) else ""


class RequestError(AvatarError):
    """What was asked for cannot be asked for: an option, a text or an output path is not usable."""

    exit_code = 2
    kind = "request"


class InputError(AvatarError):
    """A file that was given cannot be used: not a picture, no face, silence, truncated."""

    kind = "input"


class EnvironmentProblem(AvatarError):
    """The installed environment or this host lacks something: a library, a program, memory, disk."""

    kind = "host"


class TemporaryProblem(EnvironmentProblem):
    """It may work when tried again: a job that is busy, a full disk, too little memory, a program that was killed."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h
    kind = "temporary"


class DeviceLost(TemporaryProblem):
    """The card failed in the middle of its work. The process can use it no more; another one may."""

    kind = "device"


class Interrupted(AvatarError):
    """The user stopped it; the job can be resumed."""

    exit_code = 130
    kind = "interrupted"


def told_by(content: Mapping[str, Any]) -> AvatarError:
    """The error that another process told as JSON."""
    kinds = {each.kind: each for each in (AvatarError, RequestError, InputError, EnvironmentProblem, TemporaryProblem,
                                          DeviceLost, Interrupted)}  # fmt: skip
    return kinds.get(content["kind"], AvatarError)(content["message"], content["fields"], content["mend"])
