"""The small benchmarks run and their figures are reduced; the tables show what is kept, and random weights stay small."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench import image, show
from tests.conftest import ROOT

pytest.importorskip("torch")

from bench import half_precision


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> dict:
    """What `bench/small.py --quick` writes: every benchmark, one round."""
    target = tmp_path_factory.mktemp("small") / "small.json"
    command = [sys.executable, ROOT / "bench/small.py", "--quick", "-o", target]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text())


def test_every_small_benchmark_runs_and_says_what_it_is_of(quick):
    for name, each in quick["benches"].items():
        assert each["median_s"] > 0 and each["rounds"] >= 1 and len(each["what"]) > 10, name
    bare, ours = (quick["benches"][name]["median_s"] for name in ("preview_frame_ceiling", "preview_frame"))
    assert quick["share_of_bare_remap"] == round(bare / ours, 3)


def test_the_kept_figures_are_of_the_benchmarks_that_there_are(quick):
    kept = json.loads((ROOT / "bench/results/small.json").read_text())
    assert set(kept["benches"]) == set(quick["benches"])
    assert (
        min(each["rounds"] for each in kept["benches"].values()) > 1 and kept["date"] and kept["machine"]["processor"]
    )


def test_the_tables_show_small_things_images_and_others_figures(quick, capsys, tmp_path):
    sizes = image.images("preview sha256:12 584 MB\n", {"preview": 600})
    origin = {"date": "2026-11-22", "command": "./run --full python bench/image.py"}
    (tmp_path / "small.json").write_text(json.dumps(quick))
    (tmp_path / "image.json").write_text(json.dumps({**origin, "images": sizes}))
    assert show.main(["--results", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "| the preview image, compressed | 584 MB of at most 600 | 2026-11-22 |" in shown
    assert "sha256 of 64 MiB of weights" in shown and "bare remap" in shown
    assert "Published by others, not measured here" in shown


def test_an_overflow_would_be_seen():
    """The same look at a network of ones, whose sums grow beyond what half precision holds."""
    torch = half_precision.torch
    deep = torch.nn.Sequential(*(torch.nn.Linear(256, 256, bias=False) for _ in range(3)))
    for layer in deep:
        torch.nn.init.ones_(layer.weight)
    with torch.inference_mode(), half_precision.watched(deep.half()) as seen:
        deep(torch.ones(1, 256, dtype=torch.float16))
    assert seen["0"] == 256 and seen["1"] == half_precision.torch.inf


def test_no_network_with_random_weights_came_near_the_end_of_half_precision():
    kept = json.loads((ROOT / "bench/results/half-precision.json").read_text())
    assert set(kept["networks"]) == set(half_precision.NETWORKS)
    for name, each in kept["networks"].items():
        assert all(one["finite"] and one["largest"] < kept["most"] / 100 for one in each.values()), name


def test_whispers_encoder_stays_finite_in_half_precision_now():
    """The one network that is quick enough to be run here: real halves, the published shape."""
    found = half_precision.run("whisper-encoder", half_precision.torch.float16, side=4)
    assert found["finite"] and found["largest"] < 100
