"""The shapes that a user wants to go into a graph, read without torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from linscope.errors import UsageError
from linscope.notation.bound import bind
from linscope.notation.parser import parse_inputs
from linscope.notation.spec import Named
from linscope.subject import Given


@dataclass(frozen=True, slots=True)
class Wanted:
    """One input as it is wanted. ``dtype`` is None where any will do."""

    shape: tuple[int, ...]
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """Inputs by position and by name, and the named dimensions that their shapes used up."""

    positional: tuple[Wanted, ...]
    by_name: Mapping[str, Wanted]
    used: frozenset[str]


def feed_of(inputs: Any, sizes: Mapping[str, int]) -> Feed:
    """The inputs that ``inputs`` stands for, as ``linscope.analyze`` takes them: shape strings, tensors, nestings.

    Args:
        sizes: of the named dimensions in shape strings.

    Raises:
        NotationError: a string that is no shape. UsageError: something that is neither a shape nor a tensor.
    """
    if inputs is None:
        return Feed((), {}, frozenset())
    used: set[str] = set()
    positional: list[Wanted] = []
    by_name: dict[str, Wanted] = {}
    given = inputs if isinstance(inputs, Given) else _given(inputs)
    for value in given.positional:
        for name, wanted in _leaves(value, None, sizes, used):
            if name is None:
                positional.append(wanted)
            else:
                by_name[name] = wanted
    for key, value in given.by_name.items():
        for name, wanted in _leaves(value, str(key), sizes, used):
            by_name[name or str(key)] = wanted
    return Feed(tuple(positional), by_name, frozenset(used))


def _given(inputs: Any) -> Given:
    if isinstance(inputs, Mapping):
        return Given((), inputs)
    if isinstance(inputs, tuple | list) and not hasattr(inputs, "_fields"):
        return Given(tuple(inputs))
    return Given((inputs,))


def _leaves(
    value: Any, name: str | None, sizes: Mapping[str, int], used: set[str]
) -> Iterator[tuple[str | None, Wanted]]:
    """Every shape inside ``value``, in order, each with the name it goes to, if any."""
    if isinstance(value, str):
        spec = parse_inputs(value)
        names = {d.name for i in spec.inputs for d in i.shape.dimensions if isinstance(d, Named)}
        used |= names
        for given in bind(spec, {key: size for key, size in sizes.items() if key in names}).inputs:
            yield given.name or name, Wanted(given.shape, given.dtype)
    elif hasattr(value, "shape") and hasattr(value, "dtype"):
        yield name, Wanted(tuple(map(int, value.shape)), str(value.dtype).removeprefix("torch."))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, str(key), sizes, used)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _leaves(item, name, sizes, used)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for entry in dataclasses.fields(value):
            yield from _leaves(getattr(value, entry.name), entry.name, sizes, used)
    else:
        raise UsageError(
            f"an input of a graph is a tensor's shape, and {type(value).__name__} is none", hint="such as [1,3,224,224]"
        )


def assigned(feed: Feed, names: tuple[str, ...]) -> dict[str, Wanted]:
    """Which of the graph's inputs, called ``names``, is wanted how.

    Raises:
        UsageError: more inputs than there are, or one by a name that none has.
    """
    takes = f"it takes {', '.join(names) or 'none'}"
    for name in feed.by_name:
        if name not in names:
            from linscope.notation.suggest import closest

            near = closest(name, names)
            raise UsageError(
                f"the graph has no input {name[:80]!r}",
                details=(takes,),
                hint=f"did you mean {near[0]}?" if near else None,
            )
    free = [name for name in names if name not in feed.by_name]
    if len(feed.positional) > len(free):
        raise UsageError(f"{len(feed.positional)} inputs are too many: there are {len(free)} to feed", details=(takes,))
    return {**dict(zip(free, feed.positional, strict=False)), **feed.by_name}
