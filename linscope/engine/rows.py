"""From the frames of a run to the rows of its report."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from linscope.engine.derivations.calls import derive_call
from linscope.engine.frames import type_name, walk
from linscope.report.derivation import Derivation, Factor, Term
from linscope.report.record import LayerRow, OperatorRow, ParameterCount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.engine.frames import Frame, OperatorTally
    from linscope.engine.ledger import Ledger

NO_NAMES: Mapping[str, tuple[str, ...]] = {}

MOST_TERMS = 12
"""Terms of a sum that are still worth reading."""


def called_paths(root: Frame) -> frozenset[str]:
    """The paths of all modules that ran."""
    return frozenset(frame.path for frame, _ in walk(root))


def layer_rows(
    root: Frame, ledger: Ledger, written: Mapping[str, str], names: Mapping[str, tuple[str, ...]] = NO_NAMES
) -> tuple[LayerRow, ...]:
    """A row for each call, parents before children; ``names`` are the other names of modules with several."""
    order = list(walk(root))
    own = [ledger.of(frame.path, frame.call) for frame, _ in order]
    below = _subtrees(order, own)
    rows = []
    for (frame, depth), count in zip(order, own, strict=True):
        kind = type_name(frame)
        macs, parameters, allocated = below[id(frame)]
        analytic = derive_call(frame) if macs else None
        rows.append(
            LayerRow(
                frame.path,
                kind,
                frame.call,
                depth,
                written.get(frame.path) or kind,
                frame.input_shapes,
                frame.output_shapes,
                frame.output_dtypes,
                count,
                frame.macs,
                frame.elements,
                row_derivation(frame, analytic),
                macs,
                parameters,
                bool(frame.children),
                names.get(frame.path, ()),
                analytic if analytic is not None and analytic.count == macs else None,
                frame.allocated,
                allocated,
            )
        )
    return tuple(rows)


def _subtrees(order: list[tuple[Frame, int]], own: list[ParameterCount]) -> dict[int, tuple[int, int, int]]:
    """MACs, parameters and bytes allocated of each call with all that it called; callers stand before those they
    call."""
    below: dict[int, tuple[int, int, int]] = {}
    for (frame, _), count in zip(reversed(order), reversed(own), strict=True):
        macs, parameters, allocated = frame.macs, count.total, frame.allocated
        for child in frame.children:
            child_macs, child_parameters, child_allocated = below[id(child)]
            macs += child_macs
            parameters += child_parameters
            allocated += child_allocated
        below[id(frame)] = (macs, parameters, allocated)
    return below


def row_derivation(frame: Frame, analytic: Derivation | None) -> Derivation | None:
    """Where the row's own count comes from: the module's formula where it gives that count, else the
    products that the operators were."""
    if not frame.macs:
        return None
    if analytic is not None and analytic.count == frame.macs and len(analytic.terms) <= MOST_TERMS:
        return analytic
    return gathered(frame.derivations)


def gathered(derivations: list[Derivation]) -> Derivation | None:
    """Many products as few: equal ones become one, repeated. None where they are still too many to read."""
    repeats: dict[Term, int] = {}
    for derivation in derivations:
        for term in derivation.terms:
            repeats[term] = repeats.get(term, 0) + 1
    if not repeats or len(repeats) > MOST_TERMS:
        return None
    return Derivation(
        tuple(
            term if times == 1 else Term((Factor("calls", times), *term.rows), term.weights, term.label)
            for term, times in repeats.items()
        )
    )


def operator_rows(operators: Mapping[str, OperatorTally]) -> tuple[OperatorRow, ...]:
    """A row for each operator, the most costly first, then in the order they first ran."""
    rows = [
        OperatorRow(
            tally.name,
            tally.calls,
            tally.state,
            tally.macs,
            tally.elements,
            tuple(tally.derivations.items()),
            tuple(tally.modules),
        )
        for tally in operators.values()
    ]
    rows.sort(key=_macs, reverse=True)
    return tuple(rows)


_macs = attrgetter("macs")
