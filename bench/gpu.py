"""How big and how fast the full stack is on this GPU, with random weights of the published shapes.

    ./run --full python bench/gpu.py                   writes bench/results/gpu-<card>.json
    ./run --full python bench/gpu.py --device cpu --tiny   tries every part in seconds; no figure of it says anything

Memory and speed depend on the shapes of tensors, not on what the weights say, so nothing is downloaded. Runs in any
Python from 3.11 on with torch, diffusers and transformers; a result says `pinned` where the environment is the locked
one and `foreign` elsewhere, and parts whose library is missing are left out by name. Exit code 1 where a cap or the
baseline of this card (bench/baselines/) is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

os.environ.setdefault("AVATAR_HOME", str(Path.home() / ".local/share/avatar"))  # platformdirs may not be installed

from avatar import memory  # before torch, for whose threads it sets something
from avatar.errors import AvatarError
from bench import gpu_baseline, gpu_machine

ROOT = Path(__file__).resolve().parent.parent
BATCHES = (1, 2, 4, 8, 16)
CAPS_GIB = (10, 8, 6)


def main(words: list[str] | None = None) -> int:
    options = parse(words)
    try:
        result = measured(options)
    except AvatarError as error:
        print(f"bench/gpu.py: {error}", file=sys.stderr)
        return error.exit_code
    except RuntimeError as error:
        if not memory.is_out_of_memory(error):
            raise
        print(f"bench/gpu.py: out of memory: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    if target := options.output or default_output(result):
        target.write_text(text)
        print(f"bench/gpu.py: wrote {target}", file=sys.stderr)
    for problem in result["problems"]:
        print(f"bench/gpu.py: {problem}", file=sys.stderr)
    return 1 if result["problems"] else 0


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/gpu.py", description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny networks: tries the code")
    parser.add_argument("--parts", default="portrait,voice,lips", help="of: portrait,voice,lips [default: all]")
    parser.add_argument("--batches", help=f"frames a step of the lips [default: {','.join(map(str, BATCHES))}]")
    parser.add_argument("--seconds", type=float, help="length of the video that the lips draw [default: 10]")
    parser.add_argument("-o", "--output", type=Path, help="JSON file [default: bench/results/gpu-<card>.json]")
    options = parser.parse_args(words)
    if options.device == "cpu" and not options.tiny:
        parser.error("on a CPU only --tiny runs; './run --full avatar fit --measure' times the real shapes there.")
    options.parts = options.parts.split(",")
    if unknown := set(options.parts) - {"portrait", "voice", "lips"}:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    batches = options.batches or ("1,2" if options.tiny else ",".join(map(str, BATCHES)))
    if not all(each.isdigit() and int(each) for each in batches.split(",")):
        parser.error(f"--batches {batches!r}: give whole numbers, as 1,4,8")
    options.batches = tuple(map(int, batches.split(",")))
    options.seconds = options.seconds or (0.2 if options.tiny else 10.0)
    return options


def measured(options: argparse.Namespace) -> dict:
    """The whole result. Raises EnvironmentProblem where this host cannot measure."""
    left_out = gpu_machine.left_out()
    on_gpu = options.device == "cuda"
    if on_gpu:
        gpu_machine.refuse_unusable()
    held_before = gpu_machine.used_mib() if on_gpu else None
    command = " ".join(["python", "bench/gpu.py", *sys.argv[1:]])
    result = {
        "format": 1,
        "shapes": "tiny" if options.tiny else "published",
        "weights": "random",
        "device": options.device,
        **gpu_machine.origin(command, on_gpu, thorough=not options.tiny),
        "left_out": {part: why for part, why in left_out.items() if part in (*options.parts, "encode")},
    }
    parts = [part for part in options.parts if part not in left_out]
    started = time.monotonic()
    result |= figures(options, parts, held_before, encodes="encode" not in left_out)
    result["took_s"] = round(time.monotonic() - started, 1)
    result["problems"] = problems(result)
    return result


def figures(options: argparse.Namespace, parts: list[str], held_before: int | None, encodes: bool) -> dict:
    import torch

    from bench import gpu_meter, gpu_roof, gpu_stages
    from bench.tiny_shapes import TINY

    on_gpu, smaller = options.device == "cuda", TINY if options.tiny else {}
    device = torch.device("cuda", 0) if on_gpu else torch.device("cpu")
    portrait_size = 64 if options.tiny else 512
    vram_gib = torch.cuda.get_device_properties(0).total_memory / 2**30 if on_gpu else 0
    profile = gpu_stages.profile_of(vram_gib)  # of portrait and voice; the batch of the lips is swept below
    if not on_gpu:
        torch.set_num_threads(1)  # tiny networks are quicker so, beside other work by far
    tell("roof")
    side, copied, least_s = (128, 1 << 20, 0.01) if options.tiny else (8192, 1 << 30, 1.0)
    roof = gpu_roof.measure(device, side, copied, least_s)
    made: dict = {"profile": profile.name, "roof": roof, "stages": {}}
    gpu_meter.release(device)
    with gpu_stages.in_force(profile):
        for stage in [part for part in parts if part != "lips"]:
            tell(stage)
            made["stages"][stage] = gpu_stages.measure(stage, profile, smaller, portrait_size)
        if "lips" in parts:
            from bench import gpu_lips

            tell("lips")
            dtype = torch.float16 if on_gpu else torch.float32
            made["stages"]["lips"] = gpu_lips.measure(
                device, dtype, options.batches, options.seconds, least_s, roof, encodes, smaller
            )
            tell("lips from the disk")
            made["load_from_disk"] = gpu_lips.load_from_disk(device, dtype, smaller)
    context_mib = max(0, (gpu_machine.used_mib() or 0) - (held_before or 0)) if on_gpu else 0
    made["caps_gib"] = {}
    for cap in [cap for cap in CAPS_GIB if cap <= vram_gib] if on_gpu else CAPS_GIB[-1:]:
        tell(f"capped to {cap} GiB")
        chosen = gpu_stages.profile_of(cap) if on_gpu else profile
        made["caps_gib"][str(cap)] = gpu_stages.run_capped(cap, parts, context_mib, smaller, portrait_size, chosen)
    return made


def problems(result: dict) -> list[str]:
    """What is wrong with a result by itself, and against the baseline of its card where there is one."""
    found = [
        f"with {cap} GiB the profile {each['profile']} does not complete: "
        + "; ".join(f"{stage}: {one['why']}" for stage, one in each["stages"].items() if not one["completes"])
        for cap, each in result["caps_gib"].items()
        if each["stages"] and not each["completes"]
    ]
    found += [
        f"{stage}: {each['left_mib']} MiB stayed allocated after its model was dropped"
        for stage, each in result["stages"].items()
        if (each["left_mib"] or 0) > gpu_baseline.MOST_LEFT_MIB
    ]
    return found + gpu_baseline.problems(result)


def default_output(result: dict) -> Path | None:
    """Beside the other results; nothing of a CPU or of tiny networks is kept there."""
    if result["device"] != "cuda" or result["shapes"] != "published":
        return None
    return ROOT / "bench/results" / f"gpu-{gpu_machine.slug(result['gpu']['name'])}.json"


def tell(what: str) -> None:
    print(f"bench/gpu.py: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
