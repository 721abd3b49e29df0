"""Tensors between host and device while both work on. On a CPU nothing is copied.

A copy runs beside other work only from and to pinned memory, which the system cannot move. PyTorch keeps such memory
for the next copy of the size, and takes it back no sooner than the device has done with it.
"""

from __future__ import annotations

import torch


def upload(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on the device, in its own type: with another one the copy would go through unpinned memory."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


class Download:
    """Tensors on their way to the host, together; only `wait` waits for the device."""

    def __init__(self, *tensors: torch.Tensor) -> None:
        self._tensors = [tensor.to("cpu", non_blocking=True) for tensor in tensors]  # pinned
        self._arrived = None
        if any(tensor.is_cuda for tensor in tensors):
            self._arrived = torch.cuda.Event(blocking=True)  # waits asleep: the cores have frames to blend
            self._arrived.record()

    def wait(self) -> list[torch.Tensor]:
        """The tensors on the CPU. What the device was given after them goes on."""
        if self._arrived:
            self._arrived.synchronize()
        return self._tensors
