"""CSV for spreadsheets and data frames: a row per layer call, and one per operator that has no count.

Shapes are written ``32x3x4``, a scalar's ``scalar``, several parted by semicolons. The first column tells the
rows apart; an ``uncounted`` row has no numbers but its calls, so that columns still add up to the totals.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from linscope.render.characters import ascii_only, visible
from linscope.render.registry import renderer
from linscope.report.serialize import report_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.render.look import Look
    from linscope.report.record import Report

COLUMNS = (
    "row",
    "path",
    "type",
    "call",
    "depth",
    "written",
    "input_shapes",
    "output_shapes",
    "output_dtypes",
    "parameters",
    "trainable",
    "frozen",
    "bytes",
    "shared",
    "parameter_shapes",
    "macs",
    "flops",
    "elementwise",
    "share",
    "derivation",
    "formula",
    "subtree_macs",
    "subtree_parameters",
    "aliases",
    "unused",
    "lazy",
    "packed",
    "packed_bytes",
    "allocated",
)


@renderer("csv")
def spreadsheet(report: Report, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    form = report_to_dict(report)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in (*map(_layer, form["layers"]), *map(_uncounted, form["completeness"]["uncounted"])):
        writer.writerow({name: clean(v) if isinstance(v, str) else v for name, v in row.items()})
    return stream.getvalue()


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    count = layer["parameters"]
    flat = {name: layer[name] for name in COLUMNS if name in layer}
    return {
        **flat,
        "row": "layer",
        "input_shapes": _several(map(_shape, layer["input_shapes"])),
        "output_shapes": _several(map(_shape, layer["output_shapes"])),
        "output_dtypes": _several(layer["output_dtypes"]),
        "parameters": count["total"],
        "trainable": count["trainable"],
        "frozen": count["frozen"],
        "bytes": count["bytes"],
        "shared": count["shared"],
        "parameter_shapes": _several(f"{name}={_shape(sizes)}" for name, sizes in count["shapes"].items()),
        "subtree_macs": layer["subtree"]["macs"],
        "subtree_parameters": layer["subtree"]["parameters"],
        "aliases": _several(layer["aliases"]),
        "unused": count["unused"],
        "lazy": count["lazy"],
        "packed": count["packed"]["total"],
        "packed_bytes": count["packed"]["bytes"],
    }


def _uncounted(operator: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": "uncounted",
        "path": _several(operator["modules"]),
        "type": operator["name"],
        "call": operator["calls"],
    }


def _shape(sizes: list[int]) -> str:
    return "x".join(map(str, sizes)) or "scalar"


def _several(items: Iterable[str]) -> str:
    return ";".join(items)
