"""Recurrent layers in loops: step by step, gate by gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from brute.products import linear

if TYPE_CHECKING:
    from brute.counting import Count

State = tuple[Tensor, ...]
Cell = Callable[..., State]


def lstm_cell(
    count: Count, x: Tensor, state: State, w: Tensor, u: Tensor, b: Any = None, c: Any = None, p: Any = None
) -> State:
    """w (4·hidden, in), u (4·hidden, hidden); p projects what goes round."""
    h, kept = state
    i, f, g, o = (linear(count, x, w, b) + linear(count, h, u, c)).chunk(4, -1)
    kept = f.sigmoid() * kept + i.sigmoid() * g.tanh()
    h = o.sigmoid() * kept.tanh()
    return (h if p is None else linear(count, h, p), kept)


def gru_cell(count: Count, x: Tensor, state: Any, w: Tensor, u: Tensor, b: Any = None, c: Any = None) -> State:
    (h,) = state if isinstance(state, tuple) else (state,)
    ours, theirs = linear(count, x, w, b).chunk(3, -1), linear(count, h, u, c).chunk(3, -1)
    reset, update = ((x + y).sigmoid() for x, y in zip(ours[:2], theirs[:2], strict=True))
    new = (ours[2] + reset * theirs[2]).tanh()
    return ((1 - update) * new + update * h,)


def rnn_cell(
    shape: Callable[[Tensor], Tensor],
    count: Count,
    x: Tensor,
    state: Any,
    w: Tensor,
    u: Tensor,
    b: Any = None,
    c: Any = None,
) -> State:
    (h,) = state if isinstance(state, tuple) else (state,)
    return (shape(linear(count, x, w, b) + linear(count, h, u, c)),)


tanh_cell = partial(rnn_cell, torch.tanh)
relu_cell = partial(rnn_cell, torch.relu)


def single(cell: Cell) -> Callable[..., Tensor]:
    """A cell with one state, as ``torch`` calls it."""

    def run(count: Count, *args: Any) -> Tensor:
        return cell(count, *args)[0]

    return run


def layers(cell: Cell) -> Callable[..., Any]:
    """``torch.lstm`` and its kin, of padded or packed sequences."""

    def run(count: Count, x: Tensor, *args: Any) -> Any:
        if isinstance(args[2], bool):
            state, params, biases, depth, dropout, train, both, batch_first = args
            x = x.transpose(0, 1) if batch_first else x  # (steps, batch, in)
            lengths = [x.shape[1]] * x.shape[0]
        else:
            sizes, state, params, biases, depth, dropout, train, both = args
            lengths, batch_first = sizes.tolist(), False
        y, ends = _stack(count, cell, x, lengths, state, params, biases, depth, dropout if train else 0.0, both)
        return (y.transpose(0, 1) if batch_first else y, *ends)

    return run


def _stack(
    count: Count,
    cell: Cell,
    x: Tensor,
    lengths: Sequence[int],
    state: Any,
    params: Sequence[Tensor],
    biases: bool,
    depth: int,
    dropout: float,
    both: bool,
) -> tuple[Tensor, list[Tensor]]:
    states = state if isinstance(state, tuple | list) else (state,)
    directions = 1 + both
    each = len(params) // (depth * directions)
    padded = x.dim() == 3
    steps = list(x) if padded else list(x.split(lengths))
    ends: list[State] = []
    for layer in range(depth):
        sides = []
        for direction in range(directions):
            place = layer * directions + direction
            weights: list[Any] = list(params[place * each :][:each])
            if not biases:
                weights[2:2] = [None, None]
            out, end = _direction(count, cell, steps, tuple(s[place] for s in states), weights, bool(direction))
            sides.append(out)
            ends.append(end)
        steps = [torch.cat(pair, -1) for pair in zip(*sides, strict=True)]
        if layer < depth - 1:
            steps = [F.dropout(step, dropout) for step in steps]
    return torch.stack(steps) if padded else torch.cat(steps), [torch.stack(end) for end in zip(*ends, strict=True)]


def _direction(
    count: Count, cell: Cell, steps: Sequence[Tensor], start: State, weights: Sequence[Any], backward: bool
) -> tuple[list[Tensor], State]:
    """A sequence that is over, or has not begun, keeps its state; sequences stand with the longest first."""
    state, out = start, {}
    for at in reversed(range(len(steps))) if backward else range(len(steps)):
        running = steps[at].shape[0]
        new = cell(count, steps[at], tuple(s[:running] for s in state), *weights)
        state = tuple(torch.cat([n, s[running:]]) for n, s in zip(new, state, strict=True))
        out[at] = new[0]
    return [out[at] for at in range(len(steps))], state
