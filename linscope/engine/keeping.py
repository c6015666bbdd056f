"""What a run may disturb around the model, kept and given back: random states and global switches.

Plain classes rather than generators: they stand around every analysis, and half of a small one is overhead.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import torch


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


class AroundForeignCode:
    """Code that is not ours runs inside: what it may turn outside of its model is turned back.

    Python's and numpy's random states start from ``seed``, as torch's does, and go on as before afterwards; so do
    torch's default dtype and device, its precision, its determinism, its threads and whether it keeps gradients.
    """

    __slots__ = (
        *("_deterministic", "_device", "_dtype", "_grad", "_numpy", "_precision", "_python", "_seed"),
        *("_threads", "_warn_only"),
    )

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        self._python = random.getstate()
        random.seed(self._seed)
        numpy = sys.modules.get("numpy")
        self._numpy = numpy.random.get_state() if numpy is not None else None
        if numpy is not None:
            numpy.random.seed(self._seed % 2**32)
        self._dtype = torch.get_default_dtype()
        self._device = torch.get_default_device()
        self._grad = torch.is_grad_enabled()
        self._threads = torch.get_num_threads()
        self._precision = torch.get_float32_matmul_precision()
        self._deterministic = torch.are_deterministic_algorithms_enabled()
        self._warn_only = torch.is_deterministic_algorithms_warn_only_enabled()

    def __exit__(self, *exception: object) -> None:
        random.setstate(self._python)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)
        if torch.get_default_dtype() is not self._dtype:
            torch.set_default_dtype(self._dtype)
        if torch.get_default_device() != self._device:
            torch.set_default_device(self._device if self._device.type != "cpu" else None)
        torch.set_grad_enabled(self._grad)
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
        if torch.get_float32_matmul_precision() != self._precision:
            torch.set_float32_matmul_precision(self._precision)
        if torch.are_deterministic_algorithms_enabled() != self._deterministic:
            torch.use_deterministic_algorithms(self._deterministic, warn_only=self._warn_only)
