"""Reports made by hand around the evidence of one layer, for the lessons to be told on."""

from __future__ import annotations

import torch
from torch import nn

from linscope.engine.evidence import collect
from linscope.explain.brief import explain
from linscope.report.derivation import Derivation, Factor, Term
from linscope.report.record import LayerRow, Note, Opinion, ParameterCount, Report, Run, Totals

BIAS_FREE = Note("bias-free", "bias-free by notation, nn.Linear's default bias would add 2: 10")


def evidence_of(layer, x, y=None, path="0"):
    """What the engine sees of ``layer(x)``, or of a wrong ``y`` in its place."""
    with torch.no_grad():
        found = collect(path, layer, x, layer(x) if y is None else y)
    assert found is not None
    return found


def exact_layer(*, bias=False):
    """Linear(4, 2) and x (32, 3, 4) whose first row can be worked in the head.

    x[0, 0] = [1, 2, 3, 4]; row 0 of the weight [0.5, -1, 0.25, 2]; so 0.5 - 2 + 0.75 + 8 = 7.25,
    and row 1 [1, 1, -1, 0]: 1 + 2 - 3 + 0 = 0. The bias is [0.75, -2].
    """
    layer, x = nn.Linear(4, 2, bias=bias), torch.zeros(32, 3, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.5, -1.0, 0.25, 2.0], [1.0, 1.0, -1.0, 0.0]]))
        if bias:
            layer.bias.copy_(torch.tensor([0.75, -2.0]))
        x[0, 0] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return layer, x


def report_on(e, *, macs=None, written=None, notes=(), thop=None, others=0):
    """A report with the row of the call that ``e`` is of, and ``others`` rows after it."""
    macs = e.rows * e.weights if macs is None else macs
    total = e.weights + (e.out_features if e.has_bias else 0)
    row = LayerRow(
        path=e.path,
        type=e.kind,
        call=1,
        depth=0,
        written=written or f"{e.kind}({e.in_features},{e.out_features})",
        input_shapes=(e.input_shape,),
        output_shapes=(e.output_shape,),
        output_dtypes=(e.dtype,),
        parameters=ParameterCount(total=total, trainable=total),
        macs=macs,
        elementwise=0,
        derivation=Derivation((Term((Factor("rows", e.rows),), (Factor("weights", e.weights),)),)),
        subtree_macs=macs,
        subtree_parameters=total,
        has_children=False,
    )
    opinions = () if thop is None else (Opinion("thop", "0.1.1", thop, thop == macs),)
    return Report(
        target="by hand",
        inputs=(),
        outputs=(),
        layers=(row,) * (1 + others),
        operators=(),
        totals=Totals(ParameterCount(total=total, trainable=total), 0, 0, macs, 0),
        uncounted=(),
        crosschecks=opinions,
        notes=tuple(notes),
        run=Run("real", "cpu", False, 0),
        environment=(),
        evidence=(e,),
    )


def told(layer, x, level="short", y=None, **given):
    """The lessons by name."""
    lessons = explain(report_on(evidence_of(layer, x, y), **given), level)
    return {lesson.lesson: lesson for lesson in lessons}


def text(explanation):
    """All that a lesson says, in one string."""
    shown = (v.statement for v in explanation.verified)
    return "\n".join((explanation.title, explanation.claim, explanation.chain or "", *explanation.lines, *shown))
