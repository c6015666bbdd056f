"""What a run may disturb, kept and given back: random state, global switches, training modes, buffers.

Plain classes rather than generators: they stand around every analysis, and half of a small one is overhead.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy


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

    __slots__ = ("_buffers", "_made", "_model", "_modes", "_training")

    def __init__(self, model: nn.Module, training: bool | None, *, made: bool) -> None:
        self._model = model
        self._training = training
        self._made = made

    def __enter__(self) -> None:
        model, training = self._model, self._training
        if not self._made:
            self._modes = [(module, module.training) for module in model.modules()]
            self._buffers = [
                (buffer, buffer.detach().clone())
                for buffer in model.buffers()
                if not buffer.is_meta and not is_lazy(buffer)
            ]
        if training is not None and (not self._made or training is not model.training):
            model.train(training)

    def __exit__(self, *exception: object) -> None:
        if self._made:
            return
        for module, mode in self._modes:
            module.training = mode
        with torch.no_grad():
            for buffer, before in self._buffers:
                if not torch.equal(buffer, before):
                    buffer.copy_(before)
