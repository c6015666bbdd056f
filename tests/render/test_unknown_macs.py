"""A file that holds tensors and no forward: what is not known is called unknown, and not a bound."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest

import linscope
from linscope.render import Look, render

if TYPE_CHECKING:
    from pathlib import Path

    from linscope.report.record import Report


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Two alike layers of 4 · 2 and a head of 2 · 2, in float32."""
    shapes = {"layers.0.weight": [4, 2], "layers.1.weight": [4, 2], "head.weight": [2, 2]}
    header, end = {}, 0
    for name, (rows, columns) in shapes.items():
        size = 4 * rows * columns
        header[name] = {"dtype": "F32", "shape": [rows, columns], "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))
    return linscope.analyze(f"st:{tmp_path}/m.safetensors")


@pytest.mark.parametrize("width", [None, 100, 60, 40, 30])
def test_a_table_has_no_bounds_and_no_macs_for_it(report: Report, width: int | None) -> None:
    shown = render(report, "table", Look(width=width))
    assert "≥" not in shown and "at least" not in shown and "nothing" not in shown
    assert "FLOPs" not in shown and "Uncounted" not in shown
    assert shown.count("MACs") == 1
    assert "unknown" in shown


def test_it_says_why_and_compares_parameters(report: Report) -> None:
    lines = [" ".join(line.split()) for line in render(report, "table", Look()).splitlines()]
    assert lines[0].endswith("m.safetensors: 3 tensors")
    assert "MACs unknown the file holds tensors, and no forward that would use them" in lines
    assert "2 × weight (4, 2) 2 × 8 80.0% ██████▍" in lines  # 16 of 20


def test_markdown_and_rankings_likewise(report: Report) -> None:
    text = render(report, "markdown", Look())
    assert "- **MACs**: unknown (the file holds tensors, and no forward that would use them)" in text
    assert "≥" not in text


def test_the_json_form_is_a_lower_bound_as_ever(report: Report) -> None:
    form = report.to_dict()
    assert form["completeness"]["status"] == "lower_bound"
    assert form["totals"]["macs"] == 0
