"""``linscope compare``: both kinds of targets, every format, the exit codes, every wrong input."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest
from cli.shell import linscope

from linscope.cli.values import arguments, inputs, sizes
from linscope.errors import UsageError
from linscope.report.comparison_form import comparison_schema
from linscope.subject import Given

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = comparison_schema()
ONE = "[32,3,4] -> Linear(4,2)"
TWO = "[32,3,4] -> Linear(4,8) -> ReLU -> Linear(8,2)"


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """A folder with ``one.json`` and ``two.json``, as ``linscope analyze`` writes them."""
    for name, spec in (("one", ONE), ("two", TWO)):
        assert linscope("analyze", spec, "-o", f"{name}.json", cwd=str(tmp_path)).code == 0
    return str(tmp_path)


def test_two_specs_as_json() -> None:
    done = linscope("compare", ONE, TWO, "--json")
    assert (done.code, done.err) == (0, "")
    document = done.document
    jsonschema.validate(document, SCHEMA)
    # 4·2 and 4·8 + 8·2 parameters; each on 96 rows
    assert document["totals"]["parameters"]["change"] == 40
    assert document["totals"]["macs"]["before"] == 768
    assert document["totals"]["macs"]["after"] == 4_608
    assert document["totals"]["macs"]["ratio"] == 6.0
    assert [layer["kind"] for layer in document["layers"]] == ["changed", "added", "added"]


def test_two_saved_reports_are_what_they_were_saved_from(saved: str) -> None:
    from_files = linscope("compare", "one.json", "two.json", "--json", cwd=saved)
    assert from_files.code == 0
    assert from_files.document == linscope("compare", ONE, TWO, "--json").document
    assert linscope("compare", "one.json", TWO, "--json", cwd=saved).document == from_files.document


def test_every_format(saved: str) -> None:
    def told(*arguments: str) -> str:
        done = linscope("compare", "one.json", "two.json", *arguments, cwd=saved)
        assert (done.code, done.err) == (0, "")
        return done.out

    assert "+ 2: Linear(8, 2)" in told()
    assert told("--format", "table") == told()
    assert "totals.macs.change: 3840\n" in told("--format", "plain")
    assert told("--format", "markdown").startswith("### `[32,3,4] -> Linear(4,2)` → ")
    assert json.loads(told("--format", "jsonl")) == json.loads(told("--json"))
    assert [row["row"] for row in csv.DictReader(io.StringIO(told("--format", "csv")))] == [
        "changed", "added", "added", "total",
    ]  # fmt: skip
    told("--ascii").encode("ascii")


def test_a_narrow_terminal(saved: str) -> None:
    for columns in (40, 60, 100):
        done = linscope("compare", "one.json", "two.json", cwd=saved, COLUMNS=str(columns))
        assert max(map(len, done.out.splitlines())) <= columns


def test_the_same_twice() -> None:
    done = linscope("compare", ONE, ONE, "--fail-on-increase", "any")
    assert done.code == 0
    assert done.out.startswith("  Nothing changed: 1 layer, 8 parameters, 768 MACs\n")


def test_into_a_file(saved: str, tmp_path: Path) -> None:
    done = linscope("compare", "one.json", "two.json", "-o", "changes.md", cwd=saved)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / "changes.md").read_text(encoding="utf-8").startswith("### ")
    refused = linscope("compare", "one.json", "two.json", "-o", "changes.docx", cwd=saved)
    assert refused.code == 2


def test_a_figure_that_grew_is_named_after_the_comparison_was_printed() -> None:
    done = linscope("compare", ONE, TWO, "--fail-on-increase", "macs=2%", "--fail-on-increase", "parameters=500%")
    assert done.code == 1
    assert "✗ MACs grew from 768 to 4,608 (+500%), more than 2%" in done.out
    assert "✓ Parameters 8 → 48 (+500%), within 500%" in done.out
    assert done.err == "error[assertion]: MACs grew from 768 to 4,608 (+500%), more than 2%\n"


def test_the_other_way_round_nothing_grew() -> None:
    assert linscope("compare", TWO, ONE, "--fail-on-increase", "any").code == 0
    assert linscope("compare", ONE, TWO).code == 0  # nobody asked


def test_in_json_the_verdicts_are_in_the_document() -> None:
    done = linscope("compare", ONE, TWO, "--fail-on-increase", "any", "--json")
    assert (done.code, done.err) == (1, "")
    jsonschema.validate(done.document, SCHEMA)
    assert {limit["figure"]: limit["holds"] for limit in done.document["limits"]} == {
        "parameters": False, "macs": False, "elementwise": False, "parameter_bytes": False, "buffer_bytes": True,
        "activations_bytes": False, "total_bytes": False,
    }  # fmt: skip


def test_a_failure_is_told_where_the_document_went_into_a_file(tmp_path: Path) -> None:
    done = linscope("compare", ONE, TWO, "--fail-on-increase", "macs", "-o", "c.json", cwd=str(tmp_path))
    assert (done.code, done.out) == (1, "")
    assert "error[assertion]: MACs grew" in done.err
    jsonschema.validate(json.loads((tmp_path / "c.json").read_text(encoding="utf-8")), SCHEMA)


def test_a_lower_bound_passes_no_limit_that_it_may_exceed() -> None:
    done = linscope("compare", ONE, f"{ONE} -> cumsum(0)", "--fail-on-increase", "macs")
    assert done.code == 1
    assert "MACs 768 → ≥ 768 may have grown: a lower bound after" in done.err
    assert "no count for aten.cumsum" in done.out
    both = linscope("compare", f"{ONE} -> cumsum(0)", f"{ONE} -> cumsum(0)", "--fail-on-increase", "any")
    assert both.code == 0
    assert "leave out aten.cumsum, on both sides alike" in both.out


def test_options_hold_for_both() -> None:
    done = linscope("compare", "[B,4] -> Linear(4,2)", "[B,4] -> Linear(4,3)", "-d", "B=7", "--run", "meta", "--json")
    document = done.document
    assert document["totals"]["macs"]["before"] == 7 * 4 * 2
    assert document["totals"]["macs"]["after"] == 7 * 4 * 3
    assert (document["before"]["mode"], document["after"]["mode"]) == ("meta", "meta")
    biased = linscope("compare", "[3,4] -> Linear(4,2)", "[3,4] -> Linear(4,2)", "--torch-defaults", "--json")
    assert biased.document["totals"]["parameters"]["before"] == 10


WRONG = [
    # arguments, exit code, kind, words of the message, words of the hint
    ([ONE], 2, "usage", "AFTER", "--help"),
    ([], 2, "usage", "BEFORE", "--help"),
    ([ONE, "none.json"], 3, "target", "none.json cannot be read", "-o report.json"),
    ([ONE, "empty.json"], 2, "usage", "it is empty", "-o report.json"),
    ([ONE, "failed.json"], 2, "usage", "holds an error and no report", "mend that"),
    ([ONE, "[3] -> Linaer(4,2)"], 2, "notation", "Linaer", "Linear"),
    ([ONE, "[3,5] -> Linear(4,2)"], 1, "shape", "expects 4 features", "Linear(5,2)"),
    ([ONE, "nosuch:thing"], 2, "usage", "there is no source nosuch:", "py:"),
    ([ONE, "model.pt"], 2, "usage", "is a pickle", "safetensors"),
    ([ONE, TWO, "--fail-on-increase", "mac"], 2, "usage", "knows no 'mac'", "did you mean macs?"),
    ([ONE, TWO, "--fail-on-increase", "macs=2"], 2, "usage", "takes a percentage", "macs=2%"),
    ([ONE, TWO, "-B", "0"], 2, "usage", "--batch", ""),
    ([ONE, TWO, "--no-exec", "--formulas", "empty.json"], 2, "usage", "--no-exec forbids", "leave one"),
    (["one.json", "two.json", "--train"], 2, "usage", "--train says how to analyse", "leave it out"),
    (["one.json", "two.json", "-d", "B=3"], 2, "usage", "--dim says how to analyse", "leave it out"),
]


@pytest.mark.parametrize(
    ("given", "code", "kind", "message", "hint"), WRONG, ids=lambda v: " ".join(v)[:50] if isinstance(v, list) else ""
)
def test_a_wrong_input_gets_one_clear_error(
    saved: str, tmp_path: Path, given: list[str], code: int, kind: str, message: str, hint: str
) -> None:
    (tmp_path / "empty.json").write_text("", encoding="utf-8")
    failed = linscope("analyze", "[3,5] -> Linear(4,2)", "--json")
    (tmp_path / "failed.json").write_text(failed.out, encoding="utf-8")
    told = linscope("compare", *given, cwd=saved)
    assert (told.code, told.out) == (code, "")
    assert told.err.startswith(f"error[{kind}]: ")
    assert message in told.err
    assert hint in told.err
    document = linscope("compare", *given, "--json", cwd=saved).document
    jsonschema.validate(document, SCHEMA)
    assert (document["error"]["kind"], document["error"]["exit_code"]) == (kind, code)


def test_saved_reports_are_compared_without_torch(saved: str) -> None:
    program = (
        "import sys, linscope.cli.main as main\n"
        "code = main.outcome(['compare', 'one.json', 'two.json'])\n"
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'thop', 'numpy')))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=saved, env=environment, capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_sizes() -> None:
    assert sizes(("B=32", " T = 5 ")) == {"B": 32, "T": 5}
    for wrong in ("B", "B=", "=3", "B=-1", "B=x", "2=3", f"B={2**63}", "B=" + "9" * 30):
        with pytest.raises(UsageError):
            sizes((wrong,))


def test_arguments_are_python_literals() -> None:
    assert arguments(("width=64", "name='a=b'", "sizes=[1, (2, 3)]", "bias=True", "x=-1.5")) == {
        "width": 64, "name": "a=b", "sizes": [1, (2, 3)], "bias": True, "x": -1.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("bias=true", "--arg 'bias=True'"),  # neither True nor the text "true"
        ("kind=relu", "--arg 'kind=\"relu\"'"),
        ("width=", "--arg 'width=64'"),
        ("width", "--arg width=64"),
        ("2=3", "--arg width=64"),
        ("x=__import__('os')", "--arg 'x="),
    ],
)
def test_what_is_no_literal_is_refused_with_what_to_write(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        arguments((text,))
    assert hint in (raised.value.hint or "")


def test_inputs_of_shapes_alone_are_the_notations() -> None:
    assert inputs(()) is None
    assert inputs(("[1,3,224,224]",)) == "[1,3,224,224]"
    assert inputs(("[2,3]", "ids=[1,128]:int64")) == "[2,3], ids=[1,128]:int64"


def test_nested_inputs_are_json_with_shapes_as_text() -> None:
    given = inputs(('["[2,3]", {"a": "[4]:int64"}]', "mask=[2,2]", 'more={"flag": true}'))
    assert given == Given((["[2,3]", {"a": "[4]:int64"}],), {"mask": "[2,2]", "more": {"flag": True}})


@pytest.mark.parametrize("texts", [("x=[1]", "x=[2]"), ('{"a": ',), ("",), ("x=",)])
def test_inputs_that_are_none_are_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        inputs(texts)
