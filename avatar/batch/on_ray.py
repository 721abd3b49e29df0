"""Rows of a table on a Ray cluster: a task each, whose files go there and whose job comes home through Ray's object store.

This process makes nothing itself. A task is tried three times where its node or its process was lost, or where it says
that its trouble may pass. A video is put at its name when the job is here and whole, so a run that is broken off goes on
with what is missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from avatar import asking, settings, work
from avatar.batch import ray_node
from avatar.batch.making import Outcome, Planned, bring, is_there, requested
from avatar.batch.ray_cluster import Cluster, connected, wants_card
from avatar.batch.table import Row
from avatar.device.hardware import PROFILES
from avatar.errors import TemporaryProblem, told_by
from avatar.jobs import home as homes
from avatar.jobs.contents import STAGES
from avatar.jobs.delivery import check_home
from avatar.jobs.job import Job
from avatar.preflight import refuse_missing_files
from avatar.progress import Event
from avatar.provenance.delivery import is_of
from avatar.request import Request
from avatar.stopping import raise_if_told

POLL_S = 0.2  # between two looks at what nodes tell
LONGEST_HEARD_S = 10.0  # for the last of it
NO_CARD = "no node of the cluster has a GPU; it waits until one does."

Tell = Callable[[Row, Event], object]


def make_rows(
    address: str, rows: Sequence[Row], folder: Path, defaults: dict[str, Any], overwrite: bool, tell: Tell
) -> Iterator[Outcome]:
    """One outcome for each row, in the table's order; the videos are there as they come, in any order.

    Raises RequestError, EnvironmentProblem and TemporaryProblem where there is no such cluster.
    """
    check_home(settings.home())
    waiting, order = deque(rows), deque(rows)
    with connected(address) as cluster:
        run = Run(cluster, folder, defaults, overwrite, tell)
        while order:
            while waiting and len(run.begun) < cluster.room:
                run.take(waiting.popleft())
            if order[0].number in run.outcomes:
                yield run.outcomes.pop(order.popleft().number)
            else:
                run.bring_one()


class Run:
    """Rows of a table of which the cluster has some, and the outcomes of those that it has no more."""

    def __init__(self, cluster: Cluster, folder: Path, defaults: dict[str, Any], overwrite: bool, tell: Tell) -> None:
        self._cluster, self._folder, self._defaults, self._overwrite = cluster, folder, defaults, overwrite
        self._tell = tell
        self.begun: dict[Any, Path] = {}  # {task: place of the job that was asked for}
        self.outcomes: dict[int, Outcome] = {}
        self._plans: dict[Path, list[Planned]] = {}  # by that place: rows that ask for the same are made once
        self._jobs: dict[Path, Job] = {}  # what came home

    def take(self, row: Row) -> None:
        """Let the cluster have a row, unless its video is there already or the row is wrong."""
        try:
            plan, place = planned(row, self._folder, self._defaults)
            if is_there(plan):
                self.outcomes[row.number] = Outcome(row, plan.output, is_new=False)
                return
            work.prepare_output(plan.request, plan.output, self._overwrite or is_of(plan.job, plan.output))
            if place in self._jobs:
                self._deliver(replace(plan, job=self._jobs[place]))
            elif place in self._plans:
                self._plans[place].append(plan)
            else:
                if wants_card(plan.request) and not self._cluster.has_card:
                    self._tell(row, Event("portrait", 1, note=NO_CARD))
                self.begun[self._cluster.begin(plan.request, row.label, chooses_engine=True)] = place
                self._plans[place] = [plan]
        except Exception as error:  # whatever it was, the other rows can be made
            raise_if_told(error)
            self.outcomes[row.number] = Outcome(row, error=error)

    def bring_one(self) -> None:
        """Wait for the next task that ends, and bring its video, or why there is none, to each row that asked for it."""
        try:
            while not (ended := self._cluster.ended(list(self.begun), POLL_S)):
                self._pass_on()
                raise_if_told()
            for _ in range(2):  # what was asked for before, and what was told since
                self._pass_on(LONGEST_HEARD_S)
        except TemporaryProblem as lost:
            self.outcomes |= {
                plan.row.number: Outcome(plan.row, error=lost) for plans in self._plans.values() for plan in plans
            }
            self.begun.clear()
            self._plans.clear()
            return
        task = ended[0]
        place = self.begun.pop(task)
        plans = self._plans.pop(place)
        try:
            answer = self._cluster.answer(task)
            job = self._jobs[place] = kept(plans[0].request, answer)
        except Exception as error:
            raise_if_told(error)
            self.outcomes |= {plan.row.number: Outcome(plan.row, error=error) for plan in plans}
            return
        for plan in plans:
            for note in answer["notes"]:
                self._tell(plan.row, Event("video", len(STAGES), note=note))
            self._deliver(replace(plan, job=job))

    def _pass_on(self, seconds: float = 0.0) -> None:
        """Tell each row what its node told."""
        for task, event in self._cluster.heard(seconds):
            for plan in self._plans[self.begun[task]] if task in self.begun else []:
                self._tell(plan.row, event)

    def _deliver(self, plan: Planned) -> None:
        row = plan.row
        try:
            plan.job.remember_output(plan.output)
            bring(plan, self._tell)
            self._tell(row, Event("video", len(STAGES), is_end=True))
            self.outcomes[row.number] = Outcome(row, plan.output)
        except Exception as error:
            raise_if_told(error)
            self.outcomes[row.number] = Outcome(row, error=error)


def planned(row: Row, folder: Path, defaults: dict[str, Any]) -> tuple[Planned, Path]:
    """What a row asks for, and the place of its job. Where the node decides on the profile and on what clones the voice, the
    job in the plan is that of any of them whose video lies in the folder. Raises AvatarError."""
    request, output = requested(row, defaults, asking.as_asked), folder / f"{row.name}.mp4"
    refuse_missing_files(request)
    place = homes.place(settings.home(), request)
    profiles, engines = [request.profile], [request.engine]
    if request.stack == "full" and not request.profile:
        profiles += [each.name for each in PROFILES]
    if request.voice and not request.engine:
        engines.append("pocket")
    decided = [{"profile": profile, "engine": engine} for engine in engines for profile in profiles]
    asked = [request.model_copy(update=each) for each in decided]
    plans = [Planned(row, request, Job(homes.place(settings.home(), each)), output) for each in asked]
    return next((plan for plan in plans if is_of(plan.job, output)), plans[0]), place


def kept(request: Request, answer: ray_node.Answer) -> Job:
    """The job that was made on a node, in this machine's home. Raises AvatarError for a failure that was told."""
    if "error" in answer:
        raise told_by(answer["error"])
    job = homes.create(
        settings.home(), request.model_copy(update={name: answer[name] for name in ("profile", "engine")})
    )
    job.keep(answer["files"])
    return job
