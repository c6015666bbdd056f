"""The mode that puts the loops in the place of torch's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.overrides import TorchFunctionMode

from brute import attention, convolution, products, recurrent
from brute.counting import Count
from brute.einsum import einsum

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("matmul", "__matmul__", "linalg_matmul", "mm", "bmm", "mv", "dot", "_int_mm"), products.matmul),
    **dict.fromkeys(("addmm", "addmv", "baddbmm", "_sparse_addmm"), products.added),
    **dict.fromkeys(("linalg_multi_dot", "chain_matmul"), products.chain),
    **dict.fromkeys(("matrix_power", "linalg_matrix_power"), products.power),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), convolution.convolved),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), convolution.transposed),
    "_sparse_mm": products.matmul,
    "addbmm": products.added_over_batch,
    "affine_grid": products.affine_grid,
    "bilinear": products.bilinear,
    "conv_tbc": convolution.time_first,
    "convolution": convolution.either,
    "corrcoef": products.correlation,
    "cov": products.covariance,
    "einsum": einsum,
    "gru": recurrent.layers(recurrent.gru_cell),
    "gru_cell": recurrent.single(recurrent.gru_cell),
    "inner": products.inner,
    "linear": products.linear,
    "linear_cross_entropy": products.linear_cross_entropy,
    "lstm": recurrent.layers(recurrent.lstm_cell),
    "lstm_cell": recurrent.lstm_cell,
    "multi_head_attention_forward": attention.multi_head,
    "rnn_relu": recurrent.layers(recurrent.relu_cell),
    "rnn_relu_cell": recurrent.single(recurrent.relu_cell),
    "rnn_tanh": recurrent.layers(recurrent.tanh_cell),
    "rnn_tanh_cell": recurrent.single(recurrent.tanh_cell),
    "scaled_dot_product_attention": attention.attended,
    "sparse_sampled_addmm": products.sampled,
    "tensordot": products.tensordot,
    "vdot": products.vdot,
}
"""What each function that contracts is replaced by, by its name."""


class InLoops(TorchFunctionMode):
    """Within it every contraction runs in loops, and ``macs`` says how many multiply-accumulates they did."""

    def __init__(self) -> None:
        super().__init__()
        self._count = Count()

    @property
    def macs(self) -> int:
        return self._count.macs

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = dict(kwargs or {})
        name = func.__name__
        in_place = name.endswith("_") and not name.endswith("__")
        reference = REFERENCES.get(name[:-1] if in_place else name)
        if reference is None:
            return func(*args, **kwargs)
        out = kwargs.pop("out", None)
        result = reference(self._count, *args, **kwargs)
        if in_place:
            return args[0].copy_(result)
        return result if out is None else out.copy_(result)
