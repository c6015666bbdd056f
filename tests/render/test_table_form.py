"""The table at every width: nothing cut, nothing too wide, nothing said by colour alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from render.builders import alike, distinct
from render.samples import SAMPLES
from rich.cells import cell_len

from linscope.render import Look, render

if TYPE_CHECKING:
    from linscope.report.record import LayerRow, Report

WIDTHS = (100, 80, 60, 40, 30)
NUMBER = re.compile(r"\d(?:[\d,]*\d)?")


def table(report: Report, **look: object) -> str:
    return render(report, "table", Look(**look))


def numbers(row: LayerRow) -> set[str]:
    """Every number of a row as the table writes it: sizes as they are, counts in groups of three."""
    own = row.parameters
    shapes = (*row.input_shapes, *row.output_shapes, *(sizes for _, sizes in own.shapes))
    counts = {row.subtree_macs, row.subtree_parameters, row.macs, own.total, own.shared}
    if row.has_children:
        counts -= {0}
    elif own.shared:
        counts -= {own.total}
    else:
        counts -= {own.shared}
    return {str(size) for sizes in shapes for size in sizes} | {f"{count:,}" for count in counts}


@pytest.mark.parametrize("width", [*WIDTHS, None])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_number_of_every_layer_is_there(name: str, width: int | None) -> None:
    shown = set(NUMBER.findall(table(SAMPLES[name], width=width)))
    for row in SAMPLES[name].layers:
        assert numbers(row) <= shown


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SAMPLES)
def test_no_line_is_wider_than_the_terminal(name: str, width: int, ascii: bool) -> None:
    look = Look(width=width, ascii=ascii, explain="full", operators=True)
    for line in render(SAMPLES[name], "table", look).splitlines():
        assert cell_len(line) <= width


@pytest.mark.parametrize("width", range(1, 24))
def test_even_the_narrowest_terminal_gets_an_answer(width: int) -> None:
    for name in ("linear", "encoder", "uncounted", "hostile", "nothing"):
        assert "MACs" in table(SAMPLES[name], width=width).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("name", SAMPLES)
def test_colour_adds_nothing_but_colour(name: str) -> None:
    plain = table(SAMPLES[name], width=80, explain="full")
    colored = table(SAMPLES[name], width=80, explain="full", color=True)
    assert "\x1b" not in plain
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain


@pytest.mark.parametrize("name", SAMPLES)
def test_ascii_is_ascii(name: str) -> None:
    table(SAMPLES[name], ascii=True, explain="full", operators=True).encode("ascii")


def test_the_design_to_the_letter() -> None:
    shown = table(SAMPLES["linear"], width=100, explain="none")
    assert shown == (
        "\n"
        "  [32, 3, 4]  ─ Linear(4, 2) →  [32, 3, 2]\n"
        "\n"
        "  Layer          Input        Output       Weight   Parameters   MACs\n"
        "  Linear(4, 2)   [32, 3, 4]   [32, 3, 2]   (2, 4)            8    768\n"
        "\n"
        "  Output shape   [32, 3, 2]\n"
        "  Parameters     8       2 × 4; bias-free by notation, nn.Linear's default bias would add 2: 10\n"
        "  MACs           768     32 · 3 × (4 · 2): 96 rows, each through the same 8 weights\n"
        "  FLOPs          1,536   2 × MACs\n"
        "  Cross-check    formula 768 ✓   operators 768 ✓   thop 768 ✓\n"
    )


def test_what_was_not_counted_is_named_and_the_total_a_lower_bound() -> None:
    shown = table(SAMPLES["uncounted"])
    assert "aten._fft_r2c, 2 calls in fft\n" in shown
    assert "aten.cumsum, 1 call in fft\n" in shown
    assert "MACs           at least 96" in shown
    assert "FLOPs          at least 192" in shown
    assert re.search(r"Spectral\(\) .* ≥ 96\n", shown)
    assert re.search(r"Fourier\(\) .* ≥ 0\n", shown)
    assert "at least" not in table(SAMPLES["linear"])


def test_a_disagreement_shows_its_reason_and_a_silence_too() -> None:
    shown = table(SAMPLES["lstm"])
    assert "formula 36,000 ✓   operators 36,000 ✓   thop 37,200 ✗\n" in shown
    assert "thop: it counts the gates' element-wise products as MACs\n" in shown
    assert "thop –\n                 thop: it has no rule for attention\n" in table(SAMPLES["encoder"])


def test_ten_thousand_layers_without_two_alike_have_a_row_each() -> None:
    lines = table(distinct(10_000)).splitlines()
    rows = [line for line in lines if line.startswith("  Linear(")]
    assert len(rows) == 10_000
    # 1² + 2² + … + n² = n (n + 1) (2n + 1) / 6 = 333,383,335,000 for n = 10,000
    total = next(line for line in lines if line.startswith("  Total"))
    assert total.split()[:3] == ["Total", "333,383,335,000", "666,766,670,000"]


def test_ten_thousand_layers_that_are_alike_are_one_row() -> None:
    shown = table(alike(10_000), explain="none")
    assert len(shown.splitlines()) < 15
    assert re.search(r"10,000 × Linear\(4, 4\) .* 10,000 × 16   10,000 × 32\n", shown)


def test_explanations_as_much_as_is_wanted() -> None:
    none, short, full = (table(SAMPLES["linear"], explain=level) for level in ("none", "short", "full"))
    assert "transposed" not in none
    assert "Why the weight is transposed\n" in short
    assert "✓ layer(x) = x @ weight.T                         max |difference| 0\n" in short
    assert "assert torch.allclose" not in short
    assert "    assert torch.allclose(layer(x), x @ layer.weight.T)\n" in full


def test_operators_are_listed_on_request() -> None:
    assert "aten.mm" not in table(SAMPLES["linear"])
    shown = table(SAMPLES["linear"], operators=True)
    assert "aten.mm         1   counted    768   32 · 3 × (4 · 2)\n" in shown
    assert "aten.view       2   free\n" in shown


def test_no_line_ends_in_a_space_and_the_text_ends_in_one_newline() -> None:
    for report in SAMPLES.values():
        for look in (Look(), Look(width=60), Look(width=100, color=True)):
            shown = render(report, "table", look)
            assert not re.search(r"[ ](\x1b\[\d*m)*\n", shown)
            assert shown.endswith("\n") and not shown.endswith("\n\n")
