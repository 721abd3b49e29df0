"""The worker of a device: takes one job after the other, keeps engines loaded between them, and loses nothing when killed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from avatar import stopping, work
from avatar.errors import DeviceLost, Interrupted
from avatar.failures import as_told
from avatar.files import sync
from avatar.jobs.job import Job
from avatar.jobs.schema import Delivery
from avatar.loading import Kept
from avatar.progress import Event
from avatar.provenance import delivery
from avatar.service import queue

POLL_S = 0.2  # between two looks whether the queue was changed, and whether the job in work was cancelled
LONGEST_REST_S = 5  # without a look into the queue: what is to be tried again changes nothing when its time has come

Told = Callable[[Job, Event | str], object]  # an event of a job, or the state in which the worker leaves it


def serve(homes: Sequence[Path], tell: Told, until_empty: bool = False) -> None:
    """Make what is queued, as it comes; of several homes one job each in turn. until_empty: until nothing is left that this
    worker could begin now.

    Raises TemporaryProblem when another worker serves this device, DeviceLost when the device failed, KeyboardInterrupt
    when it is told to stop: the job that it was at is left queued.
    """
    device, parts, waiting = this_device(), parts_here(), deque(homes)
    with contextlib.ExitStack() as served:
        for home in homes:
            served.enter_context(queue.serving(home, device))
        loading = served.enter_context(Kept())
        while True:
            seen, looked = [queue.last_change(home) for home in homes], time.monotonic()
            if found := next_job(waiting, device, parts):
                told_if_heard(tell, found, make(found.home, found, loading, tell))
                stopping.raise_if_told()
                continue
            if until_empty:
                return
            while [queue.last_change(home) for home in homes] == seen and time.monotonic() - looked < LONGEST_REST_S:
                time.sleep(POLL_S)


def next_job(waiting: deque[Path], device: str, parts: tuple[str, ...]) -> Job | None:
    """A job of the home whose turn it is, which is the last one then; what is read of the home is that home's."""
    for _ in range(len(waiting)):
        home = waiting[0]
        waiting.rotate(-1)
        if job := queue.take(home, device, parts, time.time()):
            os.environ["AVATAR_HOME"] = str(home)
            return job
    return None


def make(home: Path, job: Job, loading: Kept, tell: Told) -> str:
    """Bring a job to its video, wherever that is asked for. Returns the state in which the job was left."""
    cancelled = threading.Event()
    deliveries = queue.deliveries(job)
    try:
        with stopped_when(lambda: queue.is_cancelled(job), cancelled):
            for each in deliveries:
                bring(job, each, loading, tell)
            if not deliveries:
                delivery.refuse_unusable()
                work.go_on(job, None, False, partial(told_if_heard, tell, job), loading)
                delivery.to_deliver(job)  # as whoever asks the API for it gets it
    except (Exception, KeyboardInterrupt) as error:  # whatever it was, the next job can be made
        if cancelled.is_set():  # and not by whoever tells the worker to stop, although the job may be cancelled too
            loading.release()
            return "cancelled"
        if isinstance(error, KeyboardInterrupt | Interrupted) or stopping.is_told():
            loading.release()
            queue.give_back(home, job)
            raise KeyboardInterrupt from error
        told = as_told(error)
        if isinstance(told, DeviceLost):  # after it nothing on the card works in this process: another one is to go on
            told_if_heard(tell, job, queue.end(home, job, told))
            raise told from error
        loading.release()
        return queue.end(home, job, told)
    return queue.end(home, job, delivered=deliveries)


def bring(job: Job, place: Delivery, loading: Kept, tell: Told) -> None:
    """A job's video is where it was asked for, and on the disk there."""
    output = Path(place.path)
    overwrite = place.overwrite or delivery.is_of(job, output)  # before a worker was killed
    made = work.go_on(job, output, overwrite, partial(told_if_heard, tell, job), loading, place.sign)
    sync(made.path)
    with contextlib.suppress(OSError):  # a folder that cannot be read
        sync(made.path.parent)


def told_if_heard(tell: Told, job: Job, told: Event | str) -> None:
    """Whoever reads what is told may go away, and the jobs are made all the same."""
    with contextlib.suppress(OSError):
        tell(job, told)


@contextlib.contextmanager
def stopped_when(is_over: Callable[[], bool], stopped: threading.Event) -> Iterator[None]:
    """The block is left by KeyboardInterrupt soon after is_over() is true, and `stopped` is set. In the main thread alone.

    By a signal of its own: SIGINT is ignored by what a shell starts in the background.
    """
    ended, main = threading.Event(), threading.get_ident()
    is_raised = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal is_raised
        if not is_raised:
            is_raised = True
            is_raised = stopping.interrupt(frame)  # the worker goes on, and needs its modules whole

    def watch() -> None:
        while not ended.wait(POLL_S):
            if stopped.is_set() or is_over():
                stopped.set()
                if is_raised:
                    return
                signal.pthread_kill(main, signal.SIGUSR2)  # wakes it where it waits

    before = signal.signal(signal.SIGUSR2, stop)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        signal.pthread_sigmask(signal.SIG_BLOCK, ())  # a signal that is on its way arrives here, not after the block
        signal.signal(signal.SIGUSR2, before)


def this_device() -> str:
    """The device whose one worker this is."""
    if not importlib.util.find_spec("torch"):
        return "cpu"
    from avatar.device import memory

    return str(memory.device())


def stacks_here() -> tuple[str, ...]:
    """What this environment can make."""
    return ("preview", "full") if importlib.util.find_spec("torch") else ("preview",)


def parts_here() -> tuple[str, ...]:
    """The stacks, and "xtts" where XTTS-v2 can be loaded: the full stack may be without it."""
    from avatar.weights import loaders

    return stacks_here() + (() if loaders.missing(loaders.XTTS) else ("xtts",))
