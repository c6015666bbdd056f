"""The symbolic sizes of a program: what the user gives them, else what it was exported with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.notation.suggest import closest
from linscope.sources.exported.symbols import UnknownError, size_of, symbol_of, symbols_of
from linscope.sources.wanted import assigned, feed_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from linscope.sources.wanted import Wanted
    from linscope.subject import Asked

UNBACKED = "u"
"""How torch's names begin for sizes that values decide: u0, u1."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A size as the file has it: a number; or an expression, with its value for the example it was exported with."""

    size: int | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A tensor that goes in."""

    name: str
    dimensions: tuple[Dimension, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """What every symbol stands for. ``changed`` are those that are not what the program was exported with."""

    values: Mapping[str, int]
    changed: frozenset[str]

    def of(self, dimension: Dimension) -> int | None:
        """The size; None where it is not known before the program runs."""
        if dimension.text is None:
            return dimension.size
        if dimension.size is not None and self.changed.isdisjoint(symbols_of(dimension.text)):
            return dimension.size
        try:
            size = size_of(dimension.text, self.values)
        except UnknownError:
            return None
        return size if size >= 0 else None


Ranges = dict[str, tuple[int | None, int | None]]


def bound(inputs: tuple[Input, ...], ranges: Ranges, asked: Asked) -> Sizes:
    """The sizes that ``asked`` gives the symbols of ``inputs``, and the exported ones for all others.

    Raises:
        UsageError: a size that is fixed, that is out of its range, or a name that no dimension has.
    """
    example = dict(_examples(inputs))
    chosen: dict[str, int] = {}
    feed = feed_of(asked.inputs, asked.sizes)
    known = {*example, *ranges}
    for name, size in asked.sizes.items():
        if name in known:
            _choose(chosen, name, size, f"-d {name}={size}")
        elif name not in feed.used:
            raise _no_symbol(name, inputs, ranges)
    wanted = assigned(feed, tuple(i.name for i in inputs))
    for given in inputs:
        if given.name in wanted:
            _match(given, wanted[given.name], chosen, inputs, ranges)
    if asked.batch is not None:
        _batch(inputs, asked.batch, chosen, ranges)
    for name, size in chosen.items():
        _check_range(name, size, ranges.get(name, (None, None)))
    sizes = Sizes({**example, **chosen}, frozenset(name for name, size in chosen.items() if example.get(name) != size))
    for given in inputs:
        if given.name in wanted:
            _check(given, wanted[given.name], sizes)
    return sizes


def _examples(inputs: tuple[Input, ...]) -> Iterator[tuple[str, int]]:
    for given in inputs:
        for dimension in given.dimensions:
            symbol = symbol_of(dimension.text) if dimension.text is not None else None
            if symbol is not None and dimension.size is not None:
                yield symbol, dimension.size


def _match(given: Input, wanted: Wanted, chosen: dict[str, int], inputs: tuple[Input, ...], ranges: Ranges) -> None:
    if wanted.dtype not in (None, given.dtype):
        raise UsageError(f"{given.name} is {given.dtype} in this program, not {wanted.dtype}")
    if len(wanted.shape) != len(given.dimensions):
        raise UsageError(
            f"{given.name} has {len(given.dimensions)} dimensions in this program, not {len(wanted.shape)}",
            details=(_shown(given),),
        )
    for size, dimension in zip(wanted.shape, given.dimensions, strict=True):
        symbol = symbol_of(dimension.text) if dimension.text is not None else None
        if symbol is not None:
            _choose(chosen, symbol, size, f"{given.name}={list(wanted.shape)}")
        elif dimension.text is None and size != dimension.size:
            raise UsageError(
                f"{given.name} is {_shown(given)} in this program: {size} is not {dimension.size}",
                details=tuple(_free(inputs, ranges)),
                hint="export it with a dynamic dimension there (torch.export.Dim)",
            )


def _check(given: Input, wanted: Wanted, sizes: Sizes) -> None:
    """Dimensions that are expressions follow from the others."""
    for size, dimension in zip(wanted.shape, given.dimensions, strict=True):
        if dimension.text is not None and sizes.of(dimension) not in (None, size):
            raise UsageError(
                f"{given.name} is {_shown(given)} in this program, and {dimension.text} is {sizes.of(dimension)}, not "
                f"{size}"
            )


def _batch(inputs: tuple[Input, ...], batch: int, chosen: dict[str, int], ranges: Ranges) -> None:
    first = [(given, given.dimensions[0]) for given in inputs if given.dimensions]
    symbols = {symbol_of(dimension.text) for _, dimension in first if dimension.text is not None} - {None}
    if not symbols and not (first and first[0][1].size == batch):
        raise UsageError(
            f"the batch size of this program is fixed: {_shown(first[0][0]) if first else 'no tensor goes in'}",
            details=tuple(_free(inputs, ranges)),
            hint="export it with a dynamic dimension there (torch.export.Dim)",
        )
    if len(symbols) > 1:
        raise UsageError(
            "the inputs of this program begin with different dimensions, and any of them may be the batch",
            details=tuple(_free(inputs, ranges)),
            hint="say which by its name: -d NAME=SIZE",
        )
    for symbol in symbols:
        assert symbol is not None
        _choose(chosen, symbol, batch, f"a batch size of {batch}")


def _choose(chosen: dict[str, int], symbol: str, size: int, by: str) -> None:
    if chosen.setdefault(symbol, size) != size:
        raise UsageError(f"{symbol} is {chosen[symbol]} and {size} at once", details=(f"{size} by {by}",))


def _check_range(name: str, size: int, limits: tuple[int | None, int | None]) -> None:
    low, high = limits
    if (low is not None and size < low) or (high is not None and size > high) or size < 0:
        raise UsageError(f"{name} is {size}, and the program takes {_range(limits)}")


def undecided(ranges: Ranges, sizes: Sizes) -> tuple[str, ...]:
    """The symbols that only values decide, and that nobody has given a size."""
    return tuple(name for name in ranges if name.startswith(UNBACKED) and name not in sizes.values)


def _range(limits: tuple[int | None, int | None]) -> str:
    low, high = limits
    return f"{low or 0} to {high}" if high is not None else f"{low or 0} and more"


def _no_symbol(name: str, inputs: tuple[Input, ...], ranges: Ranges) -> UsageError:
    free = tuple(_free(inputs, ranges))
    near = closest(name, ranges)
    return UsageError(
        f"the program has no dimension {name[:80]}",
        details=free or ("all its sizes are fixed",),
        hint=f"did you mean {near[0]}?" if near else None,
    )


def _free(inputs: tuple[Input, ...], ranges: Ranges) -> Iterator[str]:
    """The symbols, a line each: where they stand, and what they may be."""
    for name, limits in ranges.items():
        places = [
            f"dimension {index} of {given.name}"
            for given in inputs
            for index, dimension in enumerate(given.dimensions)
            if dimension.text is not None and symbol_of(dimension.text) == name
        ]
        if places or name.startswith(UNBACKED):
            yield f"{name} is {', '.join(places) or 'a size that values decide'}: {_range(limits)}"


def _shown(given: Input) -> str:
    written = ",".join(
        str(d.size) if d.text is None else symbol_of(d.text) or "+".join(symbols_of(d.text)) or "?"
        for d in given.dimensions
    )
    return f"[{written}]"
