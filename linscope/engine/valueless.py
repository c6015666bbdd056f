"""Telling a model that needs values from one that is wrong, where it was run on shapes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import ValuesError

if TYPE_CHECKING:
    from linscope.subject import Failure

_SIGNS = (
    "Meta tensors",  # an operator without a kernel for meta
    "meta tensors",  # .item() on one
    "register_meta",  # nonzero and its like
    "meta function",
    "data-dependent",
    "SparseMeta",
    "SparseCsrMeta",
    "NestedTensorMeta",
    "fake impl",
    "'lengths' argument should be a 1D CPU",
)


def wants_values(error: BaseException) -> bool:
    """Whether torch says that an operator cannot do without values."""
    kind = type(error).__name__
    if kind in ("DataDependentOutputException", "DynamicOutputShapeException", "UnsupportedOperatorException"):
        return True
    return isinstance(error, NotImplementedError | RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def needs_values(failures: tuple[Failure, ...]) -> ValuesError:
    """The error for a model that was run without the values it needs."""
    failure = failures[0]
    name = type(failure.module).__name__ if failure.module is not None else "the model"
    words = str(failure.error).strip().partition("\n")[0][:200]
    return ValuesError(
        f"{name} needs values: it cannot be answered from shapes alone",
        details=(f"torch: {words}",) if words else (),
        hint="--run real runs it on a real tensor",
    )
