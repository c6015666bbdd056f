"""The truth table: every layer of torch.nn that can be run, its numbers worked out by hand beside it.

``truth.json`` holds a spec in the notation, or, where what goes in is more than a tensor, a constructor of
PyTorch and its ``inputs``. ``why`` starts with the working, ``4*2 parameters; 96*4*2 MACs``: plain arithmetic,
which is checked here to come to the numbers it stands beside. ``cannot`` says for a mode why it has no answer.
"""

from __future__ import annotations

import ast
import json
import operator
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import linscope
from linscope.errors import ValuesError
from linscope.notation import catalogue

if TYPE_CHECKING:
    from linscope.report.record import Report

TRUTH = json.loads((Path(__file__).parent / "data" / "truth.json").read_text(encoding="utf-8"))
REFUSED = [
    pytest.param(entry, mode, id=f"{mode}: {entry['spec']}") for entry in TRUTH for mode in entry.get("cannot", ())
]

CANNOT_RUN = {"Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList"}
BASE_CLASSES = {"RNNBase", "RNNCellBase"}
ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def analyzed(entry: dict[str, Any], run: str) -> Report:
    if "inputs" not in entry:
        return linscope.analyze(entry["spec"], run=run, crosscheck=run == "real")
    module = eval(entry["spec"], {"nn": nn})
    return linscope.analyze(module, tuple(value_of(i) for i in entry["inputs"]), run=run)


def with_an_answer(mode: str, quick: int = len(TRUTH)) -> list[Any]:
    """The entries that ``mode`` can run; all but the first ``quick`` of each family are for the slow run."""
    seen: Counter[str] = Counter()
    cases = []
    for entry in TRUTH:
        if mode not in entry.get("cannot", ()):
            marks = () if seen[entry["family"]] < quick else (pytest.mark.slow,)
            cases.append(pytest.param(entry, id=entry["spec"], marks=marks))
            seen[entry["family"]] += 1
    return cases


def value_of(written: dict[str, Any]) -> Any:
    if "values" in written:
        return torch.tensor(written["values"], dtype=getattr(torch, written["dtype"]))
    if "tuple" in written:
        return tuple(value_of(item) for item in written["tuple"])
    if "packed" in written:
        lengths = written["packed"]
        padded = torch.randn(max(lengths), len(lengths), written["features"])
        return pack_padded_sequence(padded, torch.tensor(lengths), enforce_sorted=False)
    return str(written["shape"])  # a shape string: drawn for each run


def worked_out(text: str) -> int:
    def value(node: ast.expr) -> int:
        if isinstance(node, ast.BinOp):
            return ARITHMETIC[type(node.op)](value(node.left), value(node.right))
        assert isinstance(node, ast.Constant) and type(node.value) is int
        return node.value

    return value(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize("entry", TRUTH, ids=lambda e: e["spec"])
def test_the_numbers_are_right_on_real_tensors(entry: dict[str, Any]) -> None:
    report = analyzed(entry, "real")
    assert [list(o.shape) for o in report.outputs] == entry["output_shapes"]
    assert (report.totals.parameters.total, report.totals.macs) == (entry["params"], entry["macs"])
    assert report.totals.parameters.trainable == entry["params"]  # none of these layers is frozen
    assert report.totals.flops == 2 * entry["macs"]
    assert report.complete
    assert sum(row.macs for row in report.layers) == sum(row.macs for row in report.operators) == entry["macs"]
    assert sum(row.parameters.total for row in report.layers) == entry["params"]
    formula = next(o for o in report.crosschecks if o.source == "formula")
    assert formula.agrees, formula.reason


def assert_the_same(entry: dict[str, Any], mode: str) -> None:
    report = analyzed(entry, mode)
    parameters = report.totals.parameters
    assert [list(o.shape) for o in report.outputs] == entry["output_shapes"]
    assert (parameters.total, parameters.trainable, report.totals.macs) == (
        entry["params"],
        entry["params"],
        entry["macs"],
    )
    assert report.complete
    assert report.run.mode == mode


@pytest.mark.parametrize("entry", with_an_answer("meta"))
def test_the_numbers_are_the_same_on_shapes_alone(entry: dict[str, Any]) -> None:
    assert_the_same(entry, "meta")


@pytest.mark.parametrize("entry", with_an_answer("fake", quick=2))
def test_the_numbers_are_the_same_on_fake_tensors(entry: dict[str, Any]) -> None:
    assert_the_same(entry, "fake")


@pytest.mark.parametrize(("entry", "mode"), REFUSED)
def test_a_mode_that_has_no_answer_says_so(entry: dict[str, Any], mode: str) -> None:
    with pytest.raises(ValuesError):
        analyzed(entry, mode)


@pytest.mark.parametrize("entry", TRUTH, ids=lambda e: e["spec"])
def test_the_working_comes_to_the_numbers(entry: dict[str, Any]) -> None:
    working = re.fullmatch(r"(.+?) parameters; (.+?) MACs(?:; .+)?", entry["why"])
    assert working, entry["why"]
    assert worked_out(working[1]) == entry["params"]
    assert worked_out(working[2]) == entry["macs"]


def test_every_layer_that_runs_is_in_the_table() -> None:
    told: set[str] = set()
    for entry in TRUTH:
        told |= set(re.findall(r"[A-Z]\w+", entry["spec"]))
    assert set(catalogue.layer_names()) - told == CANNOT_RUN | BASE_CLASSES


def test_every_layer_with_products_is_there_in_more_than_one_form() -> None:
    with_macs = [
        re.search(r"(?:nn\.)?(\w+)", entry["spec"].rpartition("-> ")[2])[1] for entry in TRUTH if entry["macs"]
    ]
    families = {"Linear", "Parameter", "Bilinear", "MultiheadAttention", "LSTM", "GRU", "RNN", "LSTMCell", "RNNCell"}
    families |= {f"{kind}{n}d" for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)}
    families |= {"TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder", "Transformer"}
    assert {name for name in families if with_macs.count(name) < 2} == set()
    assert len(TRUTH) >= 120
