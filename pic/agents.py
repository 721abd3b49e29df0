"""For coding agents: what `picctl init --agents` writes for them, a few lines each that call picctl; what a hook notes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from pic import trust
from pic.config import Config, Phase, need, read_config
from pic.errors import PicError
from pic.log import now, read_json, stamp
from pic.repo import FOLDER, data, find_project, read_text, refuse_outside, write_whole

BEGIN, END = "<!-- picctl: begin -->", "<!-- picctl: end -->"
SKILLS = ("pic-start", "pic-status", "pic-decide", "dependency-risk-planner")
NOTED = ("session_id", "tool_name", "tool_use_id", "source", "reason", "stop_hook_active")  # and no tool's input
MOST_BYTES = 5_000_000  # of what hooks noted; then it begins anew


def write(root: Path) -> list[str]:
    """The files that were written or changed; others are left alone. Raises PicError for one that we cannot add to."""
    files = {"AGENTS.md": block(root / "AGENTS.md"), ".claude/settings.json": settings(root / ".claude/settings.json")}
    for name in SKILLS:
        files |= {f"{at}/{name}/SKILL.md": data(f"skills/{name}.md") for at in (".agents/skills", ".claude/skills")}
    config = read_config(root)
    files |= {f".claude/agents/pic-{phase.name}.md": role(config, phase) for phase in config.phase}
    refuse_outside(root, *files)
    changed = [name for name, text in files.items() if read_text(root / name) != text]
    for name in changed:
        write_whole(root / name, files[name])
    return changed


def block(path: Path) -> str:
    """The text of AGENTS.md with our block in it; what stands around it stays. Raises PicError where that cannot be told."""
    text, ours = read_text(path) or "", data("agents.md")
    if BEGIN not in text and END not in text:
        return f"{text.rstrip()}\n\n{ours}".lstrip()
    if (text.count(BEGIN), text.count(END)) != (1, 1) or text.index(END) < text.index(BEGIN):
        raise PicError(f"{path} has our marks, {BEGIN} and {END}, but not one after the other",
                       f"mend {path.name} by hand, then: picctl init --agents")  # fmt: skip
    return text.partition(BEGIN)[0] + ours.rstrip() + text.partition(END)[2]


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table of JSON. Raises ValueError for a key that stands twice, as one of them would be lost."""
    need(len(table := dict(pairs)) == len(pairs), f"a key stands twice: {', '.join(table)}")
    return table


def settings(path: Path) -> str:
    """Claude Code's settings with our hooks among those that are there."""
    text = read_text(path)
    mend = f"mend {path.name} or put it aside, then: picctl init --agents"
    try:
        there = json.loads(text or "{}", object_pairs_hook=once)
        hooks = there.setdefault("hooks", {})
        for event, [ours] in json.loads(data("settings.json"))["hooks"].items():
            entries = hooks.setdefault(event, [])
            commands = [hook.get("command") for entry in entries for hook in entry["hooks"]]
            if ours["hooks"][0]["command"] not in commands:
                entries.append(ours)
        made = json.dumps(there, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        made.encode()
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError) as error:
        raise PicError(f"{path} is no JSON of the form of Claude Code's settings: {error}", mend) from None
    return text if text and json.loads(text) == there else made


def role(config: Config, phase: Phase) -> str:
    return data("role.md").format(
        phase=phase.name, owner=phase.owner,
        description=json.dumps(f"{phase.owner}, who works in the phase {phase.name} while it is open."),
        gates=", ".join(gate.name for gate in config.gate if gate.phase == phase.name) or "none yet",
        deliverables=", ".join(phase.deliverables) or "what its hand-off tells",
    )  # fmt: skip


def note(event: str, given: bytes) -> None:
    """One line of what a hook tells. Nothing where nothing is led or trusted: a hook must not stop an agent's work."""
    with suppress(PicError, OSError):
        root = find_project(Path.cwd())
        if trust.is_trusted(root):
            said = read_json(given)
            noted = {key: said[key] for key in NOTED if key in said} if isinstance(said, dict) else {}
            path = root / FOLDER / "hooks.jsonl"
            long = path.is_file() and path.stat().st_size > MOST_BYTES
            with open(path, "w" if long else "a", encoding="utf-8") as file:
                file.write(json.dumps({"at": stamp(now()), "event": event} | noted) + "\n")
