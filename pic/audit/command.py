"""`picctl audit NAME…`: names checked, the index asked, the verdict as an exit code."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import click

from pic.errors import PicError

NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)  # PEP 508


def listed(path: Path) -> list[str]:
    """The first word of each line of a file; what follows a # is for people."""
    lines = [line.partition("#")[0].split() for line in path.read_text("utf-8", errors="replace").splitlines()]
    return [words[0] for words in lines if words]


def run(given: list[str], as_json: bool, need_vulnerabilities: bool) -> int:
    """Exit code 1 where one is refused. Raises PicError where a name is none, or nobody answers that must."""
    try:
        from packaging.utils import canonicalize_name
    except ImportError:
        raise PicError("the audit needs packaging", "pip install 'pilot-in-command[audit]'") from None
    from pic.audit import audit as auditing
    from pic.audit.host import pip_index
    from pic.audit.index import IndexProblem
    from pic.audit.table import as_dict, lines
    from pic.audit.vulnerabilities import UNKNOWN

    for text in given:
        if not NAME.fullmatch(text):
            raise PicError(f"{text!r} is no package name: letters, digits, '.', '-' and '_' only, without a version",
                           "picctl audit NAME")  # fmt: skip
    names = list(dict.fromkeys(map(canonicalize_name, given)))
    if not names:
        raise PicError("no package is named", "picctl audit NAME…")
    try:
        results = auditing.audit(names, pip_index(), date.today())
    except IndexProblem as problem:
        raise PicError(str(problem).rstrip("."), "pip config list, and mend what it says of the index") from None
    if as_json:
        click.echo(json.dumps([as_dict(one) for one in results], indent=1, default=str))
    else:
        click.echo("\n".join(lines(results, in_detail=True)))
        click.echo(f"{len(results)} names audited")
    if any(one.verdict == "refuse" for one in results):
        return 1
    unasked = [one.facts for one in results if one.facts.vulnerabilities is None]
    if need_vulnerabilities and unasked:
        why = next(
            (text.removeprefix(UNKNOWN) for text in unasked[0].unknown if text.startswith(UNKNOWN)), "no version"
        )
        raise PicError(f"vulnerabilities could not be asked of {len(unasked)} of {len(results)}: {unasked[0].name}: {why}",
                       "pip install 'pilot-in-command[audit]', and try what it asks: pip-audit; "
                       "where PyPI is out of reach, set PICCTL_OSV_URL")  # fmt: skip
    return 0


@click.command()
@click.argument("names", nargs=-1)
@click.option("--from", "file", type=click.Path(exists=True, dir_okay=False), help="A file of names, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--need-vulnerabilities", is_flag=True, help="Exit code 2 where pip-audit gives no answer of one.")
@click.pass_context
def audit(context: click.Context, names: tuple[str, ...], file: str | None, **how: bool) -> None:
    """The risks of packages by their NAMES: fine, look or refuse. Exit code 1 if one is refused."""
    context.exit(run([*names, *(listed(Path(file)) if file else [])], **how))
