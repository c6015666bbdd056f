"""``linscope.analyze``: what it takes, what it refuses, what it gives back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
import torch
from torch import nn

import linscope
from linscope.errors import LinscopeError, NotationError, UsageError
from linscope.report.schema import schema

SPEC = "[32,3,4] -> Linear(4,2)"


def test_the_main_job() -> None:
    report = linscope.analyze(SPEC)
    assert isinstance(report, linscope.Report)
    assert [o.shape for o in report.outputs] == [(32, 3, 2)]
    assert (report.totals.parameters.total, report.totals.macs, report.totals.flops) == (8, 768, 1_536)
    assert report.to_dict()["layers"][0]["derivation"] == "32 * 3 * 4 * 2"
    assert (report.run.mode, report.run.seed, report.run.training) == ("real", 0, False)
    assert report.explanations == ()


def test_a_parsed_spec_is_as_good_as_its_text() -> None:
    assert linscope.analyze(linscope.parse(SPEC)) == linscope.analyze(SPEC)


def test_a_report_is_frozen_and_equal_to_its_like() -> None:
    report = linscope.analyze(SPEC)
    assert report == linscope.analyze(SPEC)
    assert report != linscope.analyze(SPEC, seed=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.target = "another"  # type: ignore[misc]


def test_its_json_is_valid_and_says_the_same() -> None:
    for target, inputs in ((SPEC, None), (nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2)), "[3,4]")):
        document = json.loads(linscope.analyze(target, inputs, explain="full").to_json())
        jsonschema.validate(document, schema())
    assert linscope.analyze(SPEC).to_dict()["totals"]["macs"] == 768


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (3, {}, "not int"),
        (None, {}, "not NoneType"),
        (nn.Linear, {}, "not type"),
        (torch.ones(3), {}, "not Tensor"),
        (b"[3] -> ReLU", {}, "not bytes"),
        (SPEC, {"inputs": "[3,4]"}, "names its own inputs"),
        (SPEC, {"run": "gpu"}, "run is 'gpu'"),
        (SPEC, {"explain": "long"}, "explain is 'long'"),
        (SPEC, {"dims": {"B": 3}}, "no dimension called B"),
    ],
)
def test_what_it_does_not_take(target: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        linscope.analyze(target, **options)
    assert caught.value.hint


def test_options_are_by_name_only() -> None:
    with pytest.raises(TypeError):
        linscope.analyze(SPEC, None, "meta")  # type: ignore[misc]


def test_dimensions_are_bound_for_each_call() -> None:
    spec = "[B=2,T,4] -> Linear(4,2) -> [B,T,2]"
    assert linscope.analyze(spec, dims={"T": 3}).totals.macs == 2 * 3 * 8
    assert linscope.analyze(spec, dims={"T": 3, "B": 5}).totals.macs == 5 * 3 * 8
    with pytest.raises(NotationError, match="T has no size"):
        linscope.analyze(spec)


def test_training_mode_is_evaluation_for_a_spec_unless_asked() -> None:
    spec = "[8,6] -> BatchNorm1d(6) -> Dropout(0.5)"
    assert linscope.analyze(spec).run.training is False
    assert linscope.analyze(spec, train=True).run.training is True


def test_explanations_come_where_they_are_asked_for() -> None:
    short, full = (linscope.analyze(SPEC, explain=form).explanations for form in ("short", "full"))
    assert short and len(full) >= len(short)
    assert all(v.holds for e in full for v in e.verified)
    assert linscope.analyze("[3,4] -> ReLU", explain="full").explanations == ()


def test_every_error_says_what_it_is() -> None:
    for target in ("", "[3] -> Nothing", "[3,5] -> Linear(4,2)", "[3] -> ReLU -> [4]", "[2,3] -> Dropout(2.0)"):
        with pytest.raises(LinscopeError) as caught:
            linscope.analyze(target)
        error = caught.value.to_dict()
        assert error["kind"] != "bug" and error["exit_code"] in (1, 2)
        assert error["message"] and error["place"]


def test_the_environment_is_written_down() -> None:
    environment = dict(linscope.analyze(SPEC).environment)
    assert environment["torch"] == torch.__version__
    assert environment["linscope"] == linscope.__version__
