"""Recurrent layers and their cells: every gate is a linear map of the input and one of the hidden state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.registry import Shapes, derivation
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from linscope.engine.derivations.registry import Derive

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


@derivation("RNN", "LSTM", "GRU")
def recurrent(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Per step, layer and direction: gates · hidden_size · (input + state), and the projection if any.

    x (L, N, input_size), (N, L, input_size) with ``batch_first``, (L, input_size) without a batch, or packed,
    where the sum of the lengths is the number of steps. The first layer reads ``input_size`` numbers, the
    others what all D directions of the layer below wrote. The state has ``proj_size`` numbers, or
    ``hidden_size`` where there is no projection.
    """
    if not inputs or inputs[0][-1:] != (module.input_size,):
        return None
    steps = _steps(inputs, module.batch_first)
    directions = 2 if module.bidirectional else 1
    if module.bidirectional:
        steps = (*steps, Factor("D", directions))
    projected = _projected(module)
    state = Factor("proj_size", projected) if projected else _hidden(module)
    above = Factor(f"D * {state.name}", directions * state.value) if module.bidirectional else state
    terms = list(_layer(module, steps, Factor("input_size", module.input_size), state, "layer 0"))
    if module.num_layers > 1:
        others = (Factor("num_layers - 1", module.num_layers - 1), *steps)
        terms += _layer(module, others, above, state, "layers above")
    return Derivation(tuple(terms))


def _cell(gates: int) -> Derive:
    def cell(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
        """One step, (N, input_size) or (input_size): gates · hidden_size · (input_size + hidden_size)."""
        if not inputs or inputs[0][-1:] != (module.input_size,):
            return None
        width = Factor("input_size + hidden_size", module.input_size + module.hidden_size)
        rows = tuple(Factor("N", size) for size in inputs[0][:-1])
        return Derivation((Term(rows, (*_gates(gates), _hidden(module), width)),))

    return cell


derivation("RNNCell")(_cell(1))
derivation("LSTMCell")(_cell(4))
derivation("GRUCell")(_cell(3))


def _steps(inputs: Shapes, batch_first: bool) -> tuple[Factor, ...]:
    x = inputs[0]
    if len(x) == 3:
        batch, length = x[:2] if batch_first else (x[1], x[0])
        return Factor("L", length), Factor("N", batch)
    packed = len(inputs) > 1 and len(inputs[1]) == 1  # batch sizes are the one vector that comes second
    return (Factor("sum(lengths)" if packed else "L", x[0]),)


def _layer(module: Any, steps: tuple[Factor, ...], read: Factor, state: Factor, label: str) -> tuple[Term, ...]:
    width = Factor(f"{read.name} + {state.name}", read.value + state.value)
    gates = Term(steps, (*_gates(GATES[module.mode]), _hidden(module), width), label)
    if not _projected(module):
        return (gates,)
    return gates, Term(steps, (_hidden(module), state), f"{label}, projection")


def _gates(count: int) -> tuple[Factor, ...]:
    """The gates of a step, which PyTorch writes as a number: ``4*hidden_size``."""
    return (Factor(str(count), count),) if count > 1 else ()


def _hidden(module: Any) -> Factor:
    return Factor("hidden_size", module.hidden_size)


def _projected(module: Any) -> int:
    """``proj_size``, which quantized layers do not have."""
    return int(getattr(module, "proj_size", 0))
