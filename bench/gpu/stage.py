"""The steps of ci/gpu, each a command as a user types it, and the verdict. Every step leaves its mark in the report."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from avatar import settings
from avatar.device import hardware
from avatar.errors import AvatarError
from avatar.files import write_json
from bench import machine
from bench.gpu import judgements, pocket_voice
from bench.gpu.commands import (
    ROOT,
    TEXT,
    CouldNotRun,
    Failed,
    Stage,
    job_folder,
    last_line,
    parsed,
    rendered,
    say,
)

PROMPT = "a woman in her thirties with short dark hair"  # nobody's portrait is needed either
MOST_COLD_S = {"NVIDIA H100": 15.0}  # a 10-second video from a cold process with weights on disk, by the card's name


def run(options: argparse.Namespace) -> int:
    """All steps; writes the report whatever happens. Returns the exit code."""
    if options.output.exists() and not options.output.is_dir():
        print(f"ci/gpu: {options.output} is there and no folder; name another with -o.", file=sys.stderr)
        return 2
    shutil.rmtree(options.output, ignore_errors=True)
    options.output.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="avatar-gpu-") as scratch:
        stage = Stage(options, Path(scratch))
        outcome, why = "passed", ""
        try:
            for step in (host, status, weights, fit, preview, render, judge, pocket, bench, contact_sheet):
                started = time.monotonic()
                say(step.__name__)
                made = step(stage) or {}
                stage.report["steps"].append(
                    {"step": step.__name__, "seconds": round(time.monotonic() - started, 2), **made}
                )
            if failed := stage.report.get("failed"):
                raise Failed("; ".join(failed))
        except CouldNotRun as error:
            outcome, why = "could not run", str(error)
        except (Failed, AvatarError) as error:
            outcome, why = "failed", str(error)
        stage.report |= {"outcome": outcome, "why": why}
        write_json(stage.folder / "report.json", stage.report)
    return verdict(outcome, why, options.on_skip, stage.report["left_out"])


def verdict(outcome: str, why: str, on_skip: str, left_out: dict[str, str]) -> int:
    """The exit code, and what is said: only "could not run" can be softened."""
    if outcome == "could not run" and on_skip != "fail":
        in_workflow = on_skip == "warn" and os.environ.get("GITHUB_ACTIONS")
        print(f"{'::warning::' if in_workflow else ''}the GPU stage did not run: {why}")
        return 0
    for judgement, reason in left_out.items():
        say(f"not judged: {judgement}: {reason}")
    say(f"{outcome}{': ' if why else ''}{why}")
    return 0 if outcome == "passed" else 1


# ---------------------------------------------------------------- the steps


def host(stage: Stage) -> dict:
    """Is there a GPU? Raises CouldNotRun."""
    gpus, problem = hardware.read_gpus()
    on_gpu = not stage.options.dry_run
    if on_gpu and not gpus:
        raise CouldNotRun(problem or "no NVIDIA GPU was found on this host (no nvidia-smi on PATH)")
    if on_gpu:
        machine.refuse_unusable()
    # By nvidia-smi alone: asked through PyTorch, this process would hold a CUDA context beside what it measures.
    card = {"gpu": asdict(gpus[0]) if on_gpu else None}
    stage.report |= machine.origin(" ".join(["ci/gpu", *sys.argv[1:]]), on_gpu=False, thorough=False) | card
    return card


def status(stage: Stage) -> dict:
    """The environment is the locked one. A dry run looks at names and sizes only."""
    done = stage.avatar("status", "--json", *([] if stage.options.dry_run else ["--strict"]))
    report = parsed(done, "status")
    write_json(stage.folder / "status.json", report)
    if wrong := [each for each in report["checks"] if not each["ok"]]:
        raise Failed("status: " + "; ".join(f"{each['name']}: {each['message']}" for each in wrong))
    return {"fingerprints": report["fingerprints"]}


def weights(stage: Stage) -> dict:
    """Real: fetched and hashed. Random: written, then hashed. Raises CouldNotRun where they cannot be had."""
    if stage.options.weights == "random":
        shapes = write_random(stage)
    else:
        fetched = stage.avatar("models", "fetch", *(["--accept-licence"] if stage.options.accept_licence else []))
        shapes = "published"
        if fetched.returncode:
            states = parsed(stage.avatar("models", "list", "--json"), "models list")["models"]
            if any(each["problems"] for each in states):
                raise Failed(f"models fetch: {last_line(fetched)}")
            raise CouldNotRun(f"the weights are not here: {last_line(fetched)}")
    stage.report["shapes"] = shapes
    stage.succeeded("models verify", stage.avatar("models", "verify"))
    stage.succeeded("converting", stage.command(sys.executable, ROOT / "bench/convert_weights.py"))
    if stage.options.weights == "real":
        use_fresh_home(stage)
    return {"shapes": shapes}


def use_fresh_home(stage: Stage) -> None:
    """Jobs of this run in a home of their own, or a finished one would be found; the weights' side of the user's stays."""
    users, fresh = settings.home(), stage.scratch / "home"
    fresh.mkdir()
    for name in ("converted", "stamps", "licences.json"):
        (fresh / name).symlink_to(users / name)
    stage.environment |= {"AVATAR_HOME": str(fresh)}


def write_random(stage: Stage) -> str:
    """Checkpoints of random numbers in the upstream layout, of the published shapes on a GPU (6 GB), tiny without.

    The portrait is given, so Stable Diffusion is tiny always.
    """
    from testing import tiny
    from testing.tiny import musetalk, stable_diffusion, xtts

    folder = stage.scratch / "models"
    xtts.write(folder, tiny=stage.options.dry_run)
    musetalk.write(folder, tiny=stage.options.dry_run)
    stable_diffusion.write(folder)
    pocket_voice.write_random(folder, tiny=stage.options.dry_run)
    tiny.write_lock(folder, (*tiny.built_in_models(), pocket_voice.model()))
    stage.environment |= tiny.environment(folder)
    return "tiny" if stage.options.dry_run else "published"


def fit(stage: Stage) -> dict:
    """Memory and seconds that `avatar fit` measures here; on a CPU, what it computes."""
    done = stage.avatar("fit", "--json", "--seconds", stage.seconds)
    report = parsed(done, "fit")
    write_json(stage.folder / "fit.json", report)
    if not report["fits"] and not stage.options.dry_run:
        raise Failed(f"the full stack does not fit this card ({report['profile']})")
    return {"profile": report["profile"], "measured": report["measured"]}


def preview(stage: Stage) -> dict:
    """The same text by the preview stack, beside it; its synthetic voice is the reference that is cloned."""
    made = stage.report["preview"] = rendered(
        stage, "preview.mp4", "--text", TEXT, "--preset", "heart", "--seconds", 10
    )
    shutil.copy(job_folder(made) / "speech.wav", stage.folder / "reference.wav")
    # The sample would copy what this job made from the same inputs, and its seconds would not be those of a whole render.
    stage.succeeded("removing the preview's job", stage.avatar("pipeline", "remove", job_folder(made).name))
    return {"seconds_of_wall": made["wall_s"]}


def render(stage: Stage) -> dict:
    """The sample: a cold process, the full stack, a cloned voice, a drawn portrait. Its memory is held against its
    weights. Random weights draw no face: with them the portrait is the bundled one."""
    voice = [] if stage.options.dry_run else ["--voice", stage.folder / "reference.wav"]
    portrait = ["--prompt", PROMPT] if stage.options.weights == "real" and not stage.options.dry_run else []
    made = rendered(
        stage, "sample.mp4", "--stack", "full", "--text", stage.text, *voice, *portrait, "--seconds", stage.seconds
    )  # fmt: skip
    stage.report["sample"] = made
    failed = stage.report["failed"] = []
    if not stage.options.dry_run:
        failed += judgements.memory(made["report"]["records"])
        most_s = next((most for name, most in MOST_COLD_S.items() if name in stage.report["gpu"]["name"]), None)
        if most_s and made["wall_s"] > most_s:
            failed.append(f"the video took {made['wall_s']:.1f} s from a cold process, {most_s:g} s is the goal")
    return {"seconds_of_wall": made["wall_s"]}


def judge(stage: Stage) -> dict:
    """`avatar check`, then what it does not look at; with random weights, only what they can pass."""
    checked = parsed(stage.avatar("check", stage.folder / "sample.mp4", "--json"), "check")
    stage.report["check"] = checked
    real = stage.options.weights == "real"
    failed = judgements.properties(checked, stage.seconds)
    folder = job_folder(stage.report["sample"])
    kept = judgements.kept(stage.folder / "sample.mp4", folder, with_face=real)
    judged = {"properties": {"failed": failed}, "kept": kept}
    if real:
        other = stage.report["stranger"] = rendered(stage, "stranger.mp4", "--text", TEXT, "--preset", "joe")
        (stage.folder / "stranger.mp4").unlink()
        judged |= judgements.of_real_weights(
            checked, stage.text, folder / "speech.wav", stage.folder / "reference.wav", job_folder(other) / "speech.wav"
        )
    else:
        stage.report["left_out"] |= dict.fromkeys(judgements.OF_REAL_WEIGHTS, "random weights cannot pass it")
    if why := judgements.no_lip_sync(real):
        stage.report["left_out"][judgements.LIP_SYNC] = why
    else:
        judged["lip_sync"] = judgements.lip_sync(stage.folder / "sample.mp4")
    stage.report["judgements"] = judged
    failed = list(dict.fromkeys(text for each in judged.values() for text in each["failed"]))
    stage.report["failed"] += failed
    return {"failed": failed}


def pocket(stage: Stage) -> dict:
    """The same text in the same voice by Pocket TTS, whose speech may be published commercially, and the same judgements."""
    if why := pocket_voice.obstacle(stage):
        stage.report["left_out"][pocket_voice.NAME] = why
        return {}
    made, judged = pocket_voice.rendered_and_judged(stage)
    stage.report["pocket"], stage.report["pocket_judgements"] = made, judged
    failed = [f"Pocket TTS: {text}" for each in judged.values() for text in each["failed"]]
    stage.report["failed"] += failed
    return {"seconds_of_wall": made["wall_s"], "failed": failed}


def bench(stage: Stage) -> dict:
    """bench/gpu/measure.py: memory, caps and speed against the baseline of this card, where there is one."""
    tiny = ["--device", "cpu", "--tiny", "--parts", "lips", "--batches", "1"] if stage.options.dry_run else []
    done = stage.command(sys.executable, ROOT / "bench/gpu/measure.py", *tiny, "-o", stage.folder / "bench.json")
    if not (stage.folder / "bench.json").is_file():
        raise Failed(f"bench/gpu/measure.py: {last_line(done)}")
    problems = json.loads((stage.folder / "bench.json").read_text())["problems"]
    stage.report["failed"] += problems
    return {"problems": problems}


def contact_sheet(stage: Stage) -> dict:
    """contact.png: ten frames of the sample, ten of the preview below them."""
    rows = judgements.contact_rows([stage.folder / name for name in ("sample.mp4", "preview.mp4")])
    rows.save(stage.folder / "contact.png")
    return {}
