"""Tensors go into a network exactly or not at all: a missing, surplus or misshapen key is an error that names it.

The libraries' own loaders only log such keys, and what a file lacks keeps its random values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from avatar.errors import EnvironmentProblem
from avatar.invocation import to_type

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]

Network = TypeVar("Network", bound="torch.nn.Module")

NAMED = 3  # keys of a kind that a message names; the rest is counted


def read(file: Path, device: str = "cpu") -> Tensors:
    """The tensors of a safetensors file, on a device. Raises EnvironmentProblem when it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file, device=device)
    except (OSError, SafetensorError) as error:
        raise EnvironmentProblem(f"cannot read {file}: {error}. {mend()}.") from error


def renamed(tensors: Tensors, today: Callable[[str], str], file: Path) -> Tensors:
    """The tensors of a file of an older layout under the names that today's classes use.

    Raises EnvironmentProblem where two keys come to the same name: one of the two would be lost in silence.
    """
    result: Tensors = {}
    for key, tensor in tensors.items():
        if today(key) in result:
            raise EnvironmentProblem(f"{file} is not the model it should be: it has {today(key)} twice. {mend()}.")
        result[today(key)] = tensor
    return result


def refuse_other_layout(expected: Tensors, found: Tensors, file: Path) -> None:
    """Raises EnvironmentProblem that names the file, and what is missing, surplus or misshapen among its tensors.

    expected: the state dict of the network that they are for; its values may be without memory.
    """
    faults = {
        "lacks": sorted(expected.keys() - found.keys()),
        "has the unknown": sorted(found.keys() - expected.keys()),
        "has in another shape": [
            f"{key} {tuple(found[key].shape)} for {tuple(expected[key].shape)}"
            for key in sorted(expected.keys() & found.keys())
            if found[key].shape != expected[key].shape
        ],
    }
    said = [f"{verb} {some(keys)}" for verb, keys in faults.items() if keys]
    if said:
        raise EnvironmentProblem(f"{file} is not the model it should be: it {', '.join(said)}. {mend()}.")


def fill(network: Network, tensors: Tensors, file: Path, device: torch.device, dtype: torch.dtype) -> Network:
    """The network, built without weights, holding exactly these tensors on a device and in a type, for inference.

    `tensors` is empty afterwards, so that no second copy stays alive. Raises EnvironmentProblem as above.
    """
    refuse_other_layout(network.state_dict(), tensors, file)
    network.load_state_dict(
        {key: tensors.pop(key).to(device, dtype) for key in list(tensors)}, strict=True, assign=True
    )
    # .to: buffers that no file holds, as CLIP's position_ids, are not in the state dict and still where they were made
    return network.to(device).eval().requires_grad_(False)


def some(keys: Iterable[str]) -> str:
    """'a, b, c and 7 more'."""
    keys = list(keys)
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more


def mend() -> str:
    """The words that end a message about a file of weights."""
    return f"'{to_type('models verify')}' checks every file, '{to_type('models fetch', full=True)}' brings those that differ"
