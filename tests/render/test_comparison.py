"""A comparison in every format: what it says, that it fits, and that nothing in it is obeyed by a terminal."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import jsonschema
import pytest
from compare.forms import fft, form, linear, row

from linscope.comparison import compare_forms, judged, limits_of
from linscope.errors import UsageError
from linscope.render import FORMATS, Look
from linscope.render.characters import cells
from linscope.render.comparison import render_comparison
from linscope.render.comparison.words import change, difference, percent
from linscope.report.comparison import Comparison, Figure
from linscope.report.comparison_form import comparison_schema


def made(before: dict[str, object], after: dict[str, object], *limits: str) -> Comparison:
    comparison = compare_forms(before, after)
    return comparison.with_verdicts(judged(comparison, limits_of(limits)))


def block(path: str, width: int) -> list[dict[str, object]]:
    return [row(path, "Block", depth=1), linear(f"{path}.up", width, 4 * width, depth=2)]


def blocks(count: int, width: int = 8) -> dict[str, object]:
    inside = [part for place in range(count) for part in block(f"layers.{place}", width)]
    return form(row("", "Net"), *inside, target=f"net of {count}")


CHAIN = form(linear("0", 4, 2), target="[5,4] -> Linear(4,2)")
LONGER = form(
    linear("0", 4, 8), row("1", "ReLU", out=[5, 8], elementwise=40), linear("2", 8, 2),
    target="[5,4] -> Linear(4,8) -> ReLU -> Linear(8,2)",
)  # fmt: skip
HOSTILE = form(
    row("9" * 5_000, "٣"),
    row("a`|\x1b[31m", "Evil\u202e*_<b>", written="x\n| y |", shapes={"w|": [2, 3]}),
    target="\x1b[2J`|evil\x9b",
)
SAMPLES = {
    "the same": made(CHAIN, CHAIN, "any"),
    "chain": made(CHAIN, LONGER, "macs=2%", "memory=1000%"),
    "shorter": made(LONGER, CHAIN, "any"),
    "deeper": made(blocks(2), blocks(12)),
    "wider": made(blocks(12), blocks(12, width=16)),
    "renamed": made(
        form(linear("encoder.0", 4, 4), linear("head", 4, 2)), form(linear("body.0", 4, 4), linear("top", 4, 2))
    ),
    "bounds": made(CHAIN, form(linear("0", 4, 2), row("1", "Spectrum"), uncounted=fft("1")), "any"),
    "missing": made(CHAIN, form(linear("0", 4, 2), memory={"activations": {"bytes": 160}}), "memory"),
    "hostile": made(CHAIN, HOSTILE),
    "from nothing": made(form(), LONGER, "any"),
}


def shown(name: str, format: str = "table", look: Look | None = None) -> str:
    return render_comparison(SAMPLES[name], format, look or Look())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_takes_every_comparison(format: str, name: str) -> None:
    for look in (Look(), Look(width=60, color=True), Look(ascii=True)):
        text = render_comparison(SAMPLES[name], format, look)
        assert text.endswith("\n")
        if look.ascii:
            text.encode("ascii")
        if not (look.color and format == "table"):
            assert not any(sign in text for sign in "\x1b\x9b\u202e")


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(UsageError, match="no format"):
        render_comparison(SAMPLES["chain"], "words", Look())


@pytest.mark.parametrize("width", [20, 40, 60, 100, 160])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_stays_within_the_width(name: str, width: int) -> None:
    lines = shown(name, look=Look(width=width)).splitlines()
    assert max(map(cells, lines)) <= width


def test_two_that_are_the_same_take_one_line() -> None:
    comparison = compare_forms(CHAIN, CHAIN)
    assert render_comparison(comparison, "table", Look()) == "  Nothing changed: 1 layer, 8 parameters, 40 MACs\n"


def test_the_table_has_a_row_per_change_and_the_totals() -> None:
    lines = shown("chain").splitlines()
    assert lines[3].split() == ["Layer", "Shapes", "Parameters", "MACs", "Element-wise"][:4]
    # 4·8 - 4·2 = 24 of 8; 5·32 - 5·8 = 120 of 40
    assert lines[4].split("   ")[0].strip() == "~ 0: Linear(4, 2) → Linear(4, 8)"
    assert "[5, 2] → [5, 8]" in lines[4] and "+24 (+300%)" in lines[4] and "+120 (+300%)" in lines[4]
    assert lines[5].split() == ["+", "1:", "ReLU", "[5,", "8]"]
    assert lines[6].split() == ["+", "2:", "Linear(8,", "2)", "[5,", "2]", "+16", "+80"]
    body = "\n".join(lines)
    assert "Parameters             8      48      +40     +500%" in body
    assert "Element-wise           0      40      +40" in body
    assert "✗ MACs grew from 40 to 240 (+500%), more than 2%" in body
    assert "✓ Parameter bytes 32 → 192 (+500%), within 1,000%" in body


def test_what_came_with_a_block_is_told_with_it_and_alike_blocks_once() -> None:
    text = shown("deeper")
    # 10 blocks more, each a Linear(8, 32) on 5 rows
    assert "+ layers.2–11: 10 × Block with 1 layer   [1]       10 × +256   10 × +1,280" in text
    assert "layers.2.up" not in text
    assert "Unchanged   5 layers" in text


def test_what_changed_alike_in_every_block_is_told_once() -> None:
    text = shown("wider")
    assert "~ layers.0–11.up: 12 × Linear(8, 32) → Linear(16, 64)" in text
    assert "12 × +768 (+300%)" in text  # 16·64 - 8·32


def test_a_renamed_part_is_told_in_a_line() -> None:
    text = shown("renamed")
    assert "Renamed   encoder → body\n            head → top\n" in text
    assert "Layer " not in text


def test_a_bound_is_told_with_its_sign_and_never_as_no_change() -> None:
    text = shown("bounds")
    assert "MACs                  40      ≥ 40        ?" in text
    assert "Element-wise           0   unknown        ?" in text
    assert "? MACs 40 → ≥ 40 may have grown: a lower bound after" in text
    assert "Note        MACs and element-wise work after are lower bounds: no count for aten._fft_r2c" in text


def test_a_missing_figure_is_told() -> None:
    text = shown("missing")
    assert "Activation bytes        –     160        ?" in text
    assert "the first report has no activations bytes" in text
    assert "may have grown: missing in one of the reports" in text


@pytest.mark.parametrize("name", SAMPLES)
def test_json_is_as_the_schema_says(name: str) -> None:
    for format in ("json", "jsonl"):
        text = shown(name, format)
        jsonschema.validate(json.loads(text), comparison_schema())
        assert json.loads(text) == json.loads(shown(name, format, Look(ascii=True)))
    assert shown(name, "jsonl").count("\n") == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_csv_has_a_row_per_change_and_one_for_the_totals(name: str) -> None:
    comparison = SAMPLES[name]
    rows = list(csv.DictReader(io.StringIO(shown(name, "csv"))))
    assert [r["row"] for r in rows] == [*(c.kind for c in comparison.layers), "total"]
    for change_, read in zip(comparison.layers, rows, strict=False):
        assert (read["path_before"] == "") == (change_.before is None or not change_.before.path)
        macs = change_.figure("macs")
        assert read["macs_before"] == ("" if change_.before is None else str(macs.before))
        assert read["macs_after"] == ("" if change_.after is None else str(macs.after))
    total = comparison.total("macs")
    assert total is not None
    assert (rows[-1]["macs_before"], rows[-1]["macs_after"]) == (str(total.before), str(total.after))
    assert rows[-1]["macs_least_after"] == str(int(total.after_least))


def test_plain_lines_are_the_json_form() -> None:
    lines = shown("chain", "plain").splitlines()
    for line in ("totals.macs.change: 200", "layers.1.after.type: ReLU", "limits.0.holds: false", "unchanged: 0"):
        assert line in lines


def test_markdown_has_both_tables_and_escapes_what_is_not_ours() -> None:
    text = shown("chain", "markdown")
    assert text.startswith("### `[5,4] -> Linear(4,2)` → `[5,4] -> Linear(4,8) -> ReLU -> Linear(8,2)`\n")
    assert "| `MACs` | 40 | 240 | +200 | +500% |" in text
    assert "| `~ 0: Linear(4, 2) → Linear(4, 8)` | \\[5, 2\\] → \\[5, 8\\] | +24 (+300%) | +120 (+300%) |" in text
    tables = [line for line in shown("hostile", "markdown").splitlines() if line.startswith("|")]
    for line in tables:
        assert line.replace("\\|", "").count("|") in (5, 6)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(3), "+300%"),
        (Fraction(1, 8), "+12.5%"),
        (Fraction(-1), "−100%"),
        (Fraction(1, 3), "+33.3%"),
        (Fraction(-1, 30), "−3.33%"),
        (Fraction(1, 1_000), "+0.1%"),
        (Fraction(1, 10**6), "+<0.01%"),
        (Fraction(-1, 10**9), "−<0.01%"),
        (Fraction(12_345), "+1,234,500%"),
        (Fraction(9_999, 10_000), "+100%"),
        (Fraction(0), "0%"),
    ],
)
def test_how_a_share_is_written(share: Fraction, text: str) -> None:
    assert percent(share) == text


def test_how_a_difference_is_written() -> None:
    assert change(Figure("macs", 8, 32)) == "+24 (+300%)"
    assert change(Figure("macs", 0, 1_536)) == "+1,536"
    assert difference(Figure("macs", 32, 8)) == "−24"
    assert difference(Figure("macs", 8, 32, after_least=True)) == "≥ +24"
    assert difference(Figure("macs", 32, 8, after_least=True)) == "?"
    assert difference(Figure("macs", 32, 8, before_least=True)) == "≤ −24"
    assert difference(Figure("macs", 8, 32, before_least=True)) == "?"
    assert difference(Figure("macs", None, 32)) == "?"
