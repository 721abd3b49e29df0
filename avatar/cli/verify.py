"""`avatar verify FILE`: is a video as it was signed, and was it signed here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from avatar.cli.help import Command
from avatar.cli.output import print_json
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


@click.command(
    cls=Command, examples="avatar verify talk.mp4\navatar verify talk.mp4 --json\navatar verify talk.mp4 --again"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--again", "is_again", is_flag=True, help="Render the same request anew, and compare the bytes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(file: Path, is_again: bool, as_json: bool) -> int:
    """Look whether a video is as it was signed; nothing is asked of the network.

    Exit code 0: unchanged since this home signed it. 3: changed. 4: the certificate has expired. 5: no manifest. 6:
    signed by another. 7: with --again, other bytes. It says nothing of who made a video: who has the home's key can sign.
    """
    from avatar import work

    verdict = work.verify(file, is_again)
    if as_json:
        print_json("verify", {"file": str(file), **vars(verdict), "exit_code": code_of(verdict)})
    else:
        for line in lines(file, verdict):
            click.echo(printable(line))
    return code_of(verdict)


def code_of(verdict: Verdict) -> int:
    if verdict.state == "unchanged" and verdict.again not in (None, verdict.video):
        return OTHER_BYTES
    return EXIT_CODES[verdict.state]


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
