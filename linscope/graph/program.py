"""A graph of torch's operators as data, before anything is counted: what ``torch.export`` writes down of a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.graph.held import Held
    from linscope.graph.reading import Versions
    from linscope.graph.steps import Scope
    from linscope.report.record import Note


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor. A size is None where it depends on values."""

    shape: tuple[int | None, ...]
    dtype: str
    layout: str = "strided"


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor of the graph as an argument, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of torch's as an argument: a dtype, a layout, a memory format, by its name in torch."""

    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device as an argument, by its kind."""

    kind: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """An argument that is no data: an object of a class of the user's, an operator, a size that values decide."""

    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a node. ``value`` is a Ref, a Constant, a Device, a Block, an Opaque, plain data, or a
    nesting of them; ``name`` is the operator's own where it has one."""

    value: Any
    name: str = ""
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One call of one operator.

    Args:
        name: its own, unique in its block.
        target: ``aten.conv2d.default``, ``higher_order.cond``: torch's name for it.
        arguments: in the operator's order.
        results: a Ref for each tensor that comes out, a list where the operator gives one, None and numbers between.
        scopes: the calls of modules it was part of, the model first; empty where it does not say.
    """

    name: str
    target: str
    arguments: tuple[Argument, ...]
    results: tuple[Any, ...]
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes in order, with every tensor that they name. ``inputs`` and ``outputs`` are names of tensors, None where
    something else than a tensor goes in or comes out."""

    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[str | None, ...]
    outputs: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A program that was read: there is nothing to run, and everything to count.

    Args:
        target: what the user asked for, in their words.
        block: what it does.
        inputs: the names of the tensors that go in, in the order of the forward's arguments.
        outputs: the names of those that come out.
        held: its parameters and buffers.
        training: whether it is the graph of training mode.
        notes: remarks of the source's own.
        versions: of what wrote it.
    """

    target: str
    block: Block
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    held: tuple[Held, ...]
    training: bool = False
    notes: tuple[Note, ...] = ()
    versions: Versions = field(default=())
