"""Recurrent layers: at every step each weight matrix meets one vector per sequence.

The products are steps · batch · (elements of w_ih, w_hh and, with a projection, w_hr), whose gates are
stacked along the first dimension: (4·hidden, in) for an LSTM, (3·hidden, in) for a GRU. Packed sequences have
as many steps as their lengths add up to. The gates' sigmoid, tanh and products are element-wise work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from linscope.engine.formulas.factors import leading
from linscope.engine.formulas.registry import formula
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from linscope.engine.formulas.registry import Args, Formula, Kwargs


_KINDS = ("input", "recurrent", "projection")


def _term(rows: tuple[Factor, ...], weight: Sequence[int], label: str) -> Term:
    return Term(rows, (Factor("gates·hidden", weight[0]), Factor("in", weight[1])), label)


def _labels(count: int, layers: int, directions: int) -> Iterator[str]:
    """``layer 1 backward recurrent``, for ``count`` matrices in the order the operators take them."""
    kinds = _KINDS[: count // (layers * directions)]
    for layer in range(layers):
        for direction in ("", "backward ")[:directions]:
            yield from (f"layer {layer} {direction}{kind}" for kind in kinds)


def _layers(rows: tuple[Factor, ...], params: Sequence[Tensor], layers: int, bidirectional: bool) -> Derivation:
    matrices = [p.shape for p in params if p.dim() == 2]
    labels = _labels(len(matrices), layers, 1 + bidirectional)
    return Derivation(tuple(_term(rows, shape, label) for shape, label in zip(matrices, labels, strict=True)))


def _rows(x: Tensor, batch_first: bool = False) -> tuple[Factor, ...]:
    """(steps, batch, in), (batch, steps, in), or the packed (sum of lengths, in)."""
    if x.dim() == 2:
        return (Factor("steps of all sequences", x.shape[0]),)
    names = ("batch", "steps") if batch_first else ("steps", "batch")
    return tuple(map(Factor, names, x.shape[:2]))


def _composite(args: Args) -> tuple[tuple[Factor, ...], Any, Any, int, bool]:
    """Rows, initial state, parameters, layers and directions of the two overloads the composites have.

    ``input``: (x, hx, params, biases, layers, dropout, train, bidirectional, batch_first);
    ``data``, packed: (x, batch_sizes, hx, params, biases, layers, dropout, train, bidirectional).
    """
    if isinstance(args[3], bool):
        return _rows(args[0], args[8]), args[1], args[2], args[4], args[7]
    return _rows(args[0]), args[2], args[3], args[5], args[8]


@formula("aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu", "aten::_lstm_mps")
def recurrent(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    rows, _, params, layers, bidirectional = _composite(args)
    return _layers(rows, params, layers, bidirectional)


@formula("aten::mkldnn_rnn_layer")
def mkldnn_layer(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """One layer in one direction: ``(x, w_ih, w_hh, …, batch_first, train)``."""
    rows = _rows(args[0], args[14])
    return Derivation((_term(rows, args[1].shape, "input"), _term(rows, args[2].shape, "recurrent")))


@formula("aten::mkldnn_rnn_layer_backward")
def mkldnn_layer_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The gradients of inputs and states, then of the weights: the forward's products twice."""
    rows = _rows(args[0], args[21])
    return Derivation(
        tuple(
            _term(rows, weight.shape, f"{kind}, gradient of the {of}")
            for of in ("data", "weights")
            for kind, weight in zip(_KINDS, args[1:3], strict=False)
        )
    )


@formula("aten::_cudnn_rnn")
def cudnn_rnn(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, weights, _, _, hx, cx, mode, hidden, proj, layers, batch_first, _, _, bidirectional, …)``."""
    return _layers(_rows(args[0], args[10]), args[1], args[9], args[13])


@formula("aten::miopen_rnn")
def miopen_rnn(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, weights, _, hx, cx, mode, hidden, layers, batch_first, _, _, bidirectional, …)``."""
    return _layers(_rows(args[0], args[8]), args[1], args[7], args[11])


@formula("aten::_cudnn_rnn_backward")
def cudnn_rnn_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The gradients of the data always, those of the weights where the mask's last entry asks."""
    return _backward(_layers(_rows(args[0], args[14]), args[1], args[13], args[17]), weights=args[-1][3])


@formula("aten::miopen_rnn_backward")
def miopen_rnn_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """As for ``_cudnn_rnn_backward``, without a projection."""
    return _backward(_layers(_rows(args[0], args[13]), args[1], args[12], args[16]), weights=args[-1][3])


@formula("aten::lstm_mps_backward")
def lstm_mps_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(…, x, outputs, hx, params, biases, layers, dropout, train, bidirectional, batch_first)``."""
    return _backward(_layers(_rows(args[5], args[14]), args[8], args[10], args[13]), weights=True)


def _backward(forward: Derivation, *, weights: bool) -> Derivation:
    passes = ("data", "weights") if weights else ("data",)
    return Derivation(
        tuple(term._replace(label=f"{term.label}, gradient of the {of}") for of in passes for term in forward.terms)
    )


@formula(
    "aten::lstm_cell",
    "aten::gru_cell",
    "aten::rnn_tanh_cell",
    "aten::rnn_relu_cell",
    "aten::quantized_lstm_cell",
    "aten::quantized_gru_cell",
    "aten::quantized_rnn_relu_cell",
    "aten::quantized_rnn_tanh_cell",
)
def cell(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """One step: ``(x, state, w_ih, w_hh, …)``."""
    rows = leading(args[0].shape[:-1])
    return Derivation((_term(rows, args[2].shape, "input"), _term(rows, args[3].shape, "recurrent")))


def _packed_cell(gates: int) -> Formula:
    def count(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
        """The weights are opaque; the sizes of input and state say what they are."""
        state = result[0] if isinstance(result, tuple) else result
        hidden, rows = state.shape[-1], leading(args[0].shape[:-1])
        stacked = gates * hidden
        return Derivation(
            (_term(rows, (stacked, args[0].shape[-1]), "input"), _term(rows, (stacked, hidden), "recurrent"))
        )

    return count


formula("quantized::quantized_lstm_cell_dynamic")(_packed_cell(4))
formula("quantized::quantized_gru_cell_dynamic")(_packed_cell(3))
formula("quantized::quantized_rnn_tanh_cell_dynamic", "quantized::quantized_rnn_relu_cell_dynamic")(_packed_cell(1))


def _packed_layers(gates: int) -> Formula:
    def count(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
        """The weights are opaque; layer 0 reads the input, the others both directions of the one below."""
        rows, state, _, layers, bidirectional = _composite(args)
        hidden = (state if isinstance(state, Tensor) else state[0]).shape[-1]
        directions = 1 + bidirectional
        shapes = [
            (gates * hidden, size)
            for layer in range(layers)
            for _ in range(directions)
            for size in (args[0].shape[-1] if layer == 0 else directions * hidden, hidden)
        ]
        labels = _labels(len(shapes), layers, directions)
        return Derivation(tuple(_term(rows, shape, label) for shape, label in zip(shapes, labels, strict=True)))

    return count


formula("aten::quantized_lstm")(_packed_layers(4))
formula("aten::quantized_gru")(_packed_layers(3))
