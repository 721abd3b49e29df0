"""What moves a workflow: start, hand-off, back; and what is written down on the way: decisions, waivers."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from pic import handoff, verify
from pic.errors import PicError, Refused
from pic.events import Event, forms
from pic.log import now, whoami
from pic.project import Project
from pic.repo import data, write_whole
from pic.state import DONE

LONGEST_WAIVER = 90  # days


def start(project: Project, problem: str) -> Event:
    if not problem.strip():
        raise PicError("the problem is empty", 'picctl start "what is to be made"')
    with project.writing():
        if project.state.workflow and project.state.phase != DONE:
            raise Refused(f"{project.state.workflow} is open in {project.state.phase}", "picctl status")
        words = {"workflow": now().strftime("WF-%Y%m%d-%H%M%S"), "problem": problem.strip()}
        first = project.config.names()[0]
        return project.append("start", **words, phase=first, agreed=project.agreed(first))


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
        kept = [key for key in forms()["result"] if key != "what"]
        to = next(iter(project.config.phases_after(phase.name)), None)
        event = project.append(
            "handoff", body=body, to=to.name if to else DONE,
            from_pic=phase.owner, to_pic=to.owner if to else "nobody: the workflow ends here",
            agreed=project.agreed(to.name) if to else project.state.agreed,
            gates=[{"what": s.what} | {key: s.result[key] for key in kept} for s in standings if s.result],
            waivers=project.state.told_waivers(), **{"from": phase.name},
        )  # fmt: skip
    verify.settle(project)
    if (project.root / verify.file_name(event)).is_file():  # so the event was read back from the log
        draft.unlink(missing_ok=True)
    return event, verify.file_name(event)


def back(project: Project, to: str, why: str) -> Event:
    after = [phase.name for phase in project.config.phases_after(to)]
    if not why.strip():
        raise PicError("going back needs a reason", f'picctl back {to} --why "…"')
    with project.writing():
        if not project.state.workflow:
            project.open_phase()
        phase = project.state.phase
        if phase in project.config.names() and phase not in after:
            raise Refused(f"{phase} is open, and {to} is not before it", "picctl status")
        later = sorted({*after, DONE, phase})
        return project.append("back", to=to, later=later, why=why.strip(), agreed=project.agreed(to))


def decide(project: Project, question: str, options: list[str], chosen: str, why: str, confirmation: str,
           accepts: str | None, supersedes: str | None, who: str | None) -> Event:  # fmt: skip
    pairs = [[part.strip() for part in option.partition(":")[::2]] for option in options]
    names = [name for name, _ in pairs]
    if not all(names):
        raise PicError("an option has no name", 'picctl decide … --option "NAME: its claim"')
    if chosen not in names:
        raise PicError(f"{chosen!r} is none of the options ({', '.join(names)})",
                       f'picctl decide … --option "{chosen}: its claim"')  # fmt: skip
    project.config.find_gate(confirmation)
    if not (question.strip() and why.strip()):
        raise PicError("a decision needs a question and a reason", 'picctl decide "QUESTION" … --why "REASON"')
    with project.writing():
        if supersedes and supersedes not in [one["decision"] for one in project.state.decisions]:
            raise PicError(f"there is no decision {supersedes!r}", "ls .pic/decisions")
        if accepts and accepts not in project.state.agreed:
            project.config.find_gate(accepts)
        event = project.append(
            "decide", decision=secrets.token_hex(4), question=question.strip(), options=pairs, chosen=chosen,
            reason=why.strip(), by=who or whoami(), confirmation=confirmation, accepts=accepts, supersedes=supersedes,
            digest=project.config.digests().get(accepts or "", ""),  # empty: it was taken away
        )  # fmt: skip
    verify.settle(project)
    return event


def waive(project: Project, gate: str, why: str, until: date, who: str | None) -> Event:
    project.config.find_gate(gate)
    today = now().date()
    mend = f"--until {today + timedelta(14)}"
    if not why.strip():
        raise PicError("a waiver needs a reason", f'picctl waive {gate} --why "…" {mend}')
    if not today <= until <= today + timedelta(LONGEST_WAIVER):
        raise PicError(f"a waiver ends between today and {LONGEST_WAIVER} days from now, not on {until}",
                       f"picctl waive {gate} … {mend}")  # fmt: skip
    with project.writing():
        return project.append("waive", gate=gate, why=why.strip(), by=who or whoami(), until=until.isoformat())
