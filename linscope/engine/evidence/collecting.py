"""One call of a linear layer, looked at on its own tensors: what the lessons may say of it.

Nothing is changed: not the module, not its gradients, not the random numbers. The work is bounded by the
sample that is taken (``evidence_sample``), so that looking never costs much more than a small layer does.
"""

from __future__ import annotations

from dataclasses import replace
from inspect import unwrap
from math import prod

import torch
from torch import Tensor, nn

from linscope.engine.evidence.row import work_through
from linscope.engine.evidence.sample import LONGEST_ROW, Sample, take
from linscope.engine.evidence.ways import compare_ways
from linscope.engine.tensors import dtype_name
from linscope.report.evidence import LINEAR, PARAMETER, LinearEvidence


def collect(path: str, module: nn.Module, x: Tensor, y: Tensor) -> LinearEvidence | None:
    """The evidence of one call ``y = module(x)``, x (*, in_features), y (*, out_features).

    To be called before anything changes ``x`` or ``y`` in place, and outside every dispatch mode: the
    operators that run here are no part of the model. Neither hooks nor a wrapped forward are called.

    Returns:
        Shapes and strides only, without comparisons, for tensors that hold no values (meta, fake), no
        elements, or values of differing dtype or device (autocast), for a row longer than the bound on the
        work, and where torch lacks one of the operators for the dtype or device.
        None where the module is neither ``nn.Linear`` nor the hand-made ``Parameter`` layer with its own
        forward, where its weight is parametrised (to read it is to compute it) or not strided, and where
        the shapes are not those of such a call.
    """
    kind = _kind(module)
    if kind is None:
        return None
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    if not isinstance(weight, Tensor) or not isinstance(bias, Tensor | None):
        return None
    if not _fit(kind, module, weight, x, y):
        return None
    with torch.no_grad():
        shapes = _shapes(path, kind, weight, bias, x, y)
        if y.numel() == 0 or shapes.in_features > LONGEST_ROW or not _hold_values(x, y, weight, bias):
            return shapes
        try:
            return _with_figures(shapes, take(kind, module, weight, bias, x, y))
        except RuntimeError:  # an operator that this dtype or device lacks
            return shapes


def _kind(module: nn.Module) -> str | None:
    """Which of the two layers this is, if it still runs that layer's own forward on its own weight."""
    # A forward wrapped on the instance (that of a tracer, say) says what it wraps.
    running = getattr(unwrap(module.forward), "__func__", None)
    if running is not type(module).forward or hasattr(module, "parametrizations"):
        return None
    if isinstance(module, nn.Linear):
        return LINEAR if running is nn.Linear.forward else None
    return PARAMETER if getattr(module, "is_hand_made", False) else None


def _fit(kind: str, module: nn.Module, weight: Tensor, x: Tensor, y: Tensor) -> bool:
    """Whether x (*, in), the weight and y (*, out) have the shapes of one call of this layer."""
    if x.is_nested or y.is_nested or weight.layout is not torch.strided:
        return False
    features, outputs = getattr(module, "in_features", None), getattr(module, "out_features", None)
    stored = (outputs, features) if kind == LINEAR else (features, outputs)
    return weight.shape == stored and x.shape[-1:] == (features,) and y.shape == (*x.shape[:-1], outputs)


def _hold_values(*tensors: Tensor | None) -> bool:
    """Whether these are plain tensors with numbers in them, all of one dtype, on one device."""
    present = [tensor for tensor in tensors if tensor is not None]
    dtype, device = present[0].dtype, present[0].device
    return device.type != "meta" and all(
        type(t) in (Tensor, nn.Parameter) and t.layout is torch.strided and t.dtype == dtype and t.device == device
        for t in present
    )


def _shapes(path: str, kind: str, weight: Tensor, bias: Tensor | None, x: Tensor, y: Tensor) -> LinearEvidence:
    used = weight.T if kind == LINEAR else weight  # (in, out)
    shares = None
    if _hold_values(weight):
        shares = used.untyped_storage().data_ptr() == weight.untyped_storage().data_ptr()
    return LinearEvidence(
        path=path,
        kind=kind,
        in_features=used.shape[0],
        out_features=used.shape[1],
        has_bias=bias is not None,
        dtype=dtype_name(x.dtype),
        input_shape=tuple(x.shape),
        output_shape=tuple(y.shape),
        weight_shape=tuple(weight.shape),
        weight_stride=weight.stride(),
        used_shape=tuple(used.shape),
        used_stride=used.stride(),
        used_shares_storage=shares,
        rows=prod(x.shape[:-1]),
    )


def _with_figures(shapes: LinearEvidence, sample: Sample) -> LinearEvidence:
    comparisons = compare_ways(sample)
    compared = replace(
        shapes,
        rows_compared=sample.rows,
        outputs_compared=sample.outputs,
        row_index=sample.first.place,
        comparisons=comparisons,
    )
    row = work_through(sample)
    if row is None:
        return compared
    return replace(
        compared,
        row_is_whole=len(row.input) == shapes.in_features,
        row_input=row.input,
        row_weights=row.weights,
        row_rest=row.rest,
        row_bias=row.bias,
        row_output=row.output,
        comparisons=(*comparisons, row.comparison),
    )
