"""Losses whose target is a class index for each sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.dtypes import REAL
from linscope.engine.diagnosis.ranks import wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.wording import count, show, show_inputs, such_as

if TYPE_CHECKING:
    from linscope.engine.diagnosis.steps import Shape

INDICES = ("int64", "uint8")


@diagnosis("CrossEntropyLoss", "NLLLoss", "NLLLoss2d")
def cross_entropy(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *) with a target (N, *), or (C) with (); cross entropy also takes probabilities (N, C, *)."""
    if len(shapes) != 2:
        return None
    shape, target = shapes
    if not shape:
        return _no_classes(shapes, dtypes)
    if layer_name(module) == "CrossEntropyLoss" and target == shape:
        if dtypes[1] in REAL:
            return None
        remark = ": with the shape of the input it is probabilities, in floating point"
        return _indices(_sample_shape(shape), shapes, dtypes, remark)
    return _indexed(_sample_shape(shape), shapes, dtypes)


@diagnosis("MultiMarginLoss")
def multi_margin(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C) with a target (N), or (C) with ()."""
    if len(shapes) != 2:
        return None
    shape = shapes[0]
    if not 0 < len(shape) < 3:
        return _no_classes(shapes, dtypes)
    return _indexed(shape[:-1], shapes, dtypes, accepted=("int64",))


@diagnosis("MultiLabelMarginLoss")
def multi_label_margin(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C) or (C), with a target of the same shape: class indices, ended by -1."""
    if len(shapes) != 2:
        return None
    shape = shapes[0]
    if not 0 < len(shape) < 3:
        wanted: Shape = (4, 5)
    elif shapes[1] == shape and dtypes[1] == "int64":
        return None
    else:
        wanted = shape
    return Diagnosis(
        message="{layer} takes [N,C] and a target of the same shape and of int64, "
        f"got {show_inputs(shapes, dtypes, plain=False)}",
        instead=show_inputs((wanted, wanted), (dtypes[0], "int64")),
    )


@diagnosis("AdaptiveLogSoftmaxWithLoss")
def adaptive_log_softmax(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, in_features) with a target (N), or (in_features) with ()."""
    return _linear_loss(module.in_features, (), shapes, dtypes)


@diagnosis("LinearCrossEntropyLoss")
def linear_cross_entropy(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, in_features) with a target (N, *out_features), or (in_features) with ()."""
    positions, in_features = tuple(module.out_features), module.linear.in_features
    if len(shapes) == 2 and len(shapes[0]) in ((2,) if positions else (1, 2)):
        probabilities = (*shapes[0][:-1], module.num_classes, *positions)
        if shapes[1] == probabilities and dtypes[1] == dtypes[0]:
            right = shapes[0][-1] == in_features
            return None if right else _features(in_features, shapes, dtypes, positions, repairs=True)
    return _linear_loss(in_features, positions, shapes, dtypes)


def _linear_loss(in_features: int, positions: Shape, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    if len(shapes) != 2:
        return None
    shape = shapes[0]
    if len(shape) not in ((2,) if positions else (1, 2)):
        example = such_as(((4, in_features), (4, *positions)), (dtypes[0], "int64"))
        allowed = "[N,in_features]" if positions else "[N,in_features] or [in_features]"
        known = f"in_features {in_features}"
        return wrong_rank(shape, dtypes, allowed, None, None, known).or_else(example)
    target = _indexed((*shape[:-1], *positions), shapes, dtypes)
    if shape[-1] != in_features:
        return _features(in_features, shapes, dtypes, positions, repairs=target is None)
    return target


def _features(in_features: int, shapes: Shapes, dtypes: Dtypes, positions: Shape, *, repairs: bool) -> Diagnosis:
    shape = shapes[0]
    return Diagnosis(
        message=f"{{layer}} expects {count(in_features, 'feature')} in the last dimension, got {shape[-1]}",
        details=(f"in: {show(shape)}   last dimension {shape[-1]}, in_features {in_features}",),
        arguments=(("in_features", shape[-1]),) if repairs else (),
    ).or_else(such_as(((*shape[:-1], in_features), (*shape[:-1], *positions)), (dtypes[0], "int64")))


def _sample_shape(shape: Shape) -> Shape:
    """What is left of (N, C, *) or (C) without the classes."""
    return shape[:1] + shape[2:] if len(shape) > 1 else ()


def _indexed(wanted: Shape, shapes: Shapes, dtypes: Dtypes, accepted: tuple[str, ...] = INDICES) -> Diagnosis | None:
    """A target of one index for each sample, or what is wrong with it; (1) will do for a single sample."""
    same = shapes[1] == wanted or (wanted == () and shapes[1] == (1,))
    return None if same and dtypes[1] in accepted else _indices(wanted, shapes, dtypes)


def _indices(wanted: Shape, shapes: Shapes, dtypes: Dtypes, remark: str = "") -> Diagnosis:
    given = show_inputs(shapes[1:], dtypes[1:], plain=False)
    return Diagnosis(
        message=f"{{layer}} takes as its target a class index for each sample, {show(wanted)}:int64, "
        f"got {given}{remark}",
        details=(f"in: {show_inputs(shapes, dtypes)}",),
        instead=show_inputs((shapes[0], wanted), (dtypes[0], "int64")),
    )


def _no_classes(shapes: Shapes, dtypes: Dtypes) -> Diagnosis:
    return Diagnosis(
        message=f"{{layer}} expects a score for each class, [N,C], got {show(shapes[0])}",
        details=(f"in: {show_inputs(shapes, dtypes)}",),
        instead=such_as(((3, 5), (3,)), (dtypes[0], "int64")),
    )
