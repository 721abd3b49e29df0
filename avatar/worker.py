"""The process in which `api` lets work be done: closed to the network, questions from stdin, answers to a pipe.

    python -m avatar.worker DESCRIPTOR PARENT [kept]

Each line read is a question. Each line written to the descriptor is a JSON object: {"event": ...} any number of times,
then {"result": ...} or {"error": {"kind", "message", "fields", "mend"}}. It ends with its input, and with the process
PARENT, whatever ends that. kept: engines stay loaded from one question to the next.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from avatar import stopping
from avatar.host import closed

if TYPE_CHECKING:
    from avatar.loading import Loading


def main() -> None:
    descriptor, parent = map(int, sys.argv[1:3])
    closed.die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C: the caller gets it too, and stops this one
    stopping.listen(signal.SIGTERM)
    if os.environ.get("AVATAR_NETWORK") != "open":
        closed.prepare_nvidia()
        closed.close_network()
    with open(descriptor, "w", encoding="utf-8", buffering=1) as answers:
        try:
            serve(sys.argv[3:] == ["kept"], answers)
        except KeyboardInterrupt:
            sys.exit(130)


def serve(keeps: bool, answers: IO[str]) -> None:
    from avatar.loading import ONE_AT_A_TIME, Kept

    with Kept() if keeps else nullcontext(ONE_AT_A_TIME) as loading:
        for line in sys.stdin:
            tell(answer(json.loads(line), answers, loading), answers)


def answer(question: dict[str, Any], answers: IO[str], loading: Loading) -> dict[str, Any]:
    """What is asked for, as JSON-able values, or the failure."""
    from avatar import asking, work
    from avatar.errors import AvatarError
    from avatar.progress import Event
    from avatar.request import make_request

    def pass_on(event: Event) -> None:
        tell({"event": asdict(event)}, answers)

    try:
        if question["verb"] == "check":
            return {"result": work.check(Path(question["path"]), question["lse"])}
        # What another machine asked for is whole: nothing of it is this one's settings to decide, but what clones a voice.
        decide = asking.request_of if question["verb"] == "make" else asking.speech_of
        request = (make_request if question.get("is_whole") else decide)(**question["asked"])
        if question.get("chooses_engine"):
            request = asking.cloned_by(request)
        output = question["output"] and Path(question["output"])
        if question["verb"] == "make":
            made = work.make(request, output, question["overwrite"], pass_on, loading, question.get("sign"))
            return {"result": asdict(made)}
        return {"result": asdict(work.speak(request, output, question["overwrite"], pass_on))}
    except Exception as error:
        stopping.raise_if_told(error)
        from avatar.__main__ import debugging
        from avatar.failures import as_told

        if debugging() and not isinstance(error, AvatarError):
            raise
        return {"error": as_told(error).as_json()}


def tell(message: dict[str, Any], answers: IO[str]) -> None:
    answers.write(json.dumps(message, default=str) + "\n")


if __name__ == "__main__":
    main()
