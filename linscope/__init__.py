"""linscope: exact shapes, parameters and MACs of PyTorch layers and models, and where each number comes from.

    >>> import linscope
    >>> report = linscope.analyze("[32,3,4] -> Linear(4,2)")
    >>> report.totals.macs
    768

Importing this package imports neither torch nor rich; the first analysis imports torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linscope.api import analyze
    from linscope.errors import LinscopeError
    from linscope.notation import Spec, parse, unparse
    from linscope.report.comparison import Comparison
    from linscope.report.record import Report
    from linscope.side_by_side import compare
    from linscope.teaching import elementwise, formula, free

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "LinscopeError",
    "Report",
    "Spec",
    "__version__",
    "analyze",
    "compare",
    "elementwise",
    "formula",
    "free",
    "parse",
    "unparse",
]

_HOMES = {
    "analyze": "linscope.api",
    "Comparison": "linscope.report.comparison",
    "LinscopeError": "linscope.errors",
    "Report": "linscope.report.record",
    "Spec": "linscope.notation.spec",
    "compare": "linscope.side_by_side",
    "elementwise": "linscope.teaching",
    "formula": "linscope.teaching",
    "free": "linscope.teaching",
    "parse": "linscope.notation.parser",
    "unparse": "linscope.notation.unparse",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'linscope' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
