"""`avatar status`: is the environment the locked one, and what does this host have?"""

from __future__ import annotations

import click

from avatar.cli.help import Command
from avatar.cli.output import print_json


@click.command(
    cls=Command, examples="avatar status\navatar status --strict\navatar status --json\navatar status --licences"
)
@click.option("--strict", is_flag=True, help="Hash every installed file, import every module; print the fingerprint.")
@click.option(
    "--no-imports", is_flag=True, help="With --strict: leave the imports out (the full stack's take minutes)."
)
@click.option("--licences", is_flag=True, help="Only the licence of each locked package, as its own metadata names it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(strict: bool, no_imports: bool, licences: bool, as_json: bool) -> int:
    """The environment against the lock; GPU, driver, memory, disk, weights."""
    if licences:
        print_licences(as_json)
        return 0
    from avatar.environment.status import status_report

    report = status_report(strict=strict, imports=not no_imports)
    if as_json:
        print_json("status", report)
    else:
        for line in lines(report):
            click.echo(line)
    return 0 if all(check["ok"] for check in report["checks"]) else 1


def lines(report: dict) -> list[str]:
    """The report for a person: host first, then each check, what mends it below."""
    result = [f"{name:12} {value}" for name, value in report["host"].items()]
    for check in report["checks"]:
        state = "FAIL" if not check["ok"] else "warn" if check["warns"] else "ok  "
        result.append(f"{state} {check['name']}: {check['message']}")
        if check["remedy"]:
            result.append(f"     mend: {check['remedy']}")
    result += [f"fingerprint {layer} {digest}" for layer, digest in report["fingerprints"].items()]
    return result


def print_licences(as_json: bool) -> None:
    from avatar.environment.licences import licences

    rows = licences()
    if as_json:
        print_json("licences", rows)
        return
    for row in rows:
        click.echo("{package:28} {version:>14}  {layer:5} {licence}".format(**row))
