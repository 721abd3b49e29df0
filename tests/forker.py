"""Runs avatar commands in children of one process that has only imported the model libraries.

    python -m tests.forker      reads one JSON list of arguments a line; answers "pid N", then "exit CODE" (or -SIGNAL)

Importing torch, diffusers and coqui-tts takes longer than a run on tiny checkpoints; a fork has them at once. No model
library has been used before the fork, so no thread pool exists that a child could miss. The child's standard error
goes to this process's.
"""

from __future__ import annotations

import json
import os
import sys


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
            from avatar.__main__ import main as avatar

            os._exit(avatar(json.loads(line)))
        print(f"pid {pid}", flush=True)
        print(f"exit {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}", flush=True)


if __name__ == "__main__":
    main()
