"""Decisions: what was asked, what could have been done, what is done and why; files written from the log."""

from __future__ import annotations

import re

from pic.log import Event
from pic.repo import FOLDER
from pic.state import State


def file_name(event: Event) -> str:
    """`<date>-<slug>-<id>.md`: two branches never give the same one."""
    slug = re.sub(r"[^a-z0-9]+", "-", event["question"].lower()).strip("-")[:40].strip("-") or "decision"
    return f"{FOLDER}/decisions/{event['at'][:10]}-{slug}-{event['decision']}.md"


def text(event: Event, state: State) -> str:
    options = "\n".join(f"- **{option}**{f': {claim}' if claim else ''}" for option, claim in event["options"])
    accepts = f"\nIt accepts the change of the gate `{event['accepts']}`.\n" if event.get("accepts") else ""
    return f"""# {event["question"]}

Decision {event["decision"]}, {event["at"]}, workflow {event["workflow"] or "none"}
Superseded by: {state.superseded_by(event["decision"]) or "nothing"}

## Options

{options}

## Decision

{event["chosen"]}
{accepts}
## Why

{event["reason"]}

## Who

{event["by"]}

## Confirmation

The gate `{event["confirmation"]}`.
"""
