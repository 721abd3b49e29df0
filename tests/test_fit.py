"""`avatar fit`: what it says of a card or of this host, and the steps that it measures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("torch")

import torch

from avatar.device import hardware, need
from avatar.device.hardware import MIB
from avatar.environment import driver
from avatar.errors import RequestError
from avatar.fit import cards, plan, steps
from bench.tiny_shapes import TINY
from tests.conftest import ROOT, command
from tests.test_hardware import put_nvidia_smi

GIB = 1024 * MIB
CPU = torch.device("cpu")
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="asks what a host without a GPU is told")

# ---------------------------------------------------------------- cards by name


@pytest.mark.parametrize("card", cards.CARDS, ids=lambda card: card.label)
def test_every_card_is_found_by_its_label_and_listed_in_the_docs(card):
    assert cards.find(card.label) == card
    assert 0.9 < card.vram_mib / (card.gb * 1024) < 1.01
    row = next(line for line in (ROOT / "docs/fit.md").read_text().splitlines() if line.startswith(f"| {card.label} |"))
    assert f" {card.vram_mib:,} " in row and f" {card.capability} " in row


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("3080", "GeForce RTX 3080 10GB"),
        ("rtx3080 10gb", "GeForce RTX 3080 10GB"),
        ("NVIDIA GeForce RTX 3080", "GeForce RTX 3080 10GB"),
        ("4060ti", "GeForce RTX 4060 Ti 8GB"),
        ("4060", "GeForce RTX 4060 8GB"),
        ("NVIDIA A100-SXM4-80GB", "A100 80GB"),
        ("a100 40 GiB", "A100 40GB"),
        ("NVIDIA H100 80GB HBM3", "H100 80GB"),
        ("Tesla V100-SXM2-16GB", "Tesla V100 16GB"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "GeForce RTX 4090 Laptop 16GB"),
        ("RTX 4090", "GeForce RTX 4090 24GB"),
        ("GeForce RTX 3080 Mobile 8GB", "GeForce RTX 3080 Laptop 8GB"),
        ("4080 super", "GeForce RTX 4080 Super 16GB"),
        ("4080", "GeForce RTX 4080 16GB"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada 48GB"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "RTX PRO 6000 96GB"),
        ("NVIDIA H100 NVL", "H100 NVL 94GB"),
        ("NVIDIA L40", "L40 48GB"),
        ("NVIDIA L40S", "L40S 48GB"),
    ],
)
def test_a_loosely_typed_name_is_matched(typed, label):
    assert cards.find(typed).label == label


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("RTX 3080 Ti", "not in the table.*RTX 3080 10GB"),
        ("RTX 3080 12GB", "not in the table.*RTX 3080 10GB"),
        ("V100-SXM2-32GB", "not in the table.*Tesla V100 16GB"),
        ("RTX 3060 Laptop GPU", "not in the table.*RTX 3060 12GB.*fit --vram GIB"),
        ("RTX 3080 Laptop GPU", "RTX 3080 Laptop 16GB or the GeForce RTX 3080 Laptop 8GB; name one"),
        ("Quadro RTX 6000", "not in the table.*RTX 6000 Ada"),
        ("GB200", "not in the table"),
        ("A100", "A100 40GB or the A100 80GB; name one"),
        ("abacus", "not in the table.*docs/fit.md"),
        ("", "not in the table"),
    ],
)
def test_a_card_that_is_not_meant_is_not_taken(typed, said):
    with pytest.raises(RequestError, match=said):
        cards.find(typed)


# ---------------------------------------------------------------- the command


def one_sentence(outcome, code: int) -> str:
    assert outcome.code == code and outcome.stdout == "" and len(outcome.stderr.splitlines()) == 1
    return outcome.stderr


def test_a_card_is_answered_without_pytorch():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command("fit", "--gpu", "RTX 3080", "--json")[1:]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in imported and not imported & {"torch", "numpy", "diffusers", "transformers"}
    report = json.loads(done.stdout)
    assert (report["profile"], report["fits"], report["measured"]) == ("10GB", True, False)
    assert report["gpu"]["vram_mib"] == 10_240
    assert set(report["stages"]) == {"portrait", "voice", "lips"}
    assert all(stage["seconds"] is None and stage["need_mib"] < 10_240 for stage in report["stages"].values())
    assert 8.4e9 < report["disk"]["weights"] < 8.6e9 and report["disk"]["missing"] <= report["disk"]["weights"]


def test_the_answer_says_where_its_figures_are_from(avatar):
    text = avatar("fit", "--gpu", "2060").stdout
    assert "profile   6GB: float16, 4 frames a step" in text
    assert "peaks     by arithmetic from the shapes, not measured on this card" in text
    assert "seconds   not measured on this card" in text
    assert "memory    fits: 3,408 of 6,144 MiB" in text and "disk      8.50 GB of weights" in text


def test_a_card_that_cannot_be_answered_for(avatar):
    assert "RTX 9999" in one_sentence(avatar("fit", "--gpu", "RTX 9999"), 2)
    assert "6.1 (sm_61)" in one_sentence(avatar("fit", "--gpu", "1080 ti"), 1)
    assert "give one of the two" in one_sentence(avatar("fit", "--gpu", "3080", "--measure"), 2)
    assert avatar("fit", "--seconds", "0").code == 2


def test_a_card_that_no_table_knows_is_answered_by_its_memory(avatar):
    text = avatar("fit", "--vram", "16").stdout
    assert "16,384 MiB, compute capability not given" in text and "profile   10GB" in text
    report = json.loads(avatar("fit", "--vram", "16", "--capability", "8.9", "--json").stdout)
    named = plan.for_card("RTX 4080", 10)  # the same but for 8 MiB
    assert report["stages"] == named["stages"] and report["profile"] == named["profile"] and report["fits"]
    assert report["gpu"]["capability"] == "8.9"


def test_a_card_too_small_for_every_profile_does_not_fit(avatar):
    outcome = avatar("fit", "--vram", "5")
    assert outcome.code == 1 and "profile   6GB" in outcome.stdout
    assert "does not fit: 3,408 of 5,120 MiB, but the profile is meant for 5,600 MiB" in outcome.stdout
    least_gib = hardware.smallest_gpu_profile().least_vram_mib / 1024
    assert plan.for_memory(least_gib, None, 10)["fits"] and not plan.for_memory(least_gib - 0.01, None, 10)["fits"]
    assert "does not fit: 3,408 of 1,024 MiB, one model at a time" in avatar("fit", "--vram", "1").stdout


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--vram", "0"], 2, "--vram 0 is no card's memory; give GiB"),
        (["--vram", "-3"], 2, "--vram -3 is no card's memory"),
        (["--vram", "1e9"], 2, "is no card's memory"),
        (["--vram", "nan"], 2, "is no card's memory"),
        (["--vram", "16384"], 2, "16,384 MiB are 16"),
        (["--vram", "16", "--gpu", "3080"], 2, "--gpu names a card .* give one of the two"),
        (["--vram", "16", "--measure"], 2, "--vram answers without measuring"),
        (["--capability", "8.9"], 2, "give --vram too"),
        (["--gpu", "3080", "--capability", "8.9"], 2, "give --vram too"),
        (["--vram", "16", "--capability", "89"], 2, "--capability '89' is none; NVIDIA writes it like 8.9"),
        (["--vram", "16", "--capability", "6.1"], 1, r"card with 16 GiB is of compute capability 6.1 \(sm_61\)"),
        (["--vram", "16", "--capability", "13.0"], 1, r"13.0 \(sm_130\), for which the locked PyTorch has no code"),
    ],
)
def test_a_card_that_is_described_wrongly(avatar, options, code, said):
    assert re.search(said, one_sentence(avatar("fit", *options), code))


def test_what_is_no_number_is_refused(avatar):
    for option in ("--vram", "--seconds"):
        outcome = avatar("fit", option, "much")
        assert outcome.code == 2 and f"Invalid value for '{option}'" in outcome.stderr
    assert avatar("fit", "--gpu", "3080", "--seconds", "nan").code == 2


def test_a_host_without_a_gpu_is_told_so_and_what_its_cpu_needs(avatar, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = avatar("fit", "--json")
    report = json.loads(outcome.stdout)
    assert report["gpu"] is None and report["profile"] == "cpu" and report["dtype"] == "float32"
    assert report["room_mib"] == hardware.memory_mib()
    assert report["fits"] == (report["stages"]["portrait"]["need_mib"] <= hardware.memory_mib())
    assert outcome.code == (0 if report["fits"] else 1)
    assert "--measure" in report["seconds_from"]


def test_a_gpu_that_cannot_be_used_is_one_sentence(avatar, monkeypatch, tmp_path):
    put_nvidia_smi(tmp_path, "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", monkeypatch)
    assert "version mismatch" in one_sentence(avatar("fit"), 1)
    put_nvidia_smi(tmp_path, nvidia_smi("NVIDIA A10G, 23028, 450.51.06", "8.6"), monkeypatch)
    assert "driver 450.51.06" in one_sentence(avatar("fit"), 1)
    put_nvidia_smi(tmp_path, nvidia_smi("NVIDIA TITAN Xp, 12288, 535.183.01", "6.1"), monkeypatch)
    assert "TITAN Xp is of compute capability 6.1" in one_sentence(avatar("fit"), 1)


@without_gpu
def test_a_gpu_that_pytorch_does_not_see_is_not_replaced_by_the_cpu_in_silence(avatar, monkeypatch, tmp_path):
    put_nvidia_smi(tmp_path, nvidia_smi("NVIDIA A10G, 23028, 535.183.01", "8.6"), monkeypatch)
    assert "CUDA_VISIBLE_DEVICES" in one_sentence(avatar("fit"), 1)
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    assert "the NVIDIA A10G is not used: the profile is set to cpu" in avatar("fit").stdout


def test_the_base_environment_names_the_command_to_type(monkeypatch):
    monkeypatch.setenv("AVATAR_RUN", "./run")
    base = ROOT / ".venv/base/bin/python"
    if not (ROOT / ".venv/base/stamp").exists():
        pytest.skip("no base environment beside this one")
    done = subprocess.run([base, *command("fit", "--measure")[1:]], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1 and "type './run --full avatar fit'" in done.stderr


def nvidia_smi(row: str, capability: str) -> str:
    """A planted program's body: a GPU's row, and its compute capability where only that is asked for."""
    return f'case "$1" in --query-gpu=compute_cap) echo {capability} ;; *) echo "{row}" ;; esac'


def test_a_card_elsewhere_is_told_arithmetic_and_no_seconds():
    for report in (plan.for_card("RTX 4090", 30), plan.for_memory(24, "8.9", 30)):
        assert (report["peaks_from"], report["seconds_from"]) == (plan.ARITHMETIC, plan.NO_SECONDS)
        assert {each["seconds"] for each in report["stages"].values()} == {None}


# ---------------------------------------------------------------- real steps, tiny


@without_gpu
def test_the_steps_run_the_engines_own_parts():
    """Tiny networks through the same code that a card runs; a fall back to float32 would be told."""
    profile = hardware.profile_named("cpu")
    told = []
    results = steps.measure(profile, 10, told.append, TINY, portrait_size=64)
    assert told == ["portrait (Stable Diffusion 1.5)", "voice (XTTS-v2)", "lips (MuseTalk 1.5)"]
    assert all(result["seconds"] > 0 for result in results.values())
    assert results["voice"]["parts"]["codes"] == steps.SHORT_CODES
    assert results["lips"]["notes"] == []
    twice = steps.lips(profile, 20, TINY)
    assert twice["seconds"] == pytest.approx(20 * 25 / twice["parts"]["frames_per_s"], rel=0.01)


@without_gpu
def test_without_xtts_the_voice_that_is_measured_is_pocket_tts(monkeypatch):
    """As many latents as are asked for, although random weights hear the end at once."""
    from avatar.voice.pocket import generation

    made, spoken = [], generation.spoken
    monkeypatch.setattr(generation, "spoken", lambda *given, **more: made.append(spoken(*given, **more)) or made[-1])
    smaller = {
        "pocket-speech": {"num_hidden_layers": 1, "intermediate_size": 64},
        "pocket-codec": {"num_hidden_layers": 1, "intermediate_size": 64, "num_filters": 8},
    }
    result = steps.pocket_voice(hardware.profile_named("cpu"), 10, smaller)
    assert [len(latents) for latents in made] == [8, steps.LATENTS] and result["parts"]["latents"] == steps.LATENTS
    assert result["seconds"] == pytest.approx(10 * result["parts"]["real_time_factor"], rel=0.01)


@without_gpu
def test_the_random_voice_speaks_as_many_codes_as_it_is_asked_for():
    model = steps.speaking_model(torch.float32, CPU, TINY["xtts"])
    manner, timbre = torch.zeros(1, 32, 64), torch.zeros(1, 512, 1)
    made = model.inference("", "en", manner, timbre, max_new_tokens=30)
    assert made["gpt_latents"].shape[1] == 30


def test_the_table_of_cards_and_the_locked_pytorch_agree_on_what_is_too_old():
    refused = {card.label for card in cards.CARDS if not driver.has_code_for(card.capability)}
    assert refused == {"GeForce GTX 1080 Ti 11GB"}
    assert os.path.getsize(need.TABLE) < 20_000


def test_each_engine_that_clones_says_what_it_may_be_used_for(avatar):
    rows = {row["engine"]: row for row in json.loads(avatar("fit", "--gpu", "2060", "--json").stdout)["cloning"]}
    assert rows["pocket"]["commercial"] and rows["pocket"]["languages"] == ["en"]
    assert not rows["xtts"]["commercial"] and len(rows["xtts"]["languages"]) == 15
    assert rows["pocket"]["bytes"] < rows["xtts"]["bytes"] / 8 and rows["pocket"]["need_mib"] < rows["xtts"]["need_mib"]
    text = avatar("fit", "--gpu", "2060").stdout
    assert "--engine pocket: en; 219.3 MB" in text and "weights CC-BY-4.0: commercial use allowed" in text
    assert (
        "--engine xtts: 15 languages; 1.88 GB" in text and "Coqui Public Model License 1.0.0: no commercial use" in text
    )


def test_status_tells_of_each_engine_what_it_may_be_used_for_and_whether_it_is_here(avatar):
    host = json.loads(avatar("status", "--json").stdout)["host"]
    assert "commercial use allowed" in host["pocket"] and host["pocket"].endswith("weights not here")
    assert "no commercial use" in host["xtts"] and "MPL-2.0" in host["xtts"]


def test_status_tells_of_other_files_in_the_place_of_an_engines_weights(avatar, tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path))
    (file := tmp_path / "kyutai/pocket-tts/languages/english/model.safetensors").parent.mkdir(parents=True)
    file.write_bytes(b"half")
    assert json.loads(avatar("status", "--json").stdout)["host"]["pocket"].endswith(
        "; other files in the place of its weights"
    )
