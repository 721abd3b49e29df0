"""The process in which `api` lets work be done: closed to the network, one question from stdin, answers to a pipe.

    python -m avatar.worker DESCRIPTOR PARENT

Each line written to the descriptor is a JSON object: {"event": ...} any number of times, then {"result": ...} or
{"error": {"kind", "message", "fields", "mend"}}. It ends with the process PARENT, whatever ends that.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from avatar.host import closed


def main() -> None:
    descriptor, parent = map(int, sys.argv[1:])
    closed.die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C: the caller gets it too, and stops this one
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.environ.get("AVATAR_NETWORK") != "open":
        closed.prepare_nvidia()
        closed.close_network()
    with open(descriptor, "w", encoding="utf-8", buffering=1) as answers:
        try:
            tell({"result": answer(json.load(sys.stdin), answers)}, answers)
        except KeyboardInterrupt:
            sys.exit(130)


def answer(question: dict[str, Any], answers: IO[str]) -> Any:
    """What is asked for, as JSON-able values. A failure is told, and ends the process."""
    from avatar import work
    from avatar.errors import AvatarError, TemporaryProblem
    from avatar.progress import Event

    def pass_on(event: Event) -> None:
        tell({"event": asdict(event)}, answers)

    try:
        if question["verb"] == "check":
            return work.check(Path(question["path"]), question["lse"])
        do = work.make if question["verb"] == "make" else work.speak
        output = question["output"] and Path(question["output"])
        return asdict(do(work.request_of(**question["asked"]), output, question["overwrite"], pass_on))
    except AvatarError as error:
        tell(
            {"error": {"kind": error.kind, "message": str(error), "fields": error.fields, "mend": error.mend}}, answers
        )
    except Exception as error:
        from avatar.__main__ import debugging
        from avatar.failures import exit_code, explanation

        if debugging():
            raise
        kind = TemporaryProblem.kind if exit_code(error) == TemporaryProblem.exit_code else "failed"
        tell({"error": {"kind": kind, "message": explanation(error), "fields": (), "mend": {}}}, answers)
    sys.exit(1)


def tell(message: dict[str, Any], answers: IO[str]) -> None:
    answers.write(json.dumps(message, default=str) + "\n")


if __name__ == "__main__":
    main()
