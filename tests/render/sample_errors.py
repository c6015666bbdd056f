"""Errors of every shape: with a place and without, long, of many lines, wide, hostile."""

from __future__ import annotations

from linscope.errors import (
    InternalError,
    LinscopeError,
    ModelError,
    NotationError,
    Place,
    ShapeError,
    UsageError,
)


def _at(text: str, part: str) -> Place:
    start = text.index(part)
    return Place(text, start, start + len(part))


_LONG = "[2,4] -> " + "Linear(4,4) -> " * 7000 + "Linear(5,4)"
_LINES = "[32,3,4]\n  -> Linear(4,2)\n  -> Linaer(2,2)\n"

ERRORS: dict[str, tuple[LinscopeError, str | None]] = {
    "shape": (
        ShapeError(
            "Linear(4,2) expects 4 features in the last dimension, got 5",
            place=_at("[32,3,5] -> Linear(4,2)", "Linear(4,2)"),
            details=("in: [32,3,5]   last dimension 5, in_features 4",),
            hint="Linear(5,2), or transpose(1,2) first if the features are dimension 1",
        ),
        "[32,3,5] -> Linear(4,2)",
    ),
    "unfinished": (NotationError("a layer is missing", place=Place("[2] -> ", 7, 7)), "[2] -> "),
    "long": (ShapeError("Linear(5,4) expects 5 features, got 4", place=_at(_LONG, "Linear(5,4)")), _LONG),
    "lines": (
        NotationError("there is no layer Linaer", place=_at(_LINES, "Linaer"), hint="Linear"),
        _LINES,
    ),
    "wide": (
        NotationError("there is no layer 层", place=_at("入力=[2] -> é层(2)", "层"), hint="[red]Linear[/red]"),
        None,
    ),
    "hostile": (
        ModelError("boom \x1b[31m\x07", details=("line one\nline\x9btwo", "\u202eevil")),
        "py:\x1b]0;x\x07.py",
    ),
    "usage": (UsageError("no such option: --colour", hint="--color"), None),
    "bug": (InternalError("", hint="report it"), "x" * 500),
}
