"""What loads the weights: PyTorch all of the full stack's, and coqui-tts XTTS-v2's, which an environment may be without."""

from __future__ import annotations

from importlib.util import find_spec

from avatar.errors import EnvironmentProblem
from avatar.invocation import in_full_environment
from avatar.weights.lock import POCKET_TTS, Lock, Model

XTTS = "xtts-v2"


def missing(*models: str) -> str:
    """The package that these models want and that is not installed here: "torch" or "coqui-tts"; "" for none."""
    if find_spec("torch") is None:
        return "torch"
    return "coqui-tts" if XTTS in models and find_spec("TTS") is None else ""


def is_without_xtts() -> bool:
    """Whether this is the environment of the full stack without XTTS-v2, `./run --pocket`."""
    return missing(XTTS) == "coqui-tts"


def refuse_missing(*models: str) -> None:
    """Raises EnvironmentProblem where the package that loads them is not installed here."""
    package = missing(*models)
    if package == "torch":
        raise EnvironmentProblem(
            f"{', '.join(models)} needs the full environment, and this is the base one; {in_full_environment('…')}."
        )
    if package:
        raise EnvironmentProblem(
            f"{XTTS} needs {package}, which this environment is without: {in_full_environment('…')}, or clone a "
            f"recording with Pocket TTS (engine pocket, in {', '.join(POCKET_TTS)})."
        )


def of_the_full_stack(lock: Lock) -> list[Model]:
    """What a video of the full stack is made with here: where XTTS-v2 cannot be loaded, Pocket TTS in its place."""
    if not is_without_xtts():
        return list(lock.models)
    return [
        model
        for model in lock.every
        if model.name in POCKET_TTS.values() or (model in lock.models and model.name != XTTS)
    ]
