"""One safetensors file: its header, believed only where it agrees with itself and with the size of the file.

The format: 8 bytes, the length of the header, little-endian; the header, JSON; then the tensors, end to end, each
at the offsets that the header gives (https://github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from linscope.errors import TargetError
from linscope.graph.dtypes import BITS, elements_of
from linscope.sources.files import NotJsonError, json_of, refuse_other_kinds, size_of, unreadable

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_HEADER = 100_000_000
"""Bytes; the limit of the format's own reader."""

MOST_DIMENSIONS = 64
"""More than any framework can hold."""

DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F4": "float4_e2m1fn",
    "F6_E2M3": "float6_e2m3fn",
    "F6_E3M2": "float6_e3m2fn",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2": "float8_e5m2",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
"""The format's dtypes, by torch's names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of a file: its name, dtype and sizes, and the bytes it takes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int


def entries_of(path: Path) -> tuple[Entry, ...]:
    """The tensors of a file, in the order in which they lie in it. Reads the header and nothing else.

    Raises:
        TargetError: the file cannot be read, is cut short, or its header lies.
        UsageError: it is a pickle.
    """
    size = size_of(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
            refuse_other_kinds(path, start + file.read(16), "safetensors file")
            length = int.from_bytes(start, "little")
            if len(start) < 8:
                _lies(path, f"it has {size} bytes, and its header's length alone takes 8")
            if length > LONGEST_HEADER:
                _lies(path, f"its first 8 bytes give its header {length:,} bytes, and no header has so many")
            if length > size - 8:
                _lies(path, f"its header would take {length:,} bytes, and the file has {size - 8:,} for it")
            file.seek(8)
            text = file.read(length)
    except OSError as error:
        unreadable(path, error)
    try:
        header = json_of(text)
    except NotJsonError as error:
        _lies(path, f"its header is no JSON: {error}")
    if not isinstance(header, dict) or not text.startswith(b"{"):
        _lies(path, "its header is no table of tensors")
    _check_metadata(path, header.pop("__metadata__", {}))
    placed = sorted((_placed(path, name, about) for name, about in header.items()), key=lambda entry: entry[:2])
    _check_places(path, placed, size - 8 - length)
    return tuple(entry for _, _, entry in placed)


def _placed(path: Path, name: str, about: Any) -> tuple[int, int, Entry]:
    """Where a tensor starts and ends, and the tensor."""
    called = f"{name[:80]!r}"
    if not isinstance(about, dict) or set(about) != {"dtype", "shape", "data_offsets"}:
        _lies(path, f"of {called} it should say dtype, shape and data_offsets, and nothing else")
    dtype, shape, offsets = about["dtype"], about["shape"], about["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        _lies(path, f"{called} has the dtype {str(dtype)[:40]!r}, which the format does not have")
    if not _are_sizes(shape) or len(shape) > MOST_DIMENSIONS:
        _lies(path, f"the shape of {called} is no list of sizes")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        _lies(path, f"the offsets of {called} are no beginning and end")
    dtype = DTYPES[dtype]
    bits = elements_of(tuple(shape), f"{path}: {called}") * BITS[dtype]
    begin, end = offsets
    if bits != 8 * (end - begin):
        _lies(path, f"{called}, {shape} of {dtype}, takes {-(-bits // 8):,} bytes, and its offsets {end - begin:,}")
    return begin, end, Entry(name, dtype, tuple(shape), end - begin)


def _check_metadata(path: Path, metadata: Any) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        _lies(path, "its metadata is no table of texts")


def _check_places(path: Path, placed: list[tuple[int, int, Entry]], room: int) -> None:
    """Tensors lie end to end, from the first byte after the header to the last of the file."""
    reached = 0
    for begin, end, entry in placed:
        if begin != reached:
            wrong = "overlaps the one before it" if begin < reached else f"leaves {begin - reached:,} bytes before it"
            _lies(path, f"{entry.name[:80]!r}, from byte {begin:,} on, {wrong}")
        reached = end
    if reached > room:
        _lies(path, f"its tensors take {reached:,} bytes, and the file has {room:,} for them: it is cut short")
    if reached < room:
        _lies(path, f"{room - reached:,} bytes after the last tensor belong to none")


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)


def _lies(path: Path, why: str) -> NoReturn:
    raise TargetError(f"{path} is not a sound safetensors file", details=(why,))
