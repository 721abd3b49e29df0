"""What `picctl status` and `picctl log` tell."""

from __future__ import annotations

from collections.abc import Iterator

from pic.evidence import Standing
from pic.handoff import draft_name
from pic.log import Event
from pic.project import Project
from pic.state import DONE

EVENTS = {
    "start": "{workflow} {problem}",
    "gate": "{gate} {what}",
    "handoff": "{from} -> {to}",
    "decide": "{decision} {question}: {chosen}",
    "waive": "{gate} until {until}: {why}",
    "back": "to {to}: {why}",
}


def told(project: Project) -> dict:
    state, config = project.state, project.config
    is_open = bool(state.workflow) and state.phase != DONE
    found = project.standings(project.open_phase()) if is_open else []
    draft = draft_name(state.phase)
    return {
        "workflow": state.workflow or None,
        "problem": state.problem or None,
        "phase": state.phase or None,
        "owner": config.find_phase(state.phase).owner if is_open else None,
        "phases": config.names(),
        "gates": [{"gate": one.gate, "phase": one.phase, "is": one.what, "why": one.why} for one in found],
        "blocks": [{"gate": one.gate, "is": one.what, "mend": one.mend} for one in found if not one.passes],
        "stale": [one.gate for one in found if one.what == "stale"],
        "waivers": state.told_waivers(),
        "draft": draft if is_open and (project.root / draft).is_file() else None,
        "next": next_step(state.phase, found) if is_open else 'picctl start "the problem"',
    }


def next_step(phase: str, found: list[Standing]) -> str:
    if not any(one.phase == phase for one in found):
        return f"write a [[gate]] of {phase} into pic.toml"
    return next((one.mend for one in found if not one.passes), "picctl handoff")


def lines(told: dict) -> Iterator[str]:
    yield f"{told['workflow']}: {told['problem']}" if told["workflow"] else "no workflow has been started"
    yield " > ".join(f"[{name}]" if name == told["phase"] else name for name in told["phases"])
    if told["owner"]:
        yield told["owner"]
    yield from map("  {is:8} {gate} ({phase}): {why}".format_map, told["gates"])
    yield from map("  waiver   {gate} until {until}, {by}: {why}".format_map, told["waivers"])
    yield f"next: {told['next']}"


def event_line(event: Event) -> str:
    what = {"what": "green" if event.get("green") else f"red: {event.get('why')}"}
    return ("{at} {who:12} {type:8} " + EVENTS.get(event["type"], "")).format_map(event | what)
