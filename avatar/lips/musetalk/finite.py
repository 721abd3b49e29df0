"""Half precision can overflow on some cards, and the face then turns black. So every network's result is checked."""

from __future__ import annotations

from collections.abc import Callable

import torch

from avatar.errors import EnvironmentProblem
from avatar.weights.strict import mend


def finite(name: str, network: torch.nn.Module, run: Callable[[], torch.Tensor], notes: list[str]) -> torch.Tensor:
    """What run() gives; where that is not finite, what it gives with the network in float32, which gets a note.

    run must cast its inputs to the network's present dtype. Raises EnvironmentProblem when float32 does not help.
    """
    result = run()
    if torch.isfinite(result).all():
        return result
    if network.dtype == torch.float32:
        raise EnvironmentProblem(
            f"the {name}'s result is not finite, in float32 either: its weights or the device are damaged. {mend()}."
        )
    network.float()
    notes.append(f"the {name}'s result was not finite in half precision; it went on in float32.")
    return finite(name, network, run, notes)
