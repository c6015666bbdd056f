"""Labelled values to lines: labels in one column, values in the next, remarks beside them where they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.render.characters import cells, fold
from linscope.render.page import PIECE_GAP, Fact, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.render.page import Facts, Line

_GAP = 3
_LEAST_VALUE = 16
"""Columns under which a value goes beneath its label and not beside it."""
_BENEATH = 2
"""Where a value begins that goes beneath its label."""
_LEAST_REMARK = 24
"""Columns under which a remark goes beneath its value and not beside it."""


class _Places(NamedTuple):
    """The columns where values and remarks begin. Without room beside the label, values hang beneath it."""

    value: int
    remark: int
    beside: bool


def lay_facts(facts: Facts, width: int | None, clean: Callable[[str], str]) -> Iterator[Line]:
    """The facts' lines, each at most ``width`` columns wide."""
    cleaned = [_cleaned(fact, clean) for fact in facts.facts]
    inner = None if width is None else width - facts.indent
    places = _places(cleaned, inner)
    for fact in cleaned:
        for line in _fact(fact, places, inner):
            yield (_space(facts.indent), *line)


def _cleaned(fact: Fact, clean: Callable[[str], str]) -> Fact:
    return Fact(
        clean(fact.label),
        tuple(Span(clean(piece.text), piece.style) for piece in fact.pieces),
        clean(fact.remark),
        tuple(map(clean, fact.more)),
        fact.style,
        fact.hang,
    )


def _places(facts: list[Fact], width: int | None) -> _Places:
    value = max((cells(fact.label) for fact in facts), default=0) + _GAP
    if width is not None and width - value < max(_LEAST_VALUE, min(_longest_word(facts), width - _BENEATH)):
        return _Places(_BENEATH, _BENEATH, beside=False)
    remark = value + max((cells(fact.value) for fact in facts if fact.remark), default=0) + _GAP
    if width is not None and width - remark < _LEAST_REMARK:
        remark = value
    return _Places(value, remark, beside=True)


def _longest_word(facts: list[Fact]) -> int:
    """Columns of the longest word of any value: a number should not be broken where that can be helped."""
    return max((cells(word) for fact in facts for piece in fact.pieces for word in piece.text.split()), default=0)


def _fact(fact: Fact, places: _Places, width: int | None) -> Iterator[Line]:
    first, *others = _value(fact.pieces, None if width is None else width - places.value)
    if places.beside:
        label = fact.label.ljust(places.value - cells(fact.label) + len(fact.label))
        first = (Span(label, fact.style), *first)
    else:
        if fact.label:
            yield from ((Span(line, fact.style),) for line in fold(fact.label, width, hang=2))
            if not fact.value and not fact.remark:
                return
        first = (_space(places.value), *first)
    remarks = _folded(fact.remark, places.remark, width, hang=0) if fact.remark else []
    if remarks and not others and places.remark > places.value:
        used = sum(cells(span.text) for span in first)
        first = (*first, _space(places.remark - used), Span(remarks.pop(0)))
    yield first
    for line in others:
        yield (_space(places.value), *line)
    column = places.remark if fact.remark else places.value
    for text in (*remarks, *(line for more in fact.more for line in _folded(more, column, width, fact.hang))):
        yield (_space(column), Span(text))


def _value(pieces: tuple[Span, ...], room: int | None) -> list[Line]:
    """The pieces side by side, a new line where one no longer fits; one that never would is folded."""
    lines: list[list[Span]] = [[]]
    used = 0
    for piece in pieces:
        wide = cells(piece.text)
        if lines[-1] and room is not None and used + len(PIECE_GAP) + wide > room:
            lines.append([])
            used = 0
        if lines[-1]:
            lines[-1].append(Span(PIECE_GAP))
            used += len(PIECE_GAP)
        first, *others = fold(piece.text, room, hang=2)
        lines[-1].append(Span(first, piece.style))
        lines.extend([Span(other, piece.style)] for other in others)
        used = cells(others[-1]) if others else used + wide
    return [tuple(line) for line in lines]


def _folded(text: str, column: int, width: int | None, hang: int) -> list[str]:
    return fold(text, None if width is None else width - column, hang)


def _space(columns: int) -> Span:
    return Span(" " * columns)
