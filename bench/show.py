"""The kept figures as tables and a picture: what bench/results/*.json hold, and nothing else.

usage: ./run python bench/show.py [-o docs/bench.png] [--results FOLDER]

Prints markdown. A row of a card says whether its environment was `pinned` or `foreign`. Where no card was measured, the
tables say so.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.device import need
from avatar.errors import AvatarError, InputError
from bench import published
from bench.gpu import baseline

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"
NO_CARD = "No GPU has been measured yet: there is no figure of memory or speed on a card."
GOALS = {"peak_gib": 4.0, "over_floor": 1.10, "lips_frames_per_s": 200}  # on one H100, batch 8 or more
REAL_TIME = 25  # frames a second of the video


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="PNG to draw")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    try:
        results = read(options.results)
        cards = [result for name, result in results.items() if name.startswith("gpu-")]
        tables = [host_table(results), small_table(results), gpu_tables(cards) or [NO_CARD], published.table()]
    except AvatarError as error:
        print(f"bench/show.py: {error}", file=sys.stderr)
        return error.exit_code
    except KeyError as error:
        print(
            f"bench/show.py: a result in {options.results} lacks {error}; make it again with its bench.",
            file=sys.stderr,
        )
        return 1
    print("\n\n".join("\n".join(lines) for lines in tables if lines))
    if options.output:
        plot(bars(results, cards), options.output)
    return 0


def read(folder: Path) -> dict[str, dict]:
    """{name: result} of the folder's JSON files. Raises InputError for one that cannot be read."""
    results = {}
    for path in sorted(folder.glob("*.json")):
        try:
            results[path.stem] = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise InputError(f"{path} is no result ({error}); make it again with its bench.") from error
    return results


# ---------------------------------------------------------------- tables


def host_table(results: dict[str, dict]) -> list[str]:
    """What was measured without a card."""
    rows = []
    if preview := results.get("preview"):
        demo = preview["demo"]
        rows += [
            ("demo, ten seconds of video, from a cold shell", f"{demo['wall_s']:.1f} s", preview),
            ("its peak memory", f"{demo['peak_memory_mib']} MiB", preview),
            ("each further second of video adds", f"{preview['memory']['mib_per_s']:.2f} MiB", preview),
            ("./run adds to a command", f"{preview['run_overhead_ms']:.1f} ms", preview),
        ]
    if ceiling := results.get("ceiling"):
        stage, alone = max(ceiling["lips_stage_frames_per_s"]), max(ceiling["encode_alone_frames_per_s"])
        rows += [
            ("preview, drawn and encoded", f"{stage:.0f} frames/s", ceiling),
            ("FFmpeg alone on the same frames (the ceiling)", f"{alone:.0f} frames/s", ceiling),
            ("avatar --help", f"{ceiling['help_s']:.2f} s", ceiling),
            ("avatar status", f"{ceiling['status_s']:.2f} s", ceiling),
        ]
    if warp := results.get("warp"):
        rows.append(("preview, drawing alone, one thread", f"{warp['fps']:.0f} frames/s", warp))
    for name in ("environment", "environment-full"):
        if made := results.get(name):
            ratio = f"{made['ratio_of_medians']:.2f} times plain uv"
            rows.append((f"./run makes the {made['layer']} environment, wheels in uv's cache", ratio, made))
    if full := results.get("full"):
        kills = full["kill_and_resume"]
        rows += [
            (
                "full stack on tiny networks, a second more of video",
                f"{full['memory']['mib_per_s']:.2f} MiB more",
                full,
            ),
            ("the same with a clip as source", f"{full['memory_with_a_clip']['mib_per_s']:.2f} MiB more", full),
            ("kill -9 and resume, same bytes", f"{kills['same_bytes']} of {kills['killed']}", full),
        ]
    rows += [
        (f"the {target} image, compressed", f"{image['mb']} MB of at most {image['most_mb']}", results["image"])
        for target, image in results.get("image", {"images": {}})["images"].items()
    ]
    rows += full_stack_rows(results)
    head = ["| what | figure | date | command |", "|---|---|---|---|"]
    return head + [f"| {what} | {figure} | {_date(of)} | `{of['command']}` |" for what, figure, of in rows]


def full_stack_rows(results: dict[str, dict]) -> list[tuple[str, str, dict]]:
    """What a CPU can say of the full stack's networks in their published shapes."""
    rows = []
    for cold in (result for name, result in results.items() if name.startswith("cold")):
        ahead, alone = (
            sorted(round(each["imports_s"] + each["load_s"], 1) for each in cold[way]) for way in ("ahead", "alone")
        )
        what = f"libraries imported and 1.9 GB of weights loaded, disk: {cold['disk']}"
        figure = f"{ahead[0]} to {ahead[-1]} s with reading ahead, {alone[0]} to {alone[-1]} s without"
        rows.append((what, figure, cold))
    if voice := results.get("voice"):
        code = voice["code"]["float16"]
        rows += [
            ("XTTS-v2, operations for one audio code", str(code["operations"]), voice),
            ("the same, waits for the device", str(code["waits"]), voice),
            (
                "XTTS-v2 in float32, one core: a second of sound",
                f"{voice['sentence']['cpu_s_per_second_of_sound']} s",
                voice,
            ),
        ]
    if halves := results.get("half-precision"):
        largest = max(one["largest"] for each in halves["networks"].values() for one in each.values())
        figure = f"{largest:.0f} (half precision ends at {halves['most']:,.0f})"
        rows.append(("largest number in any network with random weights", figure, halves))
    return rows


def small_table(results: dict[str, dict]) -> list[str]:
    """Calls that are part of every render."""
    if not (small := results.get("small")):
        return []
    rows = [
        f"| {each['what']} | {_time(each['median_s'])} | {_time(each['iqr_s'])} | {each['rounds']} |"
        for each in small["benches"].values()
    ]
    return [
        f"### One call, one thread ({_date(small)}, {small['machine']['processor']}: `{small['command']}`)",
        "",
        "| what | median | spread (IQR) | rounds |",
        "|---|---|---|---|",
        *rows,
        "",
        f"The preview's frame reaches {small['share_of_bare_remap']:.0%} of the speed of OpenCV's bare remap.",
    ]


def _time(seconds: float) -> str:
    factor, unit = (1, "s") if seconds >= 1 else (1e3, "ms") if seconds >= 1e-3 else (1e6, "µs")
    return f"{seconds * factor:.3g} {unit}"


def _date(result: dict) -> str:
    return result.get("date", "not noted")


def gpu_tables(cards: list[dict]) -> list[str]:
    """One table a card, and its goals."""
    lines = []
    for card in cards:
        gpu = card["gpu"]
        lines += [
            f"### {gpu['name']}, {card['environment']} environment, random weights",
            "",
            f"{card['date']}, driver {gpu['driver']}, torch {card['libraries']['torch']}, commit "
            f"{(card['commit'] or 'unknown')[:10]}: `{card['command']}`",
            "",
            "| stage | loaded MiB | peak MiB | reserved | on the card | cold s | warm s | frames/s |",
            "|---|---|---|---|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in gpu_rows(card)),
            "",
            *(f"- {line}" for line in [*goal_lines(card), *cap_lines(card), *left_out_lines(card)]),
            "",
        ]
    return lines[:-1]


def gpu_rows(card: dict) -> list[list[str]]:
    rows = []
    for stage, each in card["stages"].items():
        loaded = _number(each["load"]["allocated_mib"])
        if "run" in each:
            rows.append([stage, loaded, *_peaks(each["run"]), _number(each["cold_s"]), _number(each["warm_s"]), "-"])
        for batch, one in baseline.batches(each):
            name = f"{stage}, {batch}"
            if not one["completes"]:
                rows.append([name, loaded, "does not fit", "-", "-", "-", "-", "-"])
                continue
            rows.append([name, loaded, *_peaks(one["run"]), "-", "-", _number(_frames_per_s(one))])
    return rows


def _peaks(run: dict) -> list[str]:
    return [_number(run[name]) for name in ("allocated_mib", "reserved_mib", "device_mib")]


def _frames_per_s(one: dict) -> float:
    """End to end; without an encoder in the environment, of the drawing alone."""
    return one.get("end_to_end", one["drawing"])["frames_per_s"]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"


def goal_lines(card: dict) -> list[str]:
    """The goals for one H100, beside what this card reached; said of any card, binding for that one."""
    peaks = [each["run"]["allocated_mib"] for each in card["stages"].values() if "run" in each]
    lips = dict(baseline.batches(card["stages"].get("lips", {})))
    large = {name: one for name, one in lips.items() if one["completes"] and int(name.split()[1].strip(",")) >= 8}
    lines = []
    if peaks and large:
        smallest = next(iter(large))
        batch = int(smallest.split()[1].strip(","))
        peak_gib = max([*peaks, large[smallest]["run"]["allocated_mib"]]) / 1024
        floor = max(
            each.floor for each in (need.portrait("float16"), need.voice("float16"), need.lips(batch, "float16"))
        )
        lines += [
            _goal("largest peak, GiB", peak_gib, peak_gib <= GOALS["peak_gib"], f"at most {GOALS['peak_gib']}"),
            _goal(
                "over the largest stage's floor", peak_gib * 2**30 / floor,
                peak_gib * 2**30 / floor <= GOALS["over_floor"], f"at most {GOALS['over_floor']:.2f}",
            ),
        ]  # fmt: skip
    if large:
        best = max(_frames_per_s(one) for one in large.values())
        wanted = GOALS["lips_frames_per_s"]
        lines.append(_goal("lips, frames/s, batch 8 or more", best, best >= wanted, f"at least {wanted}"))
        encoders = {one["end_to_end"]["encoder"] for one in large.values() if "end_to_end" in one}
        lines.append(f"encoded by: {', '.join(sorted(encoders)) or 'nothing, drawn alone'}")
    return lines


def _goal(what: str, figure: float, reached: bool, wanted: str) -> str:
    return f"{what}: {figure:.3g} ({wanted}: {'reached' if reached else 'not reached'})"


def cap_lines(card: dict) -> list[str]:
    return [
        f"capped to {cap} GiB, profile {each['profile']}: {'completes' if each['completes'] else 'does not complete'}"
        for cap, each in card["caps_gib"].items()
    ]


def left_out_lines(card: dict) -> list[str]:
    lines = [f"not measured: {part} ({why})" for part, why in card["left_out"].items()]
    return lines + [f"wrong: {problem}" for problem in card["problems"]]


# ---------------------------------------------------------------- the picture


def bars(results: dict[str, dict], cards: list[dict]) -> list[tuple[str, float, str]]:
    """(label, frames/s, colour) of what draws frames, fastest last."""
    found = []
    if ceiling := results.get("ceiling"):
        found.append(("FFmpeg alone, CPU (ceiling)", max(ceiling["encode_alone_frames_per_s"]), "silver"))
        found.append(("preview, 2 cores", max(ceiling["lips_stage_frames_per_s"]), "tab:blue"))
    for card in cards:
        for batch, one in baseline.batches(card["stages"].get("lips", {})):
            if one["completes"]:
                label = f"full, {card['gpu']['name']}, {batch} ({card['environment']})"
                found.append((label, _frames_per_s(one), "tab:green"))
    return sorted(found, key=lambda bar: bar[1])


def plot(rows: list[tuple[str, float, str]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 1.2 + 0.45 * max(1, len(rows))), dpi=120)
    labels, values, colours = zip(*rows, strict=True) if rows else ((), (), ())
    drawn = axes.barh(labels, values, color=colours)
    axes.bar_label(drawn, fmt="%.0f", padding=3)
    axes.axvline(REAL_TIME, color="tab:red", linewidth=1)
    axes.annotate("real time", (REAL_TIME, 1), xycoords=("data", "axes fraction"), color="tab:red", va="bottom")
    axes.set_xlabel("frames a second, 512 x 512, drawn and encoded")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.1)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
