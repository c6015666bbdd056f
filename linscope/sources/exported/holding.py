"""The parameters and buffers of an exported program, from its signature and from what is said of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.graph.dtypes import BITS, elements_of
from linscope.graph.held import BUFFER, PARAMETER, Held
from linscope.graph.program import Block, Ref
from linscope.sources.exported.arguments import whole
from linscope.sources.exported.cursor import Cursor
from linscope.sources.exported.tensors import dtype_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.sources.exported.archive import Archive

KINDS = {"parameter": PARAMETER, "buffer": BUFFER}
"""Tensors that are held as such; constants that the code had lying about are neither."""


def held_of(signature: Cursor, block: Block, archive: Archive) -> tuple[Held, ...]:
    """Everything held, in the order of the signature; what shares its bytes in the archive has one storage.

    Raises:
        TargetError: the graph, the weights' table and the files themselves do not agree.
    """
    read = set(_names_read(block))
    payloads = Cursor(signature.path, archive.payloads, "the table of weights")
    held = []
    for spec in signature.at("input_specs").each():
        case, about = spec.union()
        if case not in KINDS:
            continue
        argument = about.at("arg").at("name").text()
        name = about.at(f"{case}_name").text()
        tensor = block.tensors.get(argument)
        if tensor is None:
            about.wrong(f"there is no tensor {argument[:80]!r}")
        shape = tuple(size for size in tensor.shape if size is not None)
        if len(shape) != len(tensor.shape):
            about.wrong(f"{name[:80]!r} has no fixed size")
        payload = payloads.get(name)
        storage, trainable = (name, True) if payload is None else _stored(payload, shape, archive)
        home = name.rpartition(".")[0]
        held.append(Held(name, home, shape, tensor.dtype, KINDS[case], storage, trainable, argument in read))
    return tuple(held)


def _stored(payload: Cursor, shape: tuple[int, ...], archive: Archive) -> tuple[str, bool]:
    """Where the bytes of a tensor are, and whether it asks for a gradient; after a look whether they fit."""
    meta, file = payload.at("tensor_meta"), payload.at("path_name").text()
    sizes = tuple(_fixed(size) for size in meta.at("sizes").each())
    if sizes != shape:
        payload.wrong(f"it is {list(sizes)} here, and {list(shape)} in the graph")
    strides = tuple(_fixed(stride) for stride in meta.at("strides").each())
    if len(strides) != len(sizes):
        payload.wrong("not as many strides as sizes")
    offset = _fixed(meta.at("storage_offset"))
    if not payload.at("use_pickle").flag():
        size = archive.sizes.get(file)
        if size is None:
            payload.wrong(f"its file {file[:80]!r} is missing")
        last = offset + sum((n - 1) * stride for n, stride in zip(sizes, strides, strict=True))
        needed = (last + 1) * BITS[dtype_of(meta)] // 8 if elements_of(sizes, file) else 0
        if needed > size:
            payload.wrong(f"it takes {needed:,} bytes, and its file has {size:,}")
    return repr((file, offset, sizes, strides)), meta.at("requires_grad").flag()


def _fixed(size: Cursor) -> int:
    number = whole(size.at("as_int"))
    if number < 0:
        size.wrong("it is negative")
    return number


def _names_read(block: Block) -> Iterator[str]:
    """The tensors that a node reads; those that come out as they went in are read, too."""
    for node in block.nodes:
        for argument in node.arguments:
            yield from _refs(argument.value)
    yield from (name for name in block.outputs if name is not None)


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _refs(item)
