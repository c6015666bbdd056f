"""What a report on a file says besides its counts: the dtypes of its parameters, and those that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.record import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from linscope.graph.held import Holdings

MOST_NAMES = 20
"""Names that a message lists; the note's data has them all."""


def remarks(holdings: Holdings) -> Iterator[Note]:
    """The notes on what a file holds."""
    if holdings.unused:
        names = tuple(summarised(holdings.unused, holdings.used))
        count = holdings.total().unused
        yield Note(
            "unused-parameters",
            f"{count:,} unused: no operator of the graph reads {listed(names)}",
            (("unused", count), ("names", names)),
        )
    yield from _dtypes(holdings)


def _dtypes(holdings: Holdings) -> Iterator[Note]:
    """Where they are not all float32, which is what nobody needs to be told."""
    found = sorted(holdings.by_dtype.items(), key=lambda item: item[1], reverse=True)
    if found and [dtype for dtype, _ in found] != ["float32"]:
        yield Note(
            "parameter-dtypes",
            "parameters by dtype: "
            + ", ".join(f"{dtype} {elements:,} ({size:,} bytes)" for dtype, (elements, size) in found),
            tuple((dtype, {"elements": elements, "bytes": size}) for dtype, (elements, size) in found),
        )


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMES:,} more, all in the JSON under notes" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def summarised(names: list[str], others: list[str]) -> Iterator[str]:
    """``names`` by the outermost module that holds nothing else: ``head`` for all parameters of the head."""
    spared = {name[:end] for name in others for end in _ends(name)}
    told: set[str] = set()
    for name in names:
        widest = next((name[:end] for end in _ends(name) if name[:end] not in spared), name)
        if widest not in told:
            told.add(widest)
            yield widest


def _ends(name: str) -> Iterator[int]:
    """Where the names of the modules around ``name``, and its own, end."""
    yield from (place for place, sign in enumerate(name) if sign == ".")
    yield len(name)
