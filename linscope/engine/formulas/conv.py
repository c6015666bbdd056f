"""Convolutions: every position of the output (of the input, where transposed) uses every weight once.

A weight (out_channels, in_channels/groups, *kernel) serves N · prod(output) positions; a transposed one,
(in_channels, out_channels/groups, *kernel), serves N · prod(input). Its elements are then the products for
each position, groups, dilation and stride included. Padding zeros are multiplied like any other value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.factors import product
from linscope.engine.formulas.registry import formula, inside
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.engine.formulas.registry import Args, Elements, Kwargs


_OUTPUT = {1: ("L_out",), 2: ("H_out", "W_out"), 3: ("D_out", "H_out", "W_out")}
_INPUT = {1: ("L_in",), 2: ("H_in", "W_in"), 3: ("D_in", "H_in", "W_in")}
_KERNEL = {1: ("k",), 2: ("kH", "kW"), 3: ("kD", "kH", "kW")}


def convolution_term(
    x: Sequence[int], weight: Sequence[int], y: Sequence[int], transposed: bool, label: str = ""
) -> Term:
    """The product of one convolution, from the shapes of its input, weight and output, batched or not."""
    ndim = len(weight) - 2
    batch = (Factor("batch", x[0]),) if len(x) == ndim + 2 else ()
    if transposed:
        positions, names, first, second = x[-ndim:], _INPUT[ndim], "in_channels", "out_channels"
        whole = y[-ndim - 1]
    else:
        positions, names, first, second = y[-ndim:], _OUTPUT[ndim], "out_channels", "in_channels"
        whole = x[-ndim - 1]
    if weight[1] != whole:
        second += "/groups"
    rows = (*batch, *map(Factor, names, positions))
    weights = map(Factor, (first, second, *_KERNEL[ndim]), weight)
    return Term(rows, tuple(weights), label)


@formula(
    "aten::convolution",
    "aten::_convolution",
    "aten::convolution_overrideable",
)
def convolution(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return Derivation((convolution_term(args[0].shape, args[1].shape, result.shape, args[6]),))


@formula(
    "aten::conv1d",
    "aten::conv2d",
    "aten::conv3d",
    "aten::_convolution_mode",
    "aten::mkldnn_convolution",
    "aten::slow_conv3d",
    "aten::slow_conv3d_forward",
    "aten::slow_conv_dilated2d",
    "aten::slow_conv_dilated3d",
    "aten::thnn_conv2d",
    "aten::_slow_conv2d_forward",
    "aten::_conv_depthwise2d",
    "aten::conv_depthwise3d",
    "aten::_nnpack_spatial_convolution",
    "aten::cudnn_convolution",
    "aten::cudnn_convolution_relu",
    "aten::cudnn_convolution_add_relu",
    "aten::miopen_convolution",
    "aten::miopen_convolution_relu",
    "aten::miopen_convolution_add_relu",
    "aten::miopen_depthwise_convolution",
    "aten::_mps_convolution",
    "torchvision::deform_conv2d",
)
def forward_convolution(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return Derivation((convolution_term(args[0].shape, args[1].shape, result.shape, False),))


@formula(
    "aten::conv_transpose1d",
    "aten::conv_transpose2d",
    "aten::conv_transpose3d",
    "aten::slow_conv_transpose2d",
    "aten::slow_conv_transpose3d",
    "aten::cudnn_convolution_transpose",
    "aten::miopen_convolution_transpose",
    "aten::_mps_convolution_transpose",
)
def transposed_convolution(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return Derivation((convolution_term(args[0].shape, args[1].shape, result.shape, True),))


@formula("mkldnn::_convolution_pointwise")
def pointwise(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, weight, bias, padding, …)``, or, with another tensor added on the way, ``(x, other, weight, bias, …)``."""
    weight = args[1] if isinstance(args[3], list | tuple) else args[2]
    return Derivation((convolution_term(args[0].shape, weight.shape, result.shape, False),))


@formula("mkldnn::_convolution_pointwise_")
def pointwise_in_place(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(other, x, weight, …)``: added to ``other``."""
    return Derivation((convolution_term(args[1].shape, args[2].shape, result.shape, False),))


@formula("mkldnn::_convolution_transpose_pointwise")
def transposed_pointwise(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, weight, bias, padding, output_padding, stride, dilation, groups, …)``; the weight has been packed as one
    that is not transposed, (out_channels, in_channels/groups, *kernel)."""
    x, packed, groups = args[0].shape, args[1].shape, args[7]
    weight = (packed[1] * groups, packed[0] // groups, *packed[2:])
    return Derivation((convolution_term(x, weight, result.shape, True),))


@formula(
    "onednn::qconv1d_pointwise", "onednn::qconv2d_pointwise", "onednn::qconv3d_pointwise", "onednn::qconv_pointwise"
)
def quantized_pointwise(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, scale, zero_point, weight, …)``."""
    return Derivation((convolution_term(args[0].shape, args[3].shape, result.shape, False),))


def _activated(times: int) -> Elements:
    return lambda args, kwargs, result: times * result.numel()


inside("aten::cudnn_convolution_relu", "aten::miopen_convolution_relu")(_activated(1))
inside("aten::cudnn_convolution_add_relu", "aten::miopen_convolution_add_relu")(_activated(2))


@formula("aten::conv_tbc")
def conv_tbc(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Time, batch, channels: x (T, B, in), weight (k, in, out), result (T_out, B, out)."""
    return _conv_tbc(result.shape, args[1].shape)


def _conv_tbc(y: Sequence[int], weight: Sequence[int]) -> Derivation:
    names = ("k", "in_channels", "out_channels")
    return product((Factor("L_out", y[0]), Factor("batch", y[1])), tuple(map(Factor, names, weight)))


@formula("aten::convolution_backward", "aten::convolution_backward_overrideable")
def convolution_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, x, weight, …, transposed, output_padding, groups, mask)``.

    The gradients of the input and of the weight each repeat the products of the forward pass, groups and all:
    every (position, weight) pair is one multiply-accumulate in either sum. The gradient of the bias is a sum.
    """
    transposed, mask = args[-4], args[-1]
    return _gradients(args[1].shape, args[2].shape, args[0].shape, transposed, mask)


@formula("aten::_slow_conv2d_backward")
def slow_conv2d_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The mask is the last argument, unless the gradients were handed in to be written to."""
    mask = args[6] if len(args) > 6 else (True, True, True)
    return _gradients(args[1].shape, args[2].shape, args[0].shape, False, mask)


@formula("aten::mps_convolution_backward")
def mps_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, grad, weight, …, mask)``."""
    return _gradients(args[0].shape, args[2].shape, args[1].shape, False, args[-1])


@formula("aten::mps_convolution_transpose_backward")
def mps_transposed_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, grad, weight, …, mask)``."""
    return _gradients(args[0].shape, args[2].shape, args[1].shape, True, args[-1])


@formula("aten::conv_tbc_backward")
def conv_tbc_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    term = _conv_tbc(args[0].shape, args[2].shape).terms[0]
    return Derivation(tuple(term._replace(label=label) for label in _LABELS))


_LABELS = ("gradient of the input", "gradient of the weight")


def _gradients(
    x: Sequence[int], weight: Sequence[int], grad: Sequence[int], transposed: bool, mask: Sequence[bool]
) -> Derivation:
    wanted = (label for label, asked in zip(_LABELS, mask, strict=False) if asked)
    return Derivation(tuple(convolution_term(x, weight, grad, transposed, label) for label in wanted))
