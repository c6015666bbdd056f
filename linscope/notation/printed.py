"""Where what ``print(module)`` shows is not the call that makes the module, though it holds all it takes."""

from __future__ import annotations

from linscope.notation.spec import Argument, Literal

PRINTED_AS = {"NonDynamicallyQuantizableLinear": "Linear"}
"""Names that torch prints and does not export, with the class whose arguments they show."""

_SHOWN_ONLY = {
    "UpsamplingNearest2d": ("mode",),
    "UpsamplingBilinear2d": ("mode",),
    "LazyLinear": ("in_features",),
}
"""Arguments that are printed and not taken."""


def as_called(name: str, arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """``arguments`` as the constructor takes them.

    A lazy layer prints the 0 that stands for the size it does not know yet: ``LazyConv2d(0, 8, ...)``.
    """
    shown_only = _SHOWN_ONLY.get(name, ())
    if shown_only:
        arguments = tuple(a for a in arguments if a.keyword not in shown_only)
    if name.startswith("Lazy") and arguments and arguments[0].keyword is None and arguments[0].value == Literal(0):
        return arguments[1:]
    return arguments
