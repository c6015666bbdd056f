"""From the steps of a graph to the rows of its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term
from linscope.report.record import UNCOUNTED, LayerRow, OperatorRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from linscope.graph.flow import Flow
    from linscope.graph.held import Holdings
    from linscope.graph.steps import Scope, Step
    from linscope.report.record import TensorInfo

MOST_TERMS = 12
"""Terms of a sum that are still worth reading."""


@dataclass(slots=True)
class Call:
    """One call of one layer. ``macs``, ``elements`` and ``terms`` are its own; ``children`` are the calls it made."""

    scope: Scope
    depth: int
    macs: int = 0
    elements: int = 0
    terms: dict[Term, int] = field(default_factory=dict)
    children: dict[tuple[str, int], Call] = field(default_factory=dict)
    subtree_macs: int = 0
    subtree_parameters: int = 0

    @property
    def key(self) -> tuple[str, int]:
        return self.scope.path, self.scope.call


class Calls:
    """The calls of a graph as a tree. A call that is interrupted, as in graphs whose nodes were sorted, goes on
    where it stopped."""

    def __init__(self) -> None:
        self._top: dict[tuple[str, int], Call] = {}

    def at(self, scopes: Sequence[Scope]) -> Call | None:
        """The innermost of ``scopes``, the outermost of which comes first; None where there is none."""
        siblings, call = self._top, None
        for depth, scope in enumerate(scopes):
            key = (scope.path, scope.call)
            call = siblings.get(key)
            if call is None:
                call = siblings[key] = Call(scope, depth)
            siblings = call.children
        return call

    def in_order(self) -> Iterator[Call]:
        """Callers before those they call, in the order they began. Iterative, for graphs deeper than Python's stack."""
        waiting = list(reversed(self._top.values()))
        while waiting:
            call = waiting.pop()
            yield call
            waiting.extend(reversed(call.children.values()))


def called(steps: Iterable[Step]) -> tuple[Call, ...]:
    """The calls that ``steps`` belong to, with what is done in each."""
    calls = Calls()
    for step in steps:
        call = calls.at(step.scopes)
        if call is not None:
            _enter(call, step)
    return tuple(calls.in_order())


def _enter(call: Call, step: Step) -> None:
    call.macs += step.macs
    call.elements += step.times * step.elements
    if step.derivation is not None:
        for term in step.derivation.terms:
            call.terms[term] = call.terms.get(term, 0) + step.times


def layer_rows(
    calls: Sequence[Call], holdings: Holdings, flow: Flow, tensors: Mapping[str, TensorInfo]
) -> tuple[LayerRow, ...]:
    """A row for each call; its inputs and outputs are the tensors that cross its border."""
    for call in reversed(calls):  # those that are called come before their callers
        own = holdings.of(*call.key)
        call.subtree_macs = call.macs + sum(child.subtree_macs for child in call.children.values())
        call.subtree_parameters = own.total + sum(child.subtree_parameters for child in call.children.values())
    return tuple(_row(call, holdings, flow, tensors) for call in calls)


def _row(call: Call, holdings: Holdings, flow: Flow, tensors: Mapping[str, TensorInfo]) -> LayerRow:
    went_in = [tensors[name] for name in flow.inputs(call.key) if name in tensors]
    came_out = [tensors[name] for name in flow.outputs(call.key) if name in tensors]
    return LayerRow(
        path=call.scope.path,
        type=call.scope.type,
        call=call.scope.call,
        depth=call.depth,
        written=call.scope.written or call.scope.type,
        input_shapes=tuple(tensor.shape for tensor in went_in),
        output_shapes=tuple(tensor.shape for tensor in came_out),
        output_dtypes=tuple(tensor.dtype for tensor in came_out),
        parameters=holdings.of(*call.key),
        macs=call.macs,
        elementwise=call.elements,
        derivation=_summed(call.terms),
        subtree_macs=call.subtree_macs,
        subtree_parameters=call.subtree_parameters,
        has_children=bool(call.children),
    )


def _summed(terms: Mapping[Term, int]) -> Derivation | None:
    """Equal products as one, repeated. None where there is none, or too many to read."""
    if not 0 < len(terms) <= MOST_TERMS:
        return None
    return Derivation(tuple(_repeated(term, times) for term, times in terms.items()))


def _repeated(term: Term, times: int) -> Term:
    return term if times == 1 else Term((Factor("calls", times), *term.rows), term.weights, term.label)


@dataclass(slots=True)
class _Tally:
    state: str
    calls: int = 0
    macs: int = 0
    elements: int = 0
    derivations: dict[Derivation, int] = field(default_factory=dict)
    modules: dict[str, None] = field(default_factory=dict)


def operator_rows(steps: Iterable[Step]) -> tuple[OperatorRow, ...]:
    """A row for each operator, the most costly first, then in the order they come.

    An operator that is counted in one place and cannot be in another has a row for each state.
    """
    tallies: dict[tuple[str, str], _Tally] = {}
    for step in steps:
        tally = tallies.setdefault((step.operator, step.state), _Tally(step.state))
        tally.calls += step.times
        tally.macs += step.macs
        tally.elements += step.times * step.elements
        if step.derivation is not None:
            tally.derivations[step.derivation] = tally.derivations.get(step.derivation, 0) + step.times
        if step.state == UNCOUNTED:
            tally.modules[step.scopes[-1].path if step.scopes else ""] = None
    rows = [
        OperatorRow(name, t.calls, t.state, t.macs, t.elements, tuple(t.derivations.items()), tuple(t.modules))
        for (name, _), t in tallies.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.macs, reverse=True))
