"""`avatar verify FILE…`: is a video as it was signed, and was it signed here; of several, a line for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avatar.cli.help import Command
from avatar.cli.output import print_json
from avatar.errors import InputError, RequestError
from avatar.failures import exit_code, explanation
from avatar.invocation import printable

if TYPE_CHECKING:
    from avatar.provenance.verifying import Verdict

EXIT_CODES = {"unchanged": 0, "changed": 3, "expired": 4, "no manifest": 5, "signed by another": 6}
OTHER_BYTES = 7  # rendered anew, the same request gave another video
TOLD = {
    "unchanged": "unchanged since this home signed it",
    "changed": "changed after it was signed",
    "expired": "as it was signed, but the certificate has expired",
    "no manifest": "no manifest: nobody signed it, or the signature was taken out",
    "signed by another": "unchanged since it was signed, by another than this home",
}


# The gravest first; before all that is told of a signature, and after "changed": a file that could not be looked at (2, 1, 75)
GRAVEST = (3, 2, 1, 75, 7, 6, 5, 4, 0)


@click.command(
    cls=Command,
    examples="avatar verify talk.mp4\navatar verify talk.mp4 --json\navatar verify talk.mp4 --again\navatar verify videos/*.mp4",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--again", "is_again", is_flag=True, help="Render the same request anew, and compare the bytes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(files: tuple[Path, ...], is_again: bool, as_json: bool) -> int:
    """Look whether a video is as it was signed; nothing is asked of the network.

    Exit code 0: unchanged since this home signed it. 3: changed. 4: the certificate has expired. 5: no manifest. 6:
    signed by another. 7: with --again, other bytes. Several videos have a line each, and the gravest one's code: changed
    first, then a file that cannot be read. It says nothing of who made a video: who has the home's key can sign.
    """
    from avatar import work

    if len(files) != 1:
        return verify_several(files, is_again, as_json)
    (file,) = files
    verdict = work.verify(file, is_again)
    if as_json:
        print_json("verify", as_dict(file, verdict))
    else:
        for line in lines(file, verdict):
            click.echo(printable(line))
    return code_of(verdict)


def verify_several(files: tuple[Path, ...], is_again: bool, as_json: bool) -> int:
    """A line for each, on standard error where it cannot be looked at; returns the gravest exit code.

    Raises EnvironmentProblem where none can be verified on this host.
    """
    from avatar import work

    told: list[dict[str, Any]] = []
    for file in files:
        try:
            verdict = work.verify(file, is_again)
        except (RequestError, InputError, OSError) as error:
            told.append({**nothing_known(file), "exit_code": exit_code(error), "error": as_told(error)})
            if not as_json:
                click.echo(printable(f"{file}: {explanation(error)}"), err=True)
            continue
        told.append({**as_dict(file, verdict), "error": None})
        if not as_json:
            click.echo(printable(line_of(file, verdict)))
    if as_json:
        print_json("verdicts", told)
    return min((each["exit_code"] for each in told), key=GRAVEST.index)


def as_dict(file: Path, verdict: Verdict) -> dict[str, Any]:
    return {"file": str(file), **vars(verdict), "exit_code": code_of(verdict)}


def nothing_known(file: Path) -> dict[str, Any]:
    from avatar.provenance.verifying import Verdict

    return {"file": str(file), **dict.fromkeys(Verdict.__dataclass_fields__)}


def as_told(error: Exception) -> dict[str, str]:
    return {"kind": getattr(error, "kind", "failed"), "message": explanation(error)}


def code_of(verdict: Verdict) -> int:
    if verdict.state == "unchanged" and verdict.again not in (None, verdict.video):
        return OTHER_BYTES
    return EXIT_CODES[verdict.state]


def line_of(file: Path, verdict: Verdict) -> str:
    """All that one line of several says."""
    is_other = code_of(verdict) == OTHER_BYTES
    return f"{file}: {TOLD[verdict.state]}" + (", and its request gives other bytes now" if is_other else "")


def lines(file: Path, verdict: Verdict) -> Iterator[str]:
    yield f"{file}: {TOLD[verdict.state]}"
    yield from (f"  does not fit: {why}" for why in verdict.why)
    if verdict.signed_by:
        yield f"  certificate of: {verdict.signed_by}"
    for name in ("signed", "job", "stack", "seed", "request"):
        if name in verdict.says:
            yield f"  {name}: {verdict.says[name]}"
    yield f"  sha256: {verdict.sha256}"
    if verdict.video:
        yield f"  sha256 without the manifest: {verdict.video}"
    if verdict.again:
        yield f"  rendered again: {'the same bytes' if verdict.again == verdict.video else f'other bytes, {verdict.again}'}"
