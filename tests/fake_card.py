"""A card on a host without one: PyTorch's fake tensors of device cuda:0, which have shape, type, layout and no numbers.

What lies on the CPU stays real. A small tensor on the card whose numbers follow from the host's, as a length or the
scheduler's time steps, keeps them; every other read of the card raises DataDependentOutputException, so what runs here
never waits for the device, or is given `answers` to go on with. What comes down from the card is zeros.

Not all that a card refuses is refused by fake tensors (a convolution takes weights of the CPU, a product two types), so
each operation is looked at. Kernels, memory and speed are not seen here, nor anything below torch.cuda.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map_only, tree_unflatten
from torch.utils.weak import WeakTensorKeyDictionary

from avatar.fit import shapes
from avatar.weights import strict

CARD, HALF = torch.device("cuda", 0), torch.float16
HOST = torch.device("cpu")
SMALL = 4096  # numbers; larger tensors on the card keep none
MODE = FakeTensorMode(allow_non_fake_inputs=True)
NUMBERS = WeakTensorKeyDictionary()  # {tensor on the card: its numbers, on the CPU}, where they are known
aten = torch.ops.aten
COPIES = (aten._to_copy, aten.copy_)
WITHOUT_NUMBERS = (aten.empty, aten.empty_like, aten.empty_strided, aten.new_empty, aten.new_empty_strided)
SHAPED_BY_NUMBERS = (aten.nonzero, aten.masked_select)  # whose result has as many rows as its numbers say


class Mixed(Exception):
    """An operation on two devices or on two floating types. No TypeError: Python's operators would catch that."""


class Followed(TorchDispatchMode):
    """Refuses an operation on two devices or two floating types; counts copies to the card and back, and waits for it."""

    def __init__(self, answers: Iterator, promotes: bool, down: float) -> None:
        super().__init__()
        self._answers, self._promotes, self._down = answers, promotes, down
        self.uploads = self.downloads = self.waits = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        keywords = keywords or {}
        if operation.namespace not in ("aten", "avatar"):  # prim.device asks where a fake tensor is
            return operation(*arguments, **keywords)
        leaves = tree_leaves((arguments, keywords))
        taken = [each for each in leaves if isinstance(each, torch.Tensor)]
        wanted = [each for each in leaves if isinstance(each, torch.device)]
        packet = operation.overloadpacket
        if packet in (aten.pin_memory, aten._pin_memory):
            return arguments[0]  # fake tensors know no pinned memory
        if all(each.type != "cuda" for each in [*wanted, *(each.device for each in taken)]):
            with _disable_current_modes():
                return operation(*arguments, **keywords)
        with self:  # in inference mode operations come in as they are called, made of others
            made = operation.decompose(*arguments, **keywords)
        if made is not NotImplemented:
            return made
        if packet in COPIES:
            return self._copied(operation, arguments, keywords)
        refuse_mixed(operation, taken, self._promotes)
        if packet is aten._local_scalar_dense:
            return self._read(arguments[0])
        known = self._computed(operation, arguments, keywords)
        if packet in SHAPED_BY_NUMBERS and known is not None:
            self.waits += 1
            made = torch.empty(known.shape, dtype=known.dtype, device=CARD)
        else:
            made = self._on_fakes(operation, arguments, keywords)
        self._keep(made, known)
        return made

    def _copied(self, operation, arguments: tuple, keywords: dict) -> torch.Tensor:
        source = arguments[1] if operation.overloadpacket is aten.copy_ else arguments[0]
        target = arguments[0].device if operation.overloadpacket is aten.copy_ else keywords.get("device")
        target = torch.device(target or source.device)
        if target == CARD:
            self.uploads += source.device == HOST
            known = self._computed(operation, arguments, keywords)
            made = self._on_fakes(operation, arguments, keywords)
            self._keep(made, known)
            return made
        self.downloads += 1
        with _disable_current_modes():
            numbers = NUMBERS.get(source)
            down = torch.full(source.shape, self._down).to(source.dtype) if numbers is None else numbers
            return operation(
                *tree_map_only(torch.Tensor, lambda each: down if each is source else each, arguments), **keywords
            )

    def _on_fakes(self, operation, arguments: tuple, keywords: dict):
        arguments, keywords = tree_map_only(torch.Tensor, self._fake, (arguments, keywords))
        return operation(*arguments, **keywords)

    def _fake(self, tensor: torch.Tensor) -> FakeTensor:
        return tensor if isinstance(tensor, FakeTensor) else MODE.from_tensor(tensor)

    def _read(self, tensor: torch.Tensor):
        """One number, on the host: the card is waited for."""
        self.waits += 1
        with _disable_current_modes():
            numbers = NUMBERS.get(tensor)
            if numbers is None:
                answer = next(self._answers, None)
                if answer is None:
                    raise DataDependentOutputException(aten._local_scalar_dense.default)
                NUMBERS[tensor] = numbers = torch.tensor(answer).to(tensor.dtype)  # asked again, it says the same
            return numbers.item()

    def _computed(self, operation, arguments: tuple, keywords: dict):
        """What the operation gives on the CPU, where the numbers of all that it takes are known; else None."""
        if operation.overloadpacket in WITHOUT_NUMBERS or torch.Tag.nondeterministic_seeded in operation.tags:
            return None
        leaves, form = tree_flatten((arguments, keywords))
        for place, each in enumerate(leaves):
            if isinstance(each, torch.Tensor) and each.device == CARD:
                each = NUMBERS.get(each)
                if each is None:
                    return None
            if isinstance(each, torch.Tensor) and each.numel() > SMALL:
                return None
            leaves[place] = HOST if isinstance(each, torch.device) else each
        arguments, keywords = tree_unflatten(leaves, form)
        with _disable_current_modes():
            return operation(*arguments, **keywords)

    def _keep(self, made, known) -> None:
        for place, tensor in enumerate(tree_leaves(made)):
            if not isinstance(tensor, torch.Tensor):
                continue
            numbers = None if known is None else tree_leaves(known)[place]
            if numbers is not None and numbers.numel() <= SMALL:
                NUMBERS[tensor] = numbers
            elif (lost := NUMBERS.get(tensor)) is not None:  # written over with what is not known
                shared = lost.untyped_storage().data_ptr()
                for other in [each for each, own in NUMBERS.items() if own.untyped_storage().data_ptr() == shared]:
                    del NUMBERS[other]


def refuse_mixed(operation, taken: list[torch.Tensor], promotes: bool) -> None:
    """Raises Mixed. A single number without a dimension may lie on the CPU and be of any type, as on a card.

    promotes: numbers of two types may be added or multiplied one by one, which gives the wider type.
    """
    devices = {each.device for each in taken if each.dim() or each.device == CARD}
    dtypes = {each.dtype for each in taken if each.is_floating_point() and each.dim()}
    if len(devices) > 1 or len(dtypes) > 1 and not (promotes and torch.Tag.pointwise in operation.tags):
        raise Mixed(f"{operation} takes {devices or ''} {dtypes}")


@contextlib.contextmanager
def card(answers: Iterable = (), promotes: bool = False, down: float = 0.0) -> Iterator[Followed]:
    """What is made on cuda:0 in this block is fake.

    answers: to reads of numbers that nobody knows, in their order; promotes: as in `refuse_mixed`; down: what a copy
    from the card to the CPU holds where nobody knows it.
    """
    with MODE, Followed(iter(answers), promotes, down) as followed:
        yield followed


def converted_by_assignment(module: torch.nn.Module, change, recurse: bool = True) -> torch.nn.Module:
    """What Module.to and Module.float do. PyTorch changes parameters in place, which fake ones cannot be."""
    for child in module.children():
        converted_by_assignment(child, change)
    for kept in (module._parameters, module._buffers):
        for name, tensor in kept.items():
            if tensor is not None:
                changed = change(tensor)
                kept[name] = torch.nn.Parameter(changed, False) if kept is module._parameters else changed
    return module


def movable(network: torch.nn.Module) -> torch.nn.Module:
    """The network, which may now move to the card and back."""
    for module in network.modules():
        module._apply = partial(converted_by_assignment, module)
    return network


def on_card(name: str, dtype: torch.dtype = HALF) -> torch.nn.Module:
    """A network in its published shape, filled as from its file."""
    network = movable(shapes.build(name))
    with card():
        tensors = {key: torch.zeros(each.shape, dtype=dtype) for key, each in network.state_dict().items()}
        return strict.fill(network, tensors, Path(name), CARD, dtype)
