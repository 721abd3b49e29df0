"""picctl: the commands, and what they print."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pic import __version__, agents, init, moves, prove, repo, state, status, trust, verify
from pic.audit.command import audit
from pic.config import read_config
from pic.errors import Refused, one_line
from pic.events import forms
from pic.project import Project

WHY = click.option("--why", required=True, help="The reason.")
WHO = click.option("--who", help="Who decides; you, if left out.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, of events one a line.")


class Ordered(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Ordered, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="picctl %(version)s")
def main() -> None:
    """Lead a repository through phases: a phase ends when its gate commands pass on what is there now."""


@main.command("init")
@click.option("--agents", "too", is_flag=True, help="Also what coding agents read: AGENTS.md, skills, roles, hooks.")
def to_init(too: bool) -> None:
    """Make this repository one that is led. Done again, it loses nothing."""
    root = repo.find_root(Path.cwd())
    had = (root / repo.CONFIG).exists()
    mine = not had or trust.is_trusted(root)
    written = init.init(root)
    repo.refuse_ignored(root)
    written += agents.write(root) if too else []
    if mine:
        trust.trust(root)
    click.echo("\n".join(f"wrote {name}" for name in written) or "nothing to do: everything is there")
    click.echo("next: picctl status" if had else "next: write [[gate]] into pic.toml, then: picctl start PROBLEM")


@main.command("start")
@click.argument("problem")
def to_start(problem: str) -> None:
    """Begin a workflow in the first phase."""
    project = Project.here()
    event = moves.start(project, problem)
    click.echo(f"{event['workflow']}: {event['phase']} is open, for {project.config.find_phase(event['phase']).owner}")


@main.command("status")
@JSON
def to_status(as_json: bool) -> None:
    """Where we are, what blocks, what is stale."""
    told = status.told(Project.here())
    click.echo(json.dumps(told, indent=1) if as_json else "\n".join(map(one_line, status.lines(told))))


@main.command("gate")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Run also those whose result is still fresh.")
def to_gate(name: str | None, every: bool) -> None:
    """Run gates: those up to the open phase that are not fresh, or those of a PHASE, or the one of that NAME."""
    project = Project.here()
    if name is None:
        green = {one.gate for one in project.standings(project.open_phase()) if one.what == "green" and not every}
        chosen = [gate for gate in project.config.gates_until(project.state.phase) if gate.name not in green]
        if green and not chosen:
            return click.echo(f"{len(green)} gates are green and fresh")
    elif name in project.config.names():
        chosen = [gate for gate in project.config.gate if gate.phase == name]
    else:
        chosen = [project.config.find_gate(name)]
    if not chosen:
        raise Refused(f"{name or project.state.phase} has no gate", f"write a [[gate]] into {repo.CONFIG}")
    trust.refuse_to_run(project.root)
    red = []
    for gate in chosen:
        event = project.run_gate(gate)
        colour, what = ("green", f"{event['count']} done") if event["green"] else ("red  ", event["why"])
        click.echo(f"{colour} {gate.name} ({gate.phase}): {what}, {event['seconds']:.1f} s")
        if not event["green"]:
            red.append(gate.name)
            click.echo("".join(f"      | {line}\n" for line in project.output_of(gate.name)), nl=False)
    if red:
        said = f"{len(red)} of {len(chosen)} gates are red: {', '.join(red)}"
        raise Refused(said, f"mend it, then: picctl gate {red[0]}")


@main.command("prove")
@click.argument("names", nargs=-1)
@click.option("--skip", multiple=True, metavar="GATE", help="Leave a slow gate out of the copy; again.")
def to_prove(names: tuple[str, ...], skip: tuple[str, ...]) -> None:
    """Plant each gate's fault in a copy: that gate alone must turn red, and green again without it."""
    project = Project.here()
    trust.refuse_to_run(project.root)
    left_out = [project.config.find_gate(name) for name in skip]
    gates = [project.config.find_gate(name) for name in names] or project.config.gate
    wrong = 0
    for line, good in prove.prove(project, [gate for gate in gates if gate not in left_out], skip):
        click.echo(line)
        wrong += not good
    if wrong:
        raise Refused(f"{wrong} gates are not proved", "mend them or their faults in pic.toml, then: picctl prove")


@main.command("handoff")
def to_handoff() -> None:
    """End the open phase, by the draft that the first call writes. Refused while a gate or a part is missing."""
    event, name = moves.hand_over(Project.here())
    if event is None:
        raise Refused(f"{name} is written and empty", f"fill in every part of {name}, then: picctl handoff")
    click.echo(f"{name}\n{event['to']} is {'reached' if event['to'] == state.DONE else 'open'}, for {event['to_pic']}")


@main.command("decide")
@click.argument("question")
@click.option("--option", "options", multiple=True, required=True, metavar="'NAME: CLAIM'", help="One of them; again.")
@click.option("--choose", "chosen", required=True, metavar="NAME", help="The one that is taken.")
@WHY
@click.option("--confirm", "confirmation", required=True, metavar="GATE", help="The gate that shows that it holds.")
@click.option("--accepts", metavar="GATE", help="Accept that this gate was changed or removed.")
@click.option("--supersedes", metavar="ID", help="The decision that this one ends.")
@WHO
def to_decide(question: str, options: tuple[str, ...], **words: Any) -> None:
    """Write down a decision, and what confirms it."""
    click.echo(verify.file_name(moves.decide(Project.here(), question, list(options), **words)))


@main.command("waive")
@click.argument("gate")
@WHY
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds.")
@WHO
def to_waive(gate: str, why: str, until: datetime, who: str | None) -> None:
    """Let a phase end with a red GATE until a day. It still runs, and every later hand-off lists it."""
    event = moves.waive(Project.here(), gate, why, until.date(), who)
    click.echo(f"{gate} is waived until {event['until']} by {event['by']}")


@main.command("back")
@click.argument("phase")
@WHY
def to_back(phase: str, why: str) -> None:
    """Open an earlier PHASE again."""
    moves.back(Project.here(), phase, why)
    click.echo(f"{phase} is open again")


@main.command("log")
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@JSON
def to_log(count: int, as_json: bool) -> None:
    """The newest events."""
    for event in Project.here().log.events[-count:]:
        told = event | {"colour": "green" if event.get("green") else f"red: {event.get('why')}"}
        line = ("{at} {who:12} {type:8} " + forms()["told"][event["type"]]).format_map(told)
        click.echo(json.dumps(event) if as_json else one_line(line))


@main.command("verify")
def to_verify() -> None:
    """Do the log, the state, the hand-offs and the decisions agree?"""
    project = Project.here()
    for name in verify.settle(project):
        click.echo(f"written again from the log: {name}")
    wrong = list(verify.problems(project))
    for line in wrong[1:]:
        click.echo(one_line(line), err=True)
    if wrong:
        what, _, mend = wrong[0].partition(": ")
        raise Refused(what, mend)
    if project.state.phase not in ("", state.DONE):
        project.open_phase()  # which pic.toml may name no more
    click.echo(f"{len(project.log.events)} events, {len(verify.documents(project))} documents: they agree")


main.add_command(audit)


@main.command("trust")
@click.option("--yes", is_flag=True, help="They may run here.")
def to_trust(yes: bool) -> None:
    """See what pic.toml and hooks would run, and let them."""
    root = repo.find_project(Path.cwd())
    for gate in read_config(root).gate:
        click.echo(f"{gate.name}: {json.dumps(gate.run)}")
    if (root / trust.WATCHED[1]).is_file():
        click.echo(f"hooks: {root / trust.WATCHED[1]}")
    if not yes:
        raise Refused("nothing is trusted yet by this", "picctl trust --yes")
    trust.trust(root)
    click.echo(f"trusted on this host until one of {', '.join(trust.WATCHED)} changes")


@main.command("hook", hidden=True)
@click.argument("event")
def to_hook(event: str) -> None:
    """What a coding agent's hook calls: one line into an ignored file, without what tools were given."""
    agents.note(event, sys.stdin.buffer.read() if sys.stdin else b"")
