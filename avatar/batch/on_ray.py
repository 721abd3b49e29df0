"""Rows of a table on a Ray cluster: a task each, whose files go there and whose job comes home through Ray's object store.

This process makes nothing itself. A task is tried three times where its node or its process was lost, or where it says
that its trouble may pass. A video is put at its name when the job is here and whole, so a run that is broken off goes on
with what is missing.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import logging
import os
import signal
import socket
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from avatar import __version__, settings, work
from avatar.batch import ray_node
from avatar.batch.address import refuse_no_address
from avatar.batch.making import Outcome, Planned, bring, is_there, requested
from avatar.batch.ray_events import Ears
from avatar.batch.table import Row
from avatar.device.hardware import PROFILES
from avatar.errors import AvatarError, EnvironmentProblem, TemporaryProblem, told_by
from avatar.jobs import home as homes
from avatar.jobs.contents import STAGES
from avatar.jobs.delivery import check_home
from avatar.jobs.job import Job
from avatar.preflight import refuse_missing_files
from avatar.progress import Event
from avatar.request import FILE_FIELDS, Request
from avatar.stopping import raise_if_told, remembered_alone

MOST_RETRIES = 2  # three attempts
LONGEST_CALL_S = 10
POLL_S = 0.2  # between two looks at what nodes tell
LONGEST_HEARD_S = 2.0  # for the last of it
NO_CARD = "no node of the cluster has a GPU; it waits until one does."
LEAST_AHEAD = 100  # rows that the cluster has at once; of a large one two for each core
# No figures of use to Ray's maker; and where the cluster is lost, no other one begun on this machine.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_AUTO_CONNECT": "0"}

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
            work.prepare_output(plan.request, plan.output, self._overwrite or work.was_delivered(plan.job, plan.output))
            if place in self._jobs:
                self._deliver(replace(plan, job=self._jobs[place]))
            elif place in self._plans:
                self._plans[place].append(plan)
            else:
                if wants_card(plan.request) and not self._cluster.has_card:
                    self._tell(row, Event("portrait", 1, note=NO_CARD))
                self.begun[self._cluster.begin(plan.request, plan.row.label)] = place
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
            bring(plan)
            self._tell(row, Event("video", len(STAGES), is_end=True))
            self.outcomes[row.number] = Outcome(row, plan.output)
        except Exception as error:
            raise_if_told(error)
            self.outcomes[row.number] = Outcome(row, error=error)


def planned(row: Row, folder: Path, defaults: dict[str, Any]) -> tuple[Planned, Path]:
    """What a row asks for, and the place of its job. Where the node decides on the profile, the job in the plan is that
    of any profile whose video lies in the folder. Raises AvatarError."""
    request, output = requested(row, defaults), folder / f"{row.name}.mp4"
    refuse_missing_files(request)
    place = homes.place(settings.home(), request)
    profiles = [request.profile]
    if request.stack == "full" and not request.profile:
        profiles += [each.name for each in PROFILES]
    asked = [request.model_copy(update={"profile": profile}) for profile in profiles]
    plans = [Planned(row, request, Job(homes.place(settings.home(), each)), output) for each in asked]
    return next((plan for plan in plans if work.was_delivered(plan.job, output)), plans[0]), place


def wants_card(request: Request) -> bool:
    return request.stack == "full" and request.profile != "cpu"


def kept(request: Request, answer: ray_node.Answer) -> Job:
    """The job that was made on a node, in this machine's home. Raises AvatarError for a failure that was told."""
    if "error" in answer:
        raise told_by(answer["error"])
    job = homes.create(settings.home(), request.model_copy(update={"profile": answer["profile"]}))
    job.keep(answer["files"])
    return job


# ---------------------------------------------------------------- the cluster


class Cluster:
    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._files: dict[tuple[str, int, int], Any] = {}  # in Ray's store: many rows may name one picture
        self._ears = Ears(ray)
        self._numbers = itertools.count()
        self._tasks: dict[int, Any] = {}  # those that are not answered yet, by their numbers
        has = ray.cluster_resources()
        self.cores, self.has_card = max(1, int(has.get("CPU", 0))), bool(has.get("GPU"))
        self.room = max(LEAST_AHEAD, 2 * self.cores)

    def begin(self, request: Request, label: str) -> Any:
        """A task that makes what is asked for, on any node that has what it takes. Raises AvatarError."""
        files = [self._sent(path) for name in FILE_FIELDS if (path := getattr(request, name))]
        with told(self._ray):
            task = self._ray.remote(ray_node.render).options(
                name=label, num_gpus=int(wants_card(request)),
                max_retries=MOST_RETRIES, retry_exceptions=[TemporaryProblem],
            )  # fmt: skip
            number, asked = next(self._numbers), request.model_dump(mode="json")
            self._tasks[number] = task.remote(__version__, asked, self._ears.box, number, *files)
            return self._tasks[number]

    def _sent(self, path: Path) -> Any:
        found = path.stat()
        key = (str(path), found.st_mtime_ns, found.st_size)
        if key not in self._files:
            content = path.read_bytes()
            with told(self._ray):
                self._files[key] = self._ray.put(content)
        return self._files[key]

    def ended(self, tasks: list[Any], seconds: float) -> list[Any]:
        """Those of these tasks that end within this time. Raises TemporaryProblem where the cluster is lost."""
        if not tasks:
            return []
        with told(self._ray):
            return self._ray.wait(tasks, num_returns=1, timeout=seconds)[0]

    def heard(self, seconds: float = 0.0) -> list[tuple[Any, Event]]:
        """What nodes told of tasks that are not answered yet, as far as it is here within this time."""
        told = self._ears.heard(seconds)
        return [(self._tasks[number], event) for number, event in told if number in self._tasks]

    def stop(self, task: Any) -> None:
        """Let its node end a task, and the render with it."""
        self._forget(task)
        with contextlib.suppress(TemporaryProblem), told(self._ray):
            self._ray.cancel(task)

    def answer(self, task: Any) -> ray_node.Answer:
        """Raises TemporaryProblem where the task was lost again and again, or says that its trouble may pass."""
        self._forget(task)
        with told(self._ray):
            return self._ray.get(task)

    def _forget(self, task: Any) -> None:
        self._tasks = {number: other for number, other in self._tasks.items() if other != task}


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster, until the block ends; what is not made then is given up. Whoever is told to stop meanwhile is not
    interrupted: stopping.raise_if_told() says so.

    Raises RequestError, EnvironmentProblem for one of another version, and TemporaryProblem where none answers.
    """
    refuse_no_address(address)
    os.environ.update(QUIET)
    ray = importlib.import_module("ray")  # which no other environment than its own has
    with what_ray_says_left_out():
        try:
            at_term = signal.getsignal(signal.SIGTERM)
            begin(ray, address)
            signal.signal(signal.SIGTERM, at_term)  # Ray's own ends this process at once
            cluster = Cluster(ray)
        except (OSError, OverflowError, RuntimeError, ray.exceptions.RayError) as error:
            kind = EnvironmentProblem if isinstance(error, RuntimeError) else TemporaryProblem
            raise kind(
                f"no cluster of Ray {ray.__version__} can be had at {address} ({in_a_line(error)}); look whether its head "
                "runs there (docs/cluster.md)."
            ) from error
        with remembered_alone():
            try:
                yield cluster
            finally:
                with contextlib.suppress(ConnectionError, RuntimeError):
                    ray.shutdown()


def begin(ray: Any, address: str) -> None:
    """Let the cluster begin what serves this process there; on a busy head that fails now and then, and is tried again."""
    if address != "auto":
        host, port = address.removeprefix("ray://").rsplit(":", 1)
        socket.create_connection((host, int(port)), LONGEST_CALL_S).close()  # Ray's own client waits 30 s for nobody
    for last in (False, False, True):
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
            return
        except ConnectionError as error:
            if last or "Initialization failure" not in str(error):
                raise


@contextlib.contextmanager
def what_ray_says_left_out() -> Iterator[None]:
    """A row tells what became of it; Ray's threads tell their tracebacks."""
    for name in ("ray", "ray.util.client.logsclient"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    hook = threading.excepthook
    threading.excepthook = lambda told: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        threading.excepthook = hook


@contextlib.contextmanager
def told(ray: Any) -> Iterator[None]:
    """What a task raised, as it was raised there; what Ray says of a node, a process or a cluster that it lost becomes a
    TemporaryProblem, and of a node that cannot even begin an EnvironmentProblem."""
    try:
        yield
    except (ray.exceptions.RayTaskError, ImportError) as error:
        cause = getattr(error, "cause", error)
        if isinstance(cause, AvatarError):
            raise cause from error
        raise EnvironmentProblem(
            f"a node of the cluster cannot make it ({type(cause).__name__}: {in_a_line(cause)}); start Ray there by "
            "'./run ray start' in a checkout of this version."
        ) from error
    except (ConnectionError, ray.exceptions.RayError) as error:
        raise TemporaryProblem(
            f"the cluster lost it ({type(error).__name__}: {in_a_line(error)}); look after its nodes, then try again."
        ) from error


def in_a_line(error: Exception) -> str:
    """The end of what may be a traceback from another machine."""
    return next(reversed(str(error).strip().splitlines()), type(error).__name__).strip().rstrip(".")
