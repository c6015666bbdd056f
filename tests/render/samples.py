"""Reports made by hand, one for each thing a renderer has to cope with. The arithmetic stands beside."""

from __future__ import annotations

from dataclasses import replace

from render.builders import (
    ENVIRONMENT,
    REAL,
    agreeing,
    alike,
    layer,
    parameters,
    product,
    report,
)
from render.sample_encoder import encoder
from render.sample_lessons import LAST, TRANSPOSE

from linscope.report.derivation import Derivation
from linscope.report.record import (
    COUNTED,
    ELEMENTWISE,
    FREE,
    UNCOUNTED,
    Note,
    OperatorRow,
    Opinion,
    ParameterCount,
    Report,
    Run,
    TensorInfo,
    Totals,
)


def _linear() -> Report:
    # 32 * 3 rows, 4 * 2 weights: 96 * 8 = 768
    term = product({"batch": 32, "rows": 3}, {"in_features": 4, "out_features": 2})
    row = layer("0", "Linear(4, 2)", (32, 3, 4), (32, 3, 2), own=parameters(8, weight=(2, 4)), terms=(term,))
    made = report(
        "[32,3,4] -> Linear(4,2)",
        row,
        operators=(
            OperatorRow("aten.t", 1, FREE, 0, 0),
            OperatorRow("aten.view", 2, FREE, 0, 0),
            OperatorRow("aten.mm", 1, COUNTED, 768, 0, ((Derivation((term,)), 1),)),
        ),
    )
    note = Note(
        "bias-free",
        "bias-free by notation, nn.Linear's default bias would add 2: 10",
        (("path", "0"), ("added", 2), ("with_bias", 10)),
    )
    return replace(made, notes=(note,), explanations=(TRANSPOSE, LAST))


def _chain() -> Report:
    # 3 * 10 * 50 = 1,500 and 3 * 50 * 2 = 300; 10 * 50 + 50 = 550 and 50 * 2 + 2 = 102 parameters, 100 frozen
    first = product({"batch": 3}, {"in_features": 10, "out_features": 50})
    second = product({"batch": 3}, {"in_features": 50, "out_features": 2})
    return report(
        "[3,10] -> nn.Linear(10,50) -> ReLU -> nn.Linear(50,2)",
        layer(
            "0",
            "nn.Linear(10, 50)",
            (3, 10),
            (3, 50),
            own=parameters(550, weight=(50, 10), bias=(50,)),
            terms=(first,),
        ),
        layer("1", "ReLU", (3, 50), (3, 50), elementwise=150),
        layer(
            "2",
            "nn.Linear(50, 2)",
            (3, 50),
            (3, 2),
            own=parameters(102, frozen=100, weight=(2, 50), bias=(2,)),
            terms=(second,),
        ),
        operators=(
            OperatorRow("aten.addmm", 2, COUNTED, 1800, 0, ((Derivation((first,)), 1), (Derivation((second,)), 1))),
            OperatorRow("aten.relu", 1, ELEMENTWISE, 0, 150),
        ),
    )


def _lstm() -> Report:
    # 5 * 3 * (4 * 20) * (10 + 20) = 36,000; 80 * 10 + 80 * 20 + 80 + 80 = 2,560 parameters
    terms = (
        product({"length": 5, "batch": 3}, {"4 * hidden": 80, "input": 10}, "input gates"),
        product({"length": 5, "batch": 3}, {"4 * hidden": 80, "hidden": 20}, "hidden gates"),
    )
    own = parameters(2560, weight_ih_l0=(80, 10), weight_hh_l0=(80, 20), bias_ih_l0=(80,), bias_hh_l0=(80,))
    row = layer("0", "LSTM(10, 20)", (5, 3, 10), (5, 3, 20), (1, 3, 20), (1, 3, 20), own=own, terms=terms)
    made = report("[5,3,10] -> LSTM(10,20)", row)
    return replace(
        made,
        outputs=(
            TensorInfo((5, 3, 20), "float32"),
            TensorInfo((1, 3, 20), "float32", "h_n"),
            TensorInfo((1, 3, 20), "float32", "c_n"),
        ),
        crosschecks=(
            Opinion("formula", None, 36000, True),
            Opinion("operators", None, 36000, True),
            Opinion("thop", "0.1.1", 37200, False, "it counts the gates' element-wise products as MACs"),
        ),
    )


def _uncounted() -> Report:
    term = product({"batch": 4}, {"in_features": 8, "out_features": 3})  # 4 * 8 * 3 = 96
    made = report(
        "py:model.py:Spectral",
        layer("", "Spectral()", (4, 8), (4, 3), subtree=(96, 27)),
        layer("fft", "Fourier()", (4, 8), (4, 8), depth=1),
        layer(
            "head",
            "Linear(8, 3)",
            (4, 8),
            (4, 3),
            depth=1,
            own=parameters(27, weight=(3, 8), bias=(3,)),
            terms=(term,),
        ),
        operators=(
            OperatorRow("aten._fft_r2c", 2, UNCOUNTED, 0, 0, modules=("fft",)),
            OperatorRow("aten.cumsum", 1, UNCOUNTED, 0, 0, modules=("fft",)),
            OperatorRow("aten.addmm", 1, COUNTED, 96, 0, ((Derivation((term,)), 1),)),
        ),
    )
    return replace(
        made,
        totals=replace(made.totals, buffers=129, buffer_bytes=516),
        run=replace(REAL, training=True),
        crosschecks=(
            *agreeing(96)[:2],
            Opinion("thop", None, None, None, "not asked: it cannot see these operators"),
        ),
    )


def _huge() -> Report:
    million = 1_000_000
    term = product({"rows": million}, {"in_features": million, "out_features": million})
    own = parameters(million**2, weight=(million, million))
    row = layer("0", "Linear(1000000, 1000000)", (million,) * 2, (million,) * 2, own=own, terms=(term,))
    made = report("[1000000,1000000] -> Linear(1000000,1000000)", row)
    return replace(
        made,
        run=Run("meta", "meta", False, 0, "the weight alone would take 4.0 TB"),
        notes=(Note("shapes-alone", "answered from shapes alone: the weight alone would take 4.0 TB"),),
        crosschecks=(
            *agreeing(million**3)[:2],
            Opinion("thop", None, None, None, "not asked: it needs values"),
        ),
    )


def _shared() -> Report:
    """One layer called three times: one set of parameters."""
    term = product({"batch": 2}, {"in_features": 4, "out_features": 4})  # 2 * 4 * 4 = 32, three times: 96
    once = parameters(20, weight=(4, 4), bias=(4,))
    again = parameters(0, shared=20, weight=(4, 4), bias=(4,))
    rows = [
        layer(
            "again",
            "Linear(4, 4)",
            (2, 4),
            (2, 4),
            depth=1,
            call=i,
            own=again if i > 1 else once,
            terms=(term,),
        )
        for i in (1, 2, 3)
    ]
    return report("py:model.py:Loop", layer("", "Loop()", (2, 4), (2, 4), subtree=(96, 20)), *rows)


def _nothing() -> Report:
    """A shape and no step, without opinions."""
    empty = Totals(ParameterCount(), 0, 0, 0, 0)
    sizes = TensorInfo((2, 128), "int64")
    return Report("[2,128]:int64", (sizes,), (sizes,), (), (), empty, (), (), (), REAL, ENVIRONMENT)


def _wide_text() -> Report:
    """Text that a terminal, a table or a markup language would rather obey than show."""
    hostile = "Net[red]|`x`\x1b[31m*_<b>层\u202e"
    row = layer("a|b", hostile, (2, 4), (2, 4))
    return replace(
        report(f"py:[bold]模型\x1b]0;title\x07.py:{hostile}", row),
        notes=(Note("hostile", f"line\nbreak \x9b31m {hostile}"),),
    )


def _cycle() -> Report:
    """(Linear → ReLU) four times: 2 * 3 * 3 = 18 MACs and 9 parameters each time."""
    term = product({"batch": 2}, {"in_features": 3, "out_features": 3})
    own = parameters(9, weight=(3, 3))
    steps = [
        step
        for i in range(4)
        for step in (
            layer(str(2 * i), "Linear(3, 3)", (2, 3), (2, 3), own=own, terms=(term,)),
            layer(str(2 * i + 1), "ReLU", (2, 3), (2, 3), elementwise=6),
        )
    ]
    return report("[2,3] -> (Linear(3,3) -> ReLU) * 4", *steps)


def _told_apart() -> Report:
    """Parameters that are not as others, a layer of two names, and attention of two kinds."""
    # 2 * 4 * 4 = 32; 16 + 4 = 20 parameters read, 8 of the head not; 10 packed: 8 of a byte and 2 of four
    term = product({"N": 2}, {"in_features": 4, "out_features": 4})
    once = parameters(20, weight=(4, 4), bias=(4,))
    rows = (
        layer("", "Net()", (2, 4), (2, 4), own=replace(parameters(8), unused=8), subtree=(32, 28)),
        replace(
            layer("first", "Linear(4, 4)", (2, 4), (2, 4), depth=1, own=once, terms=(term,)), aliases=("again", "b.0")
        ),
        layer(
            "packed", "Linear(4, 2)", (2, 4), (2, 2), depth=1, own=replace(parameters(0), packed=10, packed_bytes=16)
        ),
    )
    made = report("py:model.py:Net", *rows)
    count = replace(made.totals.parameters, unused=8, shared=20, lazy=1, packed=10, packed_bytes=16)
    return replace(
        made,
        totals=replace(made.totals, parameters=count),
        notes=(
            Note("unused-parameters", "8 unused: no operator of this forward read head", (("unused", 8),)),
            Note("lazy-parameters", "a lazy parameter without a size: nothing reached spare.weight", (("lazy", 1),)),
            Note("packed-weights", "10 packed besides, 16 bytes: weights and biases of quantized layers"),
            Note("attention", "attention was causal; it is counted in full all the same", (("causal", 2),)),
        ),
    )


SAMPLES: dict[str, Report] = {
    "linear": _linear(),
    "chain": _chain(),
    "lstm": _lstm(),
    "encoder": encoder(),
    "uncounted": _uncounted(),
    "huge": _huge(),
    "shared": _shared(),
    "alike": alike(1_000),
    "cycle": _cycle(),
    "told-apart": _told_apart(),
    "nothing": _nothing(),
    "hostile": _wide_text(),
}
