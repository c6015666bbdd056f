"""``pt2:``: an exported program, counted as it was written down, and no code of anybody's run."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest
import torch
from sources.programs import exported
from sources.reading import adds_up, read

import linscope
from linscope.report.record import ELEMENTWISE, FREE, Report


def report_on(name: str, **asked: Any) -> Report:
    return read(f"pt2:{exported(name)[0]}", **asked)


# ── against linscope's own count of the model that was exported ─────────────────────────────────────


@pytest.mark.parametrize(("name", "inputs"), [("tied", "[2,3,16,16]"), ("layers", "[2,5,8]"), ("no grad", "[2,4]")])
def test_it_agrees_with_the_model(name: str, inputs: str) -> None:
    report, own = report_on(name), linscope.analyze(exported(name)[1], inputs, crosscheck=False)
    assert report.complete
    assert report.totals.macs == own.totals.macs
    assert report.totals.parameters == own.totals.parameters
    assert (report.totals.buffers, report.totals.buffer_bytes) == (own.totals.buffers, own.totals.buffer_bytes)
    assert [tensor.shape for tensor in report.outputs] == [tensor.shape for tensor in own.outputs]
    assert adds_up(report)


def test_rows_are_those_of_the_model() -> None:
    report, own = report_on("tied"), linscope.analyze(exported("tied")[1], "[2,3,16,16]", crosscheck=False)

    def face(rows: Any) -> Any:
        return [(r.path, r.type, r.call, r.depth, r.macs, r.input_shapes, r.output_shapes, r.parameters) for r in rows]

    assert face(report.layers) == face(own.layers)


def test_numbers_by_hand() -> None:
    report = report_on("tied", batch=4)
    conv, linear, product = 4 * 16 * 16 * 8 * 3 * 9, 4 * 8 * 8, 4 * 8 * 4
    assert report.totals.macs == conv + 3 * linear + product
    # conv, norm, the linear with its bias, and what nothing reads; the tied weight once
    assert report.totals.parameters.total == (8 * 27 + 8) + 16 + (64 + 8) + 5
    assert (report.totals.parameters.shared, report.totals.parameters.unused, report.totals.parameters.frozen) == (
        64,
        5,
        8,
    )
    assert report.totals.buffers == 8 + 8 + 1


# ── structures ──────────────────────────────────────────────────────────────────────────────────────


def test_a_choice_counts_where_both_ways_cost_the_same() -> None:
    report = report_on("branches")
    assert report.totals.macs == 2 * 4 * 4 + 2 * 4 * 4  # the second: the cheaper of 32 and 128
    assert [(row.name, row.calls) for row in report.uncounted] == [("higher_order.cond", 1)]


def test_a_scan_counts_for_every_entry() -> None:
    report = report_on("scanned")
    assert report.totals.macs == 7 * 2 * 4 * 4
    assert report.complete
    assert report.layers[0].input_shapes == ((7, 2, 4),)
    assert {row.name: row.calls for row in report.operators if row.state == ELEMENTWISE} == {
        "aten.add": 14,
        "aten.tanh": 7,
    }


def test_dropout_in_evaluation_gives_what_it_takes() -> None:
    assert {row.name: row.state for row in report_on("tied").operators}["aten.dropout"] == FREE


def test_inputs_are_the_tensors_among_the_arguments() -> None:
    report = report_on("fed")
    assert [(tensor.name, tensor.shape) for tensor in report.inputs] == [
        ("tensors_a", (3, 4)),
        ("tensors_b_0", (4, 5)),
        ("more", (5,)),
    ]
    assert report.totals.macs == 3 * 4 * 5


def test_sizes_that_values_decide_are_named_and_may_be_given() -> None:
    report = report_on("chosen")
    assert [row.name for row in report.uncounted] == ["aten.linear"]
    assert {"sizes-unknown", "values-decide"} <= {note.code for note in report.notes}
    given = report_on("chosen", sizes={"u0": 5})
    assert given.complete
    assert given.totals.macs == 5 * 4 * 3


def test_it_goes_with_the_schema() -> None:
    from jsonschema import Draft202012Validator

    from linscope.report.schema import schema

    Draft202012Validator(schema()).validate(report_on("tied").to_dict())


def test_composites_come_down_to_the_operators_that_the_table_says() -> None:
    from linscope.engine.graph.opening import parts_inside
    from linscope.engine.graph.parts import Part, part_of, rule_called
    from linscope.engine.graph.whole import LEAVES

    x = torch.empty(2, 4, 6, device="meta")
    per_channel = (torch.empty(4, device="meta"),) * 4
    special: dict[str, tuple[Any, ...]] = {
        "batch_norm": (x, *per_channel, False, 0.1, 1e-5, False),
        "layer_norm": (x, [6]),
        "group_norm": (x, 2),
        "prelu": (x, per_channel[0]),
        "clip": (x, 0, 1),
        **dict.fromkeys(("__and__", "__or__", "__xor__"), (x.to(torch.int64),) * 2),
        **dict.fromkeys(("absolute", "log_sigmoid", "negative", "relu6", "selu", "square"), (x,)),
    }
    for name, leaf in LEAVES.items():
        packet = getattr(torch.ops.aten, name)
        operator = getattr(
            packet, "Tensor" if "Tensor" in packet.overloads() and name not in special else packet.overloads()[0]
        )
        if name.startswith("__"):
            operator = packet.Tensor
        args = special.get(name, (x, x))
        inside = [part for part in parts_inside(operator, args, {}) or () if part.state != FREE]
        alone: Part = part_of(rule_called(f"aten.{leaf}", None), args, {}, operator(*args))
        assert inside == [alone], name


# ── what is asked ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "macs"),
    [
        ({}, 2 * 2 * 8 * 9 * 4 * 27 + 9 * 30),
        ({"sizes": {"b": 3}}, 2 * 3 * 8 * 9 * 4 * 27 + 9 * 30),
        ({"inputs": "[4,3,21,20]"}, 2 * 4 * 10 * 9 * 4 * 27 + 9 * 30),
        ({"inputs": ["[1,3,17,20]", torch.empty(7, 6)]}, 2 * 8 * 9 * 4 * 27 + 7 * 30),
        ({"inputs": {"y": "[T,6]"}, "sizes": {"T": 8}}, 2 * 2 * 8 * 9 * 4 * 27 + 8 * 30),
    ],
)
def test_free_dimensions_are_those_asked_for(asked: dict[str, Any], macs: int) -> None:
    if "b" in asked.get("sizes", {}):  # which name the exporter gave it is its own affair
        with zipfile.ZipFile(exported("free")[0]) as archive:
            graph = json.loads(archive.read("free/models/model.json"))["graph_module"]["graph"]
        symbol = graph["tensor_values"]["x"]["sizes"][0]["as_expr"]["expr_str"].split("'")[1]
        asked = {"sizes": {symbol: asked["sizes"]["b"]}}
    assert report_on("free", **asked).totals.macs == macs


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"inputs": "[4,3,17,21]"}, "21 is not 20"),
        ({"inputs": "[4,3,17]"}, "has 4 dimensions in this program, not 3"),
        ({"inputs": "[4,3,99,20]"}, "is 99, and the program takes 5 to 64"),
        ({"inputs": "z=[1]"}, "no input 'z'"),
        ({"inputs": "y=[9,6]:int64"}, "is float32 in this program"),
        ({"sizes": {"q": 3}}, "no dimension q"),
        ({"batch": 3}, "begin with different dimensions"),
        ({"dtype": "float16"}, "takes no dtype"),
        ({"length": 7}, "takes no sequence length"),
    ],
)
def test_what_the_program_does_not_take_is_said(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(linscope.errors.UsageError) as error:
        report_on("free", **asked)
    assert words in str(error.value)


def test_a_batch_that_is_fixed_is_said_to_be() -> None:
    with pytest.raises(linscope.errors.UsageError, match="fixed"):
        report_on("layers", batch=3)
    assert report_on("layers", batch=2).complete
    with pytest.raises(linscope.errors.UsageError, match="1 to 64"):
        report_on("tied", batch=65)
