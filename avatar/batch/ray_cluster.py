"""A Ray cluster: tasks that make what is asked for, and what becomes of them. Files go there and jobs come home through
Ray's object store."""

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from avatar import __version__
from avatar.batch import ray_node
from avatar.batch.address import refuse_no_address
from avatar.batch.ray_events import Ears
from avatar.errors import AvatarError, EnvironmentProblem, TemporaryProblem
from avatar.progress import Event
from avatar.request import FILE_FIELDS, Request
from avatar.stopping import remembered_alone

MOST_RETRIES = 2  # three attempts
LONGEST_CALL_S = 10
LEAST_AHEAD = 100  # rows that the cluster has at once; of a large one two for each core
# No figures of use to Ray's maker; and where the cluster is lost, no other one begun on this machine.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_AUTO_CONNECT": "0"}


def wants_card(request: Request) -> bool:
    return request.stack == "full" and request.profile != "cpu"


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

    def begin(self, request: Request, label: str, chooses_engine: bool = False) -> Any:
        """A task that makes what is asked for, on any node that has what it takes. chooses_engine: the node says what clones a
        voice, where the request does not. Raises AvatarError."""
        files = [self._sent(path) for name in FILE_FIELDS if (path := getattr(request, name))]
        with told(self._ray):
            task = self._ray.remote(ray_node.render).options(
                name=label, num_gpus=int(wants_card(request)),
                max_retries=MOST_RETRIES, retry_exceptions=[TemporaryProblem],
            )  # fmt: skip
            number, asked = next(self._numbers), request.model_dump(mode="json")
            self._tasks[number] = task.remote(__version__, asked, chooses_engine, self._ears.box, number, *files)
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
