"""The operators that have no formula, each in one state: free, element-wise, or known and uncounted.

*Free* and *element-wise* operators contract nothing, so they have no MACs. The known uncounted do arithmetic
that is neither a contraction nor per element; they have no count, but a reason. Higher-order operators that run
a body of other operators are opened: the body's operators are what is counted.
"""

from __future__ import annotations

from linscope.engine.formulas import elementwise, free


def _qualify(*groups: str) -> frozenset[str]:
    words = (word for group in groups for word in group.split())
    return frozenset(word if "::" in word else f"aten::{word}" for word in words)


FREE_NAMES = _qualify(*free.GROUPS)
ELEMENTWISE_NAMES = _qualify(*elementwise.GROUPS)

_REASONS = {
    "a Fourier transform": """
        _fft_c2c _fft_c2r _fft_r2c fft_fft fft_fft2 fft_fftn fft_hfft fft_hfft2 fft_hfftn fft_ifft fft_ifft2
        fft_ifftn fft_ihfft fft_ihfft2 fft_ihfftn fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfft2 fft_rfftn
        istft stft prims::fft_c2c prims::fft_c2r prims::fft_r2c
    """,
    "a factorisation of a matrix": """
        _linalg_det _linalg_eigh _linalg_eigvals _linalg_slogdet _linalg_svd _lu_with_info cholesky det geqrf
        linalg_cholesky linalg_cholesky_ex linalg_cond linalg_det linalg_eig linalg_eigh linalg_eigvals
        linalg_eigvalsh linalg_ldl_factor linalg_ldl_factor_ex linalg_lu linalg_lu_factor linalg_lu_factor_ex
        linalg_matrix_rank linalg_qr linalg_slogdet linalg_svd linalg_svdvals logdet lu_unpack qr slogdet svd
        prims::svd
    """,
    "a product of Householder reflections": "linalg_householder_product orgqr ormqr",
    "a system of equations solved": """
        _cholesky_solve_helper _linalg_solve_ex _spsolve cholesky_inverse cholesky_solve inverse linalg_inv
        linalg_inv_ex linalg_ldl_solve linalg_lstsq linalg_lu_solve linalg_pinv linalg_solve linalg_solve_ex
        linalg_solve_triangular linalg_tensorinv linalg_tensorsolve lu_solve pinverse triangular_solve
    """,
    "a matrix exponential": """
        _compute_linear_combination linalg_matrix_exp matrix_exp matrix_exp_backward
    """,
    "distances between all pairs": """
        _cdist_backward _cdist_forward _euclidean_dist _pdist_backward _pdist_forward cdist pdist
        torchvision::nms
    """,
    "a running sum, product or extremum": """
        _cummax_helper _cummin_helper _logcumsumexp cummax cummaxmin_backward cummin cumprod cumprod_backward
        cumsum cumulative_trapezoid logcumsumexp
    """,
    "interpolation at computed positions": """
        _grid_sampler_2d_cpu_fallback _grid_sampler_2d_cpu_fallback_backward cudnn_grid_sampler
        cudnn_grid_sampler_backward grid_sampler grid_sampler_2d grid_sampler_2d_backward grid_sampler_3d
        grid_sampler_3d_backward torchvision::ps_roi_align torchvision::ps_roi_pool torchvision::roi_align
        torchvision::roi_pool
    """,
    "a search for the fastest kernel": "_cslt_sparse_mm_search",
    "a program that is closed to a look inside": """
        higher_order::aoti_call_delegate higher_order::call_torchbind higher_order::executorch_call_delegate
        higher_order::inductor_compiled_code higher_order::triton_kernel_wrapper_functional
        higher_order::trace_wrapped higher_order::triton_kernel_wrapper_mutation
    """,
    "an operator of another framework, by name alone": """
        onnx_symbolic::_symbolic onnx_symbolic::_symbolic_multi_out
    """,
    "there for torch's own tests": """
        _foobar _inductor_test::realize _test_autograd_multiple_dispatch _test_autograd_multiple_dispatch_view
        _test_autograd_multiple_dispatch_view_copy _test_functorch_fallback _test_optional_filled_intlist
        _test_optional_floatlist _test_optional_intlist _test_parallel_materialize _test_warn_in_autograd
    """,
}

KNOWN_UNCOUNTED: dict[str, str] = {
    name: reason for reason, group in _REASONS.items() for name in sorted(_qualify(group))
}
"""Operators without a count, by name, and why: what they do is no contraction."""

# A running sum of whole numbers places tokens and masks; it is no arithmetic of the model.
ON_INTEGERS = _qualify("_cummax_helper _cummin_helper cummax cummin cumprod cumsum")
"""Known uncounted operators that are bookkeeping, and so element-wise, where they work on integers or bools."""

_OPENED = """
    associative_scan auto_functionalized auto_functionalized_v2 autograd_function_apply cond control_deps
    custom_function_call dynamo_bypassing_wrapper flat_apply flex_attention flex_attention_backward foreach_map
    graphsafe_run_with_rng_state hints_wrapper invoke_leaf_function invoke_quant invoke_quant_packed
    invoke_subgraph local_map_hop map_impl out_dtype run_and_save_rng_state run_const_graph run_dtensor_rng_op
    run_with_rng_state scan strict_mode tag_activation_checkpoint while_loop while_loop_stack_output
    with_effects wrap wrap_activation_checkpoint wrap_with_autocast wrap_with_set_grad_enabled
"""
OPENED_NAMES = frozenset(f"higher_order::{name}" for name in _OPENED.split())
"""Higher-order operators that do nothing but run other operators."""
