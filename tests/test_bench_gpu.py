"""The GPU benchmark on a CPU: every part with tiny networks, its gates with planted figures, what it refuses."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from avatar.device import hardware
from avatar.device.hardware import MIB
from avatar.errors import InputError, RequestError
from bench import machine, show
from bench.gpu import baseline
from tests.conftest import ROOT
from tests.test_hardware import put_nvidia_smi

torch = pytest.importorskip("torch")

from bench.gpu import measure, meter, pieces, roof, stages  # noqa: E402
from bench.tiny_shapes import TINY  # noqa: E402

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="asks what a host without a GPU is told")
CPU = torch.device("cpu")

# ---------------------------------------------------------------- every part, tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> dict:
    """What `bench/gpu/measure.py --device cpu --tiny` writes, run as it is typed, from another folder."""
    target = tmp_path_factory.mktemp("bench") / "tiny.json"
    done = subprocess.run(
        [sys.executable, ROOT / "bench/gpu/measure.py", "--device", "cpu", "--tiny", "--batches", "1,2", "-o", target],
        capture_output=True, text=True, cwd=target.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(target.read_text())
    return json.loads(target.read_text())


def test_every_stage_is_built_run_and_timed(tiny):
    assert set(tiny["stages"]) == {"portrait", "voice", "pocket", "lips"} and tiny["left_out"] == {}
    assert tiny["failed"] == {} and tiny["not_done"] == [] and tiny["problems"] == []
    for stage in ("portrait", "voice", "pocket"):
        assert tiny["stages"][stage]["cold_s"] > 0 and tiny["stages"][stage]["warm_s"] > 0
    assert all(tiny["stages"][voice]["parts"]["real_time_factor"] > 0 for voice in ("voice", "pocket"))
    assert tiny["load_from_disk"]["bytes"] > 100_000 and tiny["load_from_disk"]["cold_s"] > 0


def test_the_lips_are_drawn_encoded_and_read_back_at_each_batch(tiny):
    lips = tiny["stages"]["lips"]
    assert list(lips["batches"]) == ["1", "2"] and lips["notes"] == [] and lips["portrait"] == "bundled"
    for one in lips["batches"].values():
        assert one["completes"] and one["drawing"]["frames"] == one["end_to_end"]["frames"] == 5
        assert one["parts"]["unet"] > 0 and one["parts"]["vae_decoder"] > 0
        assert one["end_to_end"]["encode_alone_frames_per_s"] > 0
        assert "share_of_roof" not in one, "tiny networks have another arithmetic"


def test_a_result_says_where_it_comes_from(tiny):
    assert tiny["environment"] in ("pinned", "foreign") and tiny["environment_why"]
    assert len(tiny["locks"]["full"]) == 64 and tiny["libraries"]["torch"] == torch.__version__.partition("+")[0]
    assert tiny["gpu"] is None and tiny["device"] == "cpu" and tiny["shapes"] == "tiny"
    assert tiny["date"] and tiny["command"].startswith("python bench/gpu/measure.py --device cpu")


def test_a_cpu_gives_no_memory_figure_and_no_file_among_the_results(tiny):
    assert tiny["stages"]["lips"]["load"] == {"allocated_mib": None, "reserved_mib": None, "device_mib": None}
    assert measure.default_output(tiny) is None
    assert not list((ROOT / "bench/results").glob("gpu-*cpu*"))


def test_an_installed_environment_that_is_not_the_locked_one_is_foreign(monkeypatch, tmp_path):
    assert machine.environment(thorough=False)[0] == "pinned"
    payload = json.loads((ROOT / "locks/payload.json").read_text())
    payload["full"]["torch"]["version"] = "2.9.9"
    (tmp_path / "payload.json").write_text(json.dumps(payload))
    monkeypatch.setenv("AVATAR_LOCKS", str(tmp_path))
    found, why = machine.environment(thorough=False)
    assert found == "foreign" and "torch" in why


def test_a_part_whose_library_is_missing_is_left_out_by_name(monkeypatch):
    monkeypatch.setitem(machine.NEEDS, "voice", ("TTS", "no_such_module"))
    left_out = machine.left_out()
    assert left_out == {"voice": "no no_such_module"}
    said = machine.how_to_bring(left_out | {"lips": "no diffusers, safetensors", "encode": "no imageio-ffmpeg"})
    assert said.startswith(
        "left out: voice (no no_such_module); lips (no diffusers, safetensors); encode (no imageio-ffmpeg)."
    )
    assert "--no-deps --target carried diffusers imageio-ffmpeg safetensors'" in said


def test_a_host_without_any_of_the_libraries_gets_the_roof_and_is_told(monkeypatch, tmp_path, capsys):
    for part in measure.PARTS:
        monkeypatch.setitem(machine.NEEDS, part, ("no_such_module",))
    assert measure.main(["--device", "cpu", "--tiny", "-o", str(tmp_path / "x.json")]) == 1
    said = capsys.readouterr().err
    assert "pip install --no-deps --target carried no_such_module'" in said
    assert "nothing was measured but the roof; left out: " in said
    assert json.loads((tmp_path / "x.json").read_text())["roof"]["matmul_tflops"] > 0


def test_without_mediapipe_the_stored_landmarks_are_those_of_the_bundled_portrait():
    import numpy as np

    from bench.gpu import lips

    portrait, said = lips.a_portrait()
    assert said == "bundled"
    stored = np.load(lips.LANDMARKS)
    assert stored.shape == portrait.landmarks.shape and np.abs(stored - portrait.landmarks).max() < 2  # pixels


# ---------------------------------------------------------------- a run that does not go well


def begun(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    """bench/gpu/measure.py with tiny networks, running; its result goes to folder/x.json."""
    command = [
        sys.executable,
        ROOT / "bench/gpu/measure.py",
        "--device",
        "cpu",
        "--tiny",
        "-o",
        folder / "x.json",
        *arguments,
    ]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )


def test_a_part_that_raises_is_named_and_the_others_figures_are_kept(tmp_path):
    """A library that is there and does not import, as happens in a Python of somebody's own."""
    (tmp_path / "TTS").mkdir()
    (tmp_path / "TTS/__init__.py").write_text("raise OSError('libsomething.so.5 cannot be opened')")
    process = begun(tmp_path, "--parts", "voice,lips", "--batches", "1", PYTHONPATH=str(tmp_path))
    said = process.communicate()[1]
    assert process.returncode == 1 and "Traceback" not in said
    assert "voice failed: OSError: libsomething.so.5 cannot be opened (avatar/fit/shapes.py:" in said
    result = json.loads((tmp_path / "x.json").read_text())
    assert result["stages"]["lips"]["batches"]["1"]["completes"] and result["load_from_disk"]["bytes"]
    capped = result["caps_gib"]["6"]["stages"]
    assert capped["lips"]["completes"] and "libsomething" in capped["voice"]["why"]
    assert any("shapes.py" in line for line in result["failed"]["voice"]["traceback"])


def test_a_run_that_is_killed_leaves_what_it_did(tmp_path):
    process = begun(tmp_path, "--parts", "lips", "--batches", "2,1")
    for line in process.stderr:
        if "s: lips, batch 1" in line:
            process.kill()
    process.wait()
    result = json.loads((tmp_path / "x.json").read_text())
    assert list(result["stages"]["lips"]["batches"]) == ["2"] and result["roof"]["matmul_tflops"] > 0
    (problem,) = result["problems"]
    assert problem == "not done: lips, batch 1, capped to 6 GiB, lips from the disk"
    with pytest.raises(RequestError, match="no ground for a gate"):
        baseline.write(tmp_path / "x.json", tmp_path)


def test_after_its_time_nothing_is_begun(tmp_path, capsys):
    target = tmp_path / "x.json"
    words = ["--device", "cpu", "--tiny", "--parts", "lips", "--within", "0", "-o", str(target)]
    assert measure.main(words) == 1
    assert "not done: roof, lips, batch 1" in capsys.readouterr().err
    assert json.loads(target.read_text())["stages"] == {}


def test_the_valuable_pieces_come_first():
    """In minutes of a lent card: lips at 8 and 16, then the smallest cap; small batches last."""
    options = measure.parse(["--device", "cpu", "--tiny", "--batches", "8,16,1,2,4"])
    named = [name for name, _ in pieces.Run(options, list(measure.PARTS), True, {}).pieces()]
    assert named == [
        "roof", "lips, batch 8", "lips, batch 16", "capped to 6 GiB", "lips from the disk", "portrait", "voice", "pocket",
        "lips, batch 1, 2, 4",
    ]  # fmt: skip


# ---------------------------------------------------------------- arithmetic


def test_the_share_of_the_roof():
    assert roof.share("vae_decoder", 500, {"matmul_tflops": 622.2}) == 0.5
    assert roof.share("vae_decoder", 500, {}) is None
    found = roof.measure(CPU, side=64, copy_bytes=1 << 16, least_s=0.001)
    assert found["copy_gb_per_s"] > 0 and found["dtype"] == "float32"


def test_warm_repetitions_leave_the_first_one_out():
    calls = []
    meter.repeated(CPU, lambda: calls.append(1), least_s=0.0)
    assert len(calls) == 3  # the first, the one that is timed to choose the count, and the count: 1


def test_a_card_capped_to_so_much_gets_the_profile_of_such_a_card():
    assert [stages.profile_of(cap).name for cap in (10, 8, 6)] == ["10GB", "6GB", "6GB"]


def test_a_stage_that_runs_out_of_memory_under_a_cap_is_told_and_others_go_on():
    """A picture larger than the address space: PyTorch's own out of memory, on any host."""
    made = stages.run_capped(6, ["portrait", "voice"], 0, TINY, 1 << 25, hardware.profile_named("cpu"))
    assert not made["completes"] and made["stages"]["voice"]["completes"]
    assert "can't allocate" in made["stages"]["portrait"]["why"]
    nothing_else = {"stages": {"voice": {"left_mib": None}}, "device": "cpu", "failed": {}, "not_done": []}
    (problem,) = measure.problems({"caps_gib": {"6": made}, **nothing_else})
    assert problem.startswith("with 6 GiB the profile cpu does not complete: portrait: ")


# ---------------------------------------------------------------- the baseline, planted figures


@pytest.fixture
def card(tiny) -> dict:
    """A result as a card would give it: the real one's form, planted figures."""
    result = copy.deepcopy(tiny)
    gpu_facts = {"name": "NVIDIA Planted 9000", "vram_mib": 81_559, "capability": "9.0", "driver": "580.1"}
    result |= {"device": "cuda", "shapes": "published", "environment": "pinned", "gpu": gpu_facts}
    for stage, mib in {"portrait": 3000, "voice": 1400, "pocket": 600, "lips": 2400}.items():
        for peaks in (result["stages"][stage]["load"], result["stages"][stage].get("run", {})):
            peaks |= {"allocated_mib": mib, "reserved_mib": mib + 100, "device_mib": mib + 600}
        result["stages"][stage]["left_mib"] = 8
    for one in result["stages"]["lips"]["batches"].values():
        one["run"] = {"allocated_mib": 2600, "reserved_mib": 2700, "device_mib": 3200}
        one["end_to_end"]["frames_per_s"] = 220.0
    return result


@pytest.fixture
def kept(card, tmp_path) -> Path:
    (tmp_path / "result.json").write_text(json.dumps(card))
    path = baseline.write(tmp_path / "result.json", tmp_path)
    assert path.name == "gpu-nvidia-planted-9000.json"
    return path


def test_the_limits_are_2_percent_and_128_mib_above_and_a_floor_below():
    assert baseline.limits("mib", 1000) == (750, 1148)


def test_a_result_within_its_limits_passes(card, kept):
    assert baseline.problems(card, kept.parent) == []
    card["stages"]["lips"]["batches"]["2"]["run"]["allocated_mib"] = 2600 * 1.02 + 127
    assert baseline.problems(card, kept.parent) == []


@pytest.mark.parametrize(
    ("figure", "said"),
    [(2600 * 1.02 + 129, "2780 is the most"), (1900, "1950 is the least"), (1000, "its weights alone take")],
)
def test_memory_out_of_its_limits_is_refused_both_ways(card, kept, figure, said):
    card["stages"]["lips"]["batches"]["2"]["run"]["allocated_mib"] = figure
    problems = " ".join(baseline.problems(card, kept.parent))
    assert "lips run, batch 2" in problems and said in problems


def test_a_slower_and_a_missing_figure_are_refused(card, kept):
    card["stages"]["lips"]["batches"]["1"]["end_to_end"]["frames_per_s"] = 170
    del card["stages"]["voice"]
    problems = " ".join(baseline.problems(card, kept.parent))
    assert "lips, batch 1: 170 frames_per_s, 176 is the least" in problems and "voice warm: not measured" in problems


def test_a_stage_that_did_nothing_is_refused_on_a_card_without_a_baseline(card, tmp_path):
    assert baseline.problems(card, tmp_path) == []
    card["stages"]["voice"]["run"]["allocated_mib"] = 12
    assert "voice run: 12 MiB allocated, and its weights alone take" in baseline.problems(card, tmp_path)[0]


def test_what_stays_on_the_card_between_stages_is_a_problem(card):
    card["stages"]["voice"]["left_mib"] = 900
    assert measure.problems(card) == ["voice: 900 MiB stayed allocated after its model was dropped"]


@pytest.mark.parametrize("wrong", [{"environment": "foreign"}, {"shapes": "tiny"}, {"gpu": None}, {"problems": ["x"]}])
def test_no_baseline_is_made_of_a_result_that_no_gate_may_rest_on(card, tmp_path, wrong):
    (tmp_path / "result.json").write_text(json.dumps(card | wrong))
    with pytest.raises(RequestError, match="no ground for a gate"):
        baseline.write(tmp_path / "result.json", tmp_path)


def test_a_damaged_baseline_is_named(card, kept):
    kept.write_text("{}")
    with pytest.raises(InputError, match="is no baseline"):
        baseline.problems(card, kept.parent)


def test_no_baseline_or_result_of_a_card_is_kept_that_was_not_measured():
    """Whatever lies there must be of a published, pinned run; a foreign result may lie there and says so."""
    for path in (ROOT / "bench/baselines").glob("*.json"):
        assert baseline.read(path)["gpu"]["name"]
    for path in (ROOT / "bench/results").glob("gpu-*.json"):
        result = json.loads(path.read_text())
        assert result["shapes"] == "published" and result["gpu"] and result["environment"] in ("pinned", "foreign")


# ---------------------------------------------------------------- what it refuses


def refused(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, ROOT / "bench/gpu/measure.py", *arguments], capture_output=True, text=True)
    assert "Traceback" not in done.stderr and done.stdout == ""
    return done.returncode, done.stderr.strip().splitlines()[-1]


@without_gpu
def test_a_host_without_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = refused()
    assert code == 1 and "no NVIDIA GPU was found" in said


@without_gpu
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", "version mismatch"),
        (
            'case "$1" in --query-gpu=compute_cap) echo 8.6 ;; *) echo "NVIDIA A10G, 23028, 450.51.06" ;; esac',
            "driver 450.51.06",
        ),
        (
            'case "$1" in --query-gpu=compute_cap) echo 8.6 ;; *) echo "NVIDIA A10G, 23028, 580.65.06" ;; esac',
            "can use no GPU",
        ),
    ],
)
def test_a_gpu_that_cannot_be_used(monkeypatch, tmp_path, body, said):
    put_nvidia_smi(tmp_path, body, monkeypatch)
    code, message = refused()
    assert code == 1 and said in message


def test_what_is_not_askable():
    assert refused("--device", "cpu") == (2, refused("--device", "cpu")[1])
    assert "--tiny" in refused("--device", "cpu")[1]
    assert "unknown parts: ears" in refused("--parts", "ears")[1]
    assert "whole numbers" in refused("--batches", "1,many")[1]


def test_the_memory_in_use_is_read_from_nvidia_smi(monkeypatch, tmp_path):
    put_nvidia_smi(tmp_path, "echo 15360", monkeypatch)
    assert machine.used_mib() == 15_360
    put_nvidia_smi(tmp_path, "echo '[N/A]'", monkeypatch)
    assert machine.used_mib() is None


# ---------------------------------------------------------------- tables and pictures


def test_the_table_of_a_card_shows_figures_goals_and_the_environment(card):
    card |= {"environment": "foreign"}
    table = "\n".join(show.gpu_tables([card]))
    assert "NVIDIA Planted 9000" in table and "foreign" in table and "220" in table
    assert "lips, batch 2" in table and "2,600" in table


def test_the_same_batch_with_cuda_graphs_has_a_row_a_gate_and_counts_for_the_goal(card):
    """Batch 16 before batch 8, as they are measured: the goal of memory is of the smallest that is large enough."""
    slow = card["stages"]["lips"]["batches"]["2"]
    fast = copy.deepcopy(slow)
    fast["end_to_end"]["frames_per_s"] = 260.0
    card["stages"]["lips"]["batches"] = {"16": copy.deepcopy(slow), "8": slow | {"graphed": fast}}
    card["stages"]["lips"]["batches"]["16"]["run"]["allocated_mib"] = 5000
    table = show.gpu_tables([card])
    assert [line.split(" |")[0] for line in table if "| lips, batch" in line] == [
        "| lips, batch 8", "| lips, batch 8, graphed", "| lips, batch 16",
    ]  # fmt: skip
    assert any("lips, frames/s, batch 8 or more: 260" in line for line in table)
    assert any("largest peak, GiB: 2.93" in line for line in table)
    assert baseline.figures(card)["frames_per_s"]["lips, batch 8, graphed"] == 260


def test_what_went_wrong_stands_beside_the_figures(card):
    card |= {"problems": ["voice failed: OSError: no"]}
    assert "- wrong: voice failed: OSError: no" in show.gpu_tables([card])


def test_the_kept_results_are_drawn(tmp_path):
    assert show.main(["-o", str(tmp_path / "bench.png")]) == 0
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_a_result_that_cannot_be_read_is_named(tmp_path, capsys):
    (tmp_path / "preview.json").write_text("{")
    assert show.main(["--results", str(tmp_path)]) == 1
    assert "preview.json" in capsys.readouterr().err
    (tmp_path / "preview.json").write_text('{"command": "x"}')
    assert show.main(["--results", str(tmp_path)]) == 1
    assert "lacks 'demo'; make it again" in capsys.readouterr().err


def test_mib_is_the_unit_of_the_figures():
    assert baseline.weights_mib()["voice"] == (441_018_563 * 2 + 25_856_300 * 4) // MIB
