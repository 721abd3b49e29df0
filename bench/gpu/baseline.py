"""The gate of a card: what it was measured with before, and by how much a new result may differ.

    ./run --full python bench/gpu/baseline.py RESULT     makes bench/baselines/gpu-<card>.json from a result

A baseline holds the figures of one pinned run on one kind of card. There is none for a card that was never measured,
and a result of such a card is compared with nothing but the bytes of its weights.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from avatar.device import need
from avatar.device.hardware import MIB
from avatar.errors import AvatarError, InputError, RequestError
from bench.machine import slug

ROOT = Path(__file__).resolve().parents[2]
BASELINES = ROOT / "bench/baselines"
MOST_LEFT_MIB = 100  # between stages; cuBLAS keeps a workspace of 8 to 32 MiB for the life of the process


class Limits(NamedTuple):
    """What a figure may be: least <= figure <= most."""

    least: float
    most: float


def limits(kind: str, figure: float) -> Limits:
    """Of a baseline's figure.

    "mib": 2 % and 128 MiB above, which is what sglang's guard takes for allocators and kernel choices; and three
    quarters below, because a stage that takes so much less did not do its work. Clocks vary more than bytes:
    "seconds" may be a quarter and half a second more, "frames_per_s" a fifth less; both may be 2.5 times as good.
    A real gain beyond that wants a new baseline, made on purpose.
    """
    return {
        "mib": Limits(0.75 * figure, 1.02 * figure + 128),
        "seconds": Limits(0.4 * figure, 1.25 * figure + 0.5),
        "frames_per_s": Limits(0.8 * figure, 2.5 * figure),
    }[kind]


def figures(result: dict) -> dict[str, dict[str, float]]:
    """{kind: {name: figure}} of a result of bench/gpu/measure.py: what a baseline holds."""
    mib, seconds, frames_per_s = {}, {}, {}
    for stage, each in result["stages"].items():
        mib[f"{stage} load"] = each["load"]["allocated_mib"]
        if "run" in each:
            mib[f"{stage} run"] = each["run"]["allocated_mib"]
            seconds[f"{stage} warm"] = each["warm_s"]
        for batch, one in batches(each):
            if one["completes"]:
                mib[f"{stage} run, {batch}"] = one["run"]["allocated_mib"]
                frames_per_s[f"{stage}, {batch}"] = one.get("end_to_end", one["drawing"])["frames_per_s"]
    return {"mib": mib, "seconds": seconds, "frames_per_s": frames_per_s}


def batches(stage: dict) -> Iterator[tuple[str, dict]]:
    """("batch 8", its figures) of the lips, and ("batch 8, graphed", ...) of the same with CUDA graphs, by size."""
    for batch, one in sorted(stage.get("batches", {}).items(), key=lambda item: int(item[0])):
        yield f"batch {batch}", one
        if "graphed" in one:
            yield f"batch {batch}, graphed", one["graphed"]


def problems(result: dict, folder: Path = BASELINES) -> list[str]:
    """A sentence for every figure out of its limits; [] for a result that is not of a card, or of tiny networks."""
    if result["device"] != "cuda" or result["shapes"] != "published":
        return []
    found = below_weights(result)
    path = folder / f"gpu-{slug(result['gpu']['name'])}.json"
    if path.is_file() and result["environment"] == "pinned":
        found += compared(figures(result), read(path)["figures"])
    return found


def compared(now: dict[str, dict[str, float]], before: dict[str, dict[str, float]]) -> list[str]:
    """A sentence for every figure of the baseline that is missing now, or out of its limits."""
    found = []
    for kind, known in before.items():
        for name, figure in known.items():
            allowed, measured = limits(kind, figure), now[kind].get(name)
            if measured is None:
                found.append(f"{name}: not measured, and the baseline has it ({figure:g} {kind})")
            elif measured > allowed.most:
                found.append(
                    f"{name}: {measured:g} {kind}, {allowed.most:.4g} is the most (the baseline has {figure:g})"
                )
            elif measured < allowed.least:
                found.append(
                    f"{name}: {measured:g} {kind}, {allowed.least:.4g} is the least (the baseline has {figure:g}): "
                    "part of the work was not done, or the baseline is out of date"
                )
    return found


def below_weights(result: dict) -> list[str]:
    """Stages whose peak is below their own weights: they did nothing. Holds for every card."""
    least = weights_mib() | {"pocket": weights_mib("pocket")["voice"]}
    return [
        f"{name}: {figure:g} MiB allocated, and its weights alone take {least[name.split()[0]]:,}"
        for name, figure in figures(result)["mib"].items()
        if figure < least[name.split()[0]]
    ]


def weights_mib(voice: str = "xtts") -> dict[str, int]:
    """{stage: MiB of its weights in half precision}, of the published shapes; of Pocket TTS in its own, single."""
    speaks = need.pocket() if voice == "pocket" else need.voice("float16")
    needs = (need.portrait("float16"), speaks, need.lips(1, "float16"))
    return {each.stage: each.weights // MIB for each in needs}


def read(path: Path) -> dict:
    """A baseline. Raises InputError for a file that is none."""
    try:
        content = json.loads(path.read_text())
        if set(content["figures"]) - {"mib", "seconds", "frames_per_s"}:
            raise ValueError("unknown kinds of figures")
        return content
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no baseline of bench/gpu/baseline.py ({error!r}).") from error


def write(result_path: Path, folder: Path = BASELINES) -> Path:
    """The baseline of a result. Raises RequestError for a result that no gate may rest on."""
    try:
        result = json.loads(result_path.read_text())
        card, environment, wrong = result["gpu"], result["environment"], result["problems"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(f"{result_path} is no result of bench/gpu/measure.py ({error!r}).") from error
    if not card or result["shapes"] != "published" or environment != "pinned" or wrong:
        raise RequestError(
            f"{result_path} is no ground for a gate: it wants the published shapes on a card in the pinned environment, "
            "without a problem of its own; this one is of "
            f"{card['name'] if card else 'a CPU'}, {result['shapes']} shapes, {environment}, {len(wrong)} problems."
        )
    kept = ("date", "commit", "locks", "command")
    content = {"gpu": card, **{name: result[name] for name in kept}, "figures": figures(result)}
    folder.mkdir(exist_ok=True)
    path = folder / f"gpu-{slug(card['name'])}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    try:
        print(write(Path(sys.argv[1])))
    except AvatarError as error:
        print(f"bench/gpu/baseline.py: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
