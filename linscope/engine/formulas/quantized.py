"""Products whose weight is packed, quantized or compressed, so that its shape is not to be seen.

A packed Linear shows its sizes from outside, by the last dimensions of its input and its output. A packed
convolution is asked for its weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.conv import convolution_term
from linscope.engine.formulas.factors import leading, product
from linscope.engine.formulas.registry import formula
from linscope.report.derivation import Derivation, Factor

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Args, Kwargs


@formula(
    "aten::_weight_int8pack_mm",
    "aten::_weight_int4pack_mm",
    "aten::_weight_int4pack_mm_for_cpu",
    "aten::_weight_int4pack_mm_with_scales_and_zeros",
    "aten::_dyn_quant_matmul_4bit",
    "aten::_mixed_dtypes_linear",
    "aten::_wrapped_quantized_linear_prepacked",
    "aten::fbgemm_linear_fp16_weight",
    "aten::fbgemm_linear_fp16_weight_fp32_activation",
    "aten::fbgemm_linear_int8_weight",
    "aten::fbgemm_linear_int8_weight_fp32_activation",
    "quantized::int4mm_packed_weight_cpu",
    "quantized::linear",
    "quantized::linear_dynamic",
    "quantized::linear_dynamic_fp16",
    "quantized::linear_dynamic_fp16_unpacked_weight",
    "quantized::linear_leaky_relu",
    "quantized::linear_relu",
    "quantized::linear_relu_dynamic",
    "quantized::linear_relu_dynamic_fp16",
    "quantized::linear_tanh",
    "quantized::linear_with_input_q_dq_qweight_dq_output_fp32",
    "quantized::linear_with_input_q_dq_qweight_dq_relu_output_fp32",
    "quantized::matmul",
    "_quantized::linear",
    "_quantized::linear_dynamic",
    "_quantized::_wrapped_quantized_linear_prepacked",
    "_quantized::wrapped_fbgemm_linear_fp16_weight",
    "_quantized::wrapped_quantized_linear",
    "mkl::_mkl_linear",
    "mkldnn::_linear_pointwise",
    "onednn::linear_dynamic_fp16",
    "onednn::linear_relu_dynamic_fp16",
    "onednn::qlinear_pointwise",
    "sparse::qlinear",
    "sparse::qlinear_dynamic",
    "sparse::qlinear_relu",
    "sparse::qlinear_relu_dynamic",
)
def packed_linear(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """x (*, in) to a result (*, out)."""
    size = args[0].shape
    return product(leading(size[:-1]), (Factor("in", size[-1]), Factor("out", result.shape[-1])))


@formula(
    "quantized::conv1d",
    "quantized::conv1d_dynamic",
    "quantized::conv1d_relu",
    "quantized::conv2d",
    "quantized::conv2d_dynamic",
    "quantized::conv2d_relu",
    "quantized::conv3d",
    "quantized::conv3d_dynamic",
    "quantized::conv3d_relu",
    "_quantized::conv2d",
    "_quantized::conv2d_relu",
    "_quantized::conv3d",
    "_quantized::conv3d_relu",
)
def packed_convolution(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _packed(args[0], args[1], result, False)


@formula("quantized::conv2d_add", "quantized::conv2d_add_relu")
def packed_convolution_add(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _packed(args[0], args[2], result, False)


@formula(
    "quantized::conv_transpose1d",
    "quantized::conv_transpose1d_dynamic",
    "quantized::conv_transpose2d",
    "quantized::conv_transpose2d_dynamic",
    "quantized::conv_transpose3d",
    "quantized::conv_transpose3d_dynamic",
    "_quantized::conv_transpose1d",
    "_quantized::conv_transpose2d",
)
def packed_transposed(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _packed(args[0], args[1], result, True)


@formula("mkldnn_prepacked::conv2d_run")
def prepacked_run(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The packed weight gives itself away where it would be pickled: ((weight, bias, …), …)."""
    weight = args[1].__getstate__()[0][0]
    return Derivation((convolution_term(args[0].shape, weight.shape, result.shape, False),))


def _packed(x: Any, packed: Any, result: Any, transposed: bool) -> Derivation:
    weight, _ = packed.unpack()
    ndim = x.dim() - 2
    # A 1-D convolution is packed as a 2-D one whose kernel is 1 high.
    shape = (*weight.shape[:2], *weight.shape[-ndim:])
    return Derivation((convolution_term(x.shape, shape, result.shape, transposed),))
