"""The worker of a device: takes one job after the other, keeps engines loaded between them, and loses nothing when killed."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from avatar import work
from avatar.errors import AvatarError, Interrupted, TemporaryProblem
from avatar.failures import exit_code, explanation
from avatar.jobs.job import Job
from avatar.loading import Kept
from avatar.progress import Event
from avatar.service import queue

POLL_S = 0.2  # between two looks whether the queue was changed, and whether the job in work was cancelled
LONGEST_REST_S = 5  # without a look into the queue: what is to be tried again changes nothing when its time has come

Told = Callable[[Job, Event | str], object]  # an event of a job, or the state in which the worker leaves it


def serve(home: Path, tell: Told, until_empty: bool = False) -> None:
    """Make what is queued, as it comes; until_empty: until nothing is left that this worker could begin now.

    Raises TemporaryProblem when another worker serves this device, Interrupted when it is told to stop: the job that it
    was at is left queued.
    """
    device, stacks = this_device(), stacks_here()
    with queue.serving(home, device), Kept() as loading:
        while True:
            seen, looked = queue.last_change(home), time.monotonic()
            job = queue.take(home, device, stacks, time.time())
            if job:
                tell(job, make(home, job, loading, tell))
                continue
            if until_empty:
                return
            while queue.last_change(home) == seen and time.monotonic() - looked < LONGEST_REST_S:
                time.sleep(POLL_S)


def make(home: Path, job: Job, loading: Kept, tell: Told) -> str:
    """Bring a job to its video. Returns the state in which it was left."""
    try:
        with stopped_when(lambda: queue.is_cancelled(job)):
            work.resume(job, None, False, lambda event: tell(job, event), loading)
    except (KeyboardInterrupt, Interrupted):
        loading.release()
        if queue.is_cancelled(job):
            return "cancelled"
        queue.give_back(home, job)
        raise
    except Exception as error:  # whatever it was, the next job can be made
        loading.release()
        return queue.end(home, job, as_told(error))
    return queue.end(home, job)


@contextlib.contextmanager
def stopped_when(is_over: Callable[[], bool]) -> Iterator[None]:
    """The block is left by KeyboardInterrupt soon after is_over() is true. In the main thread alone.

    By a signal of its own: SIGINT is ignored by what a shell starts in the background.
    """
    ended = threading.Event()
    before = signal.signal(signal.SIGUSR2, signal.default_int_handler)

    def watch() -> None:
        while not ended.wait(POLL_S):
            if is_over():
                signal.raise_signal(signal.SIGUSR2)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        signal.signal(signal.SIGUSR2, before)


def as_told(error: Exception) -> AvatarError:
    """An error with the sentence that a person is told, and of the kind that says whether to try again."""
    if isinstance(error, AvatarError):
        return error
    kind = TemporaryProblem if exit_code(error) == TemporaryProblem.exit_code else AvatarError
    return kind(explanation(error))


def this_device() -> str:
    """The device whose one worker this is."""
    if not importlib.util.find_spec("torch"):
        return "cpu"
    from avatar.device import memory

    return str(memory.device())


def stacks_here() -> tuple[str, ...]:
    """What this environment can make."""
    return ("preview", "full") if importlib.util.find_spec("torch") else ("preview",)
