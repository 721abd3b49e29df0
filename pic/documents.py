"""The files that tell people of hand-offs and decisions, written from the log alone."""

from __future__ import annotations

import re

from pic.handoff import COMMENT
from pic.log import Event
from pic.repo import FOLDER, data
from pic.state import DONE, State


def file_name(event: Event) -> str:
    """`<date>-<slug>-<id>.md`: two branches never give the same one, and no log leads out of its folder."""
    if event["type"] == "handoff":
        folder, name = "handoffs", f"{event['from']}-to-{event['to']}-{event['id']}"
    else:
        slug = re.sub(r"[^a-z0-9]+", "-", event["question"].lower()).strip("-")[:40].strip("-") or "decision"
        folder, name = "decisions", f"{slug}-{event['decision']}"
    return f"{FOLDER}/{folder}/" + f"{event['at'][:10]}-{name}.md".replace("/", "-")


def documents(state: State) -> dict[str, str]:
    """{path: text} of every file that the log tells of."""
    found = {file_name(event): handoff(event) for event in state.handoffs}
    return found | {file_name(event): decision(event, state) for event in state.decisions}


def handoff(event: Event) -> str:
    row = "| {gate} | {phase} | {what} | {count} | {tree:.12} | {python} | {host} |"
    waivers = "\n".join(map("- `{gate}` until {until}, {by}: {why}".format_map, event["waivers"]))
    words = {
        "from": event["from"].title(),
        "to": "the end" if event["to"] == DONE else event["to"].title(),
        "body": COMMENT.sub("", event["body"]).strip(),
        "gates": "\n".join(map(row.format_map, event["gates"])),
        "waivers": waivers or "None.",
    }
    return data("handoff.md").format_map(event | words)


def decision(event: Event, state: State) -> str:
    options = [f"- **{option}**{f': {claim}' if claim else ''}" for option, claim in event["options"]]
    words = {
        "options": "\n".join(options),
        "accepts": f"\nIt accepts the change of the gate `{event['accepts']}`.\n" if event.get("accepts") else "",
        "workflow": event["workflow"] or "none",
        "later": state.superseded_by(event["decision"]) or "nothing",
    }
    return data("decision.md").format_map(event | words)
