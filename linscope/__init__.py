"""linscope: exact shapes, parameters and MACs of PyTorch layers and models, and where each number comes from.

    >>> import linscope
    >>> report = linscope.analyze("[32,3,4] -> Linear(4,2)")
    >>> report.totals.macs
    768

Importing this package imports neither torch nor rich; the first analysis imports torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linscope.api import analyze
    from linscope.checking.asking import check
    from linscope.checking.shapes import assert_shapes
    from linscope.errors import LinscopeError
    from linscope.lecture import explain
    from linscope.notation import Spec, parse, unparse
    from linscope.report.checks import CheckRun
    from linscope.report.comparison import Comparison
    from linscope.report.lesson import Lecture
    from linscope.report.record import Report
    from linscope.side_by_side import compare
    from linscope.teaching import elementwise, formula, free

__version__ = "0.1.0"
__all__ = [
    "CheckRun",
    "Comparison",
    "Lecture",
    "LinscopeError",
    "Report",
    "Spec",
    "__version__",
    "analyze",
    "assert_shapes",
    "check",
    "compare",
    "elementwise",
    "explain",
    "formula",
    "free",
    "parse",
    "unparse",
]

_HOMES = {
    "analyze": "linscope.api",
    "CheckRun": "linscope.report.checks",
    "Comparison": "linscope.report.comparison",
    "Lecture": "linscope.report.lesson",
    "LinscopeError": "linscope.errors",
    "Report": "linscope.report.record",
    "Spec": "linscope.notation.spec",
    "assert_shapes": "linscope.checking.shapes",
    "check": "linscope.checking.asking",
    "compare": "linscope.side_by_side",
    "elementwise": "linscope.teaching",
    "explain": "linscope.lecture",
    "formula": "linscope.teaching",
    "free": "linscope.teaching",
    "parse": "linscope.notation.parser",
    "unparse": "linscope.notation.unparse",
}

# A folder and a function share a name. Imported once, here, the folder cannot take the name again later on.
import_module("linscope.explain")
del globals()["explain"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'linscope' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
