"""`avatar fit`: will this card do, before 8.5 GB of weights are downloaded?"""

from __future__ import annotations

import math

import click

from avatar.cli.help import Command
from avatar.cli.output import print_json
from avatar.limits import LONGEST_S

EXAMPLES = """
avatar fit
avatar fit --gpu "RTX 3080"
avatar fit --gpu 3080 --seconds 60 --json
avatar fit --vram 16 --capability 8.9
"""
HEADINGS = ("stage", "model", "weights", "alive", "copies", "other", "needed", "peak", "seconds")


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--gpu", "name", help="Answer for this card instead of this host; needs no GPU and no PyTorch.")
@click.option("--vram", metavar="GIB", type=float, help="Answer for a card of this memory that --gpu does not know.")
@click.option("--capability", metavar="X.Y", help="With --vram: the card's compute capability, like 8.9.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, LONGEST_S, min_open=True),
    default=10.0,
    help="Length of the video. [default: 10]",
)
@click.option("--measure", is_flag=True, help="On a host without a GPU: run the steps on the CPU; takes many minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fit(
    name: str | None, vram: float | None, capability: str | None, seconds: float, measure: bool, as_json: bool
) -> int:
    """Memory, time and disk that the full stack takes on this card.

    Downloads nothing. On a host with a GPU the models are built in their real shapes with random numbers, one after
    another, and a step of each is run. The exit code is 1 where they do not fit.
    """
    refuse_contradictions(name, vram, capability, measure)
    if math.isnan(seconds):  # click compares, and no comparison with it fails
        raise click.BadParameter("nan is no length of a video.", param_hint="'--seconds'")
    report = asked(name, vram, capability, seconds, measure)
    if as_json:
        print_json("fit", report)
    else:
        click.echo("\n".join(lines(report)))
    return 0 if report["fits"] else 1


def refuse_contradictions(name: str | None, vram: float | None, capability: str | None, measure: bool) -> None:
    from avatar.errors import RequestError

    if name is not None and vram is not None:
        raise RequestError("--gpu names a card whose memory is known and --vram gives a memory; give one of the two.")
    if capability is not None and vram is None:
        raise RequestError("--capability belongs to a card that --vram describes; give --vram too, or leave it out.")
    if measure and (name is not None or vram is not None):
        option = "--gpu" if vram is None else "--vram"
        raise RequestError(f"{option} answers without measuring and --measure measures this host; give one of the two.")


def asked(name: str | None, vram: float | None, capability: str | None, seconds: float, measure: bool) -> dict:
    from avatar.device import hardware
    from avatar.fit import plan

    if name is not None:
        return plan.for_card(name, seconds)
    if vram is not None:
        return plan.for_memory(vram, capability, seconds)
    gpus, problem = hardware.read_gpus()
    if not gpus and not problem and not measure:
        return plan.for_cpu(seconds)
    return plan.for_host(seconds, lambda stage: click.echo(f"measuring {stage}", err=True), measure_cpu=measure)


def lines(report: dict) -> list[str]:
    """The report for a person. Memory in MiB."""
    gpu = report["gpu"]
    if gpu:
        capability = gpu["capability"] or "not given"
        result = [f"gpu       {gpu['name']}: {gpu['vram_mib']:,} MiB, compute capability {capability}"]
        result += [f"          ({gpu['source']})"]
    else:
        why = report.get("passed_over", "none here")
        result = [f"gpu       {why}; the host has {report['room_mib']:,} MiB of memory"]
    batch, steps = report["lips_batch"], report["portrait_steps"]
    result += [f"profile   {report['profile']}: {report['dtype']}, {batch} frames a step, {steps} denoising steps", ""]
    result += table([HEADINGS, *(row(stage, each) for stage, each in report["stages"].items())])
    result += ["(MiB; alive: tensors at the worst moment, copies: for other memory layouts, other: an allowance)"]
    result += ["", f"peaks     {report['peaks_from']}", f"seconds   {report['seconds_from']}", *verdict(report)]
    return result


def row(stage: str, each: dict) -> tuple[str, ...]:
    figures = ("weights_mib", "live_mib", "copies_mib", "allowance_mib", "need_mib", "peak_allocated_mib", "seconds")
    return (stage, each["model"], *(f"{each[name]:,}" if each[name] is not None else "-" for name in figures))


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns, words to the left and figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in rows
    ]


def verdict(report: dict) -> list[str]:
    from avatar.weights import cloning
    from avatar.weights.lock import gigabytes

    most, room = max(each["need_mib"] for each in report["stages"].values()), report["room_mib"]
    where = f" of {room:,}" if room else ""
    if not report["fits"] and most <= room:
        where += f" MiB, but the profile is meant for {report['least_vram_mib']:,}"
    disk = report["disk"]
    weights, converted = gigabytes(disk["weights"]), gigabytes(disk["converted"])
    free = gigabytes(disk["free"]) + (
        " free" if disk["free"] > disk["missing"] + disk["converted"] else " free: too little"
    )
    return [
        f"memory    {'fits' if report['fits'] else 'does not fit'}: {most:,}{where} MiB, one model at a time",
        f"disk      {weights} of weights ({gigabytes(disk['missing'])} missing here), and {converted} made from them; {free}",
        *(f"voice     --engine {each['engine']}: {cloning.told(each)}" for each in report["cloning"]),
    ]
