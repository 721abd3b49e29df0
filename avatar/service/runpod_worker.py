"""RunPod's serverless worker: a job's input is a request, its output the video. docs/serverless.md has both in tables.

This process talks to RunPod and holds none of the models. A child, closed to the network, makes the videos and keeps its
engines loaded. RunPod's own queue is the queue: a worker that dies leaves its job to the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from avatar import settings
from avatar.api import Worker, made
from avatar.errors import AvatarError, DeviceLost, EnvironmentProblem, InputError, RequestError, TemporaryProblem
from avatar.failures import as_told, explanation
from avatar.jobs import home as homes
from avatar.progress import Event
from avatar.provenance.delivery import to_deliver
from avatar.service.runpod_files import answer_with, asked_for

LEAST_PAUSE_S = 2.0  # between two reports of progress within a stage: each is a request
# The SDK's check of the host connects to a public name server; FastAPI's exporters send where a host's settings say.
QUIET = {"RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true", "OTEL_SDK_DISABLED": "true", "RUNPOD_LOG_LEVEL": "INFO"}

Job = dict[str, Any]


def serve(options: Sequence[str]) -> None:
    """Serve RunPod until it ends. options: of its SDK, as --rp_serve_api. Raises EnvironmentProblem where it is missing."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        runpod = importlib.import_module("runpod")  # which no other environment than its own has
        upload = importlib.import_module("runpod.serverless.utils.rp_upload").upload_file_to_bucket
    except ImportError as error:
        raise EnvironmentProblem(f"RunPod's SDK does not load ({error}); ./run makes its environment.") from error
    on_runpod = "RUNPOD_WEBHOOK_POST_OUTPUT" in os.environ  # else there is nobody to hear of progress
    handler = Handler(runpod.serverless.progress_update if on_runpod else lambda job, told: None, upload)
    sys.argv[1:] = options
    runpod.serverless.start({"handler": handler.answer_soon})


class Handler:
    """Answers jobs, one after the other. update(job, progress) and upload(name, path, prefix=…) are the SDK's."""

    def __init__(self, update: Callable[[Job, Any], object], upload: Callable[..., str]) -> None:
        self._update, self._upload = update, upload
        self._thread = ThreadPoolExecutor(1)  # one for good: the child ends with the thread that began it
        self._worker: Worker | None = None

    async def answer_soon(self, job: Job) -> Job:
        """The SDK goes on meanwhile; it cancels this where a client cancels the job, or its time is up."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self.answer, job)
        except asyncio.CancelledError:
            if worker := self._worker:
                await asyncio.to_thread(worker.stop)
            raise

    def answer(self, job: Job) -> Job:
        """What the SDK makes a result of. A failure's text begins with its kind, by which a client may decide."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                asked = {"asked": asked_for(job["input"], Path(folder)), "output": None, "overwrite": False}
                self._worker = self._worker or Worker(
                    os.environ.get("AVATAR_WORKER_PYTHON", sys.executable), keeps=True
                )
                video = made(self._worker.ask("make", asked, Teller(lambda told: self._update(job, told))))
            made_here = homes.find(settings.home(), video.job)
            answered = answer_with(replace(video, path=to_deliver(made_here)), job["id"], self._upload)
            with contextlib.suppress(AvatarError, OSError):  # the disk of a worker that is never idle would fill
                homes.remove(made_here)
            return answered
        except Exception as error:  # each is told as a sentence, never as a traceback
            if not isinstance(error, RequestError | InputError):
                self.let_go()
            about = ", ".join(error.fields) + ": " if isinstance(error, AvatarError) and error.fields else ""
            told = {"error": f"{as_told(error).kind}: {about}{explanation_of(error)}", "kind": as_told(error).kind}
            return told | ({"refresh_worker": True} if isinstance(error, DeviceLost) else {})

    def let_go(self) -> None:
        """The next job gets a child of its own, which holds nothing of what failed."""
        if self._worker:
            self._worker.stop()
            self._worker = None


class Teller:
    """Passes on the events that a client wants to see: each beginning and note, and how far a stage is now and then."""

    def __init__(self, tell: Callable[[dict[str, Any]], object]) -> None:
        self._tell, self._told_at = tell, 0.0

    def __call__(self, event: Event) -> None:
        begins = not event.done and not event.is_end
        if begins or event.note or time.monotonic() - self._told_at >= LEAST_PAUSE_S:
            self._told_at = time.monotonic()
            told = {"stage": event.stage, "number": event.number, "of": 4, "done": event.done, "total": event.total}
            self._tell(told | ({"note": event.note} if event.note else {}))


def explanation_of(error: Exception) -> str:
    """In the words of a request, not of the command line; of what may pass also that."""
    if not isinstance(error, AvatarError):
        return explanation(error)
    mends = ", ".join(f"{name}: {value}" for name, value in error.mend.items())
    message = f"{str(error).removesuffix('.')} ({mends})." if mends else str(error)
    return message + (
        " The same request may work when it is tried again." if isinstance(error, TemporaryProblem) else ""
    )
