"""Convolutions: the number of dimensions, then the channels, then whether the kernel fits."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import is_unshaped
from linscope.engine.diagnosis.conv_geometry import spatial_fault
from linscope.engine.diagnosis.ranks import either, wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import Shape, Step, first_fit, merged_batch, move, unsqueeze
from linscope.engine.diagnosis.wording import count, layout, show, such_as

if TYPE_CHECKING:
    from collections.abc import Iterator

Arguments = tuple[tuple[str, object], ...]


@diagnosis(
    *("Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d"),
    *("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
    *("LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d"),
)
def convolution(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, in_channels, *) or (in_channels, *), each spatial size at least what the kernel covers."""
    if len(shapes) != 1:
        return None
    shape, spatial = shapes[0], len(module.kernel_size)
    if len(shape) not in (spatial + 1, spatial + 2):
        step = first_fit(_steps(shape, spatial), lambda given: _fits(module, given))
        return wrong_rank(shape, dtypes, either(spatial), step, _example(module, shape, spatial), _known(module))
    channels = shape[-spatial - 1]
    fault = spatial_fault(module, shape[-spatial:])
    if not _right_channels(module, channels):
        found = _channels(module, shape, spatial)
        if fault is not None:
            joined = (*found.arguments, *fault.arguments) if found.arguments and fault.arguments else ()
            found = Diagnosis(found.message, (*found.details, *fault.details), joined)
    elif fault is not None:
        found = Diagnosis(fault.message, (f"in: {show(shape)}   {fault.details[0]}",), fault.arguments)
    else:
        return None
    step = first_fit(_steps(shape, spatial), lambda given: _fits(module, given))
    example = _example(module, shape, spatial)
    found = found.preceded_by(step)
    return found if example is None else found.or_else(such_as((example,), dtypes))


def _channels(module: Any, shape: Shape, spatial: int) -> Diagnosis:
    dim = len(shape) - spatial - 1
    details = [f"in: {show(shape)}   dimension {dim} is {shape[dim]}, {_known(module)}"]
    if dim == 0:
        details.append(
            f"{len(shape)} dimensions are read as one sample {layout(spatial, batched=False)}; "
            f"a batch is {layout(spatial)}"
        )
    expected = count(module.in_channels, "channel")
    if is_unshaped(module):
        expected = f"channels that {count(module.groups, 'group')} divide"
    return Diagnosis(
        message=f"{{layer}} expects {expected} in dimension {dim}, got {shape[dim]}",
        details=tuple(details),
        arguments=_channel_arguments(module, shape[dim]),
    )


def _known(module: Any) -> str:
    return f"groups {module.groups}" if is_unshaped(module) else f"in_channels {module.in_channels}"


def _right_channels(module: Any, channels: int) -> bool:
    """A lazy layer takes any number that its groups divide."""
    if is_unshaped(module):
        return channels > 0 and channels % int(module.groups) == 0
    return bool(channels == module.in_channels)


def _channel_arguments(module: Any, channels: int) -> Arguments:
    if channels == 0:
        return ()
    if is_unshaped(module):
        return (("groups", gcd(channels, module.groups)),)
    if module.groups == 1:
        return (("in_channels", channels),)
    if module.groups == module.in_channels:  # depthwise: as many outputs for each channel as before
        outs = module.out_channels // module.in_channels * channels
        return ("in_channels", channels), ("out_channels", outs), ("groups", channels)
    groups = gcd(channels, module.groups)  # divides the new channels and, as the old did, the outputs
    kept = () if groups == module.groups else (("groups", groups),)
    return ("in_channels", channels), *kept


def _steps(shape: Shape, spatial: int) -> Iterator[Step]:
    last = len(shape) - 1
    if last == spatial + 1:
        yield move(shape, last, 1, f"if the channels are dimension {last}")
    elif last == spatial:
        yield move(shape, last, 0, f"if the channels are dimension {last}")
        yield unsqueeze(shape, 1, "if dimension 0 is the batch and there is one channel")
    elif last == spatial - 1:
        yield unsqueeze(shape, 0, "if there is one channel")
    yield from merged_batch(shape, spatial + 1)


def _fits(module: Any, shape: Shape) -> bool:
    spatial = len(module.kernel_size)
    return (
        len(shape) in (spatial + 1, spatial + 2)
        and _right_channels(module, shape[-spatial - 1])
        and spatial_fault(module, shape[-spatial:]) is None
    )


def _example(module: Any, shape: Shape, spatial: int) -> Shape | None:
    """A shape that would do, as near to the given one as can be: its last sizes kept where they fit."""
    channels = module.groups if is_unshaped(module) else module.in_channels
    for size in (*shape[-1:], *(2**power for power in range(1, 11))):
        sizes = (size,) * spatial
        if spatial_fault(module, sizes) is None:
            return (1, channels, *sizes)
    return None
