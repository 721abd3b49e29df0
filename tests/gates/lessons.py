"""The tables of docs/lessons.md, written from faults.py: ./run --full python -P -m tests.gates.lessons"""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.gates.faults import FAULTS, HARMLESS, LESSONS

PAGE = ROOT / "docs/lessons.md"
TABLE = re.compile(r"(<!-- (\w+): made by tests/gates/lessons.py -->\n).*?(<!-- end -->)", re.DOTALL)


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def typed(command: str) -> str:
    """A gate as it is typed in a checkout."""
    command = re.sub(r" \{root\}$", "", command).replace("{real}/run", "./run")
    command = re.sub(r"\{\w+\}/", "", command)
    return f"`{cell(command)}`"


def lessons() -> str:
    rows = ["| what went wrong | what is different now | seen by |", "|---|---|---|"]
    for wrong, now, proofs in LESSONS:
        named = [f"`{proof}`" if proof.startswith("tests/") else proof for proof in proofs]
        rows.append(f"| {cell(wrong)} | {cell(now)} | {cell('; '.join(named))} |")
    return "\n".join(rows)


def faults() -> str:
    rows = ["| | planted | named by | and says |", "|---|---|---|---|"]
    for number, fault in enumerate(FAULTS, 1):
        said = re.sub(r"\{\w+\}/", "", fault.names)
        rows.append(f"| {number} | {cell(fault.what)} | {typed(fault.gate)} | `{cell(said)}` |")
    return "\n".join(rows)


def harmless() -> str:
    return "\n".join(f"- {each.what}" for each in HARMLESS)


def page(text: str) -> str:
    """The text of the page with its tables as faults.py has them now."""
    made = {"lessons": lessons, "faults": faults, "harmless": harmless}
    return TABLE.sub(lambda match: match[1] + made[match[2]]() + "\n" + match[3], text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
