"""What a run may disturb, kept and given back: random state, global switches, training modes, buffers.

Plain classes rather than generators: they stand around every analysis, and half of a small one is overhead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable


class Seeded:
    """Torch's random state starts from ``seed`` inside, and is what it was before, outside."""

    __slots__ = ("_cuda", "_seed", "_state")

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        self._state = torch.get_rng_state()
        self._cuda: Any = None
        torch.default_generator.manual_seed(self._seed)
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            self._cuda = torch.cuda.get_rng_state_all()
            torch.cuda.manual_seed_all(self._seed)

    def __exit__(self, *exception: object) -> None:
        torch.set_rng_state(self._state)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)


class WithoutFastPaths:
    """The fused path of the transformer encoder hides its products in one operator: off inside."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = torch.backends.mha.get_fastpath_enabled()
        if self._before:
            torch.backends.mha.set_fastpath_enabled(False)

    def __exit__(self, *exception: object) -> None:
        if self._before:
            torch.backends.mha.set_fastpath_enabled(True)


class Unchanged:
    """``model`` runs in the mode asked for, and keeps its modes and buffers (running statistics) as they were.

    A model that was ``made`` for the run has nothing to keep.
    """

    __slots__ = ("_buffers", "_made", "_model", "_modes", "_tables", "_training")

    def __init__(self, model: nn.Module, training: bool | None, *, made: bool) -> None:
        self._model = model
        self._training = training
        self._made = made

    def __enter__(self) -> None:
        model, training = self._model, self._training
        if not self._made:
            self._modes = [(module, module.training) for module in model.modules()]
            self._tables = [
                (module._buffers, dict(module._buffers))
                for module in model.modules()
                if type(module._buffers) is dict  # a scripted module's is its own, and fixed
            ]
            self._buffers = _values_of(buffer for buffer in model.buffers() if not is_lazy(buffer))
        if training is not None and (not self._made or training is not model.training):
            model.train(training)

    def __exit__(self, *exception: object) -> None:
        if self._made:
            return
        for module, mode in self._modes:
            module.training = mode
        for table, before in self._tables:
            if table != before or list(table) != list(before):
                table.clear()
                table.update(before)
        _put_back(self._buffers)


class GivenAsTheyWere:
    """Tensors that the caller gave keep their values, whatever a layer in place does to them."""

    __slots__ = ("_tensors", "_values")

    def __init__(self, tensors: Iterable[torch.Tensor]) -> None:
        self._tensors = tensors

    def __enter__(self) -> None:
        self._values = _values_of(self._tensors)

    def __exit__(self, *exception: object) -> None:
        _put_back(self._values)


Values = list[tuple[torch.Tensor, torch.Tensor]]


def _values_of(tensors: Iterable[torch.Tensor]) -> Values:
    return [(tensor, tensor.detach().clone()) for tensor in tensors if not tensor.is_meta]


def _put_back(values: Values) -> None:
    for tensor, before in values:
        # What was made in inference mode may be changed in it alone.
        with torch.inference_mode() if tensor.is_inference() else torch.no_grad():
            if not torch.equal(tensor, before):
                tensor.copy_(before)
