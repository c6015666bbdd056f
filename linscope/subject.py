"""What a source hands to the engine: how to build the model, and what to feed it. No torch at import."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

    from linscope.errors import LinscopeError
    from linscope.report.record import Note, Totals


@dataclass(frozen=True, slots=True)
class Draw:
    """How to fill a tensor.

    ``normal``: standard normal (any floating or complex dtype; bool: fair coin flips);
    ``uniform``: real numbers in [low, high); ``integers``: whole numbers in [low, high);
    ``permutation``: whole numbers in [low, high), no two alike along the flattened trailing ``span`` dimensions;
    ``values``: exactly ``values``, in row-major order.
    """

    kind: str = "normal"
    low: float = 0
    high: float = 1
    span: int = 0
    values: tuple[float, ...] = ()


NORMAL = Draw()


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor to be drawn: sizes, dtype by torch's name, the argument it goes to, and how to fill it."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str | None = None
    draw: Draw = NORMAL


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a tensor does not fit a layer, and what would.

    Args:
        message: one sentence, with ``{layer}`` where the layer as written belongs.
        details: the shapes that met, a line each.
        arguments: constructor arguments that would make the layer fit.
        before: a tensor method, in the notation, that would make the tensor fit; ``before_when`` says when
            that is the right repair.
        instead: a repair in words, where neither fits.
    """

    message: str
    details: tuple[str, ...]
    arguments: tuple[tuple[str, object], ...] = ()
    before: str | None = None
    before_when: str | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a module on the way to a failure; ``output_shapes`` is None where the failure lies within it."""

    path: str
    type: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...] | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A forward that raised: in which module, on what, how, and why where that is known.

    ``way`` holds the calls that lie around the one that failed, each after those that it made before, in order.
    """

    path: str
    module: nn.Module | None
    input_shapes: tuple[tuple[int, ...], ...]
    input_dtypes: tuple[str, ...]
    error: Exception
    diagnosis: Diagnosis | None = None
    way: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Inputs by position and by name, each a tensor, a shape string, or a nesting of them."""

    positional: tuple[Any, ...] = ()
    by_name: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a named model is wanted. What a source does not know it ignores; what it cannot do it refuses.

    Args:
        target: the whole target as the user wrote it.
        inputs: what to feed it, as ``linscope.analyze`` takes it; None for what the source knows of itself.
        arguments: keyword arguments for the class or the factory.
        sizes: sizes of named dimensions.
        batch: the batch size, where the source knows its inputs.
        length: the sequence length in tokens, likewise.
        dtype: the type of parameters and inputs, by torch's name; None for the model's own.
        training: the mode to run in; None is evaluation for named models, and an instance's own.
        may_run_code: whether code of the user's may run.
        guard: to be entered around code of the user's that runs before the engine does: random states and global
            switches are put back.
    """

    target: str
    inputs: Any = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    batch: int | None = None
    length: int | None = None
    dtype: str | None = None
    training: bool | None = None
    may_run_code: bool = True
    guard: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to analyse.

    Args:
        target: what the user asked for, in their words.
        build: makes the model; called under the device and the guard of the run mode.
        arguments: from the built model, the positional and keyword arguments of its forward, nested as it
            wants them; every ``TensorSpec`` among the leaves is replaced by a drawn tensor.
        training: the mode to run in; None keeps the model's own.
        owned: whether the model was made for this run (and may be changed by it).
        written: how the user wrote the layer at a path, where they did.
        explain: turns a failed forward into the error the user sees.
        hidden_root: whether the root module is the source's own wrapper, not a layer of the user's.
        small: whether building it is sure to take little memory, so that nobody need look.
        largest: the largest number among the layers' arguments: an input may grow so many times in one.
        learns: whether the model replaces modules of its own when it meets its first input.
        foreign: whether code runs that is neither torch's nor ours.
        around: to be entered around everything that runs of the model, from building it on.
        shapes_first: whether the model has no values that mean anything: real ones are drawn only where shapes
            alone cannot answer.
        routed: whether the model sends tokens to experts by scores: without values the choice is taken to be even.
        cached: elements of keys and values that a causal language model keeps of what went in; None where it keeps
            none, or that is not known.
        notes: remarks of the source's own on the result, from the model that ran and its totals.
    """

    target: str
    build: Callable[[], nn.Module]
    arguments: Callable[[nn.Module], tuple[tuple[Any, ...], dict[str, Any]]]
    training: bool | None
    owned: bool
    explain: Callable[[Failure], LinscopeError]
    written: Mapping[str, str] = field(default_factory=dict)
    hidden_root: bool = False
    small: bool = False
    largest: int = 1
    learns: bool = False
    foreign: bool = False
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    shapes_first: bool = False
    routed: bool = False
    cached: int | None = None
    notes: Callable[[nn.Module, Totals], tuple[Note, ...]] = lambda model, totals: ()
