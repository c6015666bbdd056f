"""Linear maps: the last dimension must be the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import is_unshaped
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import features_last, first_fit, rows_of_all_the_rest, unsqueeze
from linscope.engine.diagnosis.wording import count, show, show_inputs, such_as

if TYPE_CHECKING:
    from torch import nn


@diagnosis("Linear", "LazyLinear", "NonDynamicallyQuantizableLinear", "Parameter")
def linear(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(*, in_features), with any number of leading dimensions, none included."""
    if len(shapes) != 1:
        return None
    shape, features = shapes[0], module.in_features
    if not shape:
        only = unsqueeze(shape, 0, "if the number is the one feature") if features == 1 else None
        return (
            Diagnosis(
                message="{layer} needs at least one dimension, got a scalar []",
                details=(f"in: []   no last dimension, in_features {features}",),
            )
            .preceded_by(only)
            .or_else(such_as(((features or 4,),), dtypes))
        )
    if shape[-1] == features or is_unshaped(module):
        return None
    return Diagnosis(
        message=f"{{layer}} expects {count(features, 'feature')} in the last dimension, got {shape[-1]}",
        details=(f"in: {show(shape)}   last dimension {shape[-1]}, in_features {features}",),
        arguments=(("in_features", shape[-1]),),
    ).preceded_by(first_fit((*rows_of_all_the_rest(shape), *features_last(shape)), lambda given: given[-1] == features))


@diagnosis("Bilinear")
def bilinear(module: nn.Bilinear, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(*, in1_features) and (*, in2_features), with the same leading dimensions."""
    if len(shapes) != 2:
        return None
    first, second = shapes
    if not first or not second:
        wanted = such_as(((module.in1_features,), (module.in2_features,)), dtypes[:1] * 2)
        return Diagnosis(
            message="{layer} needs at least one dimension in each input, got a scalar []",
            details=(f"in: {show_inputs(shapes)}",),
            instead=wanted,
        )
    details = (
        f"in: {show(first)}   last dimension {first[-1]}, in1_features {module.in1_features}",
        f"in: {show(second)}   last dimension {second[-1]}, in2_features {module.in2_features}",
    )
    if first[:-1] != second[:-1]:
        same = ((*first[:-1], module.in1_features), (*first[:-1], module.in2_features))
        return Diagnosis(
            message="{layer} takes two inputs with the same leading dimensions, "
            f"got {show(first[:-1])} and {show(second[:-1])}",
            details=details,
            instead=such_as(same, dtypes[:1] * 2),
        )
    wrong = [
        (name, shape[-1])
        for name, shape in (("in1_features", first), ("in2_features", second))
        if shape[-1] != getattr(module, name)
    ]
    if not wrong:
        return None
    return Diagnosis(
        message="{layer} expects "
        f"{module.in1_features} and {module.in2_features} features in the last dimensions of its inputs, "
        f"got {first[-1]} and {second[-1]}",
        details=details,
        arguments=tuple(wrong),
    )
