"""Pocket TTS in the GPU stage: speech that may be published with, in the voice that XTTS-v2 cloned, judged as XTTS's is."""

from __future__ import annotations

from pathlib import Path

from avatar.weights import lock
from avatar.weights.lock import POCKET_TTS, Model
from bench.gpu import judgements
from bench.gpu.commands import Stage, job_folder, last_line, parsed, rendered

NAME = "the voice of Pocket TTS"


def model() -> Model:
    return lock.read(lock.BUILT_IN).model(POCKET_TTS["en"])


def write_random(folder: Path, tiny: bool) -> None:
    from testing.tiny import pocket

    pocket.write(folder, sizes=pocket.TINY if tiny else pocket.Sizes())


def obstacle(stage: Stage) -> str | None:
    """Why it is not judged, as a sentence; None where its weights are here. They are gated: fetching wants HF_TOKEN."""
    if stage.options.weights == "random":
        return None
    accept = ["--accept-licence"] if stage.options.accept_licence else []
    fetched = stage.avatar("models", "fetch", model().name, *accept)
    return last_line(fetched) if fetched.returncode else None


def rendered_and_judged(stage: Stage) -> tuple[dict, dict]:
    """FOLDER/pocket.mp4: the full stack with the bundled portrait. What `rendered` tells, and {judgement: {"failed": [...]}}."""
    reference, video = stage.folder / "reference.wav", stage.folder / "pocket.mp4"
    asked = ("--stack", "full", "--engine", "pocket", "--voice", reference, "--text", stage.text)
    made = rendered(stage, video.name, *asked, "--seconds", stage.seconds)
    checked = parsed(stage.avatar("check", video, "--json"), "check")
    judged = {"properties": {"failed": judgements.properties(checked, stage.seconds)}}
    if not stage.options.dry_run:
        judged["memory"] = {"failed": judgements.memory(made["report"]["records"], voice="pocket")}
    if stage.options.weights == "real":
        spoken = job_folder(made) / "speech.wav"
        judged |= judgements.of_real_weights(
            checked, stage.text, spoken, reference, job_folder(stage.report["stranger"]) / "speech.wav"
        )
    return made, judged
