"""What goes into a graph: its own inputs, with every dimension of a size that the file or the user gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linscope.errors import UsageError
from linscope.notation.suggest import closest
from linscope.sources.onnx.values import Value, product, value_of_type
from linscope.sources.wanted import assigned, feed_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from linscope.sources.wanted import Wanted
    from linscope.subject import Asked


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of an input: fixed, or free, under a name or under none."""

    size: int | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the graph; its dimensions are None where it is no tensor, or one of any number of them."""

    name: str
    dimensions: tuple[Dimension, ...] | None
    dtype: str | None
    proto: Any


@dataclass(frozen=True, slots=True)
class Fed:
    """The inputs with their sizes, and the sizes of the named dimensions."""

    values: Mapping[str, Value]
    sizes: dict[str, int]


def inputs_of(graph: Any) -> tuple[Input, ...]:
    """The inputs that somebody has to feed: those that no initializer does."""
    held = {tensor.name for tensor in graph.initializer}
    return tuple(_input(one) for one in graph.input if one.name not in held)


def fed(inputs: tuple[Input, ...], asked: Asked) -> Fed:
    """``inputs`` as ``asked`` wants them.

    Raises:
        UsageError: a free dimension without a size, a fixed one with another, or a name that there is not.
    """
    feed = feed_of(asked.inputs, asked.sizes)
    wanted = assigned(feed, tuple(given.name for given in inputs))
    names = _names(inputs)
    sizes: dict[str, int] = {}
    for name, size in asked.sizes.items():
        if name in names:
            _choose(sizes, name, size)
        elif name not in feed.used:
            near = closest(name, names)
            hint = f"did you mean {near[0]}?" if near else None
            raise UsageError(f"no input of the graph has a dimension {name[:80]}", details=_told(inputs), hint=hint)
    for given in inputs:
        if given.name in wanted:
            _match(given, wanted[given.name], sizes)
    batch = _batch(inputs, asked.batch, sizes)
    _length(inputs, asked.length, sizes)
    return Fed({given.name: _value(given, wanted.get(given.name), sizes, batch, inputs) for given in inputs}, sizes)


def _input(one: Any) -> Input:
    value = value_of_type(one.type)
    if value.shape is None:
        return Input(one.name, None, value.dtype, one.type)
    dims = one.type.tensor_type.shape.dim
    # A size of 0 is how some writers say that it is free.
    dimensions = tuple(
        Dimension(size or None, dim.dim_param or None) for size, dim in zip(value.shape, dims, strict=True)
    )
    return Input(one.name, dimensions, value.dtype, one.type)


def _names(inputs: tuple[Input, ...]) -> tuple[str, ...]:
    every = [d.name for given in inputs for d in given.dimensions or () if d.name and d.size is None]
    return tuple(dict.fromkeys(every))


def _match(given: Input, wanted: Wanted, sizes: dict[str, int]) -> None:
    if wanted.dtype not in (None, given.dtype):
        raise UsageError(f"{given.name} is {given.dtype} in this graph, not {wanted.dtype}")
    if given.dimensions is None:
        return
    if len(wanted.shape) != len(given.dimensions):
        raise UsageError(f"{given.name} is {_shown(given)} in this graph, and {list(wanted.shape)} is not like it")
    for size, dimension in zip(wanted.shape, given.dimensions, strict=True):
        if dimension.size not in (None, size):
            raise UsageError(
                f"{given.name} is {_shown(given)} in this graph: {size} is not {dimension.size}",
                hint="export it with a dynamic dimension there",
            )
        if dimension.size is None and dimension.name:
            _choose(sizes, dimension.name, size)


def _batch(inputs: tuple[Input, ...], batch: int | None, sizes: dict[str, int]) -> int | None:
    """Size the first dimension, by its name where it has one; where it has none, it is given back."""
    if batch is None:
        return None
    first = [given.dimensions[0] for given in inputs if given.dimensions]
    free = [dimension for dimension in first if dimension.size is None]
    names = tuple(dict.fromkeys(dimension.name for dimension in free if dimension.name))
    if not free and not (first and first[0].size == batch):
        raise UsageError("the batch size of this graph is fixed", details=_told(inputs))
    if len(names) > 1:
        raise UsageError(
            "the inputs of this graph begin with different dimensions, and any of them may be the batch",
            details=_told(inputs),
            hint=f"say which by its name: -d {names[0]}={batch}",
        )
    for name in names:
        _choose(sizes, name, batch)
    return batch


def _length(inputs: tuple[Input, ...], length: int | None, sizes: dict[str, int]) -> None:
    """Size the one dimension that is called a sequence, and none of the past."""
    if length is None:
        return
    names = [name for name in _names(inputs) if "seq" in name.lower() and "past" not in name.lower()]
    if len(names) != 1:
        raise UsageError(
            "which dimension of this graph is the sequence cannot be told",
            details=_told(inputs),
            hint="say which by its name: -d NAME=SIZE",
        )
    _choose(sizes, names[0], length)


def _value(
    given: Input, wanted: Wanted | None, sizes: Mapping[str, int], batch: int | None, inputs: tuple[Input, ...]
) -> Value:
    if given.dimensions is None:
        if given.dtype is None:
            return Value(proto=given.proto)
        if wanted is None:
            raise UsageError(
                f"{given.name} has any number of dimensions: say which", hint=f"{given.name}=[1,3,224,224]"
            )
        return Value(wanted.shape, given.dtype)
    shape = []
    for index, dimension in enumerate(given.dimensions):
        size = dimension.size
        if size is None and dimension.name:
            size = sizes.get(dimension.name)
        if size is None and wanted is not None:
            size = wanted.shape[index]
        if size is None and index == 0:
            size = batch
        if size is None:
            raise _free(inputs, sizes)
        shape.append(size)
    product(shape)
    return Value(tuple(shape), given.dtype)


def _free(inputs: tuple[Input, ...], sizes: Mapping[str, int]) -> UsageError:
    missing = [name for name in _names(inputs) if name not in sizes]
    unnamed = [given for given in inputs if any(d.size is None and not d.name for d in given.dimensions or ())]
    words = f"dimensions {', '.join(missing)}" if len(missing) > 1 else f"dimension {missing[0]}" if missing else ""
    places = " and ".join(filter(None, (words, f"dimensions without a name of {unnamed[0].name}" if unnamed else "")))
    hints = [f"-d {name}=1" for name in missing]
    if unnamed:
        written = ",".join(str(d.size or sizes.get(d.name or "", 1)) for d in unnamed[0].dimensions or ())
        hints.append(f'--input "{unnamed[0].name}=[{written}]"')
    return UsageError(f"the graph leaves the size of {places} open", details=_told(inputs), hint=" ".join(hints))


def _choose(sizes: dict[str, int], name: str, size: int) -> None:
    if size < 0 or sizes.setdefault(name, size) != size:
        raise UsageError(f"{name} is {sizes.get(name)} and {size} at once" if size >= 0 else f"{name} is {size}")


def _told(inputs: tuple[Input, ...]) -> tuple[str, ...]:
    return tuple(_lines(inputs))


def _lines(inputs: tuple[Input, ...]) -> Iterator[str]:
    for given in inputs[:12]:
        dtype = f":{given.dtype}" if given.dtype not in (None, "float32") else ""
        yield f"{given.name} is {_shown(given)}{dtype}"


def _shown(given: Input) -> str:
    if given.dimensions is None:
        return "of any shape"
    return f"[{','.join(str(d.size) if d.size is not None else d.name or '?' for d in given.dimensions)}]"
