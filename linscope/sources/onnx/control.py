"""Nodes that run graphs of their own: one of two, again and again, or along a dimension."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linscope.report.record import FREE, UNCOUNTED
from linscope.sources.onnx.names import Known, Names
from linscope.sources.onnx.values import UNKNOWN, Value, value_of_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.graph.steps import Step
    from linscope.sources.onnx.call import Call
    from linscope.sources.onnx.walking import Place, Walker

Control = Callable[["Walker", Any, "Call", "Place", "Step"], tuple[Value, ...]]
"""``(walker, node, call, the place inside it, its step without a count) -> its outputs``."""

CONTROLS: dict[str, Control] = {}


def _control(name: str) -> Callable[[Control], Control]:
    def register(function: Control) -> Control:
        CONTROLS[name] = function
        return function

    return register


@_control("If")
def either(walker: Walker, node: Any, call: Call, place: Place, bare: Step) -> tuple[Value, ...]:
    """The branch that is taken, where that is known. Else both count where they cost the same; and where they do
    not, the cheaper does, and ``If`` is named."""
    graphs = [call.attributes.get(name) for name in ("then_branch", "else_branch")]
    if any(graph is None for graph in graphs):
        return _unknown(walker, node, bare)
    condition = call.given(0)
    if condition is not None and condition.data is not None and condition.data.size == 1:
        taken = graphs[0] if condition.data.reshape(-1)[0] else graphs[1]
        steps, outputs = _walked(walker, taken, place, "")
        walker.found.steps += [*steps, _done(bare, outputs)]
        return tuple(one.value for one in outputs)
    ways = [_walked(walker, graph, place, which) for graph, which in zip(graphs, ("then/", "else/"), strict=True)]
    costs = [sum(step.macs for step in steps) for steps, _ in ways]
    steps, outputs = ways[costs.index(min(costs))]
    walker.found.steps += [*steps, _done(bare, outputs)]
    if costs[0] != costs[1] or any(step.state == UNCOUNTED for steps, _ in ways for step in steps):
        walker.found.steps.append(bare)
    return tuple(_either(a.value, b.value) for a, b in zip(ways[0][1], ways[1][1], strict=False))


@_control("Loop")
def loop(walker: Walker, node: Any, call: Call, place: Place, bare: Step) -> tuple[Value, ...]:
    """As many times as its first input says, where that is known and the body never stops it; else it is named,
    unless nothing in it has a count."""
    body = call.attributes.get("body")
    if body is None:
        return _unknown(walker, node, bare)
    trips = call.whole(0)
    carried = [UNKNOWN if value is None else replace(value, data=None) for value in call.inputs[2:]]
    formal = [value_of_type(one.type) for one in body.input]
    first = [Value((), "int64"), call.given(1) or _true(), *carried]
    given = [a if a.shape is not None or a.proto is not None else b for a, b in zip(first, formal, strict=False)]
    steps, outputs = _walked(walker, body, place, "", given)
    grown = [_either(a, b.value) for a, b in zip(given[2:], outputs[1:], strict=False)]
    if any(a.shape != b.shape for a, b in zip(grown, given[2:], strict=False)):  # what changes is not known
        steps, outputs = _walked(walker, body, place, "", [*given[:2], *grown])
    costs = any(step.macs or step.state == UNCOUNTED for step in steps)
    stops = not outputs or not _is_true(outputs[0].value)
    if trips is None or trips < 0 or stops:
        walker.found.steps.append(bare if costs else replace(bare, state=FREE))
        trips = None
    else:
        walker.found.steps += [*_repeated(steps, trips), _done(bare, outputs)]
    states = [one.value for one in outputs[1 : 1 + len(carried)]]
    return (*states, *(_stacked(one.value, trips, 0) for one in outputs[1 + len(carried) :]))


@_control("Scan")
def scan(walker: Walker, node: Any, call: Call, place: Place, bare: Step) -> tuple[Value, ...]:
    """Once for every entry along an axis of what it runs over; the states keep their sizes."""
    body, over = call.attributes.get("body"), call.attributes.get("num_scan_inputs")
    if body is None or type(over) is not int or not 0 < over <= len(call.inputs) or place.opsets.get("", 1) < 9:
        return _unknown(walker, node, bare)
    states = [value or UNKNOWN for value in call.inputs[: len(call.inputs) - over]]
    scanned = [value or UNKNOWN for value in call.inputs[len(states) :]]
    axes = call.attributes.get("scan_input_axes") or [0] * over
    cut = [_cut(value, axis) for value, axis in zip(scanned, axes, strict=False)]
    trips = cut[0][0] if cut else None
    given = [replace(value, data=None) for value in states] + [entry for _, entry in cut]
    steps, outputs = _walked(walker, body, place, "", given)
    if trips is None:
        costs = any(step.macs or step.state == UNCOUNTED for step in steps)
        walker.found.steps.append(bare if costs else replace(bare, state=FREE))
    else:
        walker.found.steps += [*_repeated(steps, trips), _done(bare, outputs)]
    made = len(outputs) - len(states)
    axes = call.attributes.get("scan_output_axes") or [0] * made
    stacked = (_stacked(one.value, trips, axis) for one, axis in zip(outputs[len(states) :], axes, strict=False))
    return (*(one.value for one in outputs[: len(states)]), *stacked)


def _walked(
    walker: Walker, graph: Any, place: Place, which: str, given: Sequence[Value] = ()
) -> tuple[list[Step], tuple[Known, ...]]:
    """The steps of an inner graph, apart from those found so far, and what comes out of it."""
    prefix = f"{place.names.prefix}{place.scopes[-1].path}/{which}"
    names = Names(prefix, place.names)
    for one, value in zip(graph.input, given, strict=False):
        names.define(one.name, value)
    outside, walker.found.steps = walker.found.steps, []
    try:
        outputs = walker.walk(graph, replace(place, names=names))
        return walker.found.steps, outputs
    finally:
        walker.found.steps = outside


def _done(bare: Step, outputs: tuple[Known, ...]) -> Step:
    """The node itself: it hands on what its graph made."""
    return replace(bare, state=FREE, reads=(*bare.reads, *(one.name for one in outputs)))


def _unknown(walker: Walker, node: Any, bare: Step) -> tuple[Value, ...]:
    walker.found.steps.append(bare)
    return (UNKNOWN,) * len(node.output)


def _repeated(steps: list[Step], times: int) -> list[Step]:
    """Done 0 times, they are not done."""
    return [replace(step, times=step.times * times) for step in steps] if times else []


def _either(a: Value, b: Value) -> Value:
    """What is known of a value that is one or the other."""
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape) or a.dtype != b.dtype:
        return Value(None, a.dtype if a.dtype == b.dtype else None)
    return Value(tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)), a.dtype)


def _cut(value: Value, axis: int) -> tuple[int | None, Value]:
    """How many entries there are along an axis, and what each is."""
    if value.shape is None or not -len(value.shape) <= axis < len(value.shape):
        return None, Value(None, value.dtype)
    axis %= len(value.shape)
    return value.shape[axis], Value((*value.shape[:axis], *value.shape[axis + 1 :]), value.dtype)


def _stacked(value: Value, times: int | None, axis: int) -> Value:
    if value.shape is None:
        return Value(None, value.dtype)
    place = axis % (len(value.shape) + 1)
    return Value((*value.shape[:place], times, *value.shape[place:]), value.dtype)


def _is_true(value: Value) -> bool:
    return value.data is not None and value.data.size == 1 and bool(value.data.reshape(-1)[0])


def _true() -> Value:
    import numpy

    return Value((), "bool", numpy.array(True))
