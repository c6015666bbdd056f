"""The registry of derivations: class name -> a count from attributes and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import layer_names, names_elsewhere
from linscope.report.derivation import Derivation

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]

Derive = Callable[[Any, Shapes, Shapes], Derivation | None]
"""(module, shapes that went in, shapes that came out) -> the count, or None where they do not say it."""

_DERIVATIONS: dict[str, Derive] = {}


def derivation(*names: str) -> Callable[[Derive], Derive]:
    """Registers a derivation for the torch.nn classes of these names."""

    def register(function: Derive) -> Derive:
        for name in names:
            if name in _DERIVATIONS:
                raise ValueError(f"{name} has a derivation already")
            _DERIVATIONS[name] = function
        return function

    return register


def registered_names() -> frozenset[str]:
    """Every class name with an entry, counting and not."""
    return frozenset(_DERIVATIONS)


def derive(module: nn.Module, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """The MACs of one call of the module with all its children, on weights as they are.

    What computing a weight anew takes (``parametrize``, or a hook) is not in it.

    Args:
        module: any module; a subclass that replaces no computation counts as what it derives from.
        inputs: shapes of the tensors that went in, in the order of the arguments, positional ones first,
            nested ones flattened. A packed sequence is its data (sum of lengths, features), its batch sizes
            and, where it has them, its two index vectors.
        outputs: shapes of the tensors that came out, flattened likewise.

    Returns:
        The count as factors; no terms where the layer is known to contract nothing; None where the count
        cannot be told from attributes and shapes.
    """
    for name in layer_names(module) or names_elsewhere(module):
        function = _DERIVATIONS.get(name)
        if function is not None:
            return function(module, inputs, outputs)
    return None
