"""A comparison as blocks: what was compared, the layers that changed, the totals, and what must be said of them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from linscope.render.comparison.folding import folded, place, renamings
from linscope.render.comparison.words import change, counted, difference, percentage, sentence, title
from linscope.render.figures import number, runs, several, shape, stored, tensor
from linscope.render.page import Cell, Column, Fact, Facts, Grid, Span
from linscope.report.comparison import ADDED, CHANGED, REMOVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.render.comparison.folding import Fold
    from linscope.report.comparison import Compared, Comparison, Figure, LayerChange, LayerSide

SIGNS = {CHANGED: ("~", ""), ADDED: ("+", "good"), REMOVED: ("−", "bad")}
MARKS = {True: ("✓", "good"), False: ("✗", "bad"), None: ("?", "warning")}


def targets(comparison: Comparison) -> Facts:
    """The two sides, each with what went in and what came out."""
    return Facts(
        tuple(
            Fact(label, (Span(side.target),), _flow(side))
            for label, side in (("Before", comparison.before), ("After", comparison.after))
        )
    )


def _flow(side: Compared) -> str:
    """What went in and what came out; nothing of either where there was no forward."""
    if not side.inputs and not side.outputs:
        return ""
    first, *others = map(tensor, side.outputs) if side.outputs else ("nothing",)
    more = f" and {number(len(others))} more" if others else ""
    return f"{', '.join(map(tensor, side.inputs)) or 'nothing'} → {first}{more}"


def nothing_changed(comparison: Comparison) -> str:
    """The line for two that are the same."""
    named = {figure.name: counted(figure.after, least=figure.after_least) for figure in comparison.totals}
    return f"Nothing changed: {_layers(comparison.unchanged)}, {named['parameters']} parameters, {named['macs']} MACs"


def _layers(count: int) -> str:
    return f"{number(count)} layer{'' if count == 1 else 's'}"


def layers(comparison: Comparison) -> Grid | None:
    """A row for each layer that changed, was added or removed, those alike in one; None where there is none.

    Element-wise work has a column only where without it a row would say nothing.
    """
    folds = folded(comparison.layers)
    if not folds:
        return None
    filled = [(column, [cell(fold) for fold in folds]) for column, cell in _COLUMNS]
    rows = zip(*(cells for _, cells in filled[1:]), strict=True)
    if not any(last.lines and not any(cell.lines for cell in others) for *others, last in rows):
        filled.pop()
    kept = [(column, cells) for column, cells in filled if any(cell.lines for cell in cells)]
    return Grid(tuple(column for column, _ in kept), tuple(zip(*(cells for _, cells in kept), strict=True)))


def _label(fold: Fold) -> Cell:
    sign, style = SIGNS[fold.change.kind]
    before = [group.change.before for group in fold.groups if group.change.before]
    after = [group.change.after for group in fold.groups if group.change.after]
    where = _both(place(before) if before else None, place(after) if after else None)
    written = _both(before[0].written if before else None, after[0].written if after else None)
    inside = f" with {_layers(fold.inside)}" if fold.inside else ""
    layer = several(fold.times, f"{written}{inside}")
    return Cell((f"{sign} {f'{where}: ' if where else ''}{layer}",), style)


def _both(before: str | None, after: str | None) -> str:
    """The one there is, or that they share; ``before → after`` where they differ."""
    if before is None or after is None or before == after:
        return (before if after is None else after) or ""
    return f"{before or 'the model'} → {after or 'the model'}"


def _shapes(fold: Fold) -> Cell:
    return Cell(tuple(_shape_lines(fold.change)))


def _shape_lines(change: LayerChange) -> Iterator[str]:
    """What comes out of a layer, before and after; where that is the same, what goes in, and its weights."""
    if change.kind != CHANGED or "output_shapes" in change.what:
        if change.side.output_shapes:
            yield _sides(change, lambda side: _listed(side.output_shapes))
        else:  # there was no forward
            yield from _weights(change)
    elif "input_shapes" in change.what:
        yield f"in {_sides(change, lambda side: _listed(side.input_shapes))}"
    if "output_dtypes" in change.what:
        yield _sides(change, lambda side: ", ".join(dict.fromkeys(side.output_dtypes)))
    if "parameter_shapes" in change.what and not {"written", "output_shapes"} & {*change.what}:
        yield from _weights(change)


def _weights(change: LayerChange) -> Iterator[str]:
    """The parameters that changed shape; a vector, which is as long as something is wide, only beside no matrix."""
    shapes = [dict(side.parameter_shapes) for side in (change.before, change.after) if side]
    names = [
        name for name in dict.fromkeys(chain(*shapes)) if len({sizes.get(name) for sizes in shapes}) == len(shapes)
    ]
    matrices = [name for name in names if max(len(sizes.get(name, ())) for sizes in shapes) > 1]
    for name in matrices or names:
        told = [stored(sizes[name]) if name in sizes else "none" for sizes in shapes]
        yield f"{name} {_both(told[0], told[-1])}"


def _sides(change: LayerChange, shown: Callable[[LayerSide], str]) -> str:
    return _both(*(None if side is None else shown(side) for side in (change.before, change.after)))


def _listed(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(runs(map(shape, shapes))) or "nothing"


def _parameters(fold: Fold) -> Cell:
    own, trainable = fold.figure("parameters"), fold.figure("trainable")
    if not own.changed and trainable.changed:
        return Cell((f"trainable {number(trainable.before or 0)} → {number(trainable.after or 0)}",))
    return _count(fold, own)


def _bytes(fold: Fold) -> Cell:
    """Those of the parameters, where the number of parameters does not say as much."""
    own, size = fold.figure("parameters"), fold.figure("parameter_bytes")
    return _count(fold, size) if fold.change.kind == CHANGED and size.ratio != own.ratio else Cell()


def _named(name: str) -> Callable[[Fold], Cell]:
    return lambda fold: _count(fold, fold.figure(name))


def _count(fold: Fold, figure: Figure) -> Cell:
    if not figure.changed:
        return Cell()
    text = change(figure) if fold.change.kind == CHANGED else difference(figure)
    return Cell((several(fold.times, text),))


_COLUMNS: tuple[tuple[Column, Callable[[Fold], Cell]], ...] = (
    (Column("Layer", folds=True), _label),
    (Column("Shapes"), _shapes),
    (Column("Parameters", numeric=True), _parameters),
    (Column("Parameter bytes", numeric=True), _bytes),
    (Column("MACs", numeric=True), _named("macs")),
    (Column("Element-wise", numeric=True), _named("elementwise")),
)


def totals(comparison: Comparison) -> Grid:
    """A row for each total that either side has something in."""
    columns = (
        Column("Total"),
        Column("Before", numeric=True),
        Column("After", numeric=True),
        Column("Change", numeric=True),
        Column("Percent", numeric=True),
    )
    return Grid(columns, tuple(_total(figure) for figure in comparison.totals if _matters(figure, comparison)))


def _matters(figure: Figure, comparison: Comparison) -> bool:
    parameters = comparison.total("parameters")
    if figure.name == "trainable" and parameters is not None:
        return (figure.before, figure.after) != (parameters.before, parameters.after)
    return figure.name in ("parameters", "macs") or figure.changed or bool(figure.before)


def _total(figure: Figure) -> tuple[Cell, ...]:
    return (
        Cell((title(figure.name),)),
        Cell((counted(figure.before, least=figure.before_least),)),
        Cell((counted(figure.after, least=figure.after_least),)),
        Cell((difference(figure),), "total" if figure.changed else "zero"),
        Cell((percentage(figure),) if percentage(figure) else ()),
    )


def remarks(comparison: Comparison) -> Facts:
    """How many layers are the same, what was renamed, the limits, and the notes."""
    return Facts((*_unchanged(comparison), *_renamed(comparison), *_limits(comparison), *_notes(comparison)))


def _unchanged(comparison: Comparison) -> Iterator[Fact]:
    if comparison.unchanged and not comparison.identical:
        moved = f", {number(comparison.moved)} at another position" if comparison.moved else ""
        yield Fact("Unchanged", (Span(f"{_layers(comparison.unchanged)}{moved}"),))


def _renamed(comparison: Comparison) -> Iterator[Fact]:
    for index, ((old, new), count) in enumerate(renamings(comparison.layers).items()):
        names = f"{old or 'the model'} → {new or 'the model'}"
        yield Fact("" if index else "Renamed", (Span(f"{names}, {_layers(count)}" if count > 1 else names),))


def _limits(comparison: Comparison) -> Iterator[Fact]:
    """The verdicts; not that what is nothing on both sides did not grow."""
    told = [v for v in comparison.verdicts if not v.holds or v.figure.before or v.figure.after]
    for index, verdict in enumerate(told):
        mark, style = MARKS[verdict.holds]
        label = "" if index else "Limit" if len(told) == 1 else "Limits"
        yield Fact(label, (Span(f"{mark} {sentence(verdict)}", style),))


def _notes(comparison: Comparison) -> Iterator[Fact]:
    for index, note in enumerate(comparison.notes):
        label = "" if index else "Note" if len(comparison.notes) == 1 else "Notes"
        yield Fact(label, (Span(note.message),))
