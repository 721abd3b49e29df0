"""What `picctl status` tells."""

from __future__ import annotations

from collections.abc import Iterator

from pic.handoff import draft_name
from pic.project import Project
from pic.state import DONE


def told(project: Project) -> dict:
    state, config = project.state, project.config
    is_open = bool(state.workflow) and state.phase != DONE
    found = project.standings(project.open_phase()) if is_open else []
    blocks = [{"gate": one.gate, "is": one.what, "mend": one.mend} for one in found if not one.passes]
    draft = draft_name(state.phase)
    following = blocks[0]["mend"] if blocks else "picctl handoff"
    if is_open and not any(one.phase == state.phase for one in found):
        following = f"write a [[gate]] of {state.phase} into pic.toml"
    return {
        "workflow": state.workflow or None,
        "problem": state.problem or None,
        "phase": state.phase or None,
        "owner": config.find_phase(state.phase).owner if is_open else None,
        "phases": config.names(),
        "gates": [{"gate": one.gate, "phase": one.phase, "is": one.what, "why": one.why} for one in found],
        "blocks": blocks,
        "stale": [one.gate for one in found if one.what == "stale"],
        "waivers": state.told_waivers(),
        "draft": draft if is_open and (project.root / draft).is_file() else None,
        "next": following if is_open else 'picctl start "the problem"',
    }


def lines(told: dict) -> Iterator[str]:
    yield f"{told['workflow']}: {told['problem']}" if told["workflow"] else "no workflow has been started"
    yield " > ".join(f"[{name}]" if name == told["phase"] else name for name in told["phases"])
    if told["owner"]:
        yield told["owner"]
    yield from map("  {is:8} {gate} ({phase}): {why}".format_map, told["gates"])
    yield from map("  waiver   {gate} until {until}, {by}: {why}".format_map, told["waivers"])
    yield f"next: {told['next']}"
