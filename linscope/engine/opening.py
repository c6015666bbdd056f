"""Operators that are made of others, run so that the tracer sees what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch._C import DispatchKey
from torch._ops import OpOverload

Opener = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
"""``(mode, args, kwargs) -> result``: runs an operator with ``mode`` entered for its parts."""

_KERNELS = (DispatchKey.CompositeExplicitAutograd, DispatchKey.BackendSelect, DispatchKey.CPU)


def _choose(condition: Any, yes: Callable[..., Any], no: Callable[..., Any], operands: Sequence[Any]) -> Any:
    return (yes if condition else no)(*operands)


def _scan(step: Callable[..., Any], carry: Sequence[Any], xs: Sequence[Any], more: Sequence[Any] = ()) -> Any:
    """Every x (T, …), cut along its first dimension; what each step gives beyond the carry is stacked."""
    given = []
    for parts in zip(*xs, strict=True):
        stepped = step(*carry, *parts, *more)
        carry, rest = stepped[: len(carry)], stepped[len(carry) :]
        given.append(rest)
    stacked = (torch.stack(ys) if isinstance(ys[0], torch.Tensor) else None for ys in zip(*given, strict=True))
    return (*carry, *stacked)


# What these do. Torch's own kernels of them refuse to run under a mode.
_BODIES: dict[str, Callable[..., Any]] = {
    "cond": _choose,
    "scan": _scan,
    "invoke_subgraph": lambda body, name, *operands: body(*operands),
    "strict_mode": lambda body, operands: body(*operands),
    **dict.fromkeys(
        ("foreach_map", "invoke_quant", "invoke_quant_packed"), lambda body, *operands, **options: body(*operands)
    ),
}


def opener(func: Any) -> Opener | None:
    """How to run a composite operator, or one of higher order, as its parts; None where it cannot be opened."""
    if isinstance(func, OpOverload):
        return _within(func.decompose)
    kernels = (func.py_kernels[key] for key in _KERNELS if key in func.py_kernels)
    kernel = _BODIES.get(func._name) or next(kernels, None)
    return None if kernel is None else _within(kernel)


def is_composite(func: Any) -> bool:
    """Whether torch implements the operator by calling others, for any device."""
    if not isinstance(func, OpOverload) or func.namespace == "prim":  # TorchScript's own, which have no kernels
        return False
    name = func.name()  # type: ignore[no-untyped-call]
    return torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd")


def _within(kernel: Callable[..., Any]) -> Opener:
    def run(mode: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with mode:
            return kernel(*args, **kwargs)

    return run
