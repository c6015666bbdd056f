"""What a reader of a comparison must know of it: where its figures are bounds, and where the runs were not alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.comparison import Figure
from linscope.report.record import COMPLETE, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.comparison.reading import Side

VERSIONS = ("linscope", "torch")


def remarks(old: Side, new: Side, same_rest: bool) -> tuple[Note, ...]:
    """The remarks in the order they matter."""
    return (*_bounds(old, new, same_rest), *_lazy(old, new), *_missing(old, new), *_runs(old, new))


def _bounds(old: Side, new: Side, same_rest: bool) -> Iterator[Note]:
    if same_rest:
        yield Note(
            "same-uncounted",
            f"MACs and element-wise work leave out {_listed(old.about.uncounted)}, on both sides alike",
            (("operators", old.about.uncounted),),
        )
        return
    for name, side in (("before", old), ("after", new)):
        if side.about.status != COMPLETE:
            yield Note(
                "lower-bound",
                f"MACs and element-wise work {name} are lower bounds: no count for {_listed(side.about.uncounted)}",
                (("side", name), ("operators", side.about.uncounted)),
            )


def _lazy(old: Side, new: Side) -> Iterator[Note]:
    for name, side in (("before", old), ("after", new)):
        if side.lazy:
            yield Note(
                "lazy-parameters",
                f"parameters {name} are a lower bound: {side.lazy:,} of them have no size yet",
                (("side", name), ("lazy", side.lazy)),
            )


def _missing(old: Side, new: Side) -> Iterator[Note]:
    """Figures that one report has and the other, an older one, has not."""
    for figure in (Figure(n, old.totals.get(n), new.totals.get(n)) for n in {**old.totals, **new.totals}):
        if (figure.before is None) != (figure.after is None):
            side = "first" if figure.before is None else "second"
            yield Note(
                "figure-missing",
                f"the {side} report has no {figure.name.replace('_', ' ')}",
                (("side", "before" if figure.before is None else "after"), ("figure", figure.name)),
            )


def _runs(old: Side, new: Side) -> Iterator[Note]:
    a, b = old.about, new.about
    if a.inputs != b.inputs:
        yield Note("inputs-differ", "the inputs differ, and with them the work that is done on them")
    if a.training != b.training:
        yield Note("modes-differ", f"only {'after' if b.training else 'before'} ran in training mode")
    first, second = dict(a.environment), dict(b.environment)
    for name in VERSIONS:
        if first.get(name) != second.get(name):
            yield Note(
                "versions-differ",
                f"{name} differs: {first.get(name) or 'none'} before, {second.get(name) or 'none'} after",
                (("package", name), ("before", first.get(name)), ("after", second.get(name))),
            )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "some operators"
