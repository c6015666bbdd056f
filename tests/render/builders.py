"""Reports from a few words: rows, counts and opinions, with everything that can be worked out worked out."""

from __future__ import annotations

from linscope.report.derivation import Derivation, Factor, Term
from linscope.report.record import (
    UNCOUNTED,
    LayerRow,
    OperatorRow,
    Opinion,
    ParameterCount,
    Report,
    Run,
    TensorInfo,
    Totals,
)

ENVIRONMENT = (("python", "3.11.9"), ("torch", "2.13.0"), ("platform", "linux"), ("thop", None))
REAL = Run(mode="real", device="cpu", training=False, seed=0)


def product(rows: dict[str, int], weights: dict[str, int], label: str = "") -> Term:
    return Term(
        tuple(Factor(name, value) for name, value in rows.items()),
        tuple(Factor(name, value) for name, value in weights.items()),
        label,
    )


def parameters(count: int, *, frozen: int = 0, shared: int = 0, **shapes: tuple[int, ...]) -> ParameterCount:
    """In float32, four bytes each."""
    return ParameterCount(count, count - frozen, frozen, 4 * count, shared, tuple(shapes.items()))


def layer(
    path: str,
    written: str,
    came_in: tuple[int, ...],
    came_out: tuple[int, ...],
    *more: tuple[int, ...],
    call: int = 1,
    depth: int = 0,
    own: ParameterCount | None = None,
    terms: tuple[Term, ...] = (),
    elementwise: int = 0,
    subtree: tuple[int, int] | None = None,
) -> LayerRow:
    """A row; ``more`` are further outputs, ``subtree`` the MACs and parameters where it has children."""
    own = own or ParameterCount()
    macs = Derivation(terms).count
    return LayerRow(
        path=path,
        type=written.partition("(")[0].removeprefix("nn."),
        call=call,
        depth=depth,
        written=written,
        input_shapes=(came_in,),
        output_shapes=(came_out, *more),
        output_dtypes=("float32",) * (1 + len(more)),
        parameters=own,
        macs=macs,
        elementwise=elementwise,
        derivation=Derivation(terms) if terms else None,
        subtree_macs=subtree[0] if subtree else macs,
        subtree_parameters=subtree[1] if subtree else own.total,
        has_children=subtree is not None,
    )


def totals(rows: tuple[LayerRow, ...], buffers: int = 0) -> Totals:
    counts = [row.parameters for row in rows]
    return Totals(
        parameters=ParameterCount(
            total=sum(c.total for c in counts),
            trainable=sum(c.trainable for c in counts),
            frozen=sum(c.frozen for c in counts),
            bytes=sum(c.bytes for c in counts),
            shared=sum(c.shared for c in counts),
        ),
        buffers=buffers,
        buffer_bytes=4 * buffers,
        macs=sum(row.macs for row in rows),
        elementwise=sum(row.elementwise for row in rows),
    )


def agreeing(macs: int) -> tuple[Opinion, ...]:
    return (
        Opinion("formula", None, macs, True),
        Opinion("operators", None, macs, True),
        Opinion("thop", "0.1.1", macs, True),
    )


def report(target: str, *rows: LayerRow, operators: tuple[OperatorRow, ...] = ()) -> Report:
    """A chain of ``rows`` without remarks, all opinions agreeing."""
    outermost = [row for row in rows if row.depth == 0]
    total = totals(rows)
    return Report(
        target=target,
        inputs=(TensorInfo(outermost[0].input_shapes[0], "float32"),),
        outputs=tuple(TensorInfo(sizes, "float32") for sizes in outermost[-1].output_shapes),
        layers=rows,
        operators=operators,
        totals=total,
        uncounted=tuple(row for row in operators if row.state == UNCOUNTED),
        crosschecks=agreeing(total.macs),
        notes=(),
        run=REAL,
        environment=ENVIRONMENT,
    )


def distinct(count: int) -> Report:
    """``count`` layers, no two alike: the i-th takes and gives i features."""
    return report(
        f"py:deep.py:Deep{count}",
        *(
            layer(
                str(i),
                f"Linear({i}, {i})",
                (2, i),
                (2, i),
                own=parameters(i * i, weight=(i, i)),
                terms=(product({"batch": 2}, {"in_features": i, "out_features": i}),),
            )
            for i in range(1, count + 1)
        ),
    )


def alike(count: int) -> Report:
    """``count`` layers that are all alike."""
    term = product({"batch": 2}, {"in_features": 4, "out_features": 4})
    own = parameters(16, weight=(4, 4))
    return report(
        f"[2,4] -> Linear(4,4) * {count}",
        *(layer(str(i), "Linear(4, 4)", (2, 4), (2, 4), own=own, terms=(term,)) for i in range(count)),
    )
