"""Told to stop, by Ctrl-C, `kill`, `docker stop` or a closed terminal: KeyboardInterrupt, and remembered.

The exception alone is not enough. While a compiled module is initialised pybind11 makes an ImportError of it, and in a
callback from C it is printed and lost: the work went on, or its job failed with a reason that was none. So whoever
catches errors to go on with other work asks here first.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IMPORTING = "<frozen importlib._bootstrap>"

_told = False
_is_raised = True  # by a signal, where it comes
_is_raised_afterwards = False  # at the end of the block that is at work
_came = 0  # signals whose exception is raised at that end


def listen(*numbers: signal.Signals) -> None:
    """Stop this process by these signals, of which none has come yet. In the main thread alone."""
    global _told
    _told = False
    for number in numbers:
        signal.signal(number, _stop)


def ignore() -> None:
    """All is done but ending, which takes a moment: there Python lets a signal end the process as if nothing had been done.
    In the main thread alone."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # An interrupt that came while a string was run (a dataclass is made by one) has CPython 3.11 kill itself by SIGINT at
    # the end of `python -m`, although it was caught. The next string that is run clears that mark (run_eval_code_obj in
    # Python/pythonrun.c).
    exec("")


@contextlib.contextmanager
def remembered_alone() -> Iterator[None]:
    """For a library that an exception between two of its lines leaves with its locks held: within the block a signal is
    remembered and no more, and whoever works there asks raise_if_told() again and again. In the main thread alone is any
    raised at all; in another one the block changes nothing."""
    global _is_raised
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before, _is_raised = _is_raised, False
    try:
        yield
    finally:
        _is_raised = before


@contextlib.contextmanager
def afterwards() -> Iterator[None]:
    """For one short call into such a library: a signal that comes within the block is raised at its end, unless another
    block around this one remembers it alone."""
    global _is_raised_afterwards
    if threading.current_thread() is not threading.main_thread() or not _is_raised:
        yield
        return
    before = _came
    _is_raised_afterwards = True
    try:
        with remembered_alone():
            yield
    finally:
        _is_raised_afterwards = False
    if _came > before:
        raise KeyboardInterrupt


def is_told() -> bool:
    return _told


def raise_if_told(error: BaseException | None = None) -> None:
    """KeyboardInterrupt, where a signal came whose own was lost. error: what it was turned into."""
    if _told:
        raise KeyboardInterrupt from error


def interrupt(frame: FrameType | None) -> bool:
    """KeyboardInterrupt, for the handler of another signal: raised here where this frame may be left, or, and then this is
    True, at the end of the call that is at work. False where it is lost, and has to come again."""
    global _came
    if is_importing(frame):
        return False
    if _is_raised:
        raise KeyboardInterrupt
    _came += _is_raised_afterwards
    return _is_raised_afterwards


def is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported below this frame: an exception would leave it half made, for ever."""
    while frame:
        if frame.f_code.co_filename == IMPORTING:
            return True
        frame = frame.f_back
    return False


def _stop(number: int, frame: FrameType | None) -> None:
    global _told, _came
    _told = True
    _came += 1
    if _is_raised:
        raise KeyboardInterrupt
