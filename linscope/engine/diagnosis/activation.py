"""Activations along a dimension, activations per channel, and dropout of whole channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.ranks import wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import Shape, first_fit, merged_batch, unsqueeze
from linscope.engine.diagnosis.wording import count, show, such_as

if TYPE_CHECKING:
    from torch import nn


@diagnosis("Softmax", "LogSoftmax", "Softmin")
def softmax(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Any shape that has ``dim``."""
    if len(shapes) != 1 or module.dim is None:
        return None
    return dimension_fault(module.dim, shapes[0])


@diagnosis("Softmax2d")
def softmax_2d(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, H, W) or (C, H, W)."""
    return _rank(shapes, dtypes, (3, 4), "[C,H,W] or [N,C,H,W]")


@diagnosis("Dropout1d")
def dropout_1d(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, L) or (C, L)."""
    return _rank(shapes, dtypes, (2, 3), "[C,L] or [N,C,L]")


@diagnosis("Dropout2d", "Dropout3d", "FeatureAlphaDropout")
def feature_dropout(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *): whole channels are dropped."""
    if len(shapes) != 1 or len(shapes[0]) > 1:
        return None
    return _rank(shapes, dtypes, (2, 5), "at least [N,C]")


@diagnosis("GLU")
def glu(module: nn.GLU, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """``dim`` is split in two halves."""
    if len(shapes) != 1:
        return None
    shape, dim = shapes[0], module.dim
    example = such_as(((*(2,) * dim, 4) if dim > 0 else (4, *(2,) * (-dim - 1)),), dtypes)
    if not shape:
        scalar = "{layer} splits a dimension in half, and a scalar has none"
        return Diagnosis(scalar, (f"in: []   dim {dim}",), instead=example)
    even = [d for d, size in enumerate(shape) if size % 2 == 0]
    if not -len(shape) <= dim < len(shape):
        found = dimension_fault(dim, shape)
        if found is None:
            return None
        repaired = (("dim", even[-1]),) if even else ()
        return Diagnosis(found.message, found.details, repaired).or_else(example)
    size = shape[dim]
    if size % 2 == 0:
        return None
    last = dim % len(shape)
    return Diagnosis(
        message=f"{{layer}} splits dimension {last} in half, and its size {size} is odd",
        details=(f"in: {show(shape)}   dimension {last} is {size}",),
        arguments=(("dim", even[-1]),) if even else (),
    ).or_else(such_as(((*shape[:last], size + 1, *shape[last + 1 :]),), dtypes))


@diagnosis("PReLU")
def prelu(module: nn.PReLU, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """One slope for all, or one for each channel, the channels in dimension 1."""
    if len(shapes) != 1 or module.num_parameters == 1:
        return None
    shape, slopes = shapes[0], module.num_parameters
    channels = shape[1] if len(shape) > 1 else 1
    if channels == slopes:
        return None
    where = "dimension 1" if len(shape) > 1 else "a dimension 1, and there is none"
    step = first_fit((unsqueeze(shape, 0, "if it is one sample"),), lambda given: len(given) > 1 and given[1] == slopes)
    return Diagnosis(
        message=f"{{layer}} has {count(slopes, 'slope')}, one for each channel in {where}"
        + (f", got {channels}" if len(shape) > 1 else ""),
        details=(f"in: {show(shape)}   {count(channels, 'channel')}, num_parameters {slopes}",),
        arguments=(("num_parameters", max(channels, 1)),),
    ).preceded_by(step)


def dimension_fault(dim: int, shape: Shape) -> Diagnosis | None:
    """A ``dim`` that the input does not have; the last one is offered."""
    rank = max(len(shape), 1)
    if -rank <= dim < rank:
        return None
    return Diagnosis(
        message=f"{{layer}} works along dimension {dim}, and the input has {count(len(shape), 'dimension')}",
        details=(f"in: {show(shape)}   dimensions {-rank} to {rank - 1}, dim {dim}",),
        arguments=(("dim", -1),),
    )


def _rank(shapes: Shapes, dtypes: Dtypes, ranks: tuple[int, int], allowed: str) -> Diagnosis | None:
    if len(shapes) != 1 or len(shapes[0]) in ranks:
        return None
    shape = shapes[0]
    steps = (unsqueeze(shape, 0, "if the first dimension is missing"), *merged_batch(shape, ranks[0]))
    step = first_fit(steps, lambda given: len(given) in ranks)
    return wrong_rank(shape, dtypes, allowed, step, (1,) * ranks[0])
