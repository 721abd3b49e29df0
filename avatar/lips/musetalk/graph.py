"""CUDA graphs: what a network launches for a batch, recorded once and then launched as one.

MuseTalk's UNet is about a thousand small kernels, and Python takes longer to launch them than a fast card to run them.
On where there is a card, but for AVATAR_CUDA_GRAPHS=0 (see bench/NOTES.md). Everything here runs in the thread that draws, in inference
mode, and nothing that it records asks for a random number, reads the device or copies from the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

Network = Callable[..., tuple[torch.Tensor, torch.Tensor]]  # (n, ...) tensors -> its result (n, ...), a bool ()
WARM_UPS = 2  # the first loads kernels and makes cuDNN's plans and cuBLAS's workspaces, which a recording must not


class Recorded:
    """A recorded network: it reads and writes the same memory each time."""

    def __init__(self, inputs: Sequence[torch.Tensor], outputs: Sequence[torch.Tensor], replay: Callable[[], None]):
        self._inputs = inputs
        self._outputs = outputs
        self._replay = replay

    def __call__(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of as many rows as were recorded, or fewer: the rest is what was there before, computed for nothing.

        That costs less than it seems: a smaller batch by itself would take memory beside the recording's.
        """
        count = len(inputs[0])
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept[:count].copy_(given)
        self._replay()
        result, finite = self._outputs
        return result[:count].clone(), finite.clone()  # the next replay writes here again


class Graphs:
    """Recordings for one batch size, in one pool of memory. They serve any number of videos of the same networks."""

    def __init__(self, notes: list[str]) -> None:
        """notes: where it is told that recording failed."""
        self._notes = notes
        self._failed = False
        self._batch = 0
        self._stream = torch.cuda.Stream()  # nothing can be recorded on the default one
        self._recorded: dict[Network, Recorded] = {}
        self.drop()

    def run(self, network: Network, batch: int, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What network(*inputs) gives, of at most `batch` rows. Another batch size drops what was recorded before."""
        if batch != self._batch:
            self.drop()
            self._batch = batch
        if network not in self._recorded and not self._failed:
            self._record(network, batch, inputs)
        return self._recorded.get(network, network)(*inputs)

    def drop(self) -> None:
        """Forget all recordings, which hold memory and the addresses of their network's weights."""
        torch.cuda.synchronize()  # one may be at work
        self._recorded.clear()
        self._pool = torch.cuda.graph_pool_handle()  # PyTorch takes no handle again whose graphs are gone

    def _record(self, network: Network, batch: int, inputs: Sequence[torch.Tensor]) -> None:
        kept = [given.new_zeros(batch, *given.shape[1:]) for given in inputs]
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):  # left even where the recording below ends in an error
            for _ in range(WARM_UPS):
                network(*kept)  # out of memory here is told to the caller, who takes a smaller batch
            graph = torch.cuda.CUDAGraph()
            try:
                # thread_local: the thread that blends may do what it likes meanwhile.
                with torch.cuda.graph(graph, self._pool, self._stream, capture_error_mode="thread_local"):
                    outputs = network(*kept)
                self._recorded[network] = Recorded(kept, outputs, graph.replay)
            except RuntimeError as error:
                self._failed = True
                self.drop()
                self._notes.append(f"CUDA graphs were left out: {str(error).splitlines()[0]}")
        torch.cuda.current_stream().wait_stream(self._stream)
