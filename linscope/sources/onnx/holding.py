"""Which of a graph's constants are parameters, and whose they are.

ONNX has initializers, and does not say which of them were trained. Here those are parameters that have a dimension
and are read as numbers to compute with: floating-point ones, unless they are only running statistics, scales or
sizes; and whole numbers that are the weights of quantized operators. All others are buffers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from linscope.graph.dtypes import is_floating
from linscope.graph.held import BUFFER, PARAMETER, Held
from linscope.report.record import Note

CONVENTION = Note(
    "onnx-parameters",
    "ONNX does not say what was trained: parameters are the floating-point initializers with a dimension, running "
    "statistics and scales aside, and whole numbers that are weights of quantized operators; all others are buffers",
)

BESIDES = {
    "BatchNormalization": {3, 4},
    "DequantizeLinear": {1, 2},
    "QuantizeLinear": {1, 2},
    "QLinearConv": {1, 2, 4, 5, 6, 7},
    "QLinearMatMul": {1, 2, 4, 5, 6, 7},
    "Resize": {1, 2},
    "Upsample": {1},
    "Clip": {1, 2},
    "Pad": {2},
    "com.microsoft.DequantizeLinear": {1, 2},
    "com.microsoft.DynamicQuantizeMatMul": {2, 3},
    "com.microsoft.MatMulIntegerToFloat": {2, 3, 4, 5},
    "com.microsoft.MatMulNBits": {2, 3},
    "com.microsoft.QGemm": {1, 2, 4, 5, 7, 8},
    "com.microsoft.QuantizeLinear": {1, 2},
}
"""Inputs that are statistics, scales, zeros and sizes, by operator."""

QUANTIZED = {
    "ConvInteger": {1},
    "DequantizeLinear": {0},
    "MatMulInteger": {0, 1},
    "QLinearConv": {3, 8},
    "QLinearMatMul": {0, 3},
    "com.microsoft.DequantizeLinear": {0},
    "com.microsoft.DynamicQuantizeLSTM": {1, 2},
    "com.microsoft.DynamicQuantizeMatMul": {1},
    "com.microsoft.GatherBlockQuantized": {0},
    "com.microsoft.MatMulBnb4": {1},
    "com.microsoft.MatMulIntegerToFloat": {1},
    "com.microsoft.MatMulNBits": {1},
    "com.microsoft.QAttention": {1, 2},
    "com.microsoft.QGemm": {3, 6},
    "com.microsoft.QMoE": {2, 5, 8},
}
"""Inputs that are weights, and biases, of whole numbers."""

NARROW = ("int8", "uint8", "int4", "uint4", "int2", "uint2")
"""Whole numbers that look-up tables are quantized to."""


@dataclass(frozen=True, slots=True)
class Use:
    """That a node reads a constant: its operator, at which input, the node's path, and whether it is counted."""

    operator: str
    index: int
    path: str
    counted: bool


@dataclass(slots=True)
class Kept:
    """A constant of the file, and what reads it. ``inline``: written in the place of a node, not as an initializer."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    inline: bool = False
    uses: list[Use] = field(default_factory=list)


def held_of(constants: list[Kept]) -> tuple[Held, ...]:
    """The parameters and buffers among ``constants``, an entry for each layer that reads one."""
    held: list[Held] = []
    for constant in constants:
        if constant.dtype == "string" or (constant.inline and not _is_weight_in_place(constant)):
            continue
        homes = dict.fromkeys(use.path for use in constant.uses) or {"": None}
        kind = PARAMETER if _is_parameter(constant) else BUFFER
        held += (
            Held(
                constant.name,
                home,
                constant.shape,
                constant.dtype,
                kind,
                constant.name,
                read=bool(constant.uses),
                label=constant.name,
            )
            for home in homes
        )
    return tuple(held)


def _is_parameter(constant: Kept) -> bool:
    if is_floating(constant.dtype):
        besides = [use for use in constant.uses if use.index in BESIDES.get(use.operator, ())]
        return bool(constant.shape) and (not constant.uses or len(besides) < len(constant.uses))
    return any(_is_quantized(use, constant.dtype) for use in constant.uses)


def _is_quantized(use: Use, dtype: str) -> bool:
    if use.operator == "Gather":
        return use.index == 0 and dtype in NARROW
    return use.index in QUANTIZED.get(use.operator, ())


def _is_weight_in_place(constant: Kept) -> bool:
    """Constants written into nodes are numbers of the code, unless a product takes them for a weight."""
    return bool(constant.shape) and is_floating(constant.dtype) and any(use.counted for use in constant.uses)
