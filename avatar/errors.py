"""Every failure that a user can meet, as one tree.

A message is one or two sentences: what was looked for or found wrong, where, and what mends it (a command where
there is one). The command line prints it without a traceback; `--debug` shows the traceback too.
"""


class AvatarError(Exception):
    """Something failed that the message explains."""

    exit_code = 1


class RequestError(AvatarError):
    """What was asked for cannot be asked for: an option, a text or an output path is not usable."""

    exit_code = 2


class InputError(AvatarError):
    """A file that was given cannot be used: not a picture, no face, silence, truncated."""


class EnvironmentProblem(AvatarError):
    """The installed environment or this host lacks something: a library, a program, memory, disk."""


class TemporaryProblem(EnvironmentProblem):
    """It may work when tried again: a job that is busy, a full disk, too little memory, a program that was killed."""

    exit_code = 75


class Interrupted(AvatarError):
    """The user stopped it; the job can be resumed."""

    exit_code = 130
