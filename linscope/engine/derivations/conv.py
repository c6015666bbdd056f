"""Convolutions and transposed convolutions, of one to three dimensions, batched and not."""

from __future__ import annotations

from typing import Any

from linscope.engine.derivations.registry import Shape, Shapes, derivation
from linscope.report.derivation import Derivation, Factor, Term

_AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_KERNEL = {1: ("kW",), 2: ("kH", "kW"), 3: ("kD", "kH", "kW")}


@derivation(
    *("Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d"),
    *("ConvReLU1d", "ConvReLU2d", "ConvReLU3d", "ConvAdd2d", "ConvAddReLU2d"),
)
def convolution(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Every output element sums ``in_channels/groups · kernel`` products; padding zeros count.

    (N, in_channels, *) -> (N, out_channels, *_out), or the same without N.
    """
    if not outputs:
        return None
    rows = _positions(outputs[0], module.out_channels, len(module.kernel_size), "_out")
    ins, outs = _channels(module)
    return None if rows is None else _derivation(rows, outs, ins, module)


@derivation(
    *("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
    *("LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d"),
)
def transposed_convolution(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Every input element is multiplied into ``out_channels/groups · kernel`` places, whatever the stride.

    (N, in_channels, *) -> (N, out_channels, *_out), or the same without N.
    """
    if not inputs:
        return None
    rows = _positions(inputs[0], module.in_channels, len(module.kernel_size), "_in")
    ins, outs = _channels(module)
    return None if rows is None else _derivation(rows, ins, outs, module)


def _channels(module: Any) -> tuple[Factor, Factor]:
    return Factor("in_channels", module.in_channels), Factor("out_channels", module.out_channels)


def _positions(shape: Shape, channels: int, spatial: int, suffix: str) -> tuple[Factor, ...] | None:
    """Batch and spatial sizes of (N, C, *) or (C, *); None where the shape is neither."""
    if len(shape) not in (spatial + 1, spatial + 2) or shape[-spatial - 1] != channels:
        return None
    batch = tuple(Factor("N", size) for size in shape[: -spatial - 1])
    sizes = zip(_AXES[spatial], shape[-spatial:], strict=True)
    return (*batch, *(Factor(axis + suffix, size) for axis, size in sizes))


def _derivation(rows: tuple[Factor, ...], whole: Factor, split: Factor, module: Any) -> Derivation:
    """``split`` are the channels of which each group has its own; ``whole`` are written out in full."""
    grouped = split if module.groups == 1 else Factor(f"{split.name}/groups", split.value // module.groups)
    kernel = map(Factor, _KERNEL[len(module.kernel_size)], module.kernel_size)
    return Derivation((Term(rows, (whole, grouped, *kernel)),))
