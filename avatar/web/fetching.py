"""Weights are fetched by `avatar models fetch` in a process of its own, the only one of the server's that has the network."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI

from avatar.web.answers import Refused
from avatar.web.children import environment, python

LAST_LINES = 20


class Fetching:
    """One fetch at a time."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Any]] = {}
        self._lines: dict[str, list[str]] = {}  # all of the last fetch
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task | None = None

    @staticmethod
    def of(app: FastAPI) -> Fetching:
        if not hasattr(app.state, "fetching"):
            app.state.fetching = Fetching()
        return app.state.fetching

    def told(self, model: str) -> dict[str, Any] | None:
        return self._states.get(model)

    def lines(self, model: str, first: int) -> list[str]:
        """What the last fetch of a model said, from its line `first` on."""
        return self._lines.get(model, [])[first:]

    async def begin(self, model: str, accept_licence: bool) -> dict[str, Any]:
        if self._task and not self._task.done():
            if self._states.get(model, {}).get("status") == "in_progress":
                return self._states[model]
            raise Refused(409, "in_flight", "other weights are being fetched.", retry_s=10)
        words = ["models", "fetch", model, *(["--accept-licence"] if accept_licence else [])]
        self._process = await asyncio.create_subprocess_exec(
            python(), "-P", "-m", "avatar", *words, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment(),
        )  # fmt: skip
        self._states[model], self._lines[model] = {"status": "in_progress", "said": []}, []
        self._task = asyncio.create_task(self._follow(self._process, self._states[model], self._lines[model]))
        return self._states[model]

    async def _follow(self, process: asyncio.subprocess.Process, told: dict[str, Any], lines: list[str]) -> None:
        assert process.stdout
        async for line in process.stdout:
            lines.append(line.decode(errors="replace").strip())
            told["said"] = lines[-LAST_LINES:]
        told["status"] = "completed" if await process.wait() == 0 else "failed"

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
