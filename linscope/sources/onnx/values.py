"""What is known of a value on its way through a graph: its type, its sizes, and, where it is small, what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError
from linscope.graph.dtypes import BITS, MOST_ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

Sizes = tuple[int | None, ...]
"""A size is None where it depends on values."""

DTYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3fn",
    18: "float8_e4m3fnuz",
    19: "float8_e5m2",
    20: "float8_e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4_e2m1fn",
    24: "float8_e8m0fnu",
    25: "uint2",
    26: "int2",
}
"""The numbers of ``TensorProto.DataType``, by torch's names."""

NUMBERS = {name: number for number, name in DTYPES.items()}

SMALL = 4096
"""Elements of a value that is kept as it is: shapes and their kind are, weights are not."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a graph.

    Args:
        shape: None where not even the number of dimensions is known.
        dtype: by torch's name; None where it is no tensor, or not known.
        data: the numpy array that it is, where that is known and small.
        proto: its ``TypeProto``, where it is no tensor.
    """

    shape: Sizes | None = None
    dtype: str | None = None
    data: Any = None
    proto: Any = None

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The shape, where all of it is known."""
        if self.shape is None:
            return None
        known = tuple(size for size in self.shape if size is not None)
        return known if len(known) == len(self.shape) else None

    @property
    def elements(self) -> int | None:
        """How many there are, where that is known."""
        sizes = self.sizes
        return None if sizes is None else product(sizes)


UNKNOWN = Value()


def product(sizes: Sequence[int]) -> int:
    """All sizes multiplied.

    Raises:
        TargetError: more elements than a tensor can have.
    """
    count = 1
    for size in sizes:
        count *= size
        if count > MOST_ELEMENTS:
            raise TargetError(f"a tensor of {list(sizes)[:8]} has more elements than a tensor can have")
    return count


def value_of_type(proto: Any, sizes: dict[str, int] | None = None) -> Value:
    """A value by its ``TypeProto``; named dimensions are of the sizes given."""
    if not proto.HasField("tensor_type"):
        return Value(proto=proto if proto.WhichOneof("value") else None)
    tensor = proto.tensor_type
    dtype = DTYPES.get(tensor.elem_type)
    if not tensor.HasField("shape"):
        return Value(None, dtype)
    return Value(tuple(_size(dim, sizes or {}) for dim in tensor.shape.dim), dtype)


def type_of_value(onnx: Any, value: Value) -> Any:
    """The ``TypeProto`` of a value; None where its type is not known."""
    if value.proto is not None:
        return value.proto
    if value.dtype is None:
        return None
    return onnx.helper.make_tensor_type_proto(NUMBERS[value.dtype], value.shape)


def value_of_tensor(onnx: Any, tensor: Any, what: str) -> Value:
    """A ``TensorProto``: sizes and dtype always, what it is where that is small and in this file.

    Raises:
        TargetError: it does not hold what it says.
    """
    dtype = DTYPES.get(tensor.data_type)
    shape = tuple(tensor.dims)
    if dtype is None or any(size < 0 for size in shape):
        raise TargetError(f"{what} has no dtype or no sizes that a tensor can have")
    elements = product(shape)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return Value(shape, dtype)
    stored = len(tensor.raw_data)
    if stored and stored * 8 not in range(elements * BITS[dtype], elements * BITS[dtype] + 8):
        raise TargetError(f"{what}, {list(shape)} of {dtype}, has {stored:,} bytes of data")
    if elements > SMALL:
        return Value(shape, dtype)
    try:
        return Value(shape, dtype, onnx.numpy_helper.to_array(tensor))
    except Exception as error:  # data in a field of another dtype, or too little of it
        reason = str(error).partition("\n")[0][:200]
        raise TargetError(f"{what} does not hold what it says", details=(reason,)) from None


def _size(dim: Any, sizes: dict[str, int]) -> int | None:
    if dim.HasField("dim_value") and dim.dim_value >= 0:
        return int(dim.dim_value)
    return sizes.get(dim.dim_param) if dim.dim_param else None
