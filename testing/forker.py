"""Runs avatar commands in children of one process that has only imported the model libraries.

    python -m testing.forker      reads a JSON list a line: the arguments, and a dict of environment variables; answers
                                "pid N", then "exit CODE" (or -SIGNAL)

Importing torch, diffusers and coqui-tts takes longer than a run on tiny checkpoints; a fork has them at once. No model
library has been used before the fork, so no thread pool exists that a child could miss. The child's standard error
goes to this process's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


class Forker:
    """The other side: starts that process and has it run commands, one at a time. Use it in a `with` block."""

    def __init__(self, environment: dict[str, str], messages: Path) -> None:
        """environment: variables beside this process's own; messages: a new file for all that the runs say."""
        self._messages = messages
        self._process = subprocess.Popen(
            [sys.executable, "-m", "testing.forker"], env={**os.environ, **environment}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=os.open(messages, os.O_WRONLY | os.O_CREAT),
        )  # fmt: skip
        self._said = 0  # how much of the messages was there before the latest run
        assert self._answer() == "ready", self.messages()

    def __enter__(self) -> Forker:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def start(self, *arguments: object, **environment: str) -> int:
        """Begin a run, with these environment variables beside the forker's; returns its process number."""
        self._said = self._messages.stat().st_size
        self._process.stdin.write(json.dumps([[str(argument) for argument in arguments], environment]) + "\n")
        self._process.stdin.flush()
        return int(self._answer().split()[1])

    def finish(self) -> int:
        """Wait for the run; returns its exit code, or minus the signal that ended it."""
        return int(self._answer().split()[1])

    def run(self, *arguments: object, **environment: str) -> int:
        self.start(*arguments, **environment)
        return self.finish()

    def messages(self) -> str:
        """What the latest run wrote to standard error."""
        return self._messages.read_bytes()[self._said :].decode()

    def _answer(self) -> str:
        return self._process.stdout.readline().rstrip("\n")


def import_model_libraries() -> None:
    import cv2  # noqa: F401
    import diffusers  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401
    from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel  # noqa: F401
    from TTS.tts.models.xtts import Xtts  # noqa: F401


def main() -> None:
    import_model_libraries()
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)  # standard output is for answers
            from avatar.__main__ import program

            arguments, environment = json.loads(line)
            os.environ.update(environment)
            sys.argv = ["avatar", *arguments]
            os._exit(program())  # as the installed command does it, without the network
        print(f"pid {pid}", flush=True)
        print(f"exit {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}", flush=True)


if __name__ == "__main__":
    main()
