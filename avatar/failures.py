"""What a failure is told as, in one sentence, and with which exit code; for the command line and for tables of videos."""

from __future__ import annotations

import errno

from avatar.errors import AvatarError, DeviceLost, TemporaryProblem
from avatar.invocation import to_type

FULL = (errno.ENOSPC, errno.EDQUOT)  # of a disk
LOST = "CUDA error: "  # what PyTorch says of a card that failed: after it, everything on it fails in this process
SHORT = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)  # open files, processes, memory


def exit_code(error: Exception) -> int:
    """That of the error; of others 1, or TemporaryProblem's where a disk or the memory is full, or the host is short of others."""
    if isinstance(error, AvatarError):
        return error.exit_code
    is_full = isinstance(error, MemoryError) or isinstance(error, OSError) and error.errno in (*FULL, *SHORT)
    return TemporaryProblem.exit_code if is_full or is_device_lost(error) else 1


def as_told(error: Exception) -> AvatarError:
    """An error with the sentence that a person is told, and of the kind that says whether to try again."""
    if isinstance(error, AvatarError):
        return error
    if is_device_lost(error):
        return DeviceLost(explanation(error))
    kind = TemporaryProblem if exit_code(error) == TemporaryProblem.exit_code else AvatarError
    return kind(explanation(error))


def is_device_lost(error: Exception) -> bool:
    return isinstance(error, RuntimeError) and LOST in str(error)


def explanation(error: Exception) -> str:
    """One sentence for the user: what was wrong and what to do."""
    if isinstance(error, AvatarError):
        return with_flags(error)
    if isinstance(error, OSError) and error.errno in FULL:
        where = f" (writing {error.filename})" if error.filename else ""
        return f"the disk is full{where}; free some space or set AVATAR_HOME to another disk, then run it again."
    if isinstance(error, OSError) and error.errno in (*SHORT, errno.EIO):
        where = f" ({error.filename})" if error.filename else ""
        return (
            f"this host failed{where}: {error.strerror}; end other programs or look after its disk, then run it again."
        )
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"not allowed to write {error.filename}; choose another folder or mend its permissions."
    if isinstance(error, ImportError | OSError) and "shared object file" in str(error):
        return f"a library does not load ({error}); '{to_type('status')}' names what is missing and the one command."
    if is_device_lost(error):
        said = str(error).partition(LOST)[2].partition("\n")[0]
        return f"the card failed ({said}); run it again, and if it fails again, restart this host or take another."
    if isinstance(error, MemoryError):
        return "this machine has not enough free memory; close other programs, then run it again."
    return (
        f"something unforeseen went wrong ({type(error).__name__}: {error}). "
        f"'{to_type('--debug …')}' shows where; '{to_type('status --strict')}' checks the environment."
    )


def with_flags(error: AvatarError) -> str:
    """The message in the words of the command line: before it what it is about, and at its end what would help."""
    about = ", ".join(dict.fromkeys(map(flag, error.fields)))
    mends = ", ".join(flag(name) if value is True else f"{flag(name)} {value}" for name, value in error.mend.items())
    message = f"{str(error).removesuffix('.')} ({mends})." if mends else str(error)
    return f"{about}: {message}" if about else message


def flag(field: str) -> str:
    field = "background" if field == "backdrop" else field  # one option takes both
    return "--" + field.replace("_", "-")
