"""`avatar pipeline run --table …`: a video for each row, a line for each on stdout or stderr."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avatar.cli.output import print_json
from avatar.errors import AvatarError, EnvironmentProblem, Interrupted, RequestError, TemporaryProblem
from avatar.failures import exit_code, explanation
from avatar.files import refuse_host_failure
from avatar.invocation import printable
from avatar.progress import Event

if TYPE_CHECKING:
    from avatar.batch.making import Outcome
    from avatar.batch.table import Row

STAGE_COUNT = 4


def refuse_without_table(**options: Any) -> None:
    for name, value in options.items():
        if value:
            raise RequestError("this is for a table of videos; give one.", (name,), {"table": "FILE"})


def refuse_on_a_cluster(**options: bool) -> None:
    for name, value in options.items():
        if value:
            raise RequestError("this is for a table that is made on this machine; leave it away.", (name,))
    if not importlib.util.find_spec("ray"):
        raise EnvironmentProblem(
            "this environment has no Ray; './run avatar pipeline run --table … --on …' in a checkout makes the one that has."
        )


def run_table(
    table: Path,
    folder: Path | None,
    defaults: dict[str, Any],
    single: dict[str, Any],
    overwrite: bool,
    numbers: Sequence[int],
    missing: bool,
    dry_run: bool,
    as_json: bool,
    priority: int | None,
    on: str | None,
    quiet: bool = False,
) -> int:
    """Returns the exit code: 0, 75 where every row that failed may work when tried again, else 1; of one --row its own.

    single: options that are for one video alone. priority: in the queue, where the rows are to be put; None is now.
    on: the address of a cluster that makes them. quiet: the paths alone, and what went wrong.
    """
    from avatar.batch.making import make_rows, queue_rows
    from avatar.batch.plan import plan_rows
    from avatar.batch.table import read_table

    if single.pop("output", None) is not None:
        raise RequestError(
            "this is one video's, and a table makes many, each under its name; name their folder.",
            ("output",),
            {"folder": "FOLDER"},
        )
    if given := [name for name, value in single.items() if value is not None]:
        raise RequestError("this is for one video, and a table has a column for it; leave it away.", given)
    if folder is None:
        raise RequestError("a table needs a folder for its videos; name one.", (), {"folder": "FOLDER"})
    folder = folder.absolute()
    refuse_no_folder(folder)
    if on is not None:
        refuse_on_a_cluster(dry_run=dry_run, queue=priority is not None)
    tell = nothing if quiet else TablePrinter()
    rows = chosen(read_table(table.absolute()), numbers)
    if missing:
        rows = [row for row in rows if not (folder / f"{row.name}.mp4").exists()]
    if dry_run:
        outcomes = plan_rows(rows, folder, defaults, overwrite)
    elif priority is not None:
        make_folder(folder)
        outcomes = queue_rows(rows, folder, defaults, overwrite, priority)
    elif on is not None:
        from avatar.batch import on_ray

        make_folder(folder)
        outcomes = on_ray.make_rows(on, rows, folder, defaults, overwrite, tell)
    else:
        make_folder(folder)
        outcomes = make_rows(rows, folder, defaults, overwrite, tell)
    told: list[Outcome] = []
    try:
        for outcome in outcomes:
            told.append(outcome)
            if not as_json:
                print_outcome(outcome, quiet)
    except KeyboardInterrupt as stop:
        raise Interrupted("stopped; the same command goes on with the rows that are not made yet.") from stop
    if as_json:
        print_json("table", [as_dict(outcome) for outcome in told])
    failed = [outcome.error for outcome in told if outcome.error]
    made = sum(outcome.is_new for outcome in told if outcome.video)
    done = "would be made" if dry_run else "made" if priority is None else "queued"
    there = len(told) - made - len(failed)
    if not quiet:
        click.echo(f"{len(told)} rows: {made} {done}, {there} there already, {len(failed)} failed", err=True)
    codes = {exit_code(error) for error in failed}
    return 0 if not codes else codes.pop() if len(numbers) == 1 or codes == {TemporaryProblem.exit_code} else 1


def refuse_no_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{str(folder)!r} is no folder; name another for the videos.", ("folder",))


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse_host_failure(error, f"making {str(folder)!r}")
        raise RequestError(
            f"cannot make the folder {str(folder)!r}: {error.strerror}; name another for the videos.", ("folder",)
        ) from error


def chosen(rows: list[Row], numbers: Sequence[int]) -> list[Row]:
    if unknown := [number for number in numbers if not 0 < number <= len(rows)]:
        raise RequestError(f"the table has {len(rows)} rows, and no row {unknown[0]}.", ("row",))
    return [rows[number - 1] for number in dict.fromkeys(numbers)] if numbers else rows


def print_outcome(outcome: Outcome, quiet: bool) -> None:
    if outcome.error:
        click.echo(printable(f"{outcome.row.label}: {sentence(outcome.error)}"), err=True)
        return
    for note in () if quiet else outcome.notes:
        click.echo(printable(f"note: {outcome.row.name}: {note}"), err=True)
    click.echo(printable(str(outcome.video)) + (f"  {outcome.plan}" if outcome.plan else ""))


def sentence(error: Exception) -> str:
    """An error in the words of a table, whose columns are the fields."""
    if isinstance(error, AvatarError):
        fields = ["background" if field == "backdrop" else field for field in error.fields]  # one column takes both
        return ", ".join(fields) + (": " if fields else "") + str(error)
    return explanation(error)


def as_dict(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "row": outcome.row.number,
        "name": outcome.row.name,
        "video": outcome.video and str(outcome.video),
        "is_new": outcome.video is not None and outcome.is_new,
        "plan": outcome.plan or None,
        "notes": list(outcome.notes),
        "error": error and {"kind": getattr(error, "kind", "failed"), "message": sentence(error)},
    }


def nothing(row: Row, event: Event) -> None:
    """Tells nobody."""


class TablePrinter:
    """Prints events of many rows on stderr: a line for each stage that is done, and each note once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, row: Row, event: Event) -> None:
        if event.note and event.note not in self._told:
            self._told.add(event.note)
            click.echo(printable(f"note: {row.name}: {event.note}"), err=True)
        if event.is_end and not event.is_cached:
            click.echo(printable(f"[{event.number}/{STAGE_COUNT}] {event.stage}  {row.name}"), err=True)
