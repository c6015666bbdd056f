"""From the nodes of a graph to counted steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linscope.engine.graph.blocks import STRUCTURES
from linscope.engine.graph.opening import parts_inside
from linscope.engine.graph.operands import Operands, UnknownSizeError
from linscope.engine.graph.parts import Part, operator_called, part_of, rule_called
from linscope.engine.graph.whole import ALONE, LEAVES, OPENED, WHOLE
from linscope.engine.opening import is_composite
from linscope.graph.program import Block, Node, Ref
from linscope.graph.steps import Step
from linscope.report.record import ELEMENTWISE, FREE, UNCOUNTED, TensorInfo

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from torch._ops import OpOverload

    from linscope.engine.formulas.registry import Rule
    from linscope.graph.program import Tensor
    from linscope.graph.steps import Scope

OWN = ("aten", "prims")
"""The namespaces whose operators are torch's own code."""

ON_NUMBERS = ("_operator.", "builtins.", "math.", "torch.sym_")
"""How the names of functions begin that work on sizes, which are Python's numbers and no tensors."""


class Counter:
    """Counts the blocks of one graph.

    ``tensors`` fills with all tensors whose sizes are known, those of inner blocks under the names of their nodes.
    ``unsized`` are the operators whose elements are not counted, as their sizes depend on values.
    """

    def __init__(self) -> None:
        self.tensors: dict[str, TensorInfo] = {}
        self.unsized: dict[str, None] = {}
        self._known: dict[Hashable, tuple[Part, ...]] = {}

    def steps(
        self, block: Block, scopes: tuple[Scope, ...], prefix: str = "", names: Mapping[str, str] | None = None
    ) -> Iterator[Step]:
        """The steps of a block.

        Args:
            scopes: the calls of modules that the block is part of, for nodes that do not say.
            prefix: goes before the names of its tensors.
            names: the names outside of the tensors that go in.
        """
        called = dict(names or {})
        for name, tensor in block.tensors.items():
            outside = called.setdefault(name, prefix + name)
            self._tell(outside, tensor)
        operands = Operands(block.tensors)
        for node in block.nodes:
            if node.target.startswith(ON_NUMBERS) and not any(refs(node.results)):
                continue
            reads = tuple(called[name] for a in node.arguments for name in refs(a.value))
            writes = tuple(called[name] for result in node.results for name in refs(result))
            bare = Step(node.scopes or scopes, "", FREE, reads=reads, writes=writes)
            yield from self._counted(node, block, operands, bare)

    def _tell(self, name: str, tensor: Tensor) -> None:
        shape = tuple(size for size in tensor.shape if size is not None)
        if len(shape) == len(tensor.shape):
            self.tensors.setdefault(name, TensorInfo(shape, tensor.dtype))  # a block runs on entries of it

    def _counted(self, node: Node, block: Block, operands: Operands, bare: Step) -> Iterator[Step]:
        """``bare`` is the step with everything but its count."""
        structure = STRUCTURES.get(node.target)
        if structure is not None:
            yield from structure(self, node, block, bare)
            return
        for part in self._parts(node, block, operands):
            yield replace(
                bare, operator=part.name, state=part.state, derivation=part.derivation, elements=part.elements
            )

    def _parts(self, node: Node, block: Block, operands: Operands) -> tuple[Part, ...]:
        key = (node.target, _face([(a.name, a.value) for a in node.arguments], block), _face(node.results, block))
        parts = self._known.get(key)
        if parts is None:
            parts = self._known[key] = self._worked_out(node, operands)
        return parts

    def _worked_out(self, node: Node, operands: Operands) -> tuple[Part, ...]:
        operator, leaf = operator_called(node.target), _leaf(node.target)
        rule = rule_called(leaf or node.target, None if leaf else operator)
        if rule.state == FREE:
            return (Part(rule.name, FREE),)
        try:
            args, kwargs = operands.call(node, operator)
            result = operands.result(node)
        except UnknownSizeError:
            if rule.state != ELEMENTWISE:
                return (Part(rule.name, UNCOUNTED),)
            self.unsized[rule.name] = None
            return (Part(rule.name, ELEMENTWISE),)
        if rule.name in ALONE:
            return (part_of(replace(rule, state=ELEMENTWISE, inside=ALONE[rule.name]), args, kwargs, result),)
        if operator is not None and _is_to_be_opened(rule, operator):
            inner = parts_inside(operator, args, kwargs)
            if inner is not None:
                return inner or (Part(rule.name, FREE),)  # dropout in evaluation gives what it takes
        if rule.name in WHOLE:
            rule = replace(rule, inside=WHOLE[rule.name])
        return (part_of(rule, args, kwargs, result),)


def _leaf(target: str) -> str | None:
    """The one operator that an operator of aten comes down to, where it is another than itself."""
    namespace, _, rest = target.partition(".")
    leaf = LEAVES.get(rest.partition(".")[0]) if namespace == "aten" else None
    return None if leaf is None else f"aten.{leaf}"


def _is_to_be_opened(rule: Rule, operator: OpOverload) -> bool:
    decided = rule.state != UNCOUNTED and rule.name not in OPENED
    return not decided and operator.namespace in OWN and is_composite(operator)


def refs(value: Any) -> Iterator[str]:
    """The names of the tensors in an argument."""
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, list | tuple):
        for item in value:
            yield from refs(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from refs(item)


def _face(value: Any, block: Block) -> Hashable:
    """What a count can depend on: sizes in the place of names."""
    if isinstance(value, Ref):
        return block.tensors[value.name]
    if isinstance(value, list | tuple):
        return tuple(_face(item, block) for item in value)
    if isinstance(value, dict):
        return tuple((key, _face(item, block)) for key, item in value.items())
    return id(value) if isinstance(value, Block) else (type(value), value)
