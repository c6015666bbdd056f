"""Convolutions: every position of the output (of the input, where transposed) uses every weight once.

A weight (out, in/groups, *kernel) serves N · prod(output) positions; a transposed one, (in, out/groups, *kernel),
N · prod(input). Padding zeros are multiplied like any other value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term
from linscope.sources.onnx.call import Call, UnknownSizeError
from linscope.sources.onnx.formulas.registry import formula

if TYPE_CHECKING:
    from collections.abc import Sequence

_OUTPUT = {1: ("L_out",), 2: ("H_out", "W_out"), 3: ("D_out", "H_out", "W_out")}
_INPUT = {1: ("L_in",), 2: ("H_in", "W_in"), 3: ("D_in", "H_in", "W_in")}
_KERNEL = {1: ("k",), 2: ("kH", "kW"), 3: ("kD", "kH", "kW")}


def _convolution(
    positions: Sequence[int], batch: int, weight: Sequence[int], groups: int, *, transposed: bool
) -> Derivation:
    ndim = len(weight) - 2
    if ndim < 1 or len(positions) != ndim:
        raise UnknownSizeError
    usual = tuple(f"n{i}" for i in range(ndim))
    first, second = ("in_channels", "out_channels") if transposed else ("out_channels", "in_channels")
    names = (
        first,
        f"{second}/groups" if groups > 1 else second,
        *_KERNEL.get(ndim, tuple(f"k{i}" for i in range(ndim))),
    )
    places = (_INPUT if transposed else _OUTPUT).get(ndim, usual)
    rows = (Factor("batch", batch), *map(Factor, places, positions))
    return Derivation((Term(rows, tuple(map(Factor, names, weight))),))


@formula("Conv", "ConvInteger", "DeformConv", "com.microsoft.FusedConv")
def convolution(call: Call) -> Derivation:
    batch, _, *positions = call.output()
    return _convolution(positions, batch, call.input(1), call.number("group", 1), transposed=False)


@formula("QLinearConv")
def quantized_convolution(call: Call) -> Derivation:
    """``(x, its scale, its zero, weight, …)``."""
    batch, _, *positions = call.output()
    return _convolution(positions, batch, call.input(3), call.number("group", 1), transposed=False)


@formula("ConvTranspose", "com.microsoft.ConvTransposeWithDynamicPads")
def transposed_convolution(call: Call) -> Derivation:
    batch, _, *positions = call.input(0)
    return _convolution(positions, batch, call.input(1), call.number("group", 1), transposed=True)


@formula("CausalConvWithState", "com.microsoft.CausalConvWithState")
def causal_convolution(call: Call) -> Derivation:
    """Depthwise, along one dimension: every channel with its own kernel."""
    batch, channels, length = call.output()
    rows = (Factor("batch", batch), Factor("L_out", length))
    return Derivation((Term(rows, (Factor("channels", channels), Factor("k", call.input(1)[-1]))),))
