"""``st:``: a safetensors file, an index of several, or a folder that holds one or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import TargetError
from linscope.graph.held import PARAMETER, Held, Holdings
from linscope.graph.reading import environment
from linscope.graph.remarks import remarks
from linscope.graph.rows import Calls
from linscope.graph.steps import Scope
from linscope.report.record import HEADER, UNCOUNTED, LayerRow, Note, OperatorRow, Report, Run, Totals
from linscope.sources.files import found, takes_only
from linscope.sources.safetensors.header import entries_of
from linscope.sources.safetensors.index import Checkpoint, checkpoint_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from linscope.graph.rows import Call
    from linscope.sources.safetensors.header import Entry
    from linscope.subject import Asked

FORWARD = OperatorRow("forward", 1, UNCOUNTED, 0, 0)
"""What is not counted here: all of it."""

MOST_LABELS = 4
"""Tensors of a module that are told by name."""

NO_MACS = Note(
    "no-macs",
    "MACs are not counted: a safetensors file holds tensors, and no forward that would use them",
)
NO_BUFFERS = Note(
    "buffers-among-parameters",
    "buffers, such as running means, cannot be told from parameters in such a file, and are counted with them; "
    "tied parameters count as often as they are stored",
)


def opened(rest: str, asked: Asked) -> Report:
    """The parameters of the file, the index or the folder that ``rest`` names.

    A row for each module that the names of the tensors go through. MACs are no zero but unknown: the report is
    a lower bound, and ``forward`` is what it has not counted.

    Raises:
        TargetError: nothing there, or a file that is cut short or lies. UsageError: a pickle, or an option that
            makes no sense here.
    """
    takes_only(asked, (), "a safetensors file holds tensors, and no forward to feed")
    path = _chosen(found(rest, "st", folders=True))
    checkpoint = checkpoint_of(path) if path.suffix.lower() == ".json" else Checkpoint(entries_of(path))
    held = tuple(
        Held(e.name, e.name.rpartition(".")[0], e.shape, e.dtype, PARAMETER, e.name)
        for e in sorted(checkpoint.entries, key=_in_order)
    )
    calls = _modules(held, path.name)
    holdings = Holdings(held, {call.scope.path for call in calls})
    return Report(
        target=asked.target,
        inputs=(),
        outputs=(),
        layers=_rows(calls, holdings),
        operators=(),
        totals=Totals(holdings.total(), 0, 0, 0, 0),
        uncounted=(FORWARD,),
        crosschecks=(),
        notes=(*remarks(holdings), *checkpoint.notes, NO_MACS, NO_BUFFERS),
        run=Run(HEADER, "cpu", False, 0),
        environment=environment(),
        memory=holdings.memory(),
    )


def _in_order(entry: Entry) -> list[tuple[int, int, str]]:
    """By name, ``layers.2`` before ``layers.10``: in which order the modules ran is not in the file."""
    return [
        (0, int(part), "") if part.isdecimal() and len(part) < 10 else (1, 0, part) for part in entry.name.split(".")
    ]


def _chosen(path: Path) -> Path:
    """The file itself; of a folder, its index, or else the one file in it."""
    if not path.is_dir():
        return path
    indices = sorted(path.glob("*.safetensors.index.json"))
    files = sorted(path.glob("*.safetensors"))
    usual = [p for p in (*indices, *files) if p.name.startswith(("model.", "diffusion_pytorch_model."))]
    chosen = usual[:1] or (indices if len(indices) == 1 else files if len(files) == 1 and not indices else [])
    if chosen:
        return chosen[0]
    several = [p.name for p in (*indices, *files)]
    if not several:
        raise TargetError(f"{path} holds no safetensors file")
    raise TargetError(f"{path} holds several safetensors files", details=tuple(several[:8]), hint="name one of them")


def _modules(held: tuple[Held, ...], file: str) -> tuple[Call, ...]:
    """The modules on the way to every tensor, those around others first."""
    labels: dict[str, list[str]] = {}
    for tensor in held:
        labels.setdefault(tensor.home, []).append(tensor.name[len(tensor.home) + 1 :] if tensor.home else tensor.name)
    calls = Calls()
    for home in labels:
        calls.at([Scope(path, "Module", 1, _written(path, labels.get(path, []), file)) for path in _on_the_way(home)])
    return tuple(calls.in_order())


def _on_the_way(home: str) -> Iterator[str]:
    yield ""
    ends = [place for place, sign in enumerate(home) if sign == "."]
    yield from (home[:end] for end in (*ends, len(home)) if end)


def _written(path: str, labels: list[str], file: str) -> str:
    """A module by the tensors in it, as its class is not in the file."""
    if not path:
        return file
    if len(labels) > MOST_LABELS:
        return f"{len(labels):,} tensors"
    return ", ".join(labels) or "Module"


def _rows(calls: tuple[Call, ...], holdings: Holdings) -> tuple[LayerRow, ...]:
    below: dict[str, int] = {}
    for call in reversed(calls):
        own = holdings.of(*call.key).total
        below[call.scope.path] = own + sum(below[child.scope.path] for child in call.children.values())
    return tuple(
        LayerRow(
            path=call.scope.path,
            type=call.scope.type,
            call=1,
            depth=call.depth,
            written=call.scope.written,
            input_shapes=(),
            output_shapes=(),
            output_dtypes=(),
            parameters=holdings.of(*call.key),
            macs=0,
            elementwise=0,
            derivation=None,
            subtree_macs=0,
            subtree_parameters=below[call.scope.path],
            has_children=bool(call.children),
        )
        for call in calls
    )
