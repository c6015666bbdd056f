"""One pass over a graph, node by node: what every value is, what every node costs, and what reads what is held."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError
from linscope.graph.steps import Scope, Step
from linscope.report.record import COUNTED, ELEMENTWISE, UNCOUNTED, TensorInfo
from linscope.sources.onnx.call import Call, UnknownSizeError
from linscope.sources.onnx.control import CONTROLS
from linscope.sources.onnx.folding import Folding
from linscope.sources.onnx.formulas import FORMULAS, INSIDE, state_of
from linscope.sources.onnx.functions import body_of
from linscope.sources.onnx.holding import Kept, Use
from linscope.sources.onnx.inference import Inference
from linscope.sources.onnx.loading import STANDARD, opsets_of
from linscope.sources.onnx.names import Known, Names
from linscope.sources.onnx.naming import Namer
from linscope.sources.onnx.values import UNKNOWN, Value, value_of_tensor, value_of_type

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_NODES = 10_000
"""Nodes that functions and loops may unroll to, beyond 20 for each node that the file has."""

DEEPEST = 60
"""Graphs inside one another."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a graph is walked: its names, the calls around it, its operators' versions, how deep it is."""

    names: Names
    scopes: tuple[Scope, ...]
    opsets: Mapping[str, int]
    depth: int = 0


@dataclass(slots=True)
class Found:
    """What a walk comes to. ``unsized`` are operators whose elements are not known."""

    steps: list[Step] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)
    tensors: dict[str, TensorInfo] = field(default_factory=dict)
    unsized: dict[str, None] = field(default_factory=dict)
    learns: bool = False


class Walker:
    """Walks the graphs of one model.

    Args:
        onnx: the package.
        model: the ``ModelProto``.
        sizes: of named dimensions.
    """

    def __init__(self, onnx: Any, model: Any, sizes: dict[str, int]) -> None:
        self.onnx = onnx
        self.found = Found()
        self._sizes = sizes
        self._folding = Folding(onnx)
        self._functions = {(_domain(f), f.name): f for f in model.functions}
        self._sparse: set[str] = set()
        written = len(model.graph.node) + sum(len(function.node) for function in model.functions)
        self._left = MOST_NODES + 20 * written

    def walk(self, graph: Any, place: Place) -> tuple[Known, ...]:
        """What comes out of ``graph``, whose inputs ``place.names`` knows. Steps and what is held go to ``found``.

        Raises:
            TargetError: names that nothing has, or too much of everything. ShapeError: sizes that do not fit.
        """
        self.enter(place)
        for tensor in graph.initializer:
            self._keep(place.names, tensor.name, value_of_tensor(self.onnx, tensor, f"initializer {tensor.name[:80]}"))
        for sparse in graph.sparse_initializer:
            values = sparse.values
            stored = value_of_tensor(self.onnx, values, f"initializer {values.name[:80]}")
            self._keep(place.names, values.name, stored)
            self._sparse.add(place.names.define(values.name, Value(tuple(sparse.dims), stored.dtype)))
        declared = {one.name: value_of_type(one.type, self._sizes) for one in (*graph.value_info, *graph.output)}
        self._nodes(graph.node, place, declared)
        return tuple(self.known(place, one.name, "the graph's output") for one in graph.output)

    def enter(self, place: Place) -> None:
        """Raise where graphs are nested more deeply than anybody writes them.

        Raises:
            TargetError: they are.
        """
        if place.depth > DEEPEST:
            raise TargetError(f"graphs are nested more than {DEEPEST} deep")

    def known(self, place: Place, name: str, whose: str) -> Known:
        """The value of a name.

        Raises:
            TargetError: there is none.
        """
        known = place.names.get(name)
        if known is None:
            raise TargetError(
                f"{whose[:120]} reads {name[:80]!r}, which nothing before it gives",
                details=("nodes come in an order in which they can run",),
            )
        return known

    def _keep(self, names: Names, name: str, value: Value, *, inline: bool = False) -> None:
        unique = names.define(name, value)
        self._tell(Known(unique, value))
        if value.sizes is not None and value.dtype is not None:
            self.found.kept[unique] = Kept(unique, value.sizes, value.dtype, inline)

    def _nodes(self, nodes: Any, place: Place, declared: Mapping[str, Value]) -> None:
        namer, inference = Namer(place.scopes), Inference(self.onnx, declared)
        for node in nodes:
            self._left -= 1
            if self._left < 0:
                raise TargetError("its functions unroll to more nodes than anybody writes")
            self._node(node, place, namer, inference)

    def _node(self, node: Any, place: Place, namer: Namer, inference: Inference) -> None:
        operator = node.op_type if node.domain in STANDARD else f"{node.domain}.{node.op_type}"
        attributes = self._attributes(node)
        if operator == "Constant":
            self._constant(node, attributes, place)
            return
        scopes, path = namer.scopes_of(node)
        known = tuple(self.known(place, name, path) if name else None for name in node.input)
        call = Call(operator, attributes, tuple(None if one is None else one.value for one in known))
        scopes = (*scopes, Scope(path, node.op_type))
        bare = Step(
            scopes, operator, UNCOUNTED, reads=tuple(one.name for one in known if one is not None and _flows(one))
        )
        function = self._functions.get((_domain(node), node.op_type))
        control = CONTROLS.get(operator)
        inner = replace(place, scopes=scopes, depth=place.depth + 1)
        if function is not None:
            self._function(node, function, known, inner, place)
            return
        if control is not None:
            self.use(call, known, path)
            self._give(node, control(self, node, call, inner, bare), place)
            return
        outputs = inference.outputs(node, call, place.opsets, path)
        folded = self._folding.folded(node, call, outputs, place.opsets)
        self.use(call, known, path)
        writes = self._give(node, folded or outputs, place)
        if folded is not None:  # sizes worked out: part of the layer around, and no layer of their own
            bare = replace(bare, scopes=scopes[:-1])
        self._step(replace(call, outputs=folded or outputs), known, replace(bare, writes=writes))

    def _give(self, node: Any, outputs: tuple[Value, ...], place: Place) -> tuple[str, ...]:
        """Name what comes out of a node; the names that these have in all of the file."""
        written = []
        for name, value in zip(node.output, outputs, strict=False):
            if name:
                known = Known(place.names.define(name, value), value)
                self._tell(known)
                written.append(known.name)
        return tuple(written)

    def _tell(self, known: Known) -> None:
        sizes = known.value.sizes
        if sizes is not None and known.value.dtype is not None:
            self.found.tensors[known.name] = TensorInfo(sizes, known.value.dtype)

    def _step(self, call: Call, known: tuple[Known | None, ...], bare: Step) -> None:
        """Count one call."""
        state = state_of(call)
        if state == COUNTED and any(one.name in self._sparse for one in known if one is not None):
            state = UNCOUNTED  # of how many elements are stored in which row the sizes do not tell
        derivation, elements = None, 0
        if state == COUNTED:
            try:
                derivation = FORMULAS[call.operator](call)
                elements = INSIDE[call.operator](call) if call.operator in INSIDE else 0
            except (UnknownSizeError, ValueError, IndexError, ZeroDivisionError):
                state = UNCOUNTED
        elif state == ELEMENTWISE:
            elements = self._touched(call)
        self.found.learns |= call.attributes.get("training_mode") == 1
        self.found.steps.append(replace(bare, state=state, derivation=derivation, elements=elements))

    def use(self, call: Call, known: tuple[Known | None, ...], path: str) -> None:
        """Note that the node at ``path`` reads what is held."""
        for index, one in enumerate(known):
            kept = None if one is None else self.found.kept.get(one.name)
            if kept is not None:
                kept.uses.append(Use(call.operator, index, path, call.operator in FORMULAS))

    def _touched(self, call: Call) -> int:
        """Elements of the largest operand or result."""
        sizes = [value.elements for value in (*call.inputs, *call.outputs) if value is not None and value.dtype]
        if any(size is None for size in sizes):
            self.found.unsized[call.operator] = None
        return max((size for size in sizes if size is not None), default=0)

    def _constant(self, node: Any, attributes: Mapping[str, Any], place: Place) -> None:
        """A tensor, or a number or several, written in the place of a node."""
        tensor = attributes.get("value")
        if not isinstance(tensor, self.onnx.TensorProto):
            tensor = self._made_tensor(attributes)
        value = UNKNOWN if tensor is None else value_of_tensor(self.onnx, tensor, f"the constant {node.name[:80]}")
        for name in node.output[:1]:
            self._keep(place.names, name, value, inline=True)

    def _made_tensor(self, attributes: Mapping[str, Any]) -> Any:
        kinds = {
            "value_int": self.onnx.TensorProto.INT64,
            "value_ints": self.onnx.TensorProto.INT64,
            "value_float": self.onnx.TensorProto.FLOAT,
            "value_floats": self.onnx.TensorProto.FLOAT,
        }
        for name, kind in kinds.items():
            if name in attributes:
                data = attributes[name]
                several = isinstance(data, list | tuple)
                return self.onnx.helper.make_tensor(
                    "", kind, [len(data)] if several else [], data if several else [data]
                )
        return None

    def _function(self, node: Any, function: Any, known: tuple[Known | None, ...], inner: Place, outer: Place) -> None:
        """A function of the file's own: its nodes, on the values it is called with."""
        self.enter(inner)
        names = Names(f"{outer.names.prefix}{inner.scopes[-1].path}/")
        for formal, actual in zip(function.input, known, strict=False):
            if actual is not None:
                names.alias(formal, actual)
        opsets = {**outer.opsets, **opsets_of(function.opset_import)}
        self._nodes(body_of(self.onnx, function, node), Place(names, inner.scopes, opsets, inner.depth), {})
        for name, made in zip(node.output, function.output, strict=False):
            value = names.get(made)
            if name and value is not None:
                outer.names.alias(name, value)

    def _attributes(self, node: Any) -> dict[str, Any]:
        attributes = {}
        for attribute in node.attribute:
            try:
                attributes[attribute.name] = self.onnx.helper.get_attribute_value(attribute)
            except ValueError:
                raise TargetError(f"attribute {attribute.name[:80]} of {node.name[:80]} has no type") from None
        return attributes


def _flows(one: Known) -> bool:
    """Whether an input is one of the layer's, and no size or constant that is known beforehand."""
    return one.value.data is None


def _domain(message: Any) -> str:
    return "" if message.domain in STANDARD else str(message.domain)
