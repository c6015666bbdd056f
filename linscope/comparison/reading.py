"""The JSON form of a report to what is compared of it: checked on the way, since a file may hold anything.

Keys that are not known are passed over, so that a later form of the same major version reads as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.comparison.part import Part
from linscope.report.comparison import Compared, LayerSide
from linscope.report.record import TensorInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One call of one layer. ``counts`` are its own figures by name, in elements, MACs and bytes.

    ``leaf`` is whether it calls no other layer, ``uncounted`` the operators without a count that ran in it.
    """

    side: LayerSide
    depth: int
    leaf: bool
    counts: tuple[tuple[str, int], ...]
    uncounted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Side:
    """One analysis: its rows and its totals; a total that this report does not have is None.

    ``uncounted`` is the operators without a count, each with its calls, ``placed`` whether each is known to have run
    in some of the rows; ``lazy`` is how many parameters have no size.
    """

    about: Compared
    rows: tuple[Row, ...]
    totals: dict[str, int | None]
    uncounted: frozenset[tuple[str, int]]
    placed: bool
    lazy: int


def side_of(form: Mapping[str, Any], name: str) -> Side:
    """What is compared of a report; ``name`` is how messages call it.

    Raises:
        UsageError: something is missing, or is of another kind; the message says where it stands.
    """
    report = Part(form, name)
    uncounted = report["completeness"]["uncounted"].parts()
    where = _where(uncounted)
    rows = _rows(report["layers"].parts(), where)
    return Side(
        about=_about(report),
        rows=rows,
        totals=_totals(report),
        uncounted=frozenset((operator["name"].text(), operator["calls"].count()) for operator in uncounted),
        placed=all(operator["modules"].parts() for operator in uncounted)
        and where.keys() <= {row.side.path for row in rows},
        lazy=report["totals"]["parameters"].get("lazy", 0).count(),
    )


def _about(report: Part) -> Compared:
    completeness = report["completeness"]
    return Compared(
        target=report["target"].text(),
        inputs=tuple(map(_tensor, report["inputs"].parts())),
        outputs=tuple(map(_tensor, report["outputs"].parts())),
        status=completeness["status"].text(),
        uncounted=tuple(operator["name"].text() for operator in completeness["uncounted"].parts()),
        mode=report["run"]["mode"].text(),
        training=report["run"]["training"].truth(),
        environment=(
            ("linscope", report["tool"]["version"].text()),
            *((name, part.text_or_none()) for name, part in report["environment"].named()),
        ),
    )


def _tensor(tensor: Part) -> TensorInfo:
    return TensorInfo(tensor["shape"].shape(), tensor["dtype"].text(), tensor.get("name", None).text_or_none())


def _totals(report: Part) -> dict[str, int | None]:
    totals = report["totals"]
    return {
        "parameters": totals["parameters"]["total"].count(),
        "trainable": totals["parameters"]["trainable"].count(),
        "packed": totals["parameters"].get("packed", {}).get("total", 0).count(),
        "macs": totals["macs"].count(),
        "elementwise": totals["elementwise"].count(),
        "parameter_bytes": _bytes(totals["parameters"]),
        "buffer_bytes": totals["buffers"]["bytes"].count(),
        **_memory(report.get("memory", {})),
    }


def _memory(memory: Part) -> dict[str, int | None]:
    """What a report says of memory beyond parameters and buffers, in bytes; nothing where it is an older one."""
    known: dict[str, int | None] = {}
    for name, part in memory.named():
        size = part.get("bytes", None) if part.is_object else part
        if name not in ("parameters", "buffers") and (size.is_none or size.is_count):
            known[f"{name.removesuffix('_bytes')}_bytes"] = None if size.is_none else size.count()
    if known.get("activations_bytes", 0) is None and "total_bytes" in known:
        known["total_bytes"] = None  # a sum without what nobody ran is none
    return known


def _bytes(parameters: Part) -> int:
    """Those of parameters, and of what quantized layers hold packed."""
    return parameters["bytes"].count() + parameters.get("packed", {}).get("bytes", 0).count()


def _where(uncounted: list[Part]) -> dict[str, frozenset[str]]:
    """The operators without a count, by the path of the layers they ran in."""
    found: dict[str, frozenset[str]] = {}
    for operator in uncounted:
        for path in operator["modules"].parts():
            found[path.text()] = found.get(path.text(), frozenset()) | {operator["name"].text()}
    return found


def _rows(layers: list[Part], uncounted: Mapping[str, frozenset[str]]) -> tuple[Row, ...]:
    """A row calls others where the one after it is deeper."""
    depths = [layer["depth"].count() for layer in layers]
    return tuple(
        _row(layer, depth, leaf=after <= depth, uncounted=uncounted)
        for layer, depth, after in zip(layers, depths, [*depths[1:], 0], strict=False)
    )


def _row(layer: Part, depth: int, *, leaf: bool, uncounted: Mapping[str, frozenset[str]]) -> Row:
    parameters = layer["parameters"]
    side = LayerSide(
        path=layer["path"].text(),
        type=layer["type"].text(),
        call=layer["call"].count(),
        written=layer["written"].text(),
        input_shapes=layer["input_shapes"].shapes(),
        output_shapes=layer["output_shapes"].shapes(),
        output_dtypes=tuple(dtype.text() for dtype in layer["output_dtypes"].parts()),
        parameter_shapes=tuple((name, shape.shape()) for name, shape in parameters["shapes"].named()),
    )
    counts = (
        ("parameters", parameters["total"].count()),
        ("trainable", parameters["trainable"].count()),
        ("macs", layer["macs"].count()),
        ("elementwise", layer["elementwise"].count()),
        ("parameter_bytes", _bytes(parameters)),
    )
    return Row(side, depth, leaf, counts, uncounted.get(side.path, frozenset()))
