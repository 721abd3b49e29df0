"""`picctl init --agents`: what coding agents read. Each file is a few lines that call picctl, the one truth."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pic.config import Config, Phase, read_config
from pic.errors import PicError
from pic.repo import write_whole

BEGIN, END = "<!-- picctl: begin -->", "<!-- picctl: end -->"
RULES = """## Pilot in command

This repository is led through phases by `picctl`. A phase ends when its gates pass on what is there now.

- Coordination: `picctl status` says which phase is open, whose it is and what blocks. Work on that phase alone.
- Evidence: `picctl gate` runs the gates; a result is stale after an edit. Nothing is done because a text says so.
- Decisions: a choice that others must know is written down by `picctl decide`, with what else there was and why.
- Conflicts: two sides that cannot both be right become one decision with both claims as its options.
- Gates are not weakened to make them pass: a changed gate needs `picctl decide … --accepts GATE`.
- A phase is handed over by `picctl handoff`; when an earlier one was wrong: `picctl back PHASE --why "…"`.
"""
SKILLS = {
    "pic-start": (
        "Begin a workflow of phases for a problem. Use when a new piece of work is to be planned and made.",
        'Run `picctl start "PROBLEM"` with the problem in one sentence, then `picctl status`. Work on the phase that is\n'
        "open: its gates are in pic.toml, and `picctl gate` runs them. End it with `picctl handoff`.",
    ),
    "pic-status": (
        "Say which phase is open, what blocks it and what is stale. Use before any work in this repository.",
        "Run `picctl status` (`--json` for a program) and report the phase, its owner, each gate that is not green and the\n"
        "command after `next:`. Do not guess what it does not say.",
    ),
    "pic-decide": (
        "Write down a decision with its options, reason and the gate that confirms it. Use when two ways are open.",
        'Run `picctl decide "QUESTION" --option "A: its claim" --option "B: its claim" --choose A --why "REASON" --confirm GATE`.\n'
        "Give every option that was weighed. `--supersedes ID` ends an earlier decision.",
    ),
    "dependency-risk-planner": (
        "Tell the risks of packages by their names before they are chosen: dead, yanked, closed to a Python, vulnerable.",
        "Run `picctl audit NAME…`, for example `picctl audit torch TTS diffusers`. A `refuse` ends the choice; read out the\n"
        "reasons of a `look`. Write the choice down with `picctl decide`.",
    ),
}
EVENTS = ("SessionStart", "PostToolUse", "Stop")
HOOK = "command -v picctl >/dev/null && picctl hook {} || true"


def write(root: Path) -> list[str]:
    """The files that were written or changed; others are left alone. Raises PicError for settings that are no JSON."""
    files = {"AGENTS.md": block(root / "AGENTS.md"), ".claude/settings.json": settings(root / ".claude/settings.json")}
    for name, (description, body) in SKILLS.items():
        text = f"---\nname: {name}\ndescription: {json.dumps(description)}\n---\n\n# {name}\n\n{body}\n"
        files |= {f"{folder}/{name}/SKILL.md": text for folder in (".agents/skills", ".claude/skills")}
    config = read_config(root)
    for phase in config.phase:
        files[f".claude/agents/pic-{phase.name}.md"] = role(config, phase)
    changed = [name for name, text in files.items() if read_text(root / name) != text]
    for name in changed:
        write_whole(root / name, files[name])
    return changed


def read_text(path: Path) -> str | None:
    """None where there is none. Raises PicError for what is no text."""
    try:
        return path.read_text("utf-8") if path.is_file() else None
    except UnicodeDecodeError:
        raise PicError(f"{path} is not UTF-8 text", f"mend {path.name} by hand, then: picctl init --agents") from None


def block(path: Path) -> str:
    """The text of AGENTS.md with our block in it; what stands around it stays. Raises PicError where that cannot be told."""
    mend = f"mend {path.name} by hand, then: picctl init --agents"
    text = read_text(path) or ""
    ours = f"{BEGIN}\n{RULES}{END}"
    if BEGIN in text or END in text:
        if (text.count(BEGIN), text.count(END)) != (1, 1) or text.index(END) < text.index(BEGIN):
            raise PicError(f"{path} has our marks, {BEGIN} and {END}, but not one after the other", mend)
        return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: ours, text, count=1, flags=re.DOTALL)
    return f"{text.rstrip()}\n\n{ours}\n".lstrip()


def settings(path: Path) -> str:
    """Claude Code's settings with our hooks among those that are there."""
    text = read_text(path)
    mend = f"mend {path.name} or put it aside, then: picctl init --agents"
    try:
        there = json.loads(text or "{}")
        hooks = there.setdefault("hooks", {})
        for event in EVENTS:
            entries = hooks.setdefault(event, [])
            command = HOOK.format(event)
            if not any(hook.get("command") == command for entry in entries for hook in entry["hooks"]):
                entries.append({"matcher": "", "hooks": [{"type": "command", "command": command, "timeout": 10}]})
    except ValueError as error:
        raise PicError(f"{path} is no JSON: {error}", mend) from None
    except (AttributeError, TypeError, KeyError):
        raise PicError(f"{path} has not the form of Claude Code's settings", mend) from None
    return text if text and json.loads(text) == there else json.dumps(there, indent=2, ensure_ascii=False) + "\n"


def role(config: Config, phase: Phase) -> str:
    gates = ", ".join(gate.name for gate in config.gate if gate.phase == phase.name) or "none yet"
    return f"""---
name: pic-{phase.name}
description: {json.dumps(f"{phase.owner}, who works in the phase {phase.name} while it is open.")}
---

You are {phase.owner}. Run `picctl status`; where another phase is open, say so and stop.
The gates that end your phase: {gates}. Run them with `picctl gate {phase.name}`.
What must be there at its end: {", ".join(phase.deliverables) or "what its hand-off tells"}.
Write decisions with `picctl decide`, fill in `.pic/drafts/{phase.name}.md` and end with `picctl handoff`.
"""
