"""Lesson 1: why the weight is (out, in), and transposed where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.brief.code import needed, program
from linscope.explain.brief.registry import FULL, lesson
from linscope.explain.brief.support import each_verified, refuted, verified, worked
from linscope.explain.brief.wording import ROUNDED, layer_name, plus_bias, used_name
from linscope.explain.figures import at, flowing
from linscope.report.evidence import LINEAR
from linscope.report.record import Explanation, Verification

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence
    from linscope.report.record import Report

_WAYS = ("matmul", "functional", "torch_matmul", "einsum", "addmm")


@lesson("transpose", order=1)
def transpose(report: Report, e: LinearEvidence, level: str) -> Explanation:
    """``[32, 3, 4] @ [4, 2] = [32, 3, 2]``, the weight's two shapes, and one row worked through."""
    title = "Why the weight is transposed" if e.kind == LINEAR else "Why this weight is not transposed"
    if len(report.layers) > 1 and e.path:
        title += f" (on {e.path}: {layer_name(e)})"
    claim = refuted(e, *_WAYS) or _claim(e)
    chain = f"{flowing(e.input_shape)} @ {flowing(e.used_shape)} = {flowing(e.output_shape)}"
    if level == FULL:
        shown = each_verified(e, *_WAYS, "column", "row_worked") or _agreement(e)
        return Explanation("transpose", title, claim, chain, _full(e), _code(e), (*_memory(e), *shown))
    return Explanation("transpose", title, claim, chain, _short(e), (), (*_memory(e), *_agreement(e)))


def _claim(e: LinearEvidence) -> str:
    if e.kind == LINEAR:
        return (
            f"One row of weights per output: weight is (out, in) = {e.weight_shape}; x meets weight.T, {e.used_shape}."
        )
    return f"Made by hand, weight is (in, out) = {e.weight_shape}, a column per output; x meets it as it is."


def _agreement(e: LinearEvidence) -> tuple[Verification, ...]:
    row = " = the row above" if e.row_output else ""
    statement = f"layer(x) = x @ {used_name(e)}{plus_bias(e)} = F.linear = einsum{row}"
    return verified(e, statement, *_WAYS, "row_worked")


def _memory(e: LinearEvidence) -> tuple[Verification, ...]:
    if e.kind != LINEAR:
        return ()
    return (Verification("weight.T lies in weight's own memory", None, None, e.used_shares_storage),)


def _short(e: LinearEvidence) -> tuple[str, ...]:
    elements = worked(e, 1)
    if e.row_output and not refuted(e, "row_worked"):
        under = " " * elements[0].index("=")
        elements = (*elements, f"{under}= {_looks_at(e, '0')}, {ROUNDED}")
    view = ""
    if e.kind == LINEAR and e.used_shares_storage is not False:
        view = f"; weight.T is a view, strides {e.used_stride}, nothing is copied"
    return (_meeting(e) + view, *elements)


def _full(e: LinearEvidence) -> tuple[str, ...]:
    return (f"{_meeting(e)}, {e.out_features} takes their place", *_storage(e), *_row(e), *_column(e))


def _storage(e: LinearEvidence) -> tuple[str, ...]:
    """The weight's two shapes, one above the other."""
    if e.kind != LINEAR:
        return ()
    copied = "a copy" if e.used_shares_storage is False else "a view of the same memory: nothing is copied"
    table = (
        ("weight", str(e.weight_shape), str(e.weight_stride), "as stored: row j is what output j looks at"),
        ("weight.T", str(e.used_shape), str(e.used_stride), copied),
    )
    shape, stride = (max(len(row[column]) for row in table) for column in (1, 2))
    return tuple(f"{n:<8}  {s:<{shape}}  strides {t:<{stride}}  {remark}" for n, s, t, remark in table)


def _row(e: LinearEvidence) -> tuple[str, ...]:
    """One output row, as many of its elements as the evidence has."""
    shown = len(e.row_output)
    elements = worked(e, shown)
    if not shown or refuted(e, "row_worked"):
        return elements
    rest = (f"... and so on, {e.out_features - shown:,} more",) if e.out_features > shown else ()
    return (f"Each output is {_looks_at(e, 'j')} ({ROUNDED}):", *elements, *rest)


def _column(e: LinearEvidence) -> tuple[str, ...]:
    """The mathematical habit, and why a batch turns it round."""
    if e.kind != LINEAR or refuted(e, "column"):
        return ()
    n, m, b = e.in_features, e.out_features, plus_bias(e, " + b")
    return (
        f"One sample as a column: z = W x{b}, {flowing((m, n))} @ {flowing((n, 1))} = {flowing((m, 1))}.",
        f"Samples as rows meet the same W from the right: Y = XWᵀ{b}.",
    )


def _meeting(e: LinearEvidence) -> str:
    """The line under the chain: marks below the two dimensions that are summed over."""
    size = str(e.in_features)
    mark = "^" * len(size)
    left = len(flowing(e.input_shape)) - 1 - len(size)
    between = len("] @ [")
    return f"{' ' * left}{mark}{' ' * between}{mark}  the {size}s meet and vanish"


def _looks_at(e: LinearEvidence, output: str) -> str:
    line = "row" if e.kind == LINEAR else "column"
    return f"{at('x', *e.row_index)} · {line} {output} of weight{plus_bias(e, ', plus the bias')}"


def _code(e: LinearEvidence) -> tuple[str, ...]:
    bias, linear = plus_bias(e), e.kind == LINEAR
    used, turned, out_in = ("weight.T", "weight.t()", "weight") if linear else ("weight", "weight", "weight.T")
    letters = "oi" if linear else "io"
    rows = f"x.reshape(-1, {e.in_features})"
    flat = f"torch.addmm(bias, {rows}, {used})" if e.has_bias else f"torch.mm({rows}, {used})"
    view = (
        f"assert weight.T.shape == {e.used_shape} and weight.T.stride() == {(1, e.in_features)}",
        "assert weight.T.data_ptr() == weight.data_ptr()  # a view: nothing is copied",
    )
    return program(
        e,
        "weight, bias = layer.weight, layer.bias" if e.has_bias else "weight = layer.weight",
        f"assert weight.shape == {e.weight_shape}",
        *(view if linear else ()),
        "",
        "y = layer(x)",
        f"assert y.shape == {e.output_shape}",
        "for z in (",
        f"    nn.functional.linear(x, {out_in}{plus_bias(e, ', bias')}),",
        f"    x @ {used}{bias},",
        f"    torch.matmul(x, {turned}){bias},",
        f'    torch.einsum("...i,{letters}->...o", x, weight){bias},',
        f"    {flat}.reshape(y.shape),",
        "):",
        "    print((z - y).abs().max().item())",
        define=needed(e),
    )
