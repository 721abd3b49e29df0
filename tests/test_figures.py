"""Figures in README and docs that the code computes or the disk shows: how large a card, how much memory, how much disk.

A page says a figure in a sentence of its own; what finds it is the wording, so a page that words it otherwise is not
compared. Each test names the pages that must have it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar.device import hardware, need
from avatar.device.hardware import MIB
from avatar.environment import installed, locks
from avatar.fit import plan
from tests.conftest import ROOT
from tests.test_readme import PAGES

H200 = ROOT / "bench/results/foreign-h200/2026-11-27"
LATEST = ROOT / "bench/results/foreign-h200/2026-11-28"
GPU_PROFILES = [profile for profile in hardware.PROFILES if profile.device == "cuda"]


def said(pattern: str) -> Iterator[tuple[str, re.Match]]:
    """(page, match) wherever README, docs or ./run say it; a line may break between any two words."""
    for page in [*PAGES, ROOT / "avatar/environment/bootstrap.py"]:
        for match in re.finditer(pattern.replace(" ", r"\s+"), page.read_text()):
            yield str(page.relative_to(ROOT)), match


def rows(page: str, columns: int) -> list[list[str]]:
    """The rows of a page's tables that have so many columns."""
    lines = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("| ")]
    return [cells for line in lines if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == columns]


# ---------------------------------------------------------------- how large a card


def test_how_large_a_card_is_said_as_it_is_computed():
    smallest = hardware.smallest_gpu_profile()
    found = [(page, int(match[1])) for page, match in said(r"GPU with (\d+) GB")]
    assert {page for page, _ in found} == {"README.md", "docs/docker.md", "docs/runpod.md", "docs/fit.md"}
    assert {gb for _, gb in found} == {plan.smallest_card_gb(smallest)}, found
    thresholds = [(page, int(match[1])) for page, match in said(r"the full stack needs (\d{3,})")]
    assert thresholds == [("docs/lessons.md", smallest.least_vram_mib)]


def test_the_size_of_a_card_follows_the_arithmetic(monkeypatch):
    assert [plan.smallest_card_gb(profile) for profile in GPU_PROFILES] == [24, 10, 6]
    monkeypatch.setattr(need, "CONTEXT_BYTES", 4 * 1024 * MIB)  # the portrait alone needs 6,992 MiB then
    assert plan.smallest_card_gb(hardware.smallest_gpu_profile()) == 8


def test_what_each_size_needs_is_said_as_it_is_computed():
    computed = []
    for profile in reversed(GPU_PROFILES):
        most = max(plan.mib(each.total) for each in need.stages(profile))
        computed.append([
            f"{plan.smallest_card_gb(profile)} GB", f"`{profile.name}`", f"{most:,}", f"{profile.least_vram_mib:,}",
            str(profile.lips_batch), str(profile.portrait_steps),
        ])  # fmt: skip
    assert [cells for cells in rows("docs/fit.md", 6) if cells[0].endswith(" GB")] == computed


def test_what_a_card_measured_stands_beside_what_is_computed():
    runs = {stage: json.loads((H200 / f"{stage}.json").read_text())["stages"][stage] for stage in ("portrait", "voice")}
    lips = json.loads((H200 / "lips.json").read_text())["stages"]["lips"]
    measured = {stage: run["run"]["allocated_mib"] for stage, run in runs.items()}
    measured["lips, 16 frames a step"] = lips["batches"]["16"]["graphed"]["run"]["allocated_mib"]
    printed = plan.for_card("H200 141GB", 10)["stages"]
    tensors = {stage: each["weights_mib"] + each["live_mib"] + each["copies_mib"] for stage, each in printed.items()}
    computed = [[name, f"{tensors[name.partition(',')[0]]:,}", f"{mib:,}"] for name, mib in measured.items()]
    assert [cells for cells in rows("docs/fit.md", 3) if cells[0] in measured] == computed


def test_the_portraits_memory_is_said_as_it_is_computed():
    on_gpu, on_cpu = need.portrait("float16"), need.portrait("float32", on_gpu=False)
    decoder, tiles = (need._row("sd-vae", call, 1, 512, "float16")["live"] for call in ("decode", "decode in tiles"))
    wording = (
        r"half precision the weights take ([\d.]+) GiB; .*? decoder, (\d+) MiB at 512 x 512 \((\d+) MiB in tiles"
        r".*? that is ([\d.]+) GiB, .*? single precision: ([\d.]+) GiB"
    )
    ((_, match),) = said(f"(?s:{wording})")
    gib = [f"{count / 1024**3:.1f}" for count in (on_gpu.weights, on_gpu.total, on_cpu.total)]
    assert match.groups() == (gib[0], str(round(decoder / MIB)), str(round(tiles / MIB)), gib[1], gib[2])


# ---------------------------------------------------------------- how much disk


def bytes_of_files(folder: Path) -> int:
    """What the files hold, links not followed; each once, although ./run makes them hard links into uv's cache."""
    return sum(os.lstat(Path(place, name)).st_size for place, _, names in os.walk(folder) for name in names)


def bytes_in_records(layers: list[str]) -> int:
    """What the installed wheels of these layers brought, as their RECORDs have it: no byte code, and no links."""
    wanted = {wheel.name for wheel in locks.read_wheels(ROOT / "locks", layers)}
    found = [each for each in installed.read_distributions(installed.site_packages()) if each.name in wanted]
    assert {each.name for each in found} == wanted
    return sum(file.size or 0 for each in found for file in each.files)


DOWNLOAD_GB = {"0.4": "base", "4.7": "full", "4.6": "pocket"}  # as ./run says it; which environment a sentence is about


def said_of_disk(layer: str) -> dict[str, float]:
    """{page: GB on disk}, of the sentences that say both sizes of an environment."""
    sentences = said(r"([\d.]+) GB to download, ([\d.]+) GB on disk")
    return {page: float(match[2]) for page, match in sentences if DOWNLOAD_GB[match[1]] == layer}


def test_the_base_environment_takes_the_disk_that_is_said():
    """.venv/base as it lies there, with the byte code that ./run compiles (6 % of it)."""
    base = ROOT / ".venv/base"
    if not base.exists():
        pytest.skip("no base environment beside this one")
    found = said_of_disk("base")
    assert set(found) == {"README.md", "docs/install.md", "docs/environment.md", "avatar/environment/bootstrap.py"}
    assert list(found.values()) == pytest.approx([bytes_of_files(base) / 1e9] * 4, rel=0.05)


@pytest.mark.usefixtures("full_environment")
def test_the_full_environment_takes_the_disk_that_is_said():
    """By the RECORDs of what is installed here; ./run compiles no byte code of this one."""
    found = said_of_disk("full")
    assert set(found) == {"README.md", "docs/install.md", "avatar/environment/bootstrap.py"}
    assert list(found.values()) == pytest.approx([bytes_in_records(["base", "full", "test"]) / 1e9] * 3, rel=0.05)


@pytest.mark.usefixtures("full_environment")
def test_the_environment_without_xtts_takes_the_disk_that_is_said():
    found, taken = said_of_disk("pocket"), bytes_in_records(["base", "pocket"])
    assert set(found) == {"docs/full-stack.md", "avatar/environment/bootstrap.py"}
    assert list(found.values()) == pytest.approx([taken / 1e9] * 2, rel=0.02)
    left_out = bytes_in_records(["full"]) - bytes_in_records(["pocket"])
    ((_, said_of_it),) = said(r"(\d+) packages and (\d+) MB less")
    packages = len(locks.read_wheels(ROOT / "locks", ["full"])) - len(locks.read_wheels(ROOT / "locks", ["pocket"]))
    assert said_of_it.groups() == (str(packages), str(round(left_out / 1e6)))


def test_the_base_environment_is_what_its_wheels_brought_and_little_more():
    """The two ways of counting agree: RECORDs of the same wheels, which are most of .venv/base."""
    base = ROOT / ".venv/base"
    if not base.exists():
        pytest.skip("no base environment beside this one")
    assert 0.9 < bytes_in_records(["base"]) / bytes_of_files(base) < 1


# ---------------------------------------------------------------- how fast a card is


def test_how_fast_a_card_draws_is_said_as_it_was_measured():
    graphed = json.loads((H200 / "lips.json").read_text())["stages"]["lips"]["batches"]["16"]["graphed"]
    measured = (
        graphed["end_to_end"]["frames_per_s"],
        graphed["drawing"]["steady_frames_per_s"],
        graphed["run"]["allocated_mib"] / 1024,
    )
    ((page, found),) = said(
        r"encodes (\d+) frames/s over ten seconds of video, (\d+) once .*?\nis there, within ([\d.]+) GiB"
    )
    assert page == "README.md"
    assert [float(each) for each in found.groups()] == [round(measured[0]), round(measured[1]), round(measured[2], 1)]


def test_how_long_a_render_takes_on_a_card_is_said_as_it_was_measured():
    renders = json.loads((LATEST / "renders.json").read_text())
    wording = (
        r"([\d.]+) s for ([\d.]+) s of video, ([\d.]+) s with nothing in the file cache, ([\d.]+) s in a voice that "
        r"Pocket TTS cloned; ([\d.]+) to ([\d.]+) s .*? ([\d.]+) s at 1920 x 1080, 30 a second; ([\d.]+) s at 3840"
    )
    ((page, found),) = said(f"(?s:{wording})")
    wall = {name: renders[name]["wall_s"] for name in ("cold", "warm", "pocket", "clip-1080", "clip-2160")}
    stages = [sum(renders[name]["stages_s"].values()) for name in ("cold", "warm", "pocket")]
    measured = [
        wall["warm"], renders["warm"]["frames"] / 25, wall["cold"], wall["pocket"], min(stages), max(stages),
        wall["clip-1080"], wall["clip-2160"],
    ]  # fmt: skip
    assert page == "docs/gpu.md" and [float(each) for each in found.groups()] == [round(each, 1) for each in measured]


def test_how_fast_pocket_tts_speaks_on_a_card_is_said_as_it_was_measured():
    measured = json.loads((LATEST / "pocket.json").read_text())["stages"]["pocket"]
    ((page, found),) = said(r"Pocket TTS with ([\d.]+), ([\d.]+) GiB")
    gib = measured["run"]["allocated_mib"] / 1024
    assert page == "docs/gpu.md"
    assert [float(each) for each in found.groups()] == [round(measured["parts"]["real_time_factor"], 2), round(gib, 1)]
