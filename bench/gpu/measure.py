"""How big and how fast the full stack is on this GPU, with random weights of the published shapes.

    ./run --full python bench/gpu/measure.py                   writes bench/results/gpu-<card>.json
    ./run --full python bench/gpu/measure.py --device cpu --tiny   tries every part in seconds; no figure of it says anything

Memory and speed depend on the shapes of tensors, not on what the weights say, so nothing is downloaded. Runs in any
Python from 3.11 on with torch, diffusers and transformers; a result says `pinned` where the environment is the locked
one and `foreign` elsewhere, and parts whose library is missing are left out by name. The file is written after each
piece (bench/gpu/pieces.py has their order), so that a run that is ended has what it did; a piece that fails is named and
the others go on. Exit code 1 where something failed or was not done, or a cap or the baseline of this card
(bench/baselines/) is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

os.environ.setdefault("AVATAR_HOME", str(Path.home() / ".local/share/avatar"))  # platformdirs may not be installed

from avatar.device import memory  # noqa: F401  before torch, for whose threads it sets something
from avatar.errors import AvatarError
from avatar.files import write_json
from bench import machine
from bench.gpu import baseline

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("lips", "portrait", "voice", "pocket")
BATCHES = (8, 16, 1, 2, 4)  # the first two are measured before all else
WITHIN_S = 540  # a rented card is paid by the minute, and what is worth most comes first


def main(words: list[str] | None = None) -> int:
    options = parse(words)
    started = time.monotonic()

    def tell(what: str) -> None:
        print(f"bench/gpu/measure.py: {time.monotonic() - started:.1f} s: {what}", file=sys.stderr, flush=True)

    try:
        result = measured(options, tell)
    except AvatarError as error:
        print(f"bench/gpu/measure.py: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    print(json.dumps(result, indent=1))
    for problem in result["problems"]:
        print(f"bench/gpu/measure.py: {problem}", file=sys.stderr)
    return 1 if result["problems"] else 0


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/gpu/measure.py",
        description=__doc__.split("\n\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts, batches = ",".join(PARTS), ",".join(map(str, BATCHES))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny networks: tries the code")
    parser.add_argument("--parts", default=parts, help=f"of: {parts} [default: all]")
    parser.add_argument("--batches", help=f"frames a step of the lips, the important first [default: {batches}]")
    parser.add_argument("--seconds", type=float, help="length of the video that the lips draw [default: 10]")
    parser.add_argument("--within", type=float, default=WITHIN_S, metavar="SECONDS", help="begin nothing after [540]")
    parser.add_argument("-o", "--output", type=Path, help="JSON file [default: bench/results/gpu-<card>.json]")
    options = parser.parse_args(words)
    if options.device == "cpu" and not options.tiny:
        parser.error("on a CPU only --tiny runs; './run --full avatar fit --measure' times the real shapes there.")
    options.parts = options.parts.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    batches = options.batches or ("1,2" if options.tiny else batches)
    if not all(each.isdigit() and int(each) for each in batches.split(",")):
        parser.error(f"--batches {batches!r}: give whole numbers, as 1,4,8")
    options.batches = tuple(map(int, batches.split(",")))
    options.seconds = options.seconds or (0.2 if options.tiny else 10.0)
    return options


def measured(options: argparse.Namespace, tell: Callable[[str], None]) -> dict:
    """The whole result, which is in its file too. Raises EnvironmentProblem where this host cannot measure."""
    left_out = machine.left_out()
    left_out = {part: why for part, why in left_out.items() if part in (*options.parts, "encode")}
    on_gpu = options.device == "cuda"
    if on_gpu:
        machine.refuse_unusable()
    if left_out:
        tell(machine.how_to_bring(left_out))
    from bench.gpu import pieces

    result = {
        "format": 1,
        "shapes": "tiny" if options.tiny else "published",
        "weights": "random",
        "device": options.device,
        "left_out": left_out,
    }
    parts = [part for part in options.parts if part not in left_out]
    run = pieces.Run(options, parts, "encode" not in left_out, result)  # reads what others hold of the card first
    command = " ".join(["python", "bench/gpu/measure.py", *sys.argv[1:]])
    result |= machine.origin(command, on_gpu, thorough=False)
    target = options.output or default_output(result)

    def save() -> None:
        result["problems"] = problems(result)
        if target:
            write_json(target, result)

    pieces.measure(run, options.within, tell, save)
    save()
    if target:
        tell(f"wrote {target}")
    return result


def problems(result: dict) -> list[str]:
    """What is wrong with a result by itself, and against the baseline of its card where there is one."""
    found = [f"{piece} failed: {each['error']}" for piece, each in result["failed"].items()]
    if result["not_done"]:
        found.append(f"not done: {', '.join(result['not_done'])}")
    if not result["stages"] and not found:
        found.append(f"nothing was measured but the roof; left out: {', '.join(result['left_out'])}")
    found += [
        f"with {cap} GiB the profile {each['profile']} does not complete: "
        + "; ".join(f"{stage}: {one['why']}" for stage, one in each["stages"].items() if not one["completes"])
        for cap, each in result["caps_gib"].items()
        if each["stages"] and not each["completes"]
    ]
    found += [
        f"{stage}: {each['left_mib']} MiB stayed allocated after its model was dropped"
        for stage, each in result["stages"].items()
        if (each["left_mib"] or 0) > baseline.MOST_LEFT_MIB
    ]
    return found + baseline.problems(result)


def default_output(result: dict) -> Path | None:
    """Beside the other results; nothing of a CPU or of tiny networks is kept there."""
    if result["device"] != "cuda" or result["shapes"] != "published":
        return None
    return ROOT / "bench/results" / f"gpu-{machine.slug(result['gpu']['name'])}.json"


if __name__ == "__main__":
    sys.exit(main())
