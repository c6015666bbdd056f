"""Recurrent layers and their cells: every gate is a linear map of the input and one of the hidden state."""

from __future__ import annotations

from typing import Any

from linscope.engine.derivations.registry import Shapes, derivation
from linscope.report.derivation import Derivation, Factor, Term

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


@derivation("RNN", "LSTM", "GRU")
def recurrent(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Per step, layer and direction: gates · hidden_size · (input + state), and the projection if any.

    x (L, N, input_size), (N, L, input_size) with ``batch_first``, (L, input_size) without a batch, or packed,
    where the sum of the lengths is the number of steps. The first layer reads ``input_size`` numbers, the
    others what all directions of the layer below wrote. The state has ``proj_size`` numbers, or
    ``hidden_size`` where there is no projection.
    """
    if not inputs or inputs[0][-1:] != (module.input_size,):
        return None
    steps = _steps(inputs, module.batch_first)
    directions = 2 if module.bidirectional else 1
    if module.bidirectional:
        steps = (*steps, Factor("directions", directions))
    state = Factor("proj_size", module.proj_size) if module.proj_size else _hidden(module)
    above = Factor(f"directions * {state.name}", directions * state.value) if module.bidirectional else state
    terms = list(_layer(module, steps, Factor("input_size", module.input_size), state, "layer 0"))
    if module.num_layers > 1:
        others = (Factor("num_layers - 1", module.num_layers - 1), *steps)
        terms += _layer(module, others, above, state, "layers above")
    return Derivation(tuple(terms))


@derivation("RNNCell", "LSTMCell", "GRUCell")
def cell(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """One step, (N, input_size) or (input_size): gates · hidden_size · (input_size + hidden_size)."""
    if not inputs or inputs[0][-1:] != (module.input_size,):
        return None
    gates = module.weight_hh.shape[0] // module.hidden_size
    width = Factor("input_size + hidden_size", module.input_size + module.hidden_size)
    rows = tuple(Factor("batch", size) for size in inputs[0][:-1])
    return Derivation((Term(rows, (Factor("gates", gates), _hidden(module), width)),))


def _steps(inputs: Shapes, batch_first: bool) -> tuple[Factor, ...]:
    x = inputs[0]
    if len(x) == 3:
        batch, length = x[:2] if batch_first else (x[1], x[0])
        return Factor("L", length), Factor("batch", batch)
    packed = len(inputs) > 1 and len(inputs[1]) == 1  # batch sizes are the one vector that comes second
    return (Factor("sum of lengths" if packed else "L", x[0]),)


def _layer(module: Any, steps: tuple[Factor, ...], read: Factor, state: Factor, label: str) -> tuple[Term, ...]:
    width = Factor(f"{read.name} + {state.name}", read.value + state.value)
    gates = Term(steps, (Factor("gates", GATES[module.mode]), _hidden(module), width), label)
    if not module.proj_size:
        return (gates,)
    return gates, Term(steps, (_hidden(module), state), f"{label}, projection")


def _hidden(module: Any) -> Factor:
    return Factor("hidden_size", module.hidden_size)
