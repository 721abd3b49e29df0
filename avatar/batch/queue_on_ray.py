"""The queue's worker whose hands are a Ray cluster: as many jobs at once as it has cores, each a task on some node.

This process makes nothing itself. A job is locked here while a node works on it, so that everybody sees it running, and what
is killed on either side is found queued by the next worker.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from avatar import settings, stopping
from avatar.batch.on_ray import LONGEST_HEARD_S, NO_CARD
from avatar.batch.ray_cluster import Cluster, connected, wants_card
from avatar.errors import told_by
from avatar.failures import as_told
from avatar.jobs.contents import STAGES
from avatar.jobs.events import logged
from avatar.jobs.job import Job
from avatar.jobs.schema import Delivery
from avatar.progress import Event
from avatar.provenance.delivery import deliver_all, is_delivered, is_of, to_deliver
from avatar.service import queue
from avatar.service.worker import LONGEST_REST_S, POLL_S, Told, next_job, told_if_heard
from avatar.work import prepare_output

DEVICE = "ray"  # one worker of a home gives work to clusters
# What nodes have is theirs to say: one that lacks a part refuses the job with its reason.
PARTS = ("preview", "full", "xtts")


@dataclass
class Running:
    """A job that a node has. held: its lock."""

    home: Path
    job: Job
    held: contextlib.ExitStack
    deliveries: list[Delivery]
    say: Callable[[Event], None]
    notes: set[str] = field(default_factory=set)  # that its node told
    looked: float = 0.0  # when it was asked last whether it is cancelled


def serve(address: str, homes: Sequence[Path], tell: Told, until_empty: bool = False) -> None:
    """Let the cluster make what is queued, as it comes; of several homes one job each in turn.

    Raises RequestError, EnvironmentProblem and TemporaryProblem where there is no such cluster, TemporaryProblem also where
    it is lost or another worker serves it, KeyboardInterrupt when it is told to stop: what nodes had is left queued.
    """
    waiting = deque(homes)
    with contextlib.ExitStack() as served:
        for home in homes:
            served.enter_context(queue.serving(home, DEVICE))
        hands = Hands(served.enter_context(connected(address)), tell)
        served.callback(hands.give_all_back)
        while True:
            seen, looked = [queue.last_change(home) for home in homes], time.monotonic()
            while hands.have_room and (job := next_job(waiting, DEVICE, PARTS)):
                hands.take(settings.home(), job)
            if until_empty and not hands.running:
                return
            hands.wait(POLL_S)
            while (
                not hands.running
                and [queue.last_change(home) for home in homes] == seen
                and time.monotonic() - looked < LONGEST_REST_S
            ):
                stopping.raise_if_told()
                time.sleep(POLL_S)
            stopping.raise_if_told()


class Hands:
    """What the cluster works on."""

    def __init__(self, cluster: Cluster, tell: Told) -> None:
        self._cluster, self._tell = cluster, tell
        self.running: dict[Any, Running] = {}

    @property
    def have_room(self) -> bool:
        """What waits in the queue has its order still, and can be cancelled without a trace."""
        return len(self.running) < self._cluster.cores

    def take(self, home: Path, job: Job) -> None:
        """Let a node have a job; one that cannot be asked for fails."""
        say = logged(job.folder, partial(told_if_heard, self._tell, job))
        held = contextlib.ExitStack()
        try:
            request, deliveries = job.request(), queue.deliveries(job)
            held.enter_context(job.locked())
            task = self._cluster.begin(request, job.id)
            self.running[task] = Running(home, job, held, deliveries, say)
            say(Event("portrait", 1))
            is_short = wants_card(request) and not self._cluster.has_card
            say(Event("portrait", 1, note=NO_CARD if is_short else "a node of the cluster has it."))
        except Exception as error:  # whatever it was, the next job can be made
            held.close()
            stopping.raise_if_told(error)
            told_if_heard(self._tell, job, queue.end(home, job, as_told(error)))

    def wait(self, seconds: float) -> None:
        """Bring home what ends within this time, and stop what was cancelled. Raises TemporaryProblem where the cluster is
        lost."""
        ended = self._cluster.ended(list(self.running), seconds)
        self._pass_on()
        for task in ended:
            for _ in range(2):  # what was asked for before, and what was told since
                self._pass_on(LONGEST_HEARD_S)
            self._bring(self.running.pop(task), task)
        now = time.monotonic()
        for task, one in list(self.running.items()):
            if now - one.looked > POLL_S:
                one.looked = now
                if queue.is_cancelled(one.job):
                    self._cluster.stop(task)
                    self.running.pop(task).held.close()
                    told_if_heard(self._tell, one.job, "cancelled")

    def _pass_on(self, seconds: float = 0.0) -> None:
        """Tell what nodes told of their jobs."""
        for task, event in self._cluster.heard(seconds):
            if task in self.running:
                self.running[task].notes.add(event.note)
                self.running[task].say(event)

    def give_all_back(self) -> None:
        for task, one in self.running.items():
            self._cluster.stop(task)
            one.held.close()
            queue.give_back(one.home, one.job)

    def _bring(self, one: Running, task: Any) -> None:
        one.held.close()
        try:
            answer = self._cluster.answer(task)
            if "error" in answer:
                raise told_by(answer["error"])
            one.job.keep(answer["files"])
            for note in [each for each in answer["notes"] if each not in one.notes]:
                one.say(Event("video", len(STAGES), note=note))
            for each in one.deliveries:
                hand_over(one.job, each)
            if not one.deliveries:
                to_deliver(one.job)  # as whoever asks the API for it gets it
            one.say(Event("video", len(STAGES), is_end=True))
        except Exception as error:
            stopping.raise_if_told(error)
            told_if_heard(self._tell, one.job, queue.end(one.home, one.job, as_told(error)))
            return
        state = queue.end(one.home, one.job, delivered=one.deliveries)
        told_if_heard(self._tell, one.job, state)


def hand_over(job: Job, place: Delivery) -> None:
    """Put a job's video where it was asked for. Raises RequestError where it cannot be."""
    output = Path(place.path)
    job.remember_output(output)
    if is_delivered(job, output, place.sign):
        return
    prepare_output(job.request(), output, place.overwrite or is_of(job, output))
    deliver_all(job, output, place.sign)
