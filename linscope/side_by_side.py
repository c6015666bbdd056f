"""Two targets to a comparison: each is analysed, unless it is a report already."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from linscope.comparison.difference import compare_forms
from linscope.comparison.saved import is_saved, load
from linscope.errors import LinscopeError
from linscope.progress import within
from linscope.report.record import Report
from linscope.sources.registry import split

if TYPE_CHECKING:
    from linscope.report.comparison import Comparison


def compare(before: Any, after: Any, **options: Any) -> Comparison:
    """What changed in shapes, parameters, MACs and memory from one model to another, per layer and in total.

    Args:
        before, after: each a target of ``linscope.analyze`` (a spec, the name of a model, an ``nn.Module``), a module
            and its own inputs as a pair, a ``Report``, or a saved one: its path, or what ``json.load`` gives of it.
        options: those of ``linscope.analyze``, for the sides that are analysed; ``explain`` and ``crosscheck`` have
            nothing to add.

    Returns:
        A frozen ``Comparison``; counts are integers, memory is in bytes.

    Raises:
        LinscopeError: as ``linscope.analyze``; ``TargetError`` and ``UsageError`` for a file that cannot be read, or
            holds no report.
    """
    sides = {"before": before, "after": after}
    paths = {name: saved_path(side) for name, side in sides.items()}
    forms = {}
    for name in sorted(sides, key=lambda name: paths[name] is None):  # files first: a wrong one is told at once
        try:
            told = {"progress": within(options["progress"], name)} if "progress" in options else {}
            forms[name] = _form(sides[name], paths[name], {**options, **told})
        except LinscopeError as error:
            if error.place is None:
                error.details = (*error.details, *_which(name, sides[name], error.message))
            raise
    names = (paths["before"] or "the report before", paths["after"] or "the report after")
    return compare_forms(forms["before"], forms["after"], names)


def _which(name: str, side: Any, message: str) -> tuple[str, ...]:
    """Which of the two it is, where the message does not say."""
    return (f"{name}: {side[:200]}",) if isinstance(side, str) and side not in message else ()


def saved_path(side: Any) -> str | None:
    """The path of a saved report, where ``side`` is one."""
    if isinstance(side, PathLike):
        return str(fspath(side))
    return side if isinstance(side, str) and split(side) is None and is_saved(side) else None


def _form(side: Any, path: str | None, options: Mapping[str, Any]) -> Mapping[str, Any]:
    if path is not None:
        return load(path)
    if isinstance(side, Report):
        return side.to_dict()
    if isinstance(side, Mapping):
        return side
    from linscope.api import analyze

    target, given = (side[0], {"inputs": side[1]}) if isinstance(side, tuple) and len(side) == 2 else (side, {})
    return analyze(target, **{"crosscheck": False, **options, **given, "explain": "none"}).to_dict()
