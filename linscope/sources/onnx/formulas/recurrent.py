"""Recurrent layers: at every step each weight matrix meets one vector per sequence.

X (steps, batch, in), or batch first; W (directions, gates · hidden, in), R (directions, gates · hidden, hidden).
Element by element, for each new state: an LSTM adds 4 and its new cell state, has 3 sigmoids and 2 tanhs and
multiplies 3 times, 13; a GRU has 2 sigmoids, 1 tanh, 4 sums, 1 difference and 2 products, 10; a plain cell 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term
from linscope.sources.onnx.formulas.registry import formula, inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.sources.onnx.call import Call


_PER_STATE = {"RNN": 2, "GRU": 10, "LSTM": 13, "com.microsoft.DynamicQuantizeLSTM": 13}


@inside(*_PER_STATE)
def gates(call: Call) -> int:
    """All steps of all sequences, in all directions."""
    first, second, *_ = call.input(0)
    recurrent = call.input(2)
    hidden = recurrent[1] if call.operator.startswith("com.") else recurrent[2]
    return first * second * recurrent[0] * hidden * _PER_STATE[call.operator]


@formula("RNN", "GRU", "LSTM")
def recurrent(call: Call) -> Derivation:
    return _layer(call, call.input(1), call.input(2))


@formula("com.microsoft.DynamicQuantizeLSTM")
def quantized_lstm(call: Call) -> Derivation:
    """Its weights are transposed: (directions, in, gates · hidden)."""
    (d, i, g), (_, h, _) = call.input(1), call.input(2)
    return _layer(call, (d, g, i), (d, g, h))


def _layer(call: Call, w: Sequence[int], r: Sequence[int]) -> Derivation:
    names = ("batch", "steps") if call.number("layout", 0) else ("steps", "batch")
    rows = (*map(Factor, names, call.input(0)[:2]), Factor("directions", w[0]))
    return Derivation(
        tuple(
            Term(rows, (Factor("gates·hidden", gates), Factor("in", size)), label)
            for (_, gates, size), label in ((w, "input"), (r, "recurrent"))
        )
    )
