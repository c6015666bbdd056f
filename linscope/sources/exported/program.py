"""From the JSON of an exported program to a Graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.graph.dtypes import elements_of
from linscope.graph.program import Argument, Block, Graph, Node, Ref, Tensor
from linscope.graph.remarks import listed
from linscope.report.record import Note
from linscope.sources.exported.arguments import Arguments
from linscope.sources.exported.binding import Input, bound, undecided
from linscope.sources.exported.cursor import Cursor
from linscope.sources.exported.enums import KEYWORD
from linscope.sources.exported.holding import held_of
from linscope.sources.exported.scopes import scopes_of
from linscope.sources.exported.tensors import dimension, dtype_of, layout_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from linscope.sources.exported.archive import Archive
    from linscope.sources.exported.binding import Ranges, Sizes
    from linscope.subject import Asked

LEARNING = ("train", "training")
"""Arguments that say whether an operator works as it does in training."""


def graph_of(path: Path, archive: Archive, asked: Asked) -> Graph:
    """The program of an archive, with every size that is known.

    Raises:
        TargetError: what the archive says makes no sense. UsageError: sizes that it does not take.
    """
    program = Cursor(path, archive.program, "the program")
    module = program.at("graph_module")
    graph, signature = module.at("graph"), module.at("signature")
    inputs = tuple(_inputs(graph, signature))
    ranges = _ranges(program)
    sizes = bound(inputs, ranges, asked)
    block = _Blocks(sizes).read(graph)
    return Graph(
        target=asked.target,
        block=block,
        inputs=tuple(given.name for given in inputs),
        outputs=tuple(_outputs(signature, block)),
        held=held_of(signature, block, archive),
        training=_learns(block),
        notes=tuple(_notes(undecided(ranges, sizes))),
        versions=_versions(program),
    )


class _Blocks:
    """Reads blocks, one inside another, under one set of sizes."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes

    def read(self, graph: Cursor) -> Block:
        tensors = {name: self._tensor(name, meta) for name, meta in graph.at("tensor_values").items()}
        arguments = Arguments(tensors, dict(self._numbers(graph)), self.read)
        return Block(
            nodes=tuple(self._node(node, arguments) for node in graph.at("nodes").each()),
            tensors=tensors,
            inputs=tuple(_name(arguments.read(item)) for item in graph.at("inputs").each()),
            outputs=tuple(_name(arguments.read(item)) for item in graph.at("outputs").each()),
        )

    def _tensor(self, name: str, meta: Cursor) -> Tensor:
        sizes = [dimension(size) for size in meta.at("sizes").each()]
        shape = tuple(self._sizes.of(size) for size in sizes)
        elements_of(tuple(size for size in shape if size is not None), f"{meta.path}: {name[:80]}")
        return Tensor(shape, dtype_of(meta), layout_of(meta))

    def _numbers(self, graph: Cursor) -> Iterator[tuple[str, Any]]:
        whole_numbers = graph.get("sym_int_values")
        for name, value in whole_numbers.items() if whole_numbers else ():
            yield name, self._sizes.of(dimension(value))
        for kind in ("bool", "float"):
            table = graph.get(f"sym_{kind}_values")
            for name, value in table.items() if table else ():
                case, held = value.union()
                yield name, held.value if case != "as_expr" else None

    def _node(self, node: Cursor, arguments: Arguments) -> Node:
        results = tuple(arguments.read(item) for item in node.at("outputs").each())
        name = node.get("name")
        metadata = node.get("metadata")
        stack = metadata.get("nn_module_stack") if metadata else None
        return Node(
            name=name.text() if name else next((r.name for r in results if isinstance(r, Ref)), ""),
            target=node.at("target").text().removeprefix("torch.ops."),
            arguments=tuple(_argument(item, arguments) for item in node.at("inputs").each()),
            results=results,
            scopes=scopes_of(stack.text()) if stack else (),
        )


def _argument(item: Cursor, arguments: Arguments) -> Argument:
    kind = item.get("kind")
    keyword = kind is not None and kind.whole() == KEYWORD
    return Argument(arguments.read(item.at("arg")), item.at("name").text(), keyword)


def _name(argument: Any) -> str | None:
    return argument.name if isinstance(argument, Ref) else None


def _inputs(graph: Cursor, signature: Cursor) -> Iterator[Input]:
    """The tensors that the user's arguments are."""
    tensors = graph.at("tensor_values")
    for spec in signature.at("input_specs").each():
        case, held = spec.union()
        if case != "user_input":
            continue
        kind, argument = held.at("arg").union()
        if kind == "as_tensor":
            name = argument.at("name").text()
            meta = tensors.at(name)
            yield Input(name, tuple(dimension(size) for size in meta.at("sizes").each()), dtype_of(meta))


def _outputs(signature: Cursor, block: Block) -> Iterator[str]:
    for spec in signature.at("output_specs").each():
        case, held = spec.union()
        if case not in ("user_output", "loss_output"):
            continue
        argument = held.at("arg")
        if case == "user_output":
            kind, argument = argument.union()
            if kind != "as_tensor":
                continue
        name = argument.at("name").text()
        if name not in block.tensors:
            argument.wrong(f"there is no tensor {name[:80]!r}")
        yield name


def _ranges(program: Cursor) -> Ranges:
    table = program.get("range_constraints")
    if table is None:
        return {}
    return {name: (_limit(limits, "min_val"), _limit(limits, "max_val")) for name, limits in table.items()}


def _limit(limits: Cursor, key: str) -> int | None:
    limit = limits.get(key)
    return None if limit is None else limit.whole()


def _learns(block: Block) -> bool:
    return any(a.name in LEARNING and a.value is True for node in block.nodes for a in node.arguments)


def _notes(symbols: tuple[str, ...]) -> Iterator[Note]:
    if symbols:
        yield Note(
            "values-decide",
            f"values decide how large {listed(symbols)} is; -d {symbols[0]}=SIZE says what to take it for",
            (("symbols", symbols),),
        )


def _versions(program: Cursor) -> tuple[tuple[str, str | None], ...]:
    version = program.get("torch_version")
    return (("exported by torch", version.text()[:40]),) if version else ()
