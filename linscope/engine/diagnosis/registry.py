"""The registry of diagnoses: from a layer and what it was given to what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import layer_names
from linscope.engine.diagnosis.dtypes import disagreement, fitting, wrong_dtype
from linscope.engine.diagnosis.generic import translate
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.wording import show_inputs

if TYPE_CHECKING:
    from torch import nn

Diagnose = Callable[[Any, Shapes, Dtypes], Diagnosis | None]
"""(module, shapes, dtypes) of a forward that raised -> what is wrong, or None where the shapes are fine."""

_DIAGNOSES: dict[str, Diagnose] = {}


def diagnosis(*names: str) -> Callable[[Diagnose], Diagnose]:
    """Registers a diagnosis for the torch.nn classes of these names."""

    def register(function: Diagnose) -> Diagnose:
        for name in names:
            if name in _DIAGNOSES:
                raise ValueError(f"{name} has a diagnosis already")
            _DIAGNOSES[name] = function
        return function

    return register


def registered_names() -> frozenset[str]:
    """Every class name with a diagnosis of its own."""
    return frozenset(_DIAGNOSES)


def diagnose(module: nn.Module, shapes: Shapes, dtypes: Dtypes, error: Exception) -> Diagnosis | None:
    """What went wrong in a forward that raised.

    Args:
        module: the module that raised.
        shapes: of the tensors that went in, in the order of the arguments, nested ones flattened.
        dtypes: of the same tensors, by torch's names.
        error: what was raised.

    Returns:
        The layer's own diagnosis, else a translation of torch's message, else None.
    """
    # A shape is judged as if the dtypes were right already: a repair must not run into the other fault.
    wanted = fitting(module, shapes, dtypes)
    own = own_diagnosis(module, shapes, wanted)
    if own is None:
        return wrong_dtype(module, shapes, dtypes, error) or translate(module, shapes, dtypes, error)
    if any(0 in shape for shape in shapes):  # with nothing to compute with, no repair is sure to work
        return Diagnosis(own.message, (*own.details, "an empty dimension leaves nothing to compute with"))
    other = disagreement(module, shapes, dtypes)
    return own if other is None else _both(own, other, shapes, wanted)


def own_diagnosis(module: nn.Module, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    for name in layer_names(module):
        function = _DIAGNOSES.get(name)
        if function is not None:
            return function(module, shapes, dtypes)
    return None


def _both(own: Diagnosis, dtype: Diagnosis, shapes: Shapes, wanted: Dtypes) -> Diagnosis:
    """A shape and a dtype that are both wrong, repaired in one."""
    details = (*own.details, *dtype.details)
    repair = own.instead or ", ".join(f"{name}={value!r}" for name, value in own.arguments) or own.before
    if repair and not repair.startswith(("[", "an input", "inputs")):  # those name their dtypes already
        repair = f"{show_inputs(shapes, wanted, plain=False)}, and with it {repair}"
    return Diagnosis(own.message, details, instead=repair)
