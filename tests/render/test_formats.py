"""Every format takes every report; each file of the folder is imported only when its format is asked for."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from render.sample_errors import ERRORS
from render.samples import SAMPLES

import linscope.render
from linscope.errors import UsageError
from linscope.render import FORMATS, Look, render, render_error
from linscope.render.registry import DOCUMENTS

LOOKS = (Look(), Look(width=60, color=True), Look(ascii=True, explain="full", operators=True), Look(explain="none"))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_takes_every_report(format: str, name: str) -> None:
    for look in LOOKS:
        text = render(SAMPLES[name], format, look)
        assert text.endswith("\n")
        if look.ascii:
            text.encode("ascii")
        if not (look.color and format == "table"):
            assert "\x1b" not in text and "\x9b" not in text and "\u202e" not in text


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ERRORS)
def test_every_format_takes_every_error(format: str, name: str) -> None:
    for look in LOOKS:
        text = render_error(*ERRORS[name], format, look)
        assert text.endswith("\n")
        assert text.startswith("{") == (format in DOCUMENTS)


def test_every_format_has_a_file_of_its_own() -> None:
    folder = Path(linscope.render.__file__).parent
    assert all((folder / f"{format}.py").is_file() for format in FORMATS)


@pytest.mark.parametrize("format", ["yaml", "registry", "../table", ""])
def test_an_unknown_format_is_an_error_that_names_the_known(format: str) -> None:
    for call in (
        lambda: render(SAMPLES["linear"], format, Look()),
        lambda: render_error(*ERRORS["usage"], format, Look()),
    ):
        with pytest.raises(UsageError) as raised:
            call()
        assert raised.value.hint == "table, plain, json, jsonl, csv, markdown"


def modules_after(statement: str) -> set[str]:
    program = f"import sys; from linscope.render import *; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_an_error_without_colour_imports_neither_rich_nor_the_table() -> None:
    raised = "from linscope.errors import *; error = NotationError('no', place=Place('[2]', 0, 3))"
    loaded = modules_after(f"{raised}; render_error(error, None, 'table', Look())")
    assert "linscope.render.text" in loaded
    assert not {"rich", "torch", "click", "linscope.render.table"} & loaded


def test_the_test_above_can_fail() -> None:
    raised = "from linscope.errors import *; error = NotationError('no', place=Place('[2]', 0, 3))"
    assert "rich" in modules_after(f"{raised}; render_error(error, None, 'table', Look(color=True))")


def test_json_imports_no_rich() -> None:
    raised = "from linscope.errors import *; error = NotationError('→', place=Place('[层]', 0, 3))"
    assert not {"rich", "torch"} & modules_after(f"{raised}; render_error(error, None, 'json', Look())")


# ── plain ───────────────────────────────────────────────────────────────────────────────────────────


def test_plain_is_a_key_and_a_value_per_line() -> None:
    lines = render(SAMPLES["linear"], "plain", Look()).splitlines()
    for expected in (
        "target: [32,3,4] -> Linear(4,2)",
        "inputs.0.shape: [32, 3, 4]",
        "inputs.0.name: null",
        "layers.0.macs: 768",
        "layers.0.derivation: 32 * 3 * 4 * 2",
        "layers.0.parameters.shapes.weight: [2, 4]",
        "totals.parameters.total: 8",
        "completeness.status: complete",
        "crosschecks.2.agrees: true",
        "explanations.0.lesson: transpose",
    ):
        assert expected in lines
    assert len({line.partition(": ")[0] for line in lines}) == len(lines)


def test_plain_tells_as_much_of_the_lessons_as_is_wanted() -> None:
    none, short, full = (render(SAMPLES["linear"], "plain", Look(explain=level)) for level in ("none", "short", "full"))
    assert "explanations.0.title" not in none
    assert "explanations.0.title" in short and "explanations.0.code.0" not in short
    assert "explanations.0.code.0: layer = nn.Linear(4, 2, bias=False)\n" in full


# ── csv ─────────────────────────────────────────────────────────────────────────────────────────────


def table_of(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(SAMPLES[name], "csv", Look()))))


def test_csv_has_a_row_per_call() -> None:
    (row,) = table_of("lstm")
    assert row["row"] == "layer"
    assert row["written"] == "LSTM(10, 20)"
    assert row["input_shapes"] == "5x3x10"
    assert row["output_shapes"] == "5x3x20;1x3x20;1x3x20"
    assert row["parameter_shapes"] == "weight_ih_l0=80x10;weight_hh_l0=80x20;bias_ih_l0=80;bias_hh_l0=80"
    assert (row["parameters"], row["macs"], row["flops"], row["share"]) == ("2560", "36000", "72000", "1.0")


@pytest.mark.parametrize("name", SAMPLES)
def test_csv_columns_add_up(name: str) -> None:
    rows, totals = table_of(name), SAMPLES[name].totals
    for column, total in (
        ("macs", totals.macs),
        ("flops", totals.flops),
        ("elementwise", totals.elementwise),
        ("parameters", totals.parameters.total),
        ("frozen", totals.parameters.frozen),
    ):
        assert sum(int(row[column] or 0) for row in rows) == total


def test_csv_names_what_was_not_counted() -> None:
    uncounted = [row for row in table_of("uncounted") if row["row"] == "uncounted"]
    assert [(row["type"], row["call"], row["path"], row["macs"]) for row in uncounted] == [
        ("aten._fft_r2c", "2", "fft", ""),
        ("aten.cumsum", "1", "fft", ""),
    ]


def test_csv_writes_a_scalar_as_one() -> None:
    made = SAMPLES["chain"]
    scalar = replace(made, layers=(replace(made.layers[0], output_shapes=((),)),))
    (row,) = csv.DictReader(io.StringIO(render(scalar, "csv", Look())))
    assert row["output_shapes"] == "scalar"


# ── markdown ────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_is_a_table_that_github_takes() -> None:
    lines = render(SAMPLES["linear"], "markdown", Look()).splitlines()
    assert lines[:5] == [
        "### `[32,3,4] -> Linear(4,2)`",
        "",
        "| Layer | Input | Output | Weight | Parameters | MACs |",
        "| --- | --- | --- | --- | ---: | ---: |",
        r"| `Linear(4, 2)` | \[32, 3, 4\] | \[32, 3, 2\] | (2, 4) | 8 | 768 |",
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_markdown_rows_have_as_many_cells_as_the_head(name: str) -> None:
    text = render(SAMPLES[name], "markdown", Look(explain="none", operators=True))
    for block in text.split("\n\n"):
        rows = [line.replace("\\|", "") for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1


def test_markdown_fences_hold_whatever_is_inside() -> None:
    made = SAMPLES["linear"]
    lesson = replace(made.explanations[0], lines=("```", "````"))
    text = render(replace(made, explanations=(lesson,)), "markdown", Look())
    assert "`````text\n[32, 3, 4] @ [4, 2] = [32, 3, 2]\n```\n````\n`````\n" in text


def test_markdown_shows_markup_as_text() -> None:
    text = render(SAMPLES["hostile"], "markdown", Look())
    assert "\\<b\\>" in text and "\\*\\_" in text
    assert "``a\\|b: Net[red]\\|`x`\\x1b[31m*_<b>层\\u202e``" in text
