"""A comparison as a whole: the issue's questions on real models, the figures worked out by hand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import torch
from compare.forms import fft, form, linear, row
from torch import nn

import linscope
from linscope.comparison import compare_forms
from linscope.errors import LinscopeError, TargetError, UsageError
from linscope.report.comparison_form import comparison_schema
from linscope.side_by_side import compare

if TYPE_CHECKING:
    from linscope.report.comparison import Comparison

SCHEMA = comparison_schema()
ONE = "[32,3,4] -> Linear(4,2)"
TWO = "[32,3,4] -> Linear(4,8) -> ReLU -> Linear(8,2)"


def totals(comparison: Comparison) -> dict[str, tuple[int | None, int | None]]:
    jsonschema.validate(comparison.to_dict(), SCHEMA)
    return {figure.name: (figure.before, figure.after) for figure in comparison.totals}


def codes(comparison: Comparison) -> list[str]:
    return [note.code for note in comparison.notes]


def test_two_specs() -> None:
    comparison = compare(ONE, TWO)
    assert totals(comparison) == {
        "parameters": (8, 48),  # 4·2; 4·8 + 8·2
        "trainable": (8, 48),
        "packed": (0, 0),
        "macs": (768, 4_608),  # 96 rows · 8; 96 · 48
        "elementwise": (0, 768),  # 96 · 8 through the ReLU
        "parameter_bytes": (32, 192),
        "buffer_bytes": (0, 0),
        "activations_bytes": (2_304, 7_680),  # 384 + 192 numbers; 384 + 768 + 768, in the ReLU
        "total_bytes": (2_336, 7_872),
    }
    first, relu, last = comparison.layers
    assert (first.kind, relu.kind, last.kind) == ("changed", "added", "added")
    assert first.figure("macs").change == 96 * 32 - 96 * 8
    assert last.figure("macs").change == 96 * 16
    assert first.before is not None and first.before.output_shapes == ((32, 3, 2),)
    assert first.after is not None and first.after.output_shapes == ((32, 3, 8),)
    assert comparison.unchanged == 0 and not comparison.notes


def test_the_same_twice_is_identical() -> None:
    comparison = compare(TWO, TWO)
    assert comparison.identical
    assert (comparison.layers, comparison.unchanged, comparison.moved) == ((), 3, 0)
    totals(comparison)


def test_a_report_a_saved_one_and_a_module_go_the_same_way(tmp_path: Any) -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    report = linscope.analyze(module, "[5,4]")
    path = tmp_path / "report.json"
    path.write_text(report.to_json(), encoding="utf-8")
    for side in (report, report.to_dict(), str(path), path, (module, "[5,4]")):
        assert compare(report, side).identical
    assert compare(module, nn.Sequential(*module, nn.ReLU()), inputs="[5,4]").layers[-1].side.type == "ReLU"


def test_another_dtype_changes_bytes_and_no_count() -> None:
    half = nn.Linear(4, 2).to(torch.bfloat16)
    comparison = compare((nn.Linear(4, 2), "[5,4]"), (half, "[5,4]:bfloat16"))
    found = totals(comparison)
    assert found["parameters"] == (10, 10)  # 4·2 + 2
    assert found["parameter_bytes"] == (40, 20)
    (change,) = comparison.layers
    assert change.what == ("output_dtypes", "parameter_bytes")
    assert "inputs-differ" in codes(comparison)


def test_a_frozen_layer_is_a_change_of_what_is_trainable() -> None:
    frozen = nn.Linear(4, 2).requires_grad_(False)
    (change,) = compare(nn.Linear(4, 2), frozen, inputs="[5,4]").layers
    assert change.what == ("trainable",)
    assert change.figure("trainable").change == -10


def test_a_sum_over_an_operator_without_a_count_is_a_bound() -> None:
    comparison = compare(ONE, f"{ONE} -> cumsum(0)")
    totals(comparison)
    macs = comparison.total("macs")
    assert macs is not None
    assert (macs.before, macs.after, macs.change) == (768, 768, None)
    assert (macs.before_least, macs.after_least) == (False, True)
    assert not comparison.identical
    (note,) = comparison.notes
    assert (note.code, dict(note.data)["side"]) == ("lower-bound", "after")
    assert "aten.cumsum" in note.message


def test_the_same_uncounted_work_on_both_sides_leaves_the_difference_exact() -> None:
    spectrum = row("1", "Spectrum", out=[5, 8])
    before = form(linear("0", 4, 8), spectrum, uncounted=fft("1"))
    after = form(linear("0", 4, 8), spectrum, linear("2", 8, 2), uncounted=fft("1"))
    comparison = compare_forms(before, after)
    macs = comparison.total("macs")
    assert macs is not None
    assert macs.change == 5 * 8 * 2
    assert (macs.before_least, macs.after_least) == (True, True)
    assert codes(comparison) == ["same-uncounted"]
    assert compare_forms(before, before).identical


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (fft("1"), fft("1", calls=2)),  # more of it
        (fft("1"), [*fft("1"), {"name": "aten.cumsum", "calls": 1, "modules": ["1"]}]),
        (fft("1"), fft("0")),  # in another layer
        (fft("nowhere"), fft("nowhere")),  # in none that there is a row of
        (fft(), fft()),  # nobody knows where
    ],
)
def test_uncounted_work_that_may_differ_leaves_the_difference_open(old: Any, new: Any) -> None:
    layers = (linear("0", 4, 8), row("1", "Spectrum", out=[5, 8]))
    comparison = compare_forms(form(*layers, uncounted=old), form(*layers, uncounted=new))
    macs = comparison.total("macs")
    assert macs is not None and macs.change is None
    assert not comparison.identical
    assert codes(comparison) == ["lower-bound", "lower-bound"]


def test_uncounted_work_on_other_shapes_leaves_the_difference_open() -> None:
    before = form(linear("0", 4, 8), row("1", "Spectrum", out=[5, 8]), uncounted=fft("1"))
    after = form(linear("0", 4, 16), row("1", "Spectrum", out=[5, 16]), uncounted=fft("1"))
    macs = compare_forms(before, after).total("macs")
    assert macs is not None and macs.change is None


def test_uncounted_work_on_what_came_out_of_a_changed_layer_leaves_the_difference_open() -> None:
    """The model takes a Fourier transform of what its hidden layer gives: all that can be seen of the model itself
    is the same, and the transform is twice as wide."""

    def model(width: int) -> Any:
        inside = (linear("a", 4, width, depth=1), linear("b", width, 2, depth=1))
        return form(row("", "Net"), *inside, uncounted=fft(""))

    macs = compare_forms(model(8), model(16)).total("macs")
    assert macs is not None and macs.change is None
    same = compare_forms(model(8), model(8))
    assert same.identical


def test_parameters_without_a_size_make_their_number_a_bound() -> None:
    comparison = compare_forms(form(linear("0", 4, 8)), form(linear("0", 4, 8), lazy=2))
    parameters = comparison.total("parameters")
    assert parameters is not None
    assert (parameters.change, parameters.after_least) == (None, True)
    assert codes(comparison) == ["lazy-parameters"]


def test_memory_that_an_older_report_does_not_have_is_said_to_be_missing() -> None:
    old = form(linear("0", 4, 8))
    new = form(linear("0", 4, 8), memory={"parameters": {"bytes": 128}, "activations": {"bytes": 96}, "kv_cache": None})
    comparison = compare_forms(old, new)
    assert totals(comparison)["activations_bytes"] == (None, 96)
    assert "kv_cache_bytes" not in totals(comparison)  # neither has it
    (note,) = comparison.notes
    assert (note.code, dict(note.data)) == ("figure-missing", {"side": "before", "figure": "activations_bytes"})
    assert not comparison.identical
    assert compare_forms(new, new).identical


def test_runs_that_were_not_alike_are_told() -> None:
    old, new = form(linear("0", 4, 8)), form(linear("0", 4, 8))
    new["run"] = {**new["run"], "training": True}
    new["environment"] = {"torch": "2.14.0"}
    new["tool"] = {"name": "linscope", "version": "0.2.0"}
    assert codes(compare_forms(old, new)) == ["modes-differ", "versions-differ", "versions-differ"]


def test_packed_weights_stand_beside_parameters_and_in_their_bytes() -> None:
    before, after = form(linear("0", 4, 8)), form(row("0", "Linear", out=[5, 8], into=[5, 4]))
    after["totals"]["parameters"]["packed"] = {"total": 32, "bytes": 32}
    after["layers"][0]["parameters"]["packed"] = {"total": 32, "bytes": 32}
    found = totals(compare_forms(before, after))
    assert found["parameters"] == (32, 0)
    assert found["packed"] == (0, 32)
    assert found["parameter_bytes"] == (128, 32)  # 4 bytes each; 1 byte each


@pytest.mark.parametrize(
    ("side", "error", "words"),
    [
        ("nowhere.json", TargetError, "nowhere.json cannot be read"),
        ({"hello": 1}, UsageError, "no report of linscope"),
        (3, UsageError, "not int"),
        ("[3,4] -> Linear(5,2)", LinscopeError, "expects 5 features"),
    ],
)
def test_a_side_that_is_none_says_so(side: Any, error: type[LinscopeError], words: str) -> None:
    for sides in ((ONE, side), (side, ONE)):
        with pytest.raises(error, match=words):
            compare(*sides)
