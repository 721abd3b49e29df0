"""Out of memory: the same work in smaller steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from avatar.device import memory
from avatar.device.hardware import Profile
from avatar.errors import TemporaryProblem

T = TypeVar("T")

# What is said where no OutOfMemoryError is raised: by the CPU's allocator; by CUDA where memory is taken past PyTorch's
# allocator (a context, a graph); by cuBLAS and cuDNN, whose handles take their own (the names of their status codes).
OUT_OF_MEMORY = (
    "DefaultCPUAllocator: can't allocate", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)  # fmt: skip


class StepDown:
    """Runs work in batches; on out-of-memory it goes on with the next smaller size, stays there, and notes it.

        steps = StepDown((8, 4, 2, 1), what="frames a step")
        pictures = steps.run(lambda batch: decode(latents, batch))

    The work is done again from its beginning, so it must not have taken from a stream before it fails.
    """

    def __init__(
        self, batches: Sequence[int] = (8, 4, 2, 1), what: str = "in a step", profile: Profile | None = None
    ) -> None:
        """profile: whose device the work is done on; None is the one in force."""
        self._batches = list(batches)
        self._profile = profile
        self.what = what
        self.notes: list[str] = []

    @property
    def batch(self) -> int:
        """The size that the next run begins with."""
        return self._batches[0]

    def run(self, work: Callable[[int], T]) -> T:
        """What `work(batch)` returns. Raises TemporaryProblem when the smallest batch does not fit either."""
        while True:
            try:
                return work(self.batch)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # Outside of the except clause: its traceback would keep the tensors of the failed try alive.
            here = memory.device(self._profile)
            memory.release(here)
            if len(self._batches) == 1:
                advice, mend = memory.smaller_profile(profile=self._profile)
                raise TemporaryProblem(
                    f"out of memory on {memory.describe(here)} with {self.batch} {self.what}, the least there is; close what "
                    f"else uses it, or {advice}.",
                    mend=mend,
                )
            tried = self._batches.pop(0)
            self.notes.append(f"out of memory with {tried} {self.what}; went on with {self.batch}.")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether PyTorch ran out of memory on any device: in its own allocators, or in a library beside them."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or any(said in str(error) for said in OUT_OF_MEMORY)
