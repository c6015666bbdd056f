"""One registry, operator -> count, and the state of every operator of ONNX and of ONNX Runtime.

A standard operator goes by its name, ``Conv``; one of another domain by both, ``com.microsoft.FusedConv``. What
nobody has decided about is uncounted, and named.
"""

from __future__ import annotations

from collections.abc import Callable

from linscope.report.derivation import Derivation
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, UNCOUNTED
from linscope.sources.onnx.call import Call
from linscope.sources.onnx.formulas.states import ELEMENTWISE_NAMES, FREE_NAMES, KNOWN_UNCOUNTED, ON_INTEGERS

Formula = Callable[[Call], Derivation]
"""Looks at sizes and attributes. Raises UnknownSizeError where one is not known."""

FORMULAS: dict[str, Formula] = {}
"""The counted operators. Filled by the modules of this package as they are imported."""

Work = Callable[[Call], int]
"""The elements touched by element-wise work inside an operator that is counted."""

INSIDE: dict[str, Work] = {}
"""By operator. Filled likewise."""

_STATES = (
    dict.fromkeys(FREE_NAMES, FREE)
    | dict.fromkeys(ELEMENTWISE_NAMES, ELEMENTWISE)
    | dict.fromkeys(KNOWN_UNCOUNTED, UNCOUNTED)
)


def formula(*names: str) -> Callable[[Formula], Formula]:
    """Register a function as the formula of operators.

    Raises:
        ValueError: a name is decided already.
    """

    def register(function: Formula) -> Formula:
        for name in names:
            if name in FORMULAS or name in _STATES:
                raise ValueError(f"{name} is already decided")
            FORMULAS[name] = function
        return function

    return register


def inside(*names: str) -> Callable[[Work], Work]:
    """Register a function as the element-wise work inside operators."""

    def register(function: Work) -> Work:
        INSIDE.update(dict.fromkeys(names, function))
        return function

    return register


def state_of(call: Call) -> str:
    """The state of an operator, in this call of it."""
    name = call.operator
    if name in FORMULAS:
        return COUNTED
    if name == "Dropout" and not _drops(call):
        return FREE
    if name in ("ScatterElements", "ScatterND") and call.text("reduction", "none") != "none":
        return ELEMENTWISE
    if name in ON_INTEGERS and all(value is None or _is_whole(value.dtype) for value in call.inputs):
        return ELEMENTWISE
    return _STATES.get(name, UNCOUNTED)


def _drops(call: Call) -> bool:
    """Whether a dropout may be one of training: its third input may say so."""
    mode = call.given(2)
    return mode is not None and (mode.data is None or bool(mode.data.any()))


def _is_whole(dtype: str | None) -> bool:
    return dtype is not None and dtype.startswith(("int", "uint", "bool"))
