"""Convolutions, forward, transposed and backward: each count against a number worked out by hand."""

from __future__ import annotations

from math import prod

import pytest
import torch
from engine.formula_counting import formula_of, run
from torch import nn
from torch.nn import functional as F  # the name PyTorch's own documentation uses

from linscope.engine.formulas import rule_for


def r(*shape: int) -> torch.Tensor:
    return torch.rand(*shape)


pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

CONVOLUTIONS = {
    # positions x out_channels x in_channels/groups x kernel
    "1-D": (lambda: F.conv1d(r(2, 3, 10), r(4, 3, 3)), 576),  # 2·8 x 4·3·3
    "2-D": (lambda: F.conv2d(r(1, 3, 8, 9), r(8, 3, 3, 3)), 9072),  # 6·7 x 8·3·9
    "3-D": (lambda: F.conv3d(r(1, 2, 4, 4, 4), r(3, 2, 2, 2, 2)), 1296),  # 27 x 3·2·8
    "unbatched": (lambda: F.conv2d(r(3, 8, 9), r(8, 3, 3, 3)), 9072),
    "stride": (lambda: F.conv2d(r(1, 3, 9, 9), r(4, 3, 3, 3), stride=2), 1728),  # 4·4 x 4·3·9
    "dilation": (lambda: F.conv2d(r(1, 2, 5, 5), r(3, 2, 2, 2), dilation=2), 216),  # 3·3 x 3·2·4
    "groups": (lambda: F.conv2d(r(1, 4, 6, 6), r(8, 2, 3, 3), padding=1, groups=2), 5184),  # 36 x 8·2·9
    "depthwise": (lambda: F.conv2d(r(1, 6, 6, 6), r(6, 1, 3, 3), padding=1, groups=6), 1944),  # 36 x 6·1·9
    "same, even kernel": (lambda: F.conv2d(r(1, 2, 5, 5), r(3, 2, 2, 2), padding="same"), 600),  # 25 x 3·2·4
    "transposed": (  # positions of the input x in_channels x out_channels/groups x kernel: 2·16 x 3·4·16
        lambda: F.conv_transpose2d(r(2, 3, 4, 4), r(3, 4, 4, 4), stride=2, padding=1),
        6144,
    ),
    "transposed, groups": (lambda: F.conv_transpose1d(r(2, 4, 5), r(4, 3, 2), groups=2), 240),  # 2·5 x 4·3·2
    "transposed, unbatched": (lambda: F.conv_transpose2d(r(2, 4, 4), r(2, 3, 2, 2), stride=2), 384),
    "time, batch, channels": (lambda: torch.conv_tbc(r(10, 2, 3), r(3, 3, 4), r(4)), 576),  # 8·2 x 3·3·4
    "no batch at all": (lambda: F.conv2d(r(0, 3, 8, 9), r(8, 3, 3, 3)), 0),
}


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions(case: str, context: type) -> None:
    call, macs = CONVOLUTIONS[case]
    assert run(call, context).macs == macs


def test_every_library_has_its_own_name_for_the_same_count() -> None:
    x, weight, out = r(1, 3, 8, 9), r(8, 3, 3, 3), r(1, 8, 6, 7)
    libraries = ("mkldnn_convolution", "cudnn_convolution", "miopen_convolution", "_mps_convolution")
    for name in (*libraries, "thnn_conv2d", "_slow_conv2d_forward"):
        assert formula_of(f"aten::{name}", x, weight, result=out) == 9072
    back = r(1, 3, 8, 9)
    for name in ("cudnn_convolution_transpose", "miopen_convolution_transpose", "slow_conv_transpose2d"):
        assert formula_of(f"aten::{name}", out, weight, result=back) == 9072  # 6·7 x 8·3·9
    assert formula_of("torchvision::deform_conv2d", x, weight, r(1, 18, 6, 7), None, result=out) == 9072


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(4, 6, 3, groups=2, padding=1), (2, 4, 5, 5)),
        (nn.Conv1d(3, 4, 2, stride=2), (2, 3, 9)),
        (nn.ConvTranspose2d(4, 6, 3, groups=2, stride=2), (2, 4, 5, 5)),
    ],
)
def test_each_gradient_costs_one_forward(layer: nn.Module, shape: tuple[int, ...]) -> None:
    x = r(*shape)
    forward = run(lambda: layer(x)).macs
    assert run(lambda: layer(x).sum().backward(), torch.enable_grad).macs == 2 * forward  # the weight's only
    x.requires_grad_()
    assert run(lambda: layer(x).sum().backward(), torch.enable_grad).macs == 3 * forward


def test_grouped_gradient_by_hand() -> None:
    # A gradient of (2, 6, 5, 5) and a weight of (6, 4/2, 3, 3): 2·25 x 6·2·9 = 5400 for each of two.
    args = (r(2, 6, 5, 5), r(2, 4, 5, 5), r(6, 2, 3, 3), [6], [1, 1], [1, 1], [1, 1], False, [0, 0], 2)
    name = "aten::convolution_backward"
    assert formula_of(name, *args, [True, True, True]) == 10800
    assert formula_of(name, *args, [False, True, True]) == 5400
    assert formula_of(name, *args, [False, False, True]) == 0


def test_gradients_of_the_rarer_kinds() -> None:
    assert formula_of("aten::conv_tbc_backward", r(8, 2, 4), r(10, 2, 3), r(3, 3, 4), r(4), 0) == 1152
    args = (r(1, 8, 6, 7), r(1, 3, 8, 9), r(8, 3, 3, 3), [3, 3], [1, 1], [0, 0])
    assert formula_of("aten::_slow_conv2d_backward", *args, [True, False, True]) == 9072
    assert formula_of("aten::_slow_conv2d_backward", *args, grad_input=None) == 18144


def test_the_factors_are_named_as_the_field_does() -> None:
    aten = torch.ops.aten
    formula = rule_for(aten.convolution.default).formula
    args = (r(2, 4, 6, 6), r(8, 2, 3, 3), None, [1, 1], [1, 1], [1, 1], False, [0, 0], 2)
    (term,) = formula(args, {}, r(2, 8, 6, 6)).terms
    assert [f.name for f in term.rows] == ["batch", "H_out", "W_out"]
    assert [f.name for f in term.weights] == ["out_channels", "in_channels/groups", "kH", "kW"]
    assert prod(f.value for f in term.weights) == 144


@pytest.mark.filterwarnings("ignore")
def test_packed_quantized_convolutions_and_linears() -> None:
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        pytest.skip("this build has no quantized kernels")
    ops = torch.ops.quantized

    def quantize(tensor: torch.Tensor) -> torch.Tensor:
        return torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8)

    ones, none = [1, 1], [0, 0]
    conv2d = ops.conv2d_prepack(quantize(r(8, 2, 3, 3)), None, ones, ones, ones, 2)
    x = torch.quantize_per_tensor(r(1, 4, 6, 6), 0.1, 0, torch.quint8)
    assert run(lambda: ops.conv2d(x, conv2d, 0.1, 0)).macs == 5184
    conv1d = ops.conv1d_prepack(quantize(r(4, 3, 3)), None, [1], [0], [1], 1)
    assert run(lambda: ops.conv1d_dynamic(r(2, 3, 10), conv1d)).macs == 576
    linear = ops.linear_prepack(quantize(r(5, 4)), None)
    assert run(lambda: ops.linear_dynamic(r(2, 3, 4), linear)).macs == 120
    transposed = ops.conv_transpose2d_prepack(quantize(r(3, 4, 4, 4)), None, [2, 2], ones, none, ones, 1)
    assert run(lambda: ops.conv_transpose2d_dynamic(r(2, 3, 4, 4), transposed)).macs == 6144
