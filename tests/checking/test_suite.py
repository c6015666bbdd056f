"""Checks that run: what passes, what fails and what is told of it, through the public ``linscope.check``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

import linscope
from linscope.errors import ConfigurationError, NotationError, UsageError

if TYPE_CHECKING:
    from linscope.report.checks import Result

NET = str(Path(__file__).parents[2] / "examples" / "net.py")


def only(run: linscope.CheckRun) -> Result:
    (result,) = run.results
    return result


def test_what_holds() -> None:
    run = linscope.check("[32,3,4] -> Linear(4,2) -> [32,3,2]", params=8, macs=768, memory="2336 B")
    assert run.ok and run.exit_code == 0
    assert [(found.kind, found.actual, found.holds) for found in only(run).findings] == [
        ("output", "[32, 3, 2]", True), ("parameters", "8", True), ("macs", "768", True),
        ("memory", "2,336 bytes", True),
    ]  # fmt: skip


def test_every_binding_is_run() -> None:
    run = linscope.check(
        "[B,T,4] -> Linear(4,2)", name="head", bind=[{"B": 32, "T": 3}, {"B": 1, "T": 2}], output="[B,T,2]",
        macs="8*B*T",
    )  # fmt: skip
    assert [result.name for result in run.results] == ["head [B=32, T=3]", "head [B=1, T=2]"]
    assert [result.findings[1].value for result in run.results] == [768, 16]
    assert run.ok


def test_a_failure_shows_formula_substitution_and_the_layer() -> None:
    result = only(
        linscope.check(
            "[B,3,4] -> Linear(4,5) -> ReLU -> [B,3,2]", bind={"B": 32}, macs="24*B", params=8, message="see docs"
        )
    )
    assert (result.status, result.exit_code, result.message) == ("failed", 1, "see docs")
    output, parameters, macs = result.broken[0], result.broken[2 - 1], result.broken[2]
    assert (output.expected, output.actual) == ("[32, 3, 2]", "[32, 3, 5]")
    assert output.lines == ("expected: [B,3,2] with B = 32", "since 0 Linear(4, 5): [32, 3, 4] → [32, 3, 5]")
    assert parameters.lines == ("got: 0 Linear(4, 5): weight (5, 4) = 20",)
    assert macs.lines == (
        "expected: 24*B = 24*32 = 768",
        "got: 0 Linear(4, 5): N * dim1 * in_features * out_features = 32 * 3 * 4 * 5 = 1,920",
    )


@pytest.mark.parametrize(
    ("spec", "output", "line"),
    [
        ("[2,3] -> Linear(3,7) -> ReLU -> Linear(7,5)", "[2,4]", "since 2 Linear(7, 5): [2, 7] → [2, 5]"),
        ("[2,3] -> Linear(3,5) -> ReLU -> Dropout", "[2,4]", "since 0 Linear(3, 5): [2, 3] → [2, 5]"),
        ("[2,3,4] -> ReLU -> Flatten -> Linear(12,5)", "[2,3,5]", "since 1 Flatten: [2, 3, 4] → [2, 12]"),
    ],
)
def test_the_layer_where_the_shape_went_another_way(spec: str, output: str, line: str) -> None:
    (found,) = only(linscope.check(spec, output=output)).broken
    assert line in found.lines


def test_an_assertion_on_the_way_fails_where_it_stands() -> None:
    result = only(linscope.check("[2,3] -> Linear(3,4) -> [2,5] -> ReLU"))
    assert (result.status, result.exit_code) == ("failed", 1)
    assert result.error is not None and result.error.kind == "assertion"
    assert result.error.place is not None and result.error.place.start == 24


def test_a_shape_that_does_not_fit_is_a_failure() -> None:
    result = only(linscope.check("[2,5] -> Linear(4,2)"))
    assert (result.status, result.exit_code) == ("failed", 1)
    assert result.error is not None and result.error.kind == "shape"


@pytest.mark.parametrize(
    ("target", "options", "kind", "words", "hint"),
    [
        ("[2,5] -> Linaer(4,2)", {}, "notation", "Linaer", "did you mean Linear?"),
        ("[B,5] -> Linear(5,2)", {}, "notation", "B has no size", "B=32"),
        ("[B,5] -> Linear(5,2)", {"bind": {"B": 2, "C": 3}}, "usage", "no dimension called C", ""),
        ("[B,5] -> Linear(5,2)", {"bind": {"B": 2}, "output": "[Bt,2]"}, "notation", "Bt has no size", "mean B?"),
        ("[B,5] -> Linear(5,2)", {"bind": {"B": 2}, "macs": "b*10"}, "notation", "b is no name here", "mean B?"),
        ("[B,5] -> Linear(5,2)", {"bind": {"B": 2}, "macs": "1//(B-2)"}, "notation", "division by zero", "divide"),
        ("tv2:x", {}, "usage", "no source tv2:", "did you mean tv:"),
        ("[1] -> (ReLU -> " + "ReLU -> " * 20_000 + "ReLU)", {}, "notation", "characters", "100,000"),
        (f"py:{NET}:Net", {"inputs": "[B,1,28,28]", "bind": {"B": 1, "T": 2}}, "configuration", "called T", "shape"),
        (f"py:{NET}:Net", {"inputs": "[B,1,28,28]"}, "notation", "B has no size", "B=32"),
    ],
)
def test_a_check_that_is_miswritten_is_an_error(
    target: str, options: dict[str, object], kind: str, words: str, hint: str
) -> None:
    result = only(linscope.check(target, **options))
    assert (result.status, result.exit_code) == ("error", 2)
    assert result.error is not None and result.error.kind == kind
    assert words in result.error.message
    assert hint in (result.error.hint or "")


@pytest.mark.parametrize("target", ["py:nowhere.py:Net", f"py:{NET}:Nat", "st:nowhere.safetensors"])
def test_a_target_that_cannot_be_loaded(target: str) -> None:
    result = only(linscope.check(target, "[1,1,28,28]" if target.startswith("py") else None))
    assert (result.status, result.exit_code) == ("error", 3)
    assert result.error is not None and result.error.kind == "target"


def test_a_model_by_name_and_the_shapes_inside_it() -> None:
    run = linscope.check(
        f"py:{NET}:Net", "[B,1,28,28]", bind=[{"B": 1}, {"B": 4}], output="[B,10]", args={"width": 8},
        layers={"body.0": "[B,8,28,28]", "head": "[_,...]"}, params=9098, macs="290_080*B",
    )  # fmt: skip
    assert run.ok
    result = only(linscope.check(f"py:{NET}:Net", "[1,1,28,28]", layers={"body.0": "[1,9,28,28]", "haed": "[1]"}))
    shape, missing = result.broken
    assert shape.lines == ("since body.0 Conv2d: [1, 1, 28, 28] → [1, 8, 28, 28]",)
    assert (missing.actual, missing.lines) == ("no such layer", ("did you mean head?",))


def test_code_is_not_run_where_that_is_forbidden(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    result = only(linscope.check(f"py:{tmp_path / 'evil.py'}:Net", "[1]", may_run_code=False))
    assert (result.status, result.exit_code) == ("error", 2)
    assert not (tmp_path / "ran").exists()
    result = only(linscope.check(f"py:{tmp_path / 'evil.py'}:Net", "[1]"))
    assert (tmp_path / "ran").exists()


def test_a_spec_in_a_file_names_no_model(tmp_path: Path) -> None:
    file = tmp_path / "linscope.toml"
    file.write_text("schema = 1\n[[check]]\nspec = 'py:evil.py:Net'\n")
    (tmp_path / "evil.py").write_text("raise SystemExit('run')\n")
    result = only(linscope.check(file))
    assert (result.exit_code, result.error and result.error.hint) == (2, "write it as target")


def test_files_are_named_from_the_folder_of_the_checks(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(Path(NET).read_text())
    file = tmp_path / "linscope.toml"
    file.write_text("schema = 1\n[[check]]\ntarget = 'py:net.py:Net'\ninputs = '[1,1,28,28]'\noutput = '[1,10]'\n")
    before = Path.cwd()
    assert linscope.check(file).ok
    assert linscope.check(str(file)).ok
    assert Path.cwd() == before


def test_work_without_a_count_passes_no_limit() -> None:
    class Spectrum(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.fft(x)

    found = only(linscope.check(Spectrum(), "[2,8]", macs=0))
    assert (found.status, found.broken[0].holds) == ("failed", None)
    assert found.broken[0].actual == "at least 0"
    assert "not counted: aten._fft_r2c" in found.broken[0].lines
    assert only(linscope.check(Spectrum(), "[2,8]", params=0)).status == "passed"


def test_a_bias_that_pytorch_has_by_default() -> None:
    assert linscope.check("[3,4] -> Linear(4,2)", params=10, torch_defaults=True).ok


def test_several_outputs() -> None:
    lstm = nn.LSTM(4, 6)
    assert linscope.check(lstm, "[5,2,4]", output="[5,2,6]").ok
    assert linscope.check(lstm, "[5,2,4]", output=["[5,2,6]", "[1,2,6]", "[1,2,6]"]).ok
    run = linscope.check(lstm, "[5,2,4]", output=["[5,2,6]", "[1,2,6]"])
    assert only(run).broken[0].actual == "3 tensors"
    run = linscope.check(nn.ReLU(), "[2]", output=["[2]", "[3]"])
    assert only(run).broken[0].actual == "1 tensor came out"


def test_expectations_that_are_none_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotationError):
        linscope.check("[3] -> ReLU", macs="8**2")
    with pytest.raises(NotationError):
        linscope.check("[3] -> ReLU", output="3")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        linscope.check(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="says itself"):
        linscope.check("linscope.toml", macs=3)
    (tmp_path / "linscope.toml").write_text("schema = 1\n")
    with pytest.raises(UsageError, match="there is no check"):
        linscope.check(tmp_path / "linscope.toml")


def test_nothing_expected_is_said() -> None:
    result = only(linscope.check("[3] -> ReLU"))
    assert result.status == "passed"
    assert result.remarks == ("nothing was expected: it could be analysed, and no more",)


def test_a_shape_in_the_spec_and_one_beside_it() -> None:
    run = linscope.check("[B,4] -> Linear(4,2) -> [_,2]", bind={"B": 3}, output="[B,2]")
    assert run.ok and len(only(run).findings) == 2
    run = linscope.check("[B,4] -> Linear(4,2) -> [_,2]", bind={"B": 3}, output="[B,3]")
    assert [found.expected for found in only(run).broken] == ["[3, 3]"]


def test_nothing_is_left_behind() -> None:
    before = (torch.get_num_threads(), torch.get_rng_state(), gc.isenabled(), gc.get_freeze_count())
    assert linscope.check("[2,4] -> Linear(4,2)", macs=16).ok
    after = (torch.get_num_threads(), torch.get_rng_state(), gc.isenabled(), gc.get_freeze_count())
    assert torch.equal(before[1], after[1])
    assert (before[0], *before[2:]) == (after[0], *after[2:])
