"""For Python programs: `avatar.make`, `avatar.speak`, `avatar.check`.

The work runs in a child process that is closed to the network and ends with the call. The caller's process keeps its
network and its signals, and loads none of the model libraries. docs/python.md shows it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from avatar import errors
from avatar.progress import Event
from avatar.work import Made

PACKAGE = Path(__file__).parent
LONGEST_STOP_S = 10
StrPath = str | os.PathLike[str]


def make(
    *,
    text: str | None = None,
    audio: StrPath | None = None,
    voice: StrPath | None = None,
    portrait: StrPath | None = None,
    out: StrPath | None = None,
    overwrite: bool = False,
    sign: bool | None = None,
    progress: Callable[[Event], None] | None = None,
    **fields: Any,
) -> Made:
    """Make a video: of a text, or of finished speech (audio); returns its path, report, length and time taken.

    voice: a recording, or the name of a cloned voice; portrait: a picture, or for the full stack a short clip; None is
    the bundled one. out: the mp4; None leaves it in its job's folder, unsigned. sign: whether the mp4 carries a signed
    manifest; None is as the settings say. fields: any other field of avatar.request.Request
    (stack, preset, prompt, language, seconds, seed, subtitles, ...). progress: is called with each Event.

    Raises RequestError, InputError, EnvironmentProblem or TemporaryProblem of avatar.errors, each with `fields`, `reason`
    and `remedy`.
    """
    asked = {"text": text, "audio": audio, "voice": voice, "portrait": portrait, **fields}
    return made(_ask("make", {"asked": asked, "output": out, "overwrite": overwrite, "sign": sign}, progress))


def speak(
    text: str,
    *,
    out: StrPath,
    voice: StrPath | None = None,
    overwrite: bool = False,
    progress: Callable[[Event], None] | None = None,
    **fields: Any,
) -> Made:
    """Speak a text into a WAV file; voice and fields as in `make`. Raises the errors that `make` raises."""
    asked = {"text": text, "voice": voice, **fields}
    return made(_ask("speak", {"asked": asked, "output": out, "overwrite": overwrite}, progress))


def check(path: StrPath, *, lse: bool = False) -> dict[str, Any]:
    """Measure a recording, a picture or a video: "kind", "passed", "failed" (a sentence each), and the figures.

    lse: let SyncNet judge a video's lip sync. Raises RequestError and InputError.
    """
    return _ask("check", {"path": path, "lse": lse}, None)


def made(content: dict[str, Any]) -> Made:
    return Made(**content | {"path": Path(content["path"]), "notes": tuple(content["notes"])})


def _ask(verb: str, arguments: dict[str, Any], progress: Callable[[Event], None] | None) -> Any:
    """Let a worker do it. Raises what it raised; it is stopped where this call is left early, as by Ctrl-C."""
    with Worker() as worker:
        return worker.ask(verb, arguments, progress)


class Worker:
    """The process that works. In a `with` block it ends with the block; when it does not come to an answer, at once."""

    def __init__(self, python: str = sys.executable, keeps: bool = False) -> None:
        """python: of the environment that it works in; keeps: engines stay loaded from one question to the next."""
        reading, writing = os.pipe()
        self._answers = open(reading, encoding="utf-8")  # noqa: SIM115  (it is closed by stop)
        command = [python, "-P", "-m", "avatar.worker", str(writing), str(os.getpid()), *(["kept"] if keeps else [])]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
        }
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=2, pass_fds=[writing], env=environment
            )
        except BaseException:
            self._answers.close()
            raise
        finally:
            os.close(writing)

    def ask(self, verb: str, arguments: dict[str, Any], progress: Callable[[Event], None] | None) -> Any:
        """Raises what it raised."""
        try:
            question = json.dumps({"verb": verb, **arguments}, default=os.fspath).encode()
        except (TypeError, ValueError) as error:
            raise errors.RequestError(
                f"what was asked for holds something that is no text, number or path: {error}."
            ) from error
        asking = self._process.stdin
        assert asking
        try:
            with contextlib.suppress(BrokenPipeError):  # it ended before it read; how is told below
                asking.write(question + b"\n")
                asking.flush()
            answer = _last(self._answers, progress)
        except BaseException:
            self.stop()
            raise
        if answer is None:
            raise _ended(self._process.wait())
        if "error" in answer:
            raise errors.told_by(answer["error"])
        return answer["result"]

    def stop(self) -> None:
        """Let it end as after Ctrl-C, with nothing half-made left; at once where it does not."""
        self._process.terminate()
        try:
            self._process.wait(LONGEST_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        """It ends with its input."""
        with contextlib.suppress(BrokenPipeError), self._process, self._answers:
            pass


def _last(answers: IO[str], progress: Callable[[Event], None] | None) -> dict[str, Any] | None:
    """The worker's answer; the events before it are passed on."""
    for line in answers:
        message = json.loads(line)
        if "event" not in message:
            return message
        if progress:
            progress(Event(**message["event"]))
    return None


def _ended(status: int) -> errors.AvatarError:
    if status < 0:
        name = signal.Signals(-status).name
        return errors.TemporaryProblem(
            f"the process that worked on it was ended by {name}, as the system does where memory is short; free some, "
            "then try again."
        )
    return errors.AvatarError(f"the process that worked on it ended without an answer (status {status}).")
