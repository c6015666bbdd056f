"""Operators that run blocks of others: once, as often as something is long, or as values decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linscope.graph.program import Block, Opaque, Ref
from linscope.graph.steps import Step
from linscope.report.record import FREE, UNCOUNTED

if TYPE_CHECKING:
    from linscope.engine.graph.counting import Counter
    from linscope.graph.program import Node

Structure = Callable[["Counter", "Node", Block, Step], Iterator[Step]]
"""``(counter, node, block around it, the step without its count) -> steps``."""

STRUCTURES: dict[str, Structure] = {}


def structure(*names: str) -> Callable[[Structure], Structure]:
    """Register what counts the higher-order operators of these names."""

    def register(function: Structure) -> Structure:
        for name in names:
            STRUCTURES[f"higher_order.{name}"] = function
        return function

    return register


@structure(
    "wrap",
    "wrap_with_set_grad_enabled",
    "wrap_with_autocast",
    "wrap_activation_checkpoint",
    "tag_activation_checkpoint",
    "invoke_subgraph",
    "hints_wrapper",
    "strict_mode",
    "run_const_graph",
)
def once(counter: Counter, node: Node, block: Block, bare: Step) -> Iterator[Step]:
    """One block, run once."""
    bodies = _bodies(node)
    yield from _run(counter, node, bodies[0], bare, 1) if len(bodies) == 1 else _unknown(node, bare)


@structure("map_impl", "map", "scan")
def repeated(counter: Counter, node: Node, block: Block, bare: Step) -> Iterator[Step]:
    """One block, run for every entry along the first dimension of what it runs over."""
    bodies = _bodies(node)
    lists = [a.value for a in node.arguments if isinstance(a.value, list)]
    over = lists[1:2] if node.target.endswith("scan") else lists[:1]  # a scan has its first state before
    first = next((item for item in over[0] if isinstance(item, Ref)), None) if over else None
    shape = block.tensors[first.name].shape if first is not None else ()
    if len(bodies) != 1 or not shape or shape[0] is None or _is_reversed_elsewhere(node):
        yield from _unknown(node, bare)
    else:
        yield from _run(counter, node, bodies[0], bare, shape[0])


@structure("cond")
def either(counter: Counter, node: Node, block: Block, bare: Step) -> Iterator[Step]:
    """One of two blocks: they count where they cost the same; else the cheaper does, and ``cond`` is named."""
    bodies = _bodies(node)
    if len(bodies) != 2:
        yield from _unknown(node, bare)
        return
    ways = [list(_run(counter, node, body, bare, 1)) for body in bodies]
    costs = [sum(step.macs for step in way) for way in ways]
    yield from ways[costs.index(min(costs))]
    if costs[0] != costs[1] or any(step.state == UNCOUNTED for way in ways for step in way):
        yield replace(bare, operator=_shown(node), state=UNCOUNTED)


@structure("while_loop", "associative_scan", "while_loop_stack_output")
def as_long_as(counter: Counter, node: Node, block: Block, bare: Step) -> Iterator[Step]:
    """Blocks that run as often as values say: not counted, unless nothing in them has a count."""
    inner = [step for body in _bodies(node) for step in _run(counter, node, body, bare, 1)]
    costs = any(step.macs or step.state == UNCOUNTED for step in inner)
    yield replace(bare, operator=_shown(node), state=UNCOUNTED if costs or not inner else FREE)


@structure("auto_functionalized", "auto_functionalized_v2", "with_effects")
def wrapped(counter: Counter, node: Node, block: Block, bare: Step) -> Iterator[Step]:
    """An operator of the user's, called through another: named as itself."""
    inner = next((a.value.text for a in node.arguments if isinstance(a.value, Opaque)), _shown(node))
    yield replace(bare, operator=inner.removeprefix("torch.ops.")[:200], state=UNCOUNTED)


def _run(counter: Counter, node: Node, body: Block, bare: Step, times: int) -> Iterator[Step]:
    """The steps of ``body``, run ``times`` times, its inputs by the names they have outside."""
    operands = _flat([a.value for a in node.arguments if not isinstance(a.value, Block)])
    formal = body.inputs
    actual = operands[len(operands) - len(formal) :] if len(operands) >= len(formal) else []
    prefix = f"{bare.writes[0] if bare.writes else node.name}/"
    outside = dict(zip(_names(operands), bare.reads, strict=False))
    names = {
        inner: outside.get(outer, outer)
        for inner, outer in zip(formal, actual, strict=False)
        if inner is not None and outer is not None
    }
    for step in counter.steps(body, bare.scopes, prefix, names):
        yield replace(step, times=step.times * times)
    made = tuple(names.get(name, prefix + name) for name in body.outputs if name is not None)
    yield replace(bare, operator=_shown(node), state=FREE, reads=made)


def _unknown(node: Node, bare: Step) -> Iterator[Step]:
    yield replace(bare, operator=_shown(node), state=UNCOUNTED)


def _shown(node: Node) -> str:
    return node.target[:200]


def _bodies(node: Node) -> list[Block]:
    return [a.value for a in node.arguments if isinstance(a.value, Block)]


def _is_reversed_elsewhere(node: Node) -> bool:
    """Whether a scan goes along another dimension than the first, as older ones may."""
    return any(a.name == "dim" and a.value not in (0, None) for a in node.arguments)


def _flat(values: list[Any]) -> list[str | None]:
    """The operands one after another: the names of tensors, None for anything else."""
    found: list[str | None] = []
    for value in values:
        if isinstance(value, list):
            found.extend(_flat(value))
        else:
            found.append(value.name if isinstance(value, Ref) else None)
    return found


def _names(operands: list[str | None]) -> list[str]:
    return [name for name in operands if name is not None]
