"""Dtypes by torch's name, and the bits that an element of each takes in a file."""

from __future__ import annotations

from linscope.errors import TargetError

BITS = {
    "bool": 8,
    "uint2": 2,
    "int2": 2,
    "uint4": 4,
    "int4": 4,
    "uint8": 8,
    "int8": 8,
    "uint16": 16,
    "int16": 16,
    "uint32": 32,
    "int32": 32,
    "uint64": 64,
    "int64": 64,
    "float4_e2m1fn": 4,
    "float6_e2m3fn": 6,
    "float6_e3m2fn": 6,
    "float8_e4m3fn": 8,
    "float8_e4m3fnuz": 8,
    "float8_e5m2": 8,
    "float8_e5m2fnuz": 8,
    "float8_e8m0fnu": 8,
    "bfloat16": 16,
    "float16": 16,
    "float32": 32,
    "float64": 64,
    "complex32": 32,
    "complex64": 64,
    "complex128": 128,
    "string": 0,
}
"""Bits of an element. Those narrower than a byte are packed. Text has no size of its own."""

MOST_ELEMENTS = 2**63 - 1
"""Elements that a tensor may have: torch's and every format's sizes are signed 64-bit numbers."""


def elements_of(shape: tuple[int, ...], what: str) -> int:
    """The number of elements of ``shape``, which belongs to ``what``.

    Raises:
        TargetError: a negative size, or more elements than there can be.
    """
    count = 1
    for size in shape:
        if size < 0 or size > MOST_ELEMENTS:
            raise TargetError(f"{what} has a dimension of size {_short(size)}")
        count *= size
        if count > MOST_ELEMENTS:
            raise TargetError(f"{what} has more elements than a tensor can have")
    return count


def bytes_of(elements: int, dtype: str) -> int:
    """Bytes that ``elements`` of ``dtype`` take, packed, the last byte filled up."""
    return (elements * BITS[dtype] + 7) // 8


def is_floating(dtype: str) -> bool:
    """Whether ``dtype`` is of real or complex numbers."""
    return dtype.startswith(("float", "bfloat", "complex"))


def _short(size: int) -> str:
    return str(size) if abs(size) < 10**30 else "more than 30 digits"
