"""From a report, or an error, to the JSON form: plain dicts, lists, strings and whole numbers.

The published schema (``schema.json``) describes exactly what is built here. Keys are snake_case and always
there; what is not known is null. The evidence of a run is material for lessons and is not part of the form.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, TypeGuard

from linscope.report.record import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.errors import LinscopeError
    from linscope.report.derivation import Derivation
    from linscope.report.memory import Memory
    from linscope.report.record import (
        Explanation,
        LayerRow,
        Note,
        OperatorRow,
        Opinion,
        ParameterCount,
        Report,
        Run,
        TensorInfo,
        Totals,
    )

# A layer that loops over products of ever new sizes has a sum too long to read; its count stands alone.
LONGEST_DERIVATION = 64

CONVENTIONS = {
    "macs": (
        "Multiply-accumulates of contractions: matrix products, convolutions, attention's two products, RNN "
        "gates, bilinear, einsum. Not bias adds, activations, normalisation, pooling, softmax or look-ups. "
        "Padding zeros count. Attention counts in full, causal or not. A complex multiply-accumulate is one."
    ),
    "flops": "2 x MACs: a multiply and an add counted as two. Nothing else is in it.",
    "elementwise": ("Elements touched by element-wise and reducing operators, apart from MACs and never mixed in."),
    "parameters": (
        "Elements of parameters, as PyTorch's parameters() has them. One that is shared counts once, where it first "
        "appears; one that this forward did not read counts all the same. Packed weights of quantized layers and "
        "lazy parameters without a size are told apart and are not in the total."
    ),
    "buffers": "Elements of buffers: state that is kept and not learned.",
    "bytes": "Elements times the size of their dtype.",
    "memory": (
        "Bytes. Parameters and buffers, each once; activations are the most that inputs, results between and outputs "
        "took at once, every storage once however many views it has, without what an operator takes for itself while "
        "it runs; the KV cache is what a causal language model keeps of the tokens that went in."
    ),
    "allocated": "Bytes of the tensors that the layer's own operators made, views aside, however soon they were gone.",
    "layers": (
        "One row per call of a layer. Its counts leave out the layers it calls, so that rows add up to the "
        "totals; those under subtree include them."
    ),
    "share": "The layer's own MACs over the total's, rounded to six places; null where the total is 0.",
}


def report_to_dict(report: Report) -> dict[str, Any]:
    """The JSON form of a report, ready for ``json.dumps(..., allow_nan=False)``."""
    return {
        **_envelope(report.target),
        "inputs": [_tensor(tensor) for tensor in report.inputs],
        "outputs": [_tensor(tensor) for tensor in report.outputs],
        "layers": [_layer(row, report.totals.macs) for row in report.layers],
        "operators": [_operator(row) for row in report.operators],
        "totals": _totals(report.totals),
        "memory": _memory(report.memory),
        "completeness": {
            "status": report.status,
            "uncounted": [
                {"name": row.name, "calls": row.calls, "modules": list(row.modules)} for row in report.uncounted
            ],
        },
        "crosschecks": [_opinion(opinion) for opinion in report.crosschecks],
        "explanations": [_explanation(lesson) for lesson in report.explanations],
        "notes": [_note(note) for note in report.notes],
        "run": _run(report.run),
        "environment": dict(report.environment),
        "conventions": dict(CONVENTIONS),
    }


def error_to_dict(error: LinscopeError, target: str | None) -> dict[str, Any]:
    """The JSON form of an error, in the same envelope; ``target`` is None where none was read yet."""
    return {**_envelope(target), "error": error.to_dict()}


def _envelope(target: str | None) -> dict[str, Any]:
    # Deferred: the package's front page imports from here.
    from linscope import __version__

    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "linscope", "version": __version__},
        "target": target,
    }


def _tensor(tensor: TensorInfo) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "dtype": tensor.dtype}


def _layer(row: LayerRow, total_macs: int) -> dict[str, Any]:
    return {
        "path": row.path,
        "aliases": list(row.aliases),
        "type": row.type,
        "call": row.call,
        "depth": row.depth,
        "written": row.written,
        "input_shapes": _shapes(row.input_shapes),
        "output_shapes": _shapes(row.output_shapes),
        "output_dtypes": list(row.output_dtypes),
        "parameters": _parameters(row.parameters),
        "macs": row.macs,
        "flops": row.flops,
        "elementwise": row.elementwise,
        "allocated": row.allocated,
        "share": round(row.macs / total_macs, 6) if total_macs else None,
        **_derivation(row.derivation),
        "subtree": {
            "macs": row.subtree_macs,
            "parameters": row.subtree_parameters,
            "allocated": row.subtree_allocated,
            **_derivation(row.subtree_derivation),
        },
    }


def _derivation(derivation: Derivation | None) -> dict[str, Any]:
    """In figures and in names; null where there is none to read."""
    if not _readable(derivation):
        return {"derivation": None, "formula": None}
    return {"derivation": derivation.numbers(), "formula": derivation.names()}


def _readable(derivation: Derivation | None) -> TypeGuard[Derivation]:
    return derivation is not None and 0 < len(derivation.terms) <= LONGEST_DERIVATION


def _operator(row: OperatorRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "calls": row.calls,
        "state": row.state,
        "macs": row.macs,
        "elements": row.elements,
        "derivations": [
            {"derivation": derivation.numbers(), "calls": calls}
            for derivation, calls in row.derivations
            if _readable(derivation)
        ],
        "modules": list(row.modules),
    }


def _parameters(count: ParameterCount) -> dict[str, Any]:
    return {
        **_parameter_totals(count),
        "shapes": {name: list(shape) for name, shape in count.shapes},
    }


def _parameter_totals(count: ParameterCount) -> dict[str, Any]:
    return {
        "total": count.total,
        "trainable": count.trainable,
        "frozen": count.frozen,
        "bytes": count.bytes,
        "shared": count.shared,
        "unused": count.unused,
        "lazy": count.lazy,
        "packed": {"total": count.packed, "bytes": count.packed_bytes},
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "parameters": _parameter_totals(totals.parameters),
        "buffers": {"total": totals.buffers, "bytes": totals.buffer_bytes},
        "macs": totals.macs,
        "flops": totals.flops,
        "elementwise": totals.elementwise,
    }


def _memory(memory: Memory) -> dict[str, Any]:
    return {
        "parameters": {
            "bytes": memory.parameters,
            "stored_as": memory.weights_as,
            "by_dtype": {held.dtype: held.parameters for held in memory.held if held.parameters},
        },
        "buffers": {
            "bytes": memory.buffers,
            "by_dtype": {held.dtype: held.buffers for held in memory.held if held.buffers},
        },
        "activations": {"bytes": memory.activations, "reached_in": memory.reached_in},
        "kv_cache": {"bytes": memory.kv_cache},
        "total": {"bytes": memory.total},
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {
        "source": opinion.source,
        "version": opinion.version,
        "macs": opinion.macs,
        "agrees": opinion.agrees,
        "reason": opinion.reason,
    }


def _explanation(lesson: Explanation) -> dict[str, Any]:
    return {
        "lesson": lesson.lesson,
        "title": lesson.title,
        "claim": lesson.claim,
        "chain": lesson.chain,
        "lines": list(lesson.lines),
        "code": list(lesson.code),
        "verified": [
            {
                "statement": check.statement,
                "max_difference": _finite(check.max_difference),
                "tolerance": _finite(check.tolerance),
                "holds": check.holds,
            }
            for check in lesson.verified
        ],
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "code": note.code,
        "message": note.message,
        "data": {name: _plain(value) for name, value in note.data},
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "mode": run.mode,
        "device": run.device,
        "training": run.training,
        "seed": run.seed,
        "why": run.why,
    }


def _shapes(shapes: Iterable[tuple[int, ...]]) -> list[list[int]]:
    return [list(shape) for shape in shapes]


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _plain(value: Any) -> Any:
    """A note's datum as JSON has it: sequences as lists, what is not a number as null, the rest as text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)
