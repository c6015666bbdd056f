"""The JSON form, key by key."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

from linscope import __version__
from linscope.errors import Place, ShapeError
from linscope.report.derivation import Derivation, Factor, Term
from linscope.report.memory import Held, Memory
from linscope.report.record import (
    COUNTED,
    UNCOUNTED,
    Explanation,
    LayerRow,
    Note,
    OperatorRow,
    Opinion,
    ParameterCount,
    Report,
    Run,
    TensorInfo,
    Totals,
    Verification,
)
from linscope.report.serialize import LONGEST_DERIVATION, error_to_dict, report_to_dict

# 32 * 3 rows through 4 * 2 weights: 768
PRODUCT = Derivation(
    (Term((Factor("batch", 32), Factor("rows", 3)), (Factor("in_features", 4), Factor("out_features", 2))),)
)
EIGHT = ParameterCount(8, 8, 0, 32, 0, (("weight", (2, 4)),))
ROW = LayerRow(
    path="0",
    type="Linear",
    call=1,
    depth=0,
    written="Linear(4, 2)",
    input_shapes=((32, 3, 4),),
    output_shapes=((32, 3, 2),),
    output_dtypes=("float32",),
    parameters=EIGHT,
    macs=768,
    elementwise=0,
    derivation=PRODUCT,
    subtree_macs=768,
    subtree_parameters=8,
    has_children=False,
    subtree_derivation=PRODUCT,
    allocated=768,
    subtree_allocated=768,
)
REPORT = Report(
    target="[32,3,4] -> Linear(4,2)",
    inputs=(TensorInfo((32, 3, 4), "float32"),),
    outputs=(TensorInfo((32, 3, 2), "float32"),),
    layers=(ROW,),
    operators=(OperatorRow("aten.mm", 1, COUNTED, 768, 0, ((PRODUCT, 1),)),),
    totals=Totals(ParameterCount(8, 8, 0, 32, 0), 0, 0, 768, 0),
    uncounted=(),
    crosschecks=(Opinion("thop", "0.1.1", 768, True),),
    notes=(),
    run=Run("real", "cpu", False, 0),
    environment=(("torch", "2.13.0"), ("thop", None)),
    memory=Memory(32, 0, 2304, "0", None, (Held("float32", 8, 32, 0),)),
)


def test_the_form_is_the_designs() -> None:
    form = report_to_dict(REPORT)
    conventions = form.pop("conventions")
    assert form == {
        "schema_version": "1.0",
        "tool": {"name": "linscope", "version": __version__},
        "target": "[32,3,4] -> Linear(4,2)",
        "inputs": [{"name": None, "shape": [32, 3, 4], "dtype": "float32"}],
        "outputs": [{"name": None, "shape": [32, 3, 2], "dtype": "float32"}],
        "layers": [
            {
                "path": "0",
                "aliases": [],
                "type": "Linear",
                "call": 1,
                "depth": 0,
                "written": "Linear(4, 2)",
                "input_shapes": [[32, 3, 4]],
                "output_shapes": [[32, 3, 2]],
                "output_dtypes": ["float32"],
                "parameters": {
                    "total": 8,
                    "trainable": 8,
                    "frozen": 0,
                    "bytes": 32,
                    "shared": 0,
                    "unused": 0,
                    "lazy": 0,
                    "packed": {"total": 0, "bytes": 0},
                    "shapes": {"weight": [2, 4]},
                },
                "macs": 768,
                "flops": 1536,
                "elementwise": 0,
                "allocated": 768,
                "share": 1.0,
                "derivation": "32 * 3 * 4 * 2",
                "formula": "batch * rows * in_features * out_features",
                "subtree": {
                    "macs": 768,
                    "parameters": 8,
                    "allocated": 768,
                    "derivation": "32 * 3 * 4 * 2",
                    "formula": "batch * rows * in_features * out_features",
                },
            }
        ],
        "operators": [
            {
                "name": "aten.mm",
                "calls": 1,
                "state": "counted",
                "macs": 768,
                "elements": 0,
                "derivations": [{"derivation": "32 * 3 * 4 * 2", "calls": 1}],
                "modules": [],
            }
        ],
        "totals": {
            "parameters": {
                "total": 8,
                "trainable": 8,
                "frozen": 0,
                "bytes": 32,
                "shared": 0,
                "unused": 0,
                "lazy": 0,
                "packed": {"total": 0, "bytes": 0},
            },
            "buffers": {"total": 0, "bytes": 0},
            "macs": 768,
            "flops": 1536,
            "elementwise": 0,
        },
        "memory": {
            "parameters": {"bytes": 32, "stored_as": None, "by_dtype": {"float32": 32}},
            "buffers": {"bytes": 0, "by_dtype": {}},
            "activations": {"bytes": 2304, "reached_in": "0"},
            "kv_cache": {"bytes": None},
            "total": {"bytes": 2336},
        },
        "completeness": {"status": "complete", "uncounted": []},
        "crosschecks": [{"source": "thop", "version": "0.1.1", "macs": 768, "agrees": True, "reason": None}],
        "explanations": [],
        "notes": [],
        "run": {"mode": "real", "device": "cpu", "training": False, "seed": 0, "why": None},
        "environment": {"torch": "2.13.0", "thop": None},
    }
    assert set(conventions) >= {"macs", "flops", "elementwise", "parameters", "buffers", "bytes"}
    assert "2 x MACs" in conventions["flops"]


def test_the_derivation_is_python_that_gives_the_count() -> None:
    form = report_to_dict(REPORT)
    assert eval(form["layers"][0]["derivation"]) == form["layers"][0]["macs"] == 32 * 3 * 4 * 2


def test_a_derivation_that_is_absent_or_too_long_is_null() -> None:
    one = Term((Factor("n", 1),))
    for terms, said in (((), None), ((one,) * LONGEST_DERIVATION, " + "), ((one,) * (LONGEST_DERIVATION + 1), None)):
        row = replace(ROW, derivation=Derivation(terms) if terms else None)
        (layer,) = report_to_dict(replace(REPORT, layers=(row,)))["layers"]
        for key in ("derivation", "formula"):
            assert layer[key] is None if said is None else said in layer[key]


def test_the_share_is_of_the_total_and_null_where_that_is_nothing() -> None:
    # 768 of 2,304 is a third
    third = replace(REPORT, totals=replace(REPORT.totals, macs=2304))
    assert report_to_dict(third)["layers"][0]["share"] == 0.333333
    nothing = replace(REPORT, totals=replace(REPORT.totals, macs=0))
    assert report_to_dict(nothing)["layers"][0]["share"] is None


def test_parameters_that_are_not_as_others_are_told_apart() -> None:
    count = ParameterCount(8, 6, 2, 32, 0, (), unused=3, lazy=1, packed=10, packed_bytes=16)
    row = replace(ROW, parameters=count, aliases=("tied.0",))
    form = report_to_dict(replace(REPORT, layers=(row,), totals=replace(REPORT.totals, parameters=count)))
    told = {"unused": 3, "lazy": 1, "packed": {"total": 10, "bytes": 16}}
    assert form["totals"]["parameters"].items() >= told.items()
    assert form["layers"][0]["parameters"].items() >= told.items()
    assert form["layers"][0]["aliases"] == ["tied.0"]


def test_a_layer_is_found_by_any_of_its_names() -> None:
    report = replace(REPORT, layers=(replace(ROW, aliases=("tied",)), replace(ROW, call=2, aliases=("tied",))))
    assert report.calls_of("0") == report.calls_of("tied") == report.layers
    assert report.calls_of("1") == ()


def test_what_was_not_counted_is_named_and_the_status_says_so() -> None:
    fft = OperatorRow("aten._fft_r2c", 2, UNCOUNTED, 0, 0, modules=("fft", ""))
    form = report_to_dict(replace(REPORT, uncounted=(fft,)))
    assert form["completeness"] == {
        "status": "lower_bound",
        "uncounted": [{"name": "aten._fft_r2c", "calls": 2, "modules": ["fft", ""]}],
    }


def test_what_is_no_number_is_null() -> None:
    checks = tuple(Verification("a = b", value, 0.0, False) for value in (nan, inf, -inf, 0.5))
    note = Note("odd", "odd", (("values", (nan, 1, (inf, "x"))), ("by", {"k": nan}), ("other", 1j)))
    form = report_to_dict(replace(REPORT, explanations=(Explanation("l", "t", "c", verified=checks),), notes=(note,)))
    differences = [check["max_difference"] for check in form["explanations"][0]["verified"]]
    assert differences == [None, None, None, 0.5]
    assert form["notes"][0]["data"] == {"values": [None, 1, [None, "x"]], "by": {"k": None}, "other": "1j"}
    json.dumps(form, allow_nan=False)


def test_a_report_gives_its_own_form() -> None:
    assert REPORT.to_dict() == report_to_dict(REPORT)
    assert json.loads(REPORT.to_json()) == json.loads(REPORT.to_json(indent=None)) == REPORT.to_dict()


def test_an_error_comes_in_the_same_envelope() -> None:
    text = "[32,3,5] ->\nLinear(4,2)"
    error = ShapeError("no", place=Place(text, 12, 23), details=("in: [32,3,5]",), hint="Linear(5,2)")
    assert error_to_dict(error, text) == {
        "schema_version": "1.0",
        "tool": {"name": "linscope", "version": __version__},
        "target": text,
        "error": {
            "kind": "shape",
            "message": "no",
            "place": {"start": 12, "end": 23, "line": 2, "column": 1, "text": "Linear(4,2)"},
            "details": ["in: [32,3,5]"],
            "hint": "Linear(5,2)",
            "exit_code": 1,
        },
    }
