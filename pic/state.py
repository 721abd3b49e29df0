"""Where a project stands, replayed from its log; `.pic/state.json` keeps it for the next reader."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pic.events import Event, fits
from pic.log import Log, content_of
from pic.repo import FOLDER, digest, write_whole

CACHE = f"{FOLDER}/state.json"
FORMAT = 2
DONE = "done"
KEPT_RESULTS = 40  # of a gate, the newest


@dataclass
class State:
    workflow: str = ""  # WF-YYYYMMDD-HHMMSS, empty before the first start
    problem: str = ""
    phase: str = ""  # the phase that is open, or `done`
    agreed: dict[str, str] = field(default_factory=dict)  # {gate: its digest as first entered with, or as accepted}
    results: dict[str, list[Event]] = field(default_factory=dict)  # {gate: what its runs gave, oldest first}
    handoffs: list[Event] = field(default_factory=list)
    decisions: list[Event] = field(default_factory=list)
    waivers: list[Event] = field(default_factory=list)

    def told_waivers(self) -> list[dict[str, str]]:
        return [{key: one[key] for key in ("gate", "why", "by", "until")} for one in self.waivers]


def replay(events: list[Event]) -> State:
    """The same state for the same set of events, in whatever order two logs were joined.

    Back beats forward: a hand-off moves on only from the phase that is open, so that one which was written beside
    a `back` counts for nothing, whichever of them comes first; a `back` moves from every later phase.
    """
    state = State()
    for event in events:
        kind = event["type"]
        if kind == "start":
            state.workflow, state.problem = event["workflow"], event["problem"]
            state.phase, state.agreed = event["phase"], dict(event["agreed"])
        elif kind == "gate":
            state.results.setdefault(event["gate"], []).append(event)
            del state.results[event["gate"]][:-KEPT_RESULTS]
        elif kind == "waive":
            state.waivers.append(event)
        elif kind == "decide":
            state.decisions.append(event)
            if event.get("accepts") and event["workflow"] == state.workflow:
                state.agreed |= {event["accepts"]: event["digest"]}
                if not event["digest"]:  # it was taken away
                    del state.agreed[event["accepts"]]
        elif kind in ("handoff", "back"):
            if kind == "handoff":
                state.handoffs.append(event)
            from_here = event["from"] == state.phase if kind == "handoff" else state.phase in event["later"]
            if from_here and event["workflow"] == state.workflow:
                state.phase, state.agreed = event["to"], dict(event["agreed"])
    return state


def load(root: Path) -> State | None:
    """The kept state, where it is of the log's bytes, which then are whole: nothing is kept of a log that is not."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        kept = json.loads((root / CACHE).read_text("utf-8"))
        if kept["format"] == FORMAT and kept["log"] == digest(content_of(root)):
            return State(**kept["state"]) if fits("state", kept["state"]) else None
    return None


def keep(root: Path, log: Log, state: State) -> None:
    kept = {"format": FORMAT, "log": log.key, "state": asdict(state)}
    with suppress(OSError):  # a read-only checkout has no cache
        write_whole(root / CACHE, json.dumps(kept))
