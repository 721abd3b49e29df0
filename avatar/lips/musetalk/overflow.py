"""Half precision can overflow on some cards, and the face then turns black. So every network's result is checked."""

from __future__ import annotations

from collections.abc import Callable

import torch

from avatar.errors import EnvironmentProblem
from avatar.weights.strict import mend


def all_finite(result: torch.Tensor) -> torch.Tensor:
    """Whether a result has no infinity and no nan: bool (), on its device. Nothing waits for the device here."""
    return torch.isfinite(result).all()


def go_on_in_float32(name: str, network: torch.nn.Module, notes: list[str]) -> None:
    """For a network whose result was not finite. Raises EnvironmentProblem when it is in float32 already."""
    if all(parameter.dtype == torch.float32 for parameter in network.parameters()):
        raise EnvironmentProblem(
            f"the {name}'s result is not finite, in float32 either: its weights or the device are damaged. {mend()}."
        )
    network.float()
    notes.append(f"the {name}'s result was not finite in half precision; it went on in float32.")


def finite(name: str, network: torch.nn.Module, run: Callable[[], torch.Tensor], notes: list[str]) -> torch.Tensor:
    """What run() gives; where that is not finite, what it gives with the network in float32, which gets a note.

    It waits for the device, so it is for what is done once, not for each batch. run must cast its inputs to the
    network's present dtype. Raises EnvironmentProblem when float32 does not help.
    """
    result = run()
    if all_finite(result):
        return result
    go_on_in_float32(name, network, notes)
    return finite(name, network, run, notes)
