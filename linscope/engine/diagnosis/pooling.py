"""Pooling: the number of dimensions, then whether the window fits."""

from __future__ import annotations

from typing import Any

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.pooling_geometry import fractional_fault, window_fault
from linscope.engine.diagnosis.ranks import either, wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import Shape, first_fit, merged_batch, unsqueeze
from linscope.engine.diagnosis.wording import show, show_inputs, such_as


@diagnosis(
    *("MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d"),
    *("LPPool1d", "LPPool2d", "LPPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d"),
    *("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d"),
    *("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d"),
)
def pooling(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *) or (C, *), each spatial size at least the window's."""
    if len(shapes) != 1:
        return None
    shape, spatial = shapes[0], int(layer_name(module)[-2])
    if len(shape) not in (spatial + 1, spatial + 2):
        return _rank(module, shape, dtypes, spatial)
    fault = _fault(module, shape[-spatial:])
    if fault is None:
        return None
    details = tuple(f"in: {show(shape)}   {line}" for line in fault.details)
    found, example = Diagnosis(fault.message, details, fault.arguments), _example(module, shape, spatial)
    return found if example is None else found.or_else(such_as((example,), dtypes))


@diagnosis("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
def unpooling(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """What was pooled, (N, C, *) or (C, *), and the int64 indices of the same shape."""
    if len(shapes) != 2:
        return None
    shape, spatial = shapes[0], int(layer_name(module)[-2])
    given = show_inputs(shapes, dtypes)
    if len(shape) not in (spatial + 1, spatial + 2):
        wanted = (1,) * (spatial + 1)
        example = such_as((wanted, wanted), (dtypes[0], "int64"))
        return wrong_rank(shape, dtypes, either(spatial), None, None).or_else(example)
    if shapes[1] == shape and dtypes[1] == "int64":
        return None
    return Diagnosis(
        message="{layer} expects indices of the input's shape and of int64, as its pooling returned them, "
        f"got {show_inputs(shapes[1:], dtypes[1:], plain=False)}",
        details=(f"in: {given}",),
        instead=show_inputs((shape, shape), (dtypes[0], "int64")),
    )


def _fault(module: Any, sizes: Shape) -> Diagnosis | None:
    name = layer_name(module)
    if 0 in sizes:
        return Diagnosis("{layer} has nothing to pool: a spatial dimension is empty", (f"size {show(sizes)}",))
    if name == "LPPool1d" and not isinstance(module.kernel_size, int):
        return Diagnosis(
            "{layer} takes a kernel_size that is one number",
            (f"kernel_size {show(module.kernel_size)}",),
            (("kernel_size", min(module.kernel_size[0], *sizes)),),
        )
    if name.startswith("Adaptive"):
        return None
    if name.startswith("Fractional"):
        return fractional_fault(module, sizes)
    return window_fault(module, sizes)


def _rank(module: Any, shape: Shape, dtypes: Dtypes, spatial: int) -> Diagnosis:
    def fits(given: Shape) -> bool:
        return len(given) in (spatial + 1, spatial + 2) and _fault(module, given[-spatial:]) is None

    steps = (unsqueeze(shape, 0, "if there is one channel"), *merged_batch(shape, spatial + 1))
    step = first_fit(steps, fits)
    return wrong_rank(shape, dtypes, either(spatial), step, _example(module, shape, spatial))


def _example(module: Any, shape: Shape, spatial: int) -> Shape | None:
    """A shape that would do: the last size kept where it fits."""
    for size in (*shape[-1:], *(2**power for power in range(1, 11))):
        if _fault(module, (size,) * spatial) is None:
            return (1, 1, *(size,) * spatial)
    return None
