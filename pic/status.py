"""What `picctl status` and `picctl log` tell."""

from __future__ import annotations

from collections.abc import Iterator

from pic.evidence import mend
from pic.handoff import draft_name
from pic.log import Event
from pic.project import Project
from pic.state import DONE


def told(project: Project) -> dict:
    state, config = project.state, project.config
    is_open = bool(state.workflow) and state.phase != DONE
    found = project.standings(project.open_phase()) if is_open else []
    return {
        "workflow": state.workflow or None,
        "problem": state.problem or None,
        "phase": state.phase or None,
        "owner": config.find_phase(state.phase).owner if is_open else None,
        "phases": config.names(),
        "gates": [{"gate": s.gate, "phase": s.phase, "is": s.what, "why": s.why} for s in found],
        "blocks": [{"gate": s.gate, "is": s.what, "mend": mend(s)} for s in found if not s.passes],
        "stale": [s.gate for s in found if s.what == "stale"],
        "waivers": state.told_waivers(),
        "draft": draft_name(state.phase) if is_open and (project.root / draft_name(state.phase)).is_file() else None,
        "next": next_step(project, found),
    }


def next_step(project: Project, found: list) -> str:
    if not project.state.workflow or project.state.phase == DONE:
        return 'picctl start "the problem"'
    if not any(one.phase == project.state.phase for one in found):
        return f"write a [[gate]] of {project.state.phase} into pic.toml"
    return next((mend(one) for one in found if not one.passes), "picctl handoff")


def lines(told: dict) -> Iterator[str]:
    yield f"{told['workflow']}: {told['problem']}" if told["workflow"] else "no workflow has been started"
    yield " > ".join(f"[{name}]" if name == told["phase"] else name for name in told["phases"])
    if told["owner"]:
        yield f"{told['owner']}"
    for one in told["gates"]:
        yield f"  {one['is']:8} {one['gate']} ({one['phase']}): {one['why']}"
    for one in told["waivers"]:
        yield f"  waiver   {one['gate']} until {one['until']}, {one['by']}: {one['why']}"
    yield f"next: {told['next']}"


def event_line(event: Event) -> str:
    words = {
        "start": lambda e: f"{e['workflow']} {e['problem']}",
        "gate": lambda e: f"{e['gate']} {'green' if e['green'] else 'red: ' + e['why']}",
        "handoff": lambda e: f"{e['from']} -> {e['to']}",
        "decide": lambda e: f"{e['decision']} {e['question']}: {e['chosen']}",
        "waive": lambda e: f"{e['gate']} until {e['until']}: {e['why']}",
        "back": lambda e: f"to {e['to']}: {e['why']}",
    }
    said = words.get(event["type"], lambda e: "")(event)
    return one_line(f"{event['at']} {event['who']:12} {event['type']:8} {said}")


def one_line(text: str) -> str:
    """Without what would begin another line or steer the terminal: logs come from others too."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
