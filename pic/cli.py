"""picctl: the commands, and what they print."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pic import __version__, repo
from pic import trust as trusting
from pic.audit.command import audit
from pic.errors import Refused

if TYPE_CHECKING:
    from pic.config import Gate
    from pic.project import Project


def opened() -> Project:
    from pic.project import Project  # a tenth of a second, which --help and hooks do not need

    return Project.here()


class Ordered(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Ordered, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="picctl %(version)s")
def main() -> None:
    """Lead a repository through phases: a phase ends when its gate commands pass on what is there now."""


@main.command()
@click.option("--agents", is_flag=True, help="Also write what coding agents read: AGENTS.md, skills, roles, hooks.")
def init(agents: bool) -> None:
    """Make this repository one that is led. Done again, it loses nothing."""
    from pic import init as making

    root = repo.find_root(Path.cwd())
    had = (root / repo.CONFIG).exists()
    mine = not had or trusting.is_trusted(root)
    written = making.init(root)
    repo.refuse_ignored(root)
    if agents:
        from pic import agents as for_agents

        written += for_agents.write(root)
    if mine:
        trusting.trust(root)
    click.echo("\n".join(f"wrote {name}" for name in written) or "nothing to do: everything is there")
    click.echo("next: write [[gate]] into pic.toml, then: picctl start PROBLEM" if not had else "next: picctl status")


@main.command()
@click.argument("problem")
def start(problem: str) -> None:
    """Begin a workflow in the first phase."""
    from pic import moves

    project = opened()
    event = moves.start(project, problem)
    click.echo(f"{event['workflow']}: {event['phase']} is open, for {project.config.find_phase(event['phase']).owner}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Where we are, what blocks, what is stale."""
    from pic import status as telling

    told = telling.told(opened())
    click.echo(json.dumps(told, indent=1) if as_json else "\n".join(telling.lines(told)))


@main.command()
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Run also those whose result is still fresh.")
def gate(name: str | None, every: bool) -> None:
    """Run gates: those up to the open phase that are not fresh, or those of a PHASE, or the one of that NAME."""

    project = opened()
    if name is None:
        phase = project.open_phase()
        chosen = project.config.gates_until(phase)
        if not every:
            fresh = {one.gate for one in project.standings(phase) if one.what == "green"}
            chosen = [each for each in chosen if each.name not in fresh]
            if fresh and not chosen:
                click.echo(f"{len(fresh)} gates are green and fresh")
                return
    elif name in project.config.names():
        chosen = [each for each in project.config.gate if each.phase == name]
    else:
        chosen = [project.config.find_gate(name)]
    if not chosen:
        raise Refused(f"{name or project.state.phase} has no gate", f"write a [[gate]] into {repo.CONFIG}")
    trusting.refuse_untrusted(project.root)
    red = [each.name for each in chosen if not run_one(project, each)]
    if red:
        raise Refused(
            f"{len(red)} of {len(chosen)} gates are red: {', '.join(red)}", f"mend it, then: picctl gate {red[0]}"
        )


def run_one(project: Project, gate: Gate) -> bool:
    event = project.run_gate(gate)
    what = f"{event['count']} done" if event["green"] else event["why"]
    click.echo(f"{'green' if event['green'] else 'red  '} {gate.name} ({gate.phase}): {what}, {event['seconds']:.1f} s")
    if not event["green"]:
        for line in project.output_of(gate.name):
            click.echo(f"      | {line}")
    return event["green"]


@main.command()
@click.argument("names", nargs=-1)
@click.option("--skip", multiple=True, metavar="GATE", help="Leave a slow gate out of the copy; again.")
def prove(names: tuple[str, ...], skip: tuple[str, ...]) -> None:
    """Plant each gate's fault in a copy: that gate alone must turn red, and green again without it."""
    from pic import prove as proving

    project = opened()
    trusting.refuse_untrusted(project.root)
    gates = [project.config.find_gate(name) for name in names] or list(project.config.gate)
    gates = [each for each in gates if each.name not in {project.config.find_gate(name).name for name in skip}]
    wrong = 0
    for line, good in proving.prove(project, gates, skip):
        click.echo(line)
        wrong += not good
    if wrong:
        raise Refused(
            f"{wrong} gates are not proved", f"mend the gate or its fault in {repo.CONFIG}, then: picctl prove"
        )


@main.command()
def handoff() -> None:
    """End the open phase, by the draft that the first call writes. Refused while a gate or a part is missing."""
    from pic import moves

    event, name = moves.hand_over(opened())
    if event is None:
        raise Refused(f"{name} is written and empty", f"fill in every part of {name}, then: picctl handoff")
    click.echo(f"{name}\n{event['to']} is {'reached' if event['to'] == 'done' else 'open'}, for {event['to_pic']}")


@main.command()
@click.argument("question")
@click.option(
    "--option", "options", multiple=True, required=True, metavar="'NAME: CLAIM'", help="One that there is; again."
)
@click.option("--choose", "chosen", required=True, metavar="NAME", help="The one that is taken.")
@click.option("--why", required=True, help="The reason.")
@click.option("--confirm", "confirmation", required=True, metavar="GATE", help="The gate that shows that it holds.")
@click.option("--accepts", metavar="GATE", help="Accept that this gate was changed or removed.")
@click.option("--supersedes", metavar="ID", help="The decision that this one ends.")
@click.option("--who", help="Who decided; you, if left out.")
def decide(question: str, options: tuple[str, ...], **words: Any) -> None:
    """Write down a decision, and what confirms it."""
    from pic import decisions, moves

    event = moves.decide(opened(), question, list(options), **words)
    click.echo(decisions.file_name(event))


@main.command()
@click.argument("gate")
@click.option("--why", required=True, help="The reason.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds.")
@click.option("--who", help="Who takes it upon themselves; you, if left out.")
def waive(gate: str, why: str, until: datetime, who: str | None) -> None:
    """Let a phase end with a red GATE until a day. It still runs, and every later hand-off lists it."""
    from pic import moves

    event = moves.waive(opened(), gate, why, until.date(), who)
    click.echo(f"{gate} is waived until {event['until']} by {event['by']}")


@main.command()
@click.argument("phase")
@click.option("--why", required=True, help="The reason.")
def back(phase: str, why: str) -> None:
    """Open an earlier PHASE again."""
    from pic import moves

    moves.back(opened(), phase, why)
    click.echo(f"{phase} is open again")


@main.command()
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one a line.")
def log(count: int, as_json: bool) -> None:
    """The newest events."""
    from pic import status as telling

    for event in opened().log.events[-count:]:
        click.echo(json.dumps(event) if as_json else telling.event_line(event))


@main.command()
def verify() -> None:
    """Do the log, the state, the hand-offs and the decisions agree?"""
    from pic import verify as verifying

    project = opened()
    for name in verifying.settle(project):
        click.echo(f"written again from the log: {name}")
    wrong = list(verifying.problems(project))
    for line in wrong[1:]:
        click.echo(line, err=True)
    if wrong:
        what, _, mend = wrong[0].partition(": ")
        raise Refused(what, mend)
    click.echo(f"{len(project.log.events)} events, {len(verifying.documents(project))} documents: they agree")


main.add_command(audit)


@main.command()
@click.option("--yes", is_flag=True, help="They may run here.")
def trust(yes: bool) -> None:
    """See what pic.toml and hooks would run, and let them."""
    from pic.config import read_config

    root = repo.find_project(Path.cwd())
    for each in read_config(root).gate:
        click.echo(f"{each.name}: {json.dumps(each.run)}")
    if (root / trusting.WATCHED[1]).is_file():
        click.echo(f"hooks: {root / trusting.WATCHED[1]}")
    if not yes:
        raise Refused("nothing is trusted yet by this", "picctl trust --yes")
    trusting.trust(root)
    click.echo(f"trusted on this host until one of {', '.join(trusting.WATCHED)} changes")


@main.command(hidden=True)
@click.argument("event")
def hook(event: str) -> None:
    """What a coding agent's hook calls: one line into an ignored file, without what tools were given."""
    from pic import hooks

    hooks.record(event, sys.stdin.read())
