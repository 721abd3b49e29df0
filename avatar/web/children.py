"""The processes beside the web process: one that checks and accepts (checking.py), and the queue's worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import avatar
from avatar import errors

LONGEST_ANSWER_S = 300.0
LONGEST_STOP_S = 20.0  # of a worker that is told to stop
LONGEST_LINE = 16 << 20
SHORT_LIFE_S = 10.0  # one that ended sooner is started again after a while
LONGEST_PAUSE_S = 30.0


def python() -> str:
    """The Python of the environment that renders: `./run` names it; else this one."""
    return os.environ.get("AVATAR_WORKER_PYTHON") or sys.executable


def environment() -> dict[str, str]:
    """For the children: avatar is the one that runs here, the environment is their own."""
    binaries, own = str(Path(python()).parent), str(Path(sys.prefix) / "bin")
    found = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    others = [
        folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder not in (binaries, own)
    ]
    path = os.pathsep.join([binaries, *others])
    return found | {"PATH": path, "PYTHONPATH": str(Path(avatar.__file__).parent.parent)}


class Checker:
    """Asks the process of checking.py, one question after the other; it is started when it is first asked, and again after
    it ended."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._answers: asyncio.StreamReader | None = None

    async def ask(self, verb: str, home: Path, **arguments: Any) -> Any:
        """The result. Raises what the child raised, TemporaryProblem where it ended without a word."""
        line = json.dumps({"verb": verb, "home": str(home), **arguments}, default=os.fspath) + "\n"
        async with self._turn:
            try:
                async with asyncio.timeout(LONGEST_ANSWER_S):
                    answer = await self._asked(line)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                await self.stop()
                raise errors.TemporaryProblem(
                    "the process that looks at requests ended, or took too long, over this one; try again, or send "
                    "smaller files."
                ) from error
            except asyncio.CancelledError:  # the client went away: what is answered now is nobody's
                await self.stop()
                raise
        if "error" in answer:
            raise errors.told_by(answer["error"])
        return answer["result"]

    async def _asked(self, line: str) -> dict[str, Any]:
        if self._process is None or self._process.returncode is not None:
            await self._start()
        assert self._process and self._process.stdin and self._answers
        self._process.stdin.write(line.encode())
        await self._process.stdin.drain()
        return json.loads(await self._answers.readuntil(b"\n"))

    async def _start(self) -> None:
        reading, writing = os.pipe()
        command = [python(), "-P", "-m", "avatar.web.checking", str(writing), str(os.getpid())]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=2, pass_fds=[writing], env=environment()
            )
        finally:
            os.close(writing)
        self._answers = asyncio.StreamReader(limit=LONGEST_LINE)
        protocol = asyncio.StreamReaderProtocol(self._answers)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(reading, "rb"))

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


class Worker:
    """Keeps one worker of the queue running for these homes, at lower priority than the answers.

    on: the Ray cluster that makes the jobs; its worker runs in the environment that has Ray.
    """

    def __init__(self, homes: list[Path], on: str | None = None) -> None:
        self.homes, self._on = homes, on
        self.process: asyncio.subprocess.Process | None = None
        self.begun = 0  # how often one was started

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def keep(self) -> None:
        """Start one, and another one whenever it ended, until this is cancelled."""
        pause_s = 0.0
        while True:
            began = time.monotonic()
            try:
                await self._start()
                assert self.process
                await self.process.wait()
            except OSError as error:  # no memory or no processes left
                print(f"avatar serve: the worker cannot be started: {error}", file=sys.stderr)
            pause_s = 0.0 if time.monotonic() - began > SHORT_LIFE_S else min(2 * pause_s + 0.5, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _start(self) -> None:
        homes = [word for home in self.homes for word in ("--home", str(home))]
        on, own = ([], python()) if self._on is None else (["--on", self._on], os.environ["AVATAR_RAY_PYTHON"])
        command = [own, "-P", "-m", "avatar", "queue", "work", "--with", str(os.getpid()), *homes, *on]
        self.begun += 1
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=2, env=environment(), start_new_session=True
        )

    async def stop(self) -> None:
        """Let it leave its job queued, with nothing half-made; at once where it does not."""
        if not self.is_running or not self.process:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(LONGEST_STOP_S):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
