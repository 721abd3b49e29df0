"""How many bytes of tensors are alive at once while a network runs: exact, without running it.

On the meta device tensors have a shape and a type and no memory, so the largest network is followed in a second on any
host. Every operation passes `Live`, which adds the storage of what it made and takes it off when Python drops it: what
an allocator would hold, whatever the device. The same count over real tensors gives the same figure.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Live(TorchDispatchMode):
    """Counts, within its `with` block, what is made there; what was there before (weights, inputs) is not counted.

    peak: bytes alive at the worst moment. with_copies: the same, where each convolution may also hold a copy of its
    input, weights and output in another memory layout. cuDNN's half precision kernels want channels last, and copies
    what comes in another order (NVIDIA, Convolutional Layers User's Guide, "Tensor Layouts"); so does oneDNN on CPUs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak = self.with_copies = 0
        self._alive: dict[int, int] = {}  # bytes, by the address of the storage object
        self._bytes = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        before = {_storage_key(tensor) for tensor in _tensors((args, kwargs))}
        made = operation(*args, **(kwargs or {}))
        for tensor in _tensors(made):
            key, storage = _storage_key(tensor), tensor.untyped_storage()
            if key not in self._alive and key not in before:  # else a view, or changed in place
                self._alive[key] = storage.nbytes()
                self._bytes += storage.nbytes()
                weakref.finalize(storage, self._forget, key)
        self.peak = max(self.peak, self._bytes)
        copies = 0
        if operation._overloadpacket is torch.ops.aten.convolution:
            copies = sum(tensor.nbytes for tensor in (args[0], args[1], made))
        self.with_copies = max(self.with_copies, self._bytes + copies)
        return made

    def _forget(self, key: int) -> None:
        self._bytes -= self._alive.pop(key)


class FusedAttention(TorchFunctionMode):
    """Attention as its fused kernels hold it: the result alone, never the matrix of all pairs.

    PyTorch takes such a kernel for every head size here, on every CUDA card from sm_50 (the memory-efficient one) and on
    CPUs; on the meta device it would write the matrix out.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is torch.nn.functional.scaled_dot_product_attention:
            return torch.empty_like(args[0] if args else kwargs["query"])
        return function(*args, **kwargs)


def follow(run: Callable[[], object]) -> Live:
    """Run something on meta tensors and return what was alive. Its result is dropped at the end."""
    with torch.no_grad(), Live() as live, FusedAttention():
        run()
    return live


def _tensors(values: object) -> list[torch.Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]


def _storage_key(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata
