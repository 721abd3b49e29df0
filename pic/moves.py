"""What moves a workflow: start, hand-off, back; and what is written down on the way: decisions, waivers."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from pic import documents, handoff, verify
from pic.errors import PicError, Refused
from pic.log import Event, now, whoami
from pic.project import Project
from pic.repo import data, write_whole
from pic.state import DONE

LONGEST_WAIVER = 90  # days


def needed(words: str, what: str, mend: str) -> str:
    """The words without blanks around them. Raises PicError where there are none."""
    if not words.strip():
        raise PicError(what, mend)
    return words.strip()


def start(project: Project, problem: str) -> Event:
    problem = needed(problem, "the problem is empty", 'picctl start "what is to be made"')
    with project.writing():
        if project.state.workflow and project.state.phase != DONE:
            raise Refused(f"{project.state.workflow} is open in {project.state.phase}", "picctl status")
        workflow, first = now().strftime("WF-%Y%m%d-%H%M%S"), project.config.names()[0]
        return project.append("start", workflow=workflow, problem=problem, phase=first, agreed=project.agreed(first))


def hand_over(project: Project) -> tuple[Event | None, str]:
    """The event and its file; None and the draft's name where there was no draft and one was written."""
    phase = project.config.find_phase(project.open_phase())
    draft = project.root / handoff.draft_name(phase.name)
    if not draft.is_file():
        write_whole(draft, data("form.md").replace("{phase}", phase.name))
        return None, handoff.draft_name(phase.name)
    body = draft.read_text("utf-8", errors="replace")
    with project.writing():
        if project.open_phase() != phase.name:  # another writer was quicker
            raise Refused(f"{phase.name} was handed over meanwhile", "picctl status")
        standings = project.standings(phase.name)
        for one in standings:
            if not one.passes:
                raise Refused(f"gate {one.gate} is {one.what}: {one.why}", one.mend)
        if not any(one.phase == phase.name for one in standings):
            raise Refused(f"{phase.name} has no gate, so nothing shows that it has ended",
                          "write a [[gate]] of it into pic.toml, then: picctl gate")  # fmt: skip
        handoff.refuse_deliverables(project.root, phase)
        handoff.refuse_body(body, phase.name, project.root, standings)
        later = project.config.phases_after(phase.name)
        to = later[0] if later else None
        event = project.append(
            "handoff", workflow=project.state.workflow, body=body, to=to.name if to else DONE,
            from_pic=phase.owner, to_pic=to.owner if to else "nobody: the workflow ends here",
            agreed=project.agreed(to.name) if to else project.state.agreed,
            gates=[evidence(one.result, one.what) for one in standings if one.result],
            waivers=project.state.told_waivers(),
            **{"from": phase.name},
        )  # fmt: skip
    verify.settle(project)
    if (project.root / documents.file_name(event)).is_file():  # so the event was read back from the log
        draft.unlink(missing_ok=True)
    return event, documents.file_name(event)


def evidence(result: Event, what: str) -> dict:
    kept = ("gate", "phase", "count", "seconds", "tree", "key", "commit", "digest", "locks", "python", "host", "id")
    return {"what": what, **{name: result[name] for name in kept}}


def back(project: Project, to: str, why: str) -> Event:
    after = [phase.name for phase in project.config.phases_after(to)]
    why = needed(why, "going back needs a reason", f'picctl back {to} --why "…"')
    with project.writing():
        if not project.state.workflow:
            project.open_phase()
        phase = project.state.phase
        if phase in project.config.names() and phase not in after:
            raise Refused(f"{phase} is open, and {to} is not before it", "picctl status")
        return project.append(
            "back", workflow=project.state.workflow, to=to, later=sorted({*after, DONE, phase}), why=why,
            agreed=project.agreed(to),
        )  # fmt: skip


def decide(project: Project, question: str, options: list[str], chosen: str, why: str, confirmation: str,
           accepts: str | None, supersedes: str | None, who: str | None) -> Event:  # fmt: skip
    pairs = [[part.strip() for part in option.partition(":")[::2]] for option in options]
    names = [name for name, _ in pairs]
    if chosen not in names:
        raise PicError(f"{chosen!r} is none of the options ({', '.join(names)})",
                       f'picctl decide … --option "{chosen}: its claim"')  # fmt: skip
    project.config.find_gate(confirmation)
    asks = "a decision needs a question and a reason", 'picctl decide "QUESTION" … --why "REASON"'
    question, why = needed(question, *asks), needed(why, *asks)
    with project.writing():
        if supersedes and supersedes not in [one["decision"] for one in project.state.decisions]:
            raise PicError(f"there is no decision {supersedes!r}", "ls .pic/decisions")
        if accepts and accepts not in project.state.agreed:
            project.config.find_gate(accepts)
        event = project.append(
            "decide", workflow=project.state.workflow, decision=secrets.token_hex(4), question=question, options=pairs,
            chosen=chosen, reason=why, by=who or whoami(), confirmation=confirmation, accepts=accepts,
            digest=project.config.digests().get(accepts or "", ""),  # empty: it was taken away
            supersedes=supersedes,
        )  # fmt: skip
    verify.settle(project)
    return event


def waive(project: Project, gate: str, why: str, until: date, who: str | None) -> Event:
    project.config.find_gate(gate)
    today = now().date()
    mend = f"--until {today + timedelta(14)}"
    why = needed(why, "a waiver needs a reason", f'picctl waive {gate} --why "…" {mend}')
    if not today <= until <= today + timedelta(LONGEST_WAIVER):
        raise PicError(f"a waiver ends between today and {LONGEST_WAIVER} days from now, not on {until}",
                       f"picctl waive {gate} … {mend}")  # fmt: skip
    with project.writing():
        return project.append("waive", workflow=project.state.workflow, gate=gate, why=why, by=who or whoami(),
                              until=until.isoformat())  # fmt: skip
