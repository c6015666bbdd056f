"""From a comparison to its JSON form, and the published schema of that form (``comparison.schema.json``)."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from linscope.report.comparison import COMPARISON_SCHEMA_VERSION

if TYPE_CHECKING:
    from fractions import Fraction

    from linscope.report.comparison import Compared, Comparison, Figure, LayerChange, LayerSide, Verdict
    from linscope.report.record import Note

LARGEST_RATIO = 10**15
"""Beyond it a ratio is no figure that a float holds to six places."""


def comparison_to_dict(comparison: Comparison) -> dict[str, Any]:
    """The JSON form of a comparison, ready for ``json.dumps(..., allow_nan=False)``."""
    # Deferred: the package's front page imports from here.
    from linscope import __version__

    return {
        "schema_version": COMPARISON_SCHEMA_VERSION,
        "tool": {"name": "linscope", "version": __version__},
        "identical": comparison.identical,
        "before": _compared(comparison.before),
        "after": _compared(comparison.after),
        "totals": {figure.name: _figure(figure) for figure in comparison.totals},
        "layers": [_change(change) for change in comparison.layers],
        "unchanged": comparison.unchanged,
        "moved": comparison.moved,
        "limits": [_verdict(verdict) for verdict in comparison.verdicts],
        "notes": [_note(note) for note in comparison.notes],
    }


def comparison_schema_text() -> str:
    """The schema as it is shipped: JSON text, JSON Schema draft 2020-12."""
    return files("linscope.report").joinpath("comparison.schema.json").read_text(encoding="utf-8")


def comparison_schema() -> dict[str, Any]:
    """The schema as data, a new dict at each call."""
    import json

    loaded: dict[str, Any] = json.loads(comparison_schema_text())
    return loaded


def _note(note: Note) -> dict[str, Any]:
    data = {name: list(value) if isinstance(value, tuple) else value for name, value in note.data}
    return {"code": note.code, "message": note.message, "data": data}


def _compared(side: Compared) -> dict[str, Any]:
    return {
        "target": side.target,
        "inputs": [{"name": t.name, "shape": list(t.shape), "dtype": t.dtype} for t in side.inputs],
        "outputs": [{"name": t.name, "shape": list(t.shape), "dtype": t.dtype} for t in side.outputs],
        "status": side.status,
        "uncounted": list(side.uncounted),
        "mode": side.mode,
        "training": side.training,
        "environment": dict(side.environment),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    ratio = figure.ratio
    return {
        "before": figure.before,
        "after": figure.after,
        "change": figure.change,
        "ratio": None if ratio is None else _rounded(ratio),
        "before_is_lower_bound": figure.before_least,
        "after_is_lower_bound": figure.after_least,
    }


def _rounded(ratio: Fraction) -> float | None:
    return float(round(ratio, 6)) if ratio < LARGEST_RATIO else None


def _change(change: LayerChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "what": list(change.what),
        "before": None if change.before is None else _side(change.before),
        "after": None if change.after is None else _side(change.after),
        "figures": {figure.name: _figure(figure) for figure in change.figures},
    }


def _side(side: LayerSide) -> dict[str, Any]:
    return {
        "path": side.path,
        "type": side.type,
        "call": side.call,
        "written": side.written,
        "input_shapes": list(map(list, side.input_shapes)),
        "output_shapes": list(map(list, side.output_shapes)),
        "output_dtypes": list(side.output_dtypes),
        "parameter_shapes": {name: list(sizes) for name, sizes in side.parameter_shapes},
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "what": verdict.what,
        "allowed_percent": float(verdict.allowance * 100),
        "figure": verdict.figure.name,
        **_figure(verdict.figure),
        "holds": verdict.holds,
        "reason": verdict.reason,
    }
