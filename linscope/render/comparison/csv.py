"""CSV for spreadsheets and data frames: a row per layer that changed, and one for the totals.

Every column but the first two is there twice, before and after; what one side does not have is empty. Shapes are
written ``32x3x4``, a scalar's ``scalar``, several parted by semicolons. A count that is a lower bound has a 1 in its
``_least`` column.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from linscope.render.characters import ascii_only, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.render.look import Look
    from linscope.report.comparison import Comparison, Figure, LayerChange, LayerSide

TOTAL = "total"
TEXTS = ("path", "type", "call", "written", "input_shapes", "output_shapes", "output_dtypes", "parameter_shapes")
LEAST = ("macs", "elementwise")


def rendered(comparison: Comparison, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    rows = [*map(_layer, comparison.layers), {"row": TOTAL, **_counts(comparison.totals)}]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _columns(comparison), restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: clean(value) if isinstance(value, str) else value for name, value in row.items()})
    return stream.getvalue()


def _columns(comparison: Comparison) -> list[str]:
    counts = [figure.name for figure in comparison.totals]
    least = [f"{name}_least" for name in LEAST]
    return ["row", "what", *(f"{name}_{side}" for name in (*TEXTS, *counts, *least) for side in ("before", "after"))]


def _layer(change: LayerChange) -> dict[str, Any]:
    figures = [figure for figure in change.figures if change.before and change.after]
    only = "after" if change.after else "before"
    counts = _counts(figures) or {
        name: value for name, value in _counts(change.figures).items() if name.endswith(f"_{only}")
    }
    return {
        "row": change.kind,
        "what": ";".join(change.what),
        **(_texts(change.before, "before") if change.before else {}),
        **(_texts(change.after, "after") if change.after else {}),
        **counts,
    }


def _texts(side: LayerSide, name: str) -> dict[str, Any]:
    texts = {
        "path": side.path,
        "type": side.type,
        "call": side.call,
        "written": side.written,
        "input_shapes": ";".join(map(_shape, side.input_shapes)),
        "output_shapes": ";".join(map(_shape, side.output_shapes)),
        "output_dtypes": ";".join(side.output_dtypes),
        "parameter_shapes": ";".join(f"{own}={_shape(sizes)}" for own, sizes in side.parameter_shapes),
    }
    return {f"{key}_{name}": text for key, text in texts.items()}


def _counts(figures: Iterable[Figure]) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for figure in figures:
        counts[f"{figure.name}_before"] = figure.before
        counts[f"{figure.name}_after"] = figure.after
        if figure.name in LEAST:
            counts[f"{figure.name}_least_before"] = int(figure.before_least)
            counts[f"{figure.name}_least_after"] = int(figure.after_least)
    return counts


def _shape(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes)) or "scalar"
