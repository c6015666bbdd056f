"""Operators that work on each element or reduce over elements: no contraction, hence no MACs.

Names without a namespace are aten's. Relatives (in-place, ``_copy``, ``_foreach_`` and ``_backward`` names)
need no entry of their own: the registry finds them.

Operators that torch composes of others (``layer_norm``, ``cosine_similarity``) are left out on purpose: the tracer
opens them, and they cost what their parts cost whichever way they arrive.
"""

# Arithmetic on each element. ``addr``, an outer product, sums nothing and is here.
POINTWISE = """
    abs acos acosh add _add_relu addcdiv addcmul addr angle asin asinh atan atan2 atanh bitwise_and
    bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max clamp_min
    _conj_physical conj_physical copysign cos cosh deg2rad dequantize digamma _dirichlet_grad div erf erfc
    erfinv exp exp2 expm1 _fake_quantize_learnable_per_channel_affine
    _fake_quantize_learnable_per_tensor_affine fake_quantize_per_channel_affine_cachemask
    fake_quantize_per_tensor_affine_cachemask _fake_quantize_per_tensor_affine_cachemask_tensor_qparams
    floor floor_divide fmax fmin fmod frac frexp _fused_moving_avg_obs_fq_helper gcd heaviside hypot i0
    igamma igammac __ilshift__ __irshift__ lcm ldexp lerp lgamma linalg_cross log log10 log1p log2 logaddexp
    logaddexp2 logit __lshift__ masked_fill _masked_scale maximum minimum mul mvlgamma nan_to_num neg
    nextafter polar polygamma pow quantize_per_channel quantize_per_tensor quantize_per_tensor_dynamic
    rad2deg reciprocal remainder round __rshift__ rsqrt rsub sgn sigmoid sign signbit sin sinc sinh
    _sparse_semi_structured_apply _sparse_semi_structured_apply_dense sqrt _standard_gamma_grad sub tan tanh
    _transform_bias_rescale_qkv trunc where xlogy
"""

# The special functions.
SPECIAL = """
    special_airy_ai special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1
    special_chebyshev_polynomial_t special_chebyshev_polynomial_u special_chebyshev_polynomial_v
    special_chebyshev_polynomial_w special_entr special_erfcx special_hermite_polynomial_h
    special_hermite_polynomial_he special_i0e special_i1 special_i1e special_laguerre_polynomial_l
    special_legendre_polynomial_p special_log_ndtr special_modified_bessel_i0 special_modified_bessel_i1
    special_modified_bessel_k0 special_modified_bessel_k1 special_ndtri special_scaled_modified_bessel_k0
    special_scaled_modified_bessel_k1 special_shifted_chebyshev_polynomial_t
    special_shifted_chebyshev_polynomial_u special_shifted_chebyshev_polynomial_v
    special_shifted_chebyshev_polynomial_w special_spherical_bessel_j0 special_xlog1py special_zeta
"""

# Comparing, counting, ordering and selecting by value: elements looked at, not comparisons made.
COMPARISONS = """
    all allclose amax amin _aminmax aminmax any argmax argmin bincount bucketize count_nonzero eq equal ge
    gt histc histogram _histogramdd_bin_edges _histogramdd_from_bin_cts _histogramdd_from_bin_tensors
    _is_all_true _is_any_true isin isinf isnan isneginf isposinf kthvalue le logical_and logical_not
    logical_or logical_xor lt max median min mode nanmedian ne searchsorted sort topk _unique _unique2
    unique_consecutive unique_dim unique_dim_consecutive
"""

# Sums and their kind, and what adds into an index.
REDUCTIONS = """
    _coalesce col2im dist _embedding_bag _embedding_bag_forward_only _embedding_bag_backward
    _embedding_bag_dense_backward _embedding_bag_per_sample_weights_backward embedding_dense_backward
    embedding_renorm hash_tensor index_add index_reduce linalg__powsum linalg_vector_norm logsumexp mean
    nansum _nested_sum_backward norm prod renorm scatter_add scatter_reduce segment_reduce
    _segment_reduce_backward _sparse_csr_prod _sparse_csr_sum _sparse_sum std std_mean sum trace
    unfold_backward _unsafe_masked_index_put_accumulate value_selecting_reduction_backward var var_mean
    reflection_pad1d_backward reflection_pad2d_backward reflection_pad3d_backward replication_pad1d_backward
    replication_pad2d_backward replication_pad3d_backward
"""

# Activations, softmax and dropout, and the gates of recurrent cells without their products.
ACTIVATIONS = """
    celu elu _fused_dropout gelu glu glu_backward_jvp glu_jvp hardshrink hardsigmoid hardswish hardtanh
    leaky_relu log_sigmoid_backward log_sigmoid_forward log_softmax _log_softmax _masked_softmax mish
    native_dropout _nested_tensor_softmax_with_shape _prelu_kernel relu rrelu_with_noise _safe_softmax silu
    softmax _softmax softplus softshrink _sparse_log_softmax _sparse_softmax _thnn_fused_gru_cell
    _thnn_fused_lstm_cell _thnn_fused_lstm_cell_backward_impl threshold
"""

# Normalisation, of activations and of weights.
NORMS = """
    batch_norm_backward batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt
    batch_norm_gather_stats batch_norm_gather_stats_with_counts _batch_norm_no_update batch_norm_stats
    batch_norm_update_stats _batch_norm_with_update _batch_norm_with_update_functional cudnn_batch_norm
    _fused_rms_norm miopen_batch_norm native_batch_norm _native_batch_norm_legit
    _native_batch_norm_legit_functional _native_batch_norm_legit_no_training native_group_norm
    native_layer_norm native_norm quantized_batch_norm _weight_norm_interface
"""

# Pooling.
POOLING = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d _adaptive_avg_pool2d
    _adaptive_avg_pool3d adaptive_avg_pool3d_backward adaptive_max_pool2d adaptive_max_pool3d avg_pool2d
    avg_pool3d fractional_max_pool2d fractional_max_pool3d max_pool2d max_pool2d_with_indices
    max_pool3d_with_indices mkldnn_adaptive_avg_pool2d mkldnn_max_pool2d mkldnn_max_pool3d
    quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d
"""

# Interpolation on a fixed grid.
INTERPOLATION = """
    upsample_bicubic2d _upsample_bicubic2d_aa upsample_bilinear2d _upsample_bilinear2d_aa
    _upsample_lanczos2d_aa upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d
    _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d upsample_trilinear3d
"""

# Losses; CTC works element by element on its table of paths.
LOSSES = """
    binary_cross_entropy binary_cross_entropy_with_logits _ctc_loss _cudnn_ctc_loss huber_loss
    miopen_ctc_loss mse_loss multi_margin_loss multilabel_margin_loss_backward
    multilabel_margin_loss_forward nll_loss2d_backward nll_loss2d_forward nll_loss_backward nll_loss_forward
    smooth_l1_loss soft_margin_loss
"""

# Optimizer steps and gradient scaling.
OPTIMIZERS = """
    _amp_foreach_non_finite_check_and_unscale _amp_update_scale _foreach_powsum _fused_adagrad _fused_adam
    _fused_adamw _fused_sgd
"""

# Sums over processes.
COLLECTIVE_SUMS = """
    c10d::_reduce_scatter_base_ c10d::allreduce_ c10d::allreduce_coalesced_ c10d::reduce_
    c10d::reduce_scatter_ c10d::reduce_scatter_tensor_coalesced_ _c10d_functional::all_reduce
    _c10d_functional::all_reduce_coalesced _c10d_functional::reduce_scatter_tensor
    _c10d_functional::reduce_scatter_tensor_coalesced _c10d_functional::reduce_scatter_tensor_out
    _c10d_functional_autograd::reduce_scatter_tensor cplib::flex_cp_allgather_backward
    symm_mem::_low_contention_reduce_scatter symm_mem::multi_root_tile_reduce symm_mem::multimem_all_reduce_
    symm_mem::multimem_one_shot_all_reduce symm_mem::multimem_one_shot_all_reduce_out
    symm_mem::multimem_one_shot_reduce_out symm_mem::nccl_reduce_scatter_offset
    symm_mem::one_shot_all_reduce symm_mem::one_shot_all_reduce_copy symm_mem::one_shot_all_reduce_copy_out
    symm_mem::one_shot_all_reduce_out symm_mem::reduce_scatter_out symm_mem::tile_reduce
    symm_mem::two_shot_all_reduce_ symm_mem::two_shot_all_reduce_out
"""

# Quantized arithmetic without an aten namesake in the lists above.
QUANTIZED = """
    onednn::qadd onednn::qadd_relu onednn::qbatch_norm2d onednn::qmul quantized::add_out quantized::add_relu
    quantized::add_relu_out quantized::add_scalar quantized::add_scalar_out quantized::add_scalar_relu
    quantized::add_scalar_relu_out quantized::batch_norm quantized::batch_norm1d
    quantized::batch_norm1d_relu quantized::batch_norm2d quantized::batch_norm2d_relu
    quantized::batch_norm3d quantized::batch_norm3d_relu quantized::batch_norm_relu quantized::cat_relu
    quantized::cat_relu_out quantized::dropout quantized::embedding_bag_4bit
    quantized::embedding_bag_4bit_rowwise_offsets quantized::embedding_bag_byte
    quantized::embedding_bag_byte_rowwise_offsets quantized::embedding_bag_2bit_rowwise_offsets
    quantized::group_norm quantized::instance_norm quantized::layer_norm quantized::max_pool1d
    quantized::mul_out quantized::mul_relu quantized::mul_relu_out quantized::mul_scalar
    quantized::mul_scalar_out quantized::mul_scalar_relu quantized::mul_scalar_relu_out quantized::prelu
    quantized::relu6 quantized::softmax quantized_decomposed::choose_qparams
    quantized_decomposed::choose_qparams_per_token quantized_decomposed::choose_qparams_per_token_asymmetric
    quantized_decomposed::choose_qparams_symmetric quantized_decomposed::convert_element_type
    quantized_decomposed::dequantize_per_channel quantized_decomposed::dequantize_per_channel_group
    quantized_decomposed::dequantize_per_tensor quantized_decomposed::dequantize_per_token
    quantized_decomposed::fake_quant_per_channel quantized_decomposed::quantize_per_channel
    quantized_decomposed::quantize_per_channel_group quantized_decomposed::quantize_per_tensor
    quantized_decomposed::quantize_per_token
"""

# Functions of ``torch._prims`` without an aten namesake in the lists above.
PRIMS_ELEMENTWISE = """
    prims::bessel_i0 prims::bessel_i0e prims::bessel_i1 prims::bessel_i1e prims::bessel_j0 prims::bessel_j1
    prims::cbrt prims::erf_inv prims::erfcx prims::isfinite prims::ndtri prims::shift_left
    prims::shift_right_arithmetic prims::spherical_bessel_j0 prims::xor_sum prims::zeta
    prims::_low_memory_max_pool_offsets_to_indices prims::_low_memory_max_pool_with_offsets prims::fma
    prims::inductor_cvt_e8m0_rceil prims::prepare_softmax_online
"""

# Of torch's compilers and exporters.
TOOLING = """
    c10d::check_for_nan flex_lib::zeros_and_scatter higher_order::inline_asm_elementwise
    inductor::accumulate_grad_ onnx::RotaryEmbedding static_runtime::clamp_nan_to_num
    static_runtime::dequantize_copy static_runtime::embedding_bag static_runtime::layer_norm
    static_runtime::signed_log1p
"""

GROUPS = (
    POINTWISE,
    SPECIAL,
    COMPARISONS,
    REDUCTIONS,
    ACTIVATIONS,
    NORMS,
    POOLING,
    INTERPOLATION,
    LOSSES,
    OPTIMIZERS,
    COLLECTIVE_SUMS,
    QUANTIZED,
    PRIMS_ELEMENTWISE,
    TOOLING,
)
