"""The element-wise work of recurrent layers, as much inside a fused operator as where it is not.

For each new state of ``hidden`` elements the parts from input and state are added to each gate, the gates pass
through a sigmoid or a tanh, and are combined. An LSTM adds 4 and its new cell state, has 3 sigmoids and 2 tanhs and
multiplies 3 times: 13. A GRU has 2 sigmoids, 1 tanh, 4 sums, 1 difference and 2 products: 10. A plain cell has its
sum and its activation: 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.registry import inside

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Elements, Kwargs

_PER_STATE = {4: 13, 3: 10, 1: 2}
"""By the number of gates."""

_MODES = (2, 2, 13, 10)
"""By the number that the fused operators call a kind by: RNN with relu, with tanh, LSTM, GRU."""


@inside("aten::mkldnn_rnn_layer")
def mkldnn_layer(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(x, w_ih, …)``, with the hidden size at 10."""
    hidden: int = args[10]
    return _steps(args[0]) * hidden * _PER_STATE[args[1].shape[0] // hidden]


@inside("aten::_cudnn_rnn")
def cudnn(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(x, …, mode, hidden, proj, layers, batch_first, dropout, train, bidirectional, …)`` from 6 on."""
    mode, hidden, projection, layers, _, dropout, train, bidirectional = args[6:14]
    return _stacked(args[0], mode, hidden, projection or hidden, layers, dropout if train else 0, bidirectional)


@inside("aten::miopen_rnn")
def miopen(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(x, …, mode, hidden, layers, batch_first, dropout, train, bidirectional, …)`` from 5 on."""
    mode, hidden, layers, _, dropout, train, bidirectional = args[5:12]
    return _stacked(args[0], mode, hidden, hidden, layers, dropout if train else 0, bidirectional)


def _stacked(x: Tensor, mode: int, hidden: int, out: int, layers: int, dropout: float, bidirectional: bool) -> int:
    """All layers and directions; between layers dropout scales what it draws, and multiplies by it."""
    steps, directions = _steps(x), 1 + bidirectional
    dropped = 2 * out * (layers - 1) if dropout else 0
    return steps * directions * (layers * hidden * _MODES[mode] + dropped)


def _steps(x: Tensor) -> int:
    """Of all sequences together; x is (steps, batch, in), or packed, (steps of all, in)."""
    return x.numel() // max(x.shape[-1], 1)


def _of_a_cell(per_state: int) -> Elements:
    """The new state is the result, or the first of several."""
    return lambda args, kwargs, result: per_state * (result[0] if isinstance(result, tuple) else result).numel()


inside(
    "aten::_thnn_fused_lstm_cell",
    "aten::lstm_cell",
    "aten::quantized_lstm_cell",
    "quantized::quantized_lstm_cell_dynamic",
)(_of_a_cell(13))
inside(
    "aten::_thnn_fused_gru_cell", "aten::gru_cell", "aten::quantized_gru_cell", "quantized::quantized_gru_cell_dynamic"
)(_of_a_cell(10))
inside(
    "aten::rnn_tanh_cell",
    "aten::rnn_relu_cell",
    "aten::quantized_rnn_tanh_cell",
    "aten::quantized_rnn_relu_cell",
    "quantized::quantized_rnn_tanh_cell_dynamic",
    "quantized::quantized_rnn_relu_cell_dynamic",
)(_of_a_cell(2))
