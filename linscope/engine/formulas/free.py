"""Operators that are free: they say something about a tensor, view it, move its data, or make new data.

Names without a namespace are aten's. Relatives (in-place, ``_copy``, ``_foreach_`` and ``_backward`` names)
need no entry of their own: the registry finds them.
"""

# Say something about a tensor, or hand a value to Python.
QUERIES = """
    _assert_async _assert_scalar _assert_tensor_metadata can_cast _coalesced cudnn_is_acceptable
    _cufft_clear_plan_cache _cufft_get_plan_cache_max_size _cufft_get_plan_cache_size
    _cufft_set_plan_cache_max_size _debug_has_internal_overlap dense_dim dim _dimI _dimV
    _functional_assert_async _functional_assert_scalar _functional_sym_constrain_range
    _functional_sym_constrain_range_for_size _fused_sdp_choice get_device _has_compatible_shallow_copy_type
    _has_same_storage_numel is_coalesced is_complex is_conj is_contiguous is_distributed is_floating_point
    is_inference is_leaf is_neg is_nonzero is_pinned is_same_size is_set_to is_signed is_vulkan_available
    _is_zerotensor item _linalg_check_errors _local_scalar_dense _make_dep_token
    _nested_compute_contiguous_strides_offsets _nested_get_lengths _nested_get_max_seqlen
    _nested_get_min_seqlen _nested_get_offsets _nested_get_ragged_idx _nested_tensor_from_mask_left_aligned
    _nested_tensor_size _nested_tensor_storage_offsets _nested_tensor_strides _nnpack_available _nnz numel
    output_nr prim::device prim::layout _print promote_types _propagate_xla_data q_per_channel_axis
    q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qscheme record_stream requires_grad_
    result_type retain_grad retains_grad _shape_as_tensor size sparse_dim storage_offset stride
    sym_constrain_range sym_constrain_range_for_size sym_is_contiguous sym_numel sym_size sym_storage_offset
    sym_stride _use_cudnn_ctc_loss _use_cudnn_rnn_flatten_weight _use_miopen_ctc_loss
    _validate_compressed_sparse_indices _validate_sparse_bsc_tensor_args _validate_sparse_bsr_tensor_args
    _validate_sparse_compressed_tensor_args _validate_sparse_coo_tensor_args
    _validate_sparse_csc_tensor_args _validate_sparse_csr_tensor_args _version
"""

# The same data under another shape.
VIEWS = """
    _add_batch_dim adjoint alias as_strided atleast_1d atleast_2d atleast_3d broadcast_tensors broadcast_to
    ccol_indices chunk col_indices _conj conj crow_indices data detach diagonal dsplit expand expand_as
    flatten _fw_primal get_gradients hsplit imag _indices indices lift lift_fresh linalg_diagonal mH mT
    _make_dual matrix_H moveaxis movedim narrow _neg_view _nested_get_jagged_dummy _nested_get_values
    _nested_view_from_buffer _nested_view_from_jagged numpy_T permute positive ravel real _remove_batch_dim
    reshape _reshape_alias reshape_as _reshape_from_tensor resolve_conj resolve_neg row_indices select set
    set_data slice slice_inverse _sparse_broadcast_to split split_with_sizes squeeze swapaxes swapdims t
    tensor_split transpose unbind unflatten unflatten_dense_tensors unfold _unpack_dual unsafe_chunk
    unsafe_split unsafe_split_with_sizes _unsafe_view unsqueeze _values values view view_as view_as_complex
    view_as_real vsplit
"""

# Data moved, converted, repeated, padded or packed.
COPIES = """
    as_strided_scatter _autocast_to_full_precision _autocast_to_reduced_precision block_diag cartesian_prod
    _cast_Byte _cast_Char _cast_Double _cast_Float _cast_Half _cast_Int _cast_Long _cast_Short cat chalf
    channel_shuffle _chunk_cat clone column_stack combinations complex concat concatenate constant_pad_nd
    contiguous _convert_indices_from_coo_to_csr _convert_indices_from_csr_to_coo _convert_weight_to_int4pack
    _convert_weight_to_int4pack_for_cpu copy _copy_from _copy_from_and_resize copy_sparse_to_sparse
    _cslt_compress _cudnn_rnn_flatten_weight diag diag_embed diagflat diagonal_scatter dstack
    _dyn_quant_pack_4bit_weight fbgemm_pack_gemm_matrix_fp16 fbgemm_pack_quantized_matrix fft_fftshift
    fft_ifftshift fill fill_diagonal_ flatten_dense_tensors flip fliplr flipud hstack im2col int_repr
    _jagged_to_padded_dense_forward _lazy_clone _make_per_channel_quantized_tensor
    _make_per_tensor_quantized_tensor meshgrid mkldnn_reorder_conv2d_weight mkldnn_reorder_conv3d_weight
    _mkldnn_reshape _mkldnn_transpose native_channel_shuffle _nested_from_padded
    _nested_from_padded_and_nested_example _nested_from_padded_tensor _nested_select_backward
    _nested_tensor_from_mask _nested_tensor_from_tensor_list nested_to_padded_tensor one_hot
    _pack_padded_sequence pad _pad_circular _pad_enum _pad_packed_sequence pad_sequence
    _padded_dense_to_jagged_forward _pin_memory pin_memory pixel_shuffle pixel_unshuffle reflection_pad1d
    reflection_pad2d reflection_pad3d repeat repeat_interleave replication_pad1d replication_pad2d
    replication_pad3d _reshape_copy resize resize_as resize_as_sparse _resize_output roll rot90 row_stack
    _rowwise_prune _saturate_weight_to_fp16 select_scatter slice_scatter _sparse_bsc_tensor_unsafe
    _sparse_bsr_tensor_unsafe _sparse_compressed_tensor_unsafe _sparse_compressed_tensor_with_dims
    _sparse_coo_tensor_unsafe _sparse_coo_tensor_with_dims _sparse_coo_tensor_with_dims_and_tensors
    _sparse_csc_tensor_unsafe _sparse_csr_tensor_unsafe sparse_mask _sparse_mask_projection sparse_resize
    sparse_resize_and_clear _sparse_semi_structured_tile _spdiags _stack stack tile to _to_copy _to_cpu
    _to_dense to_dense to_mkldnn to_padded_tensor _to_sparse to_sparse _to_sparse_bsc to_sparse_bsc
    _to_sparse_bsr to_sparse_bsr _to_sparse_csc to_sparse_csc _to_sparse_csr to_sparse_csr
    _to_sparse_semi_structured tril triu type_as vstack _wrapped_linear_prepack zero
"""

# New data.
FACTORIES = """
    arange bartlett_window blackman_window _dim_arange _efficientzerotensor empty _empty_affine_quantized
    empty_like _empty_per_channel_affine_quantized empty_permuted empty_quantized empty_strided eye
    fft_fftfreq fft_rfftfreq from_file full full_like hamming_window hann_window kaiser_window linspace
    logspace new_empty new_empty_strided new_full new_ones new_zeros _new_zeros_with_same_feature_meta ones
    ones_like range scalar_tensor sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor
    sparse_coo_tensor sparse_csc_tensor sparse_csr_tensor tril_indices triu_indices zeros zeros_like
"""

# New data, drawn.
RANDOM = """
    bernoulli binomial cauchy _cudnn_init_dropout_state exponential _fill_mem_eff_dropout_mask_ geometric
    log_normal multinomial normal _philox_key_fold_in _philox_key_split _philox_normal _philox_uniform
    poisson rand rand_like randint randint_like randn randn_like random randperm _sample_dirichlet
    _sobol_engine_draw _sobol_engine_ff_ _sobol_engine_initialize_state_ _sobol_engine_scramble_
    _standard_gamma uniform
"""

# Data picked or placed by index.
LOOKUPS = """
    argwhere embedding gather index index_copy index_fill index_put _index_put_impl index_select
    masked_scatter masked_select max_unpool2d max_unpool3d nonzero nonzero_numpy nonzero_static put scatter
    take take_along_dim _unsafe_index _unsafe_index_put _unsafe_masked_index
"""

# Data moved between processes.
COLLECTIVES = """
    c10d::_allgather_base_ c10d::allgather_ c10d::allgather_coalesced_
    c10d::allgather_into_tensor_coalesced_ c10d::alltoall_ c10d::alltoall_base_ c10d::barrier
    c10d::broadcast_ c10d::gather_ c10d::monitored_barrier_ c10d::recv_ c10d::recv_any_source_
    c10d::scatter_ c10d::send _c10d_functional::all_gather_into_tensor
    _c10d_functional::all_gather_into_tensor_coalesced _c10d_functional::all_gather_into_tensor_out
    _c10d_functional::all_to_all_single _c10d_functional::batch_p2p_ops _c10d_functional::broadcast
    _c10d_functional::irecv _c10d_functional::isend _c10d_functional::wait_tensor
    _c10d_functional_autograd::all_gather_into_tensor _c10d_functional_autograd::all_to_all_single
    _c10d_functional::_wrap_tensor_autograd bucketing::_pre_bucket_all_gather
    bucketing::_pre_bucket_reduce_scatter cplib::flex_cp_allgather _dtensor::mesh_get_process_group
    _dtensor::shard_dim_alltoall device_mesh::_get_flattened_submesh device_mesh::_get_submesh
    device_mesh::_runtime_compute_coordinate_on_dim fsdp::all_gather_copy_in fsdp::chunk_cat fsdp::copy_
    fsdp::split_with_sizes_copy pippy::_pipe_split
"""

# The same within one machine's shared memory.
SHARED_MEMORY = """
    symm_mem::_barrier symm_mem::_low_contention_all_gather symm_mem::_rendezvous symm_mem::all_to_all_vdev
    symm_mem::all_to_all_vdev_2d symm_mem::all_to_all_vdev_2d_offset symm_mem::get_remote_tensors
    symm_mem::memset32_ symm_mem::multimem_all_gather_out symm_mem::nccl_get symm_mem::nccl_put
    symm_mem::nccl_put_signal symm_mem::nccl_put_with_signal symm_mem::nccl_wait_for_signal
    symm_mem::nccl_wait_signal symm_mem::nvshmem_all_to_all symm_mem::nvshmem_broadcast
    symm_mem::nvshmem_get symm_mem::nvshmem_put symm_mem::nvshmem_put_with_signal
    symm_mem::nvshmem_wait_for_signal symm_mem::stream_write_value32_
"""

# Weights rearranged for a kernel, look-ups in packed tables, profiler marks.
PACKING = """
    mkl::_mkl_reorder_linear_weight mkldnn::_reorder_convolution_transpose_weight
    mkldnn::_reorder_convolution_weight mkldnn::_reorder_linear_weight
    mkldnn::_reorder_mkldnn_rnn_layer_weight onednn::linear_prepack_fp16 onednn::qconv_prepack
    onednn::qlinear_prepack profiler::_record_function_enter profiler::_record_function_enter_new
    profiler::_record_function_exit quantized::cat_out quantized::conv1d_prepack quantized::conv1d_unpack
    quantized::conv2d_prepack quantized::conv2d_unpack quantized::conv3d_prepack quantized::conv3d_unpack
    quantized::conv_prepack quantized::conv_transpose1d_prepack quantized::conv_transpose1d_unpack
    quantized::conv_transpose2d_prepack quantized::conv_transpose2d_unpack
    quantized::conv_transpose3d_prepack quantized::conv_transpose3d_unpack quantized::conv_unpack
    quantized::embedding_4bit quantized::embedding_bag_4bit_prepack quantized::embedding_bag_byte_prepack
    quantized::embedding_bag_prepack quantized::embedding_bag_unpack quantized::embedding_byte
    quantized::linear_prepack quantized::linear_prepack_fp16 quantized::linear_unpack
    quantized::linear_unpack_fp16 quantized::make_quantized_cell_params
    quantized::make_quantized_cell_params_dynamic quantized::make_quantized_cell_params_fp16
    quantized::embedding_bag_2bit_prepack quantized::embedding_bag_2bit_prepack_with_rowwise_min_max
    quantized::embedding_bag_2bit_unpack quantized::embedding_bag_4bit_prepack_with_rowwise_min_max
    quantized::embedding_bag_4bit_unpack quantized::embedding_bag_byte_prepack_with_rowwise_min_max
    quantized::embedding_bag_byte_unpack quantized::linear_prepack_fp16_legacy
    quantized::linear_prepack_legacy _quantized::conv2d_prepack _quantized::conv3d_prepack
    _quantized::conv_transpose1d_prepack _quantized::conv_transpose2d_prepack
    _quantized::conv_transpose3d_prepack _quantized::linear_prepack _quantized::linear_prepack_fp16
    _quantized::linear_prepack_fp16_legacy _quantized::linear_prepack_legacy
    _quantized::wrapped_fbgemm_pack_gemm_matrix_fp16 mkldnn::_get_mkldnn_serialized_md mkldnn::_nbytes
    mkldnn::data_ptr mkldnn_prepacked::conv2d_prepack quantization::_Bfloat16QuantizedToFloat
    quantization::_FloatToBfloat16Quantized sparse::qlinear_prepack sparse::qlinear_unpack
"""

# Moves of ``torch._prims`` that have no aten namesake.
PRIMS = """
    prims::_make_token prims::_sink_tokens prims::as_strided_scatter prims::broadcast_in_dim prims::collapse
    prims::collapse_view prims::convert_element_type prims::copy_strided prims::copy_to prims::device_put
    prims::inductor_force_stride_order prims::inductor_lookup_seed prims::inductor_rand_eager_offset
    prims::inductor_rand_eager_offsets prims::inductor_randint prims::inductor_random prims::inductor_seed
    prims::inductor_seeds prims::iota prims::maximum_value prims::minimum_value prims::resize prims::rev
    prims::split_dim prims::view_of prims::view_of_dtype inductor_prims::inductor_reserve_rng_state
    rngprims::philox_rand
"""

# Of torch's compilers, exporters and debuggers: views, copies, streams and marks.
TOOLING = """
    ao::offload ao::reload ao::wait_tensor debug_mode_ops::annotate debugprims::load_tensor
    export::access_subclass_inner_tensor higher_order::_export_tracepoint higher_order::print
    higher_order::register_hook inductor::_reinterpret_tensor inductor::resize_storage_bytes_
    static_runtime::VarTupleUnpack static_runtime::create_owned_ref static_runtime::dict_unpack
    static_runtime::expand_dims_copy static_runtime::flatten_copy static_runtime::fused_equally_split
    static_runtime::permute_copy static_runtime::reshape_copy static_runtime::select_tensor
    static_runtime::to_copy static_runtime::to_maybe_copy_out streams::fork streams::join
    streams::record_event streams::record_stream streams::sync_dealloc streams::synchronize_device
    streams::synchronize_event streams::synchronize_stream streams::wait_event streams::wait_stream
"""

GROUPS = (
    QUERIES,
    VIEWS,
    COPIES,
    FACTORIES,
    RANDOM,
    LOOKUPS,
    COLLECTIVES,
    SHARED_MEMORY,
    PACKING,
    PRIMS,
    TOOLING,
)
