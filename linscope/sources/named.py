"""A model that a package builds by its name, without its weights: what torchvision's and timm's have in common."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError, UsageError
from linscope.nested import rebuilt
from linscope.notation.suggest import closest
from linscope.report.record import Note
from linscope.sources.constructing import constructed
from linscope.sources.failures import explained_model
from linscope.sources.given import arguments_of, drawn
from linscope.sources.precision import in_precision, precision
from linscope.subject import Subject, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from torch import nn

    from linscope.report.record import Totals
    from linscope.subject import Asked


_USUAL = Note("usual-input", "the input is of the size that the model is meant for; --input gives another")


def subject_of(asked: Asked, make: Callable[[], nn.Module], usual: Callable[[nn.Module], tuple[Any, ...]]) -> Subject:
    """The subject of what ``make`` builds; run on shapes, for it has no values that mean anything.

    Args:
        make: the package's builder, told to load no weights.
        usual: from the model built, the positional arguments of its forward in float32, where the user gives none.

    Raises:
        UsageError: a dtype that no model runs in, or a batch size beside inputs.
        NotationError: inputs that are no shapes.
    """
    dtype = precision(asked.dtype)
    if asked.inputs is not None and asked.batch is not None:
        raise UsageError("--input says how large the batch is, and so does -B", hint="leave one of them out")
    given = None if asked.inputs is None else arguments_of(asked.inputs, asked.sizes, asked.dtype)

    def arguments(built: nn.Module) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if given is not None:
            return drawn(built, *given)
        return tuple(_in_dtype(value, asked.dtype) for value in usual(built)), {}

    def notes(model: nn.Module, totals: Totals) -> tuple[Note, ...]:
        return () if given is not None else (_USUAL,)

    def called() -> nn.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on how values will be drawn in later versions
                return in_precision(make(), dtype)
        except TypeError as error:
            raise _refused(error, asked) or error from None

    return Subject(
        target=asked.target,
        build=lambda: constructed(called, asked.target),
        arguments=arguments,
        training=bool(asked.training),
        owned=True,
        explain=explained_model,
        learns=True,  # no fake tensor is made while it is built: builders read values
        foreign=True,
        notes=notes,
        shapes_first=True,
    )


def _refused(error: TypeError, asked: Asked) -> UsageError | None:
    """The error for an argument that the builder passes on to a class that does not take it, where it is that."""
    wrong = next((name for name in asked.arguments if f"unexpected keyword argument '{name}'" in str(error)), None)
    return UsageError(f"{asked.target} has no argument {wrong}", details=(str(error),)) if wrong is not None else None


def check_name(name: str, known: Collection[str], package: str, asked: Asked) -> None:
    """Whether ``name`` is one of the ``known`` models of ``package``.

    Raises:
        TargetError: it is not.
    """
    if name not in known:
        nearest = closest(name, known, 3)
        scheme = asked.target.partition(":")[0]
        hint = f"did you mean {', or '.join(f'{scheme}:{n}' for n in nearest)}?" if nearest else None
        raise TargetError(f"{package} has no model {name[:80]}", hint=hint)


def refuse_weights(asked: Asked, loading: Collection[str]) -> None:
    """Whether an argument would load weights: those are not needed, and may be a download.

    Raises:
        UsageError: one of ``loading`` is among the arguments.
    """
    for argument in asked.arguments:
        if argument in loading:
            raise UsageError(
                f"{argument} loads weights, which no number here depends on", hint=f"leave --arg {argument} out"
            )


def _in_dtype(value: Any, dtype: str | None) -> Any:
    """``value`` with every spec in it in ``dtype``, where one was asked for."""
    if dtype is None:
        return value
    if isinstance(value, TensorSpec):
        return replace(value, dtype=dtype)
    return rebuilt(value, lambda item: _in_dtype(item, dtype))
