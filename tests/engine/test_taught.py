"""Operators taught by users: by a formula, as free or element-wise; and by the packages that bring them."""

from __future__ import annotations

import inspect
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
import torch
from engine.taught_calls import ran, rotate

import linscope
from linscope import teaching

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nothing_taught")


# ── what a formula is given, and what it gives ──────────────────────────────────────────────────────


@pytest.mark.usefixtures("mylib")
def test_before_it_is_taught_it_is_named_and_afterwards_counted() -> None:
    before = ran(rotate)
    assert (before.totals.macs, before.status) == (0, "lower_bound")
    assert [(row.name, row.calls) for row in before.uncounted] == [("mylib.rotate", 1)]

    @linscope.formula("mylib::rotate")
    def count(x: torch.Tensor, weight: torch.Tensor) -> dict[str, int]:
        return {"rows": x.shape[0], "in": weight.shape[0], "out": weight.shape[1]}

    after = ran(rotate)
    assert (after.totals.macs, after.status) == (60, "complete")  # 3 · 4 · 5
    derivation = after.layers[0].derivation
    assert derivation is not None
    assert (derivation.names(), derivation.numbers()) == ("rows * in * out", "3 * 4 * 5")


@pytest.mark.parametrize(
    ("given", "macs"),
    [
        (7, 7),
        (0, 0),
        (10**30, 10**30),
        ({"rows": 96, "in": 4, "out": 2}, 768),
        ({}, 1),  # the empty product
        ([], 0),  # the empty sum
        ([{"a": 2, "b": 3}, {"c": 5}, 7], 18),
        (((1, 2), [3]), 6),
        ({"n": torch.Size([3])[0]}, 3),
    ],
)
@pytest.mark.usefixtures("mylib")
def test_a_number_named_factors_or_a_sum_of_these(given: Any, macs: int) -> None:
    linscope.formula("mylib::rotate")(lambda x: given)
    assert ran(rotate).totals.macs == macs


FORMULAS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda x: (x.shape,), ((3, 4),)),
    (lambda a, b, c: (a.shape, b.shape, c), ((3, 4), (4, 5), 2)),  # by position, whatever they are called
    (lambda x, weight, times=9: (times,), (2,)),  # the operator's default, not the formula's
    (lambda x, *rest: rest[1:], (2,)),
    (lambda *, weight, scale: (weight.shape, scale), ((4, 5), 1.0)),  # by name
    (lambda x, *, flip, result: (flip, result.shape), (False, (3, 4))),
    (lambda x, result: (result.shape,), ((3, 4),)),
    (lambda *args, **kwargs: (len(args), kwargs), (3, {})),
    (lambda x, *, extra=1: (extra,), (1,)),
]


@pytest.mark.parametrize(("function", "expected"), FORMULAS)
@pytest.mark.usefixtures("mylib")
def test_a_formula_gets_the_arguments_it_asks_for(function: Any, expected: tuple[Any, ...]) -> None:
    seen: list[Any] = []

    def parameters(*args: Any, **kwargs: Any) -> int:
        seen.append(function(*args, **kwargs))
        return 1

    parameters.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    linscope.formula("mylib::rotate")(parameters)
    assert ran(rotate).totals.macs == 1
    assert seen == [expected]


@pytest.mark.usefixtures("mylib")
def test_what_the_model_gives_goes_before_defaults() -> None:
    seen: list[Any] = []
    linscope.formula("mylib::rotate")(lambda x, w, times, *, scale: seen.append((times, scale)) or 1)
    ran(lambda x: rotate(x, 7, scale=0.5))
    assert seen == [(7, 0.5)]


@pytest.mark.usefixtures("mylib")
def test_overloads_and_what_is_done_in_place_share_a_formula() -> None:
    linscope.formula("mylib::rotate")(lambda x, others: 5 if isinstance(others, list) else 3)
    linscope.formula("mylib::turn")(lambda x: 11)
    report = ran(lambda x: (rotate(x), torch.ops.mylib.rotate.wide(x, [x, x]), torch.ops.mylib.turn_(x)))
    macs = {row.name: (row.calls, row.macs) for row in report.operators if row.macs}
    assert macs == {"mylib.rotate": (2, 8), "mylib.turn_": (1, 11)}


@pytest.mark.usefixtures("mylib")
def test_free_and_element_wise() -> None:
    linscope.free("mylib::rotate", "mylib::turn")
    linscope.elementwise("mylib::halves")
    report = ran(lambda x: (rotate(x), torch.ops.mylib.turn_(x), torch.ops.mylib.halves(x)))
    states = {row.name: (row.state, row.elements) for row in report.operators if row.name.startswith("mylib")}
    assert states == {
        "mylib.rotate": ("free", 0),
        "mylib.turn_": ("free", 0),
        "mylib.halves": ("elementwise", 12),
    }
    assert (report.totals.macs, report.totals.elementwise, report.status) == (0, 12, "complete")


@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
def test_in_every_mode(mode: str) -> None:
    @torch.library.custom_op("mylib_modes::mix", mutates_args=())
    def mix(x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    mix.register_fake(torch.empty_like)
    linscope.formula("mylib_modes::mix")(lambda x, *, result: x.shape[0] * result.shape[1])
    assert ran(mix, run=mode).totals.macs == 12


def test_a_formula_of_ones_own_for_what_has_a_reason_to_have_none() -> None:
    """A running sum is uncounted; who counts it as n additions may say so."""
    linscope.formula("aten::cumsum")(lambda x, dim: x.numel())
    report = ran(lambda x: x.cumsum(0))
    assert (report.totals.macs, report.status) == (12, "complete")


@pytest.mark.usefixtures("mylib")
def test_the_report_says_whose_word_it_is() -> None:
    linscope.formula("mylib::rotate")(lambda x: 1)
    linscope.free("mylib::halves")
    (note,) = (note for note in ran(rotate).notes if note.code == "taught")
    assert note.message.startswith("decided by other code than linscope's: mylib::rotate (test_taught.py:")
    assert dict(note.data) == {"operators": ("mylib::rotate",)}
    assert not [note for note in ran(lambda x: x + 1).notes if note.code == "taught"]


def test_a_layer_of_a_spec_with_a_formula_replaced() -> None:
    linscope.formula("aten::mm", replace=True)(lambda a, b: {"seven": 7})
    assert linscope.analyze("[32,3,4] -> Linear(4,2)", crosscheck=False).totals.macs == 7


def test_teaching_needs_no_torch() -> None:
    code = """
        import sys, linscope
        @linscope.formula("mylib::rotate")
        def count(x):
            return 1
        linscope.free("mylib::shuffle")
        linscope.elementwise("mylib::swish")
        assert "torch" not in sys.modules and count(0) == 1
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)


# ── packages ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A package that is installed, in effect: with the module given as its entry point."""

    def install(source: str) -> None:
        (tmp_path / "rotations_formulas.py").write_text(textwrap.dedent(source))
        info = tmp_path / "rotations-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rotations\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[linscope.formulas]\nrotations = rotations_formulas\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        teaching.load_plugins.cache_clear()
        monkeypatch.delitem(sys.modules, "rotations_formulas", raising=False)

    return install


@pytest.mark.usefixtures("mylib")
def test_a_package_teaches_its_own(package: Callable[[str], None]) -> None:
    package("""
        import linscope
        linscope.formula("mylib::rotate")(lambda x, weight: {"rows": x.shape[0], "out": weight.shape[1]})
    """)
    ran(lambda x: x @ x.t())
    assert "rotations_formulas" not in sys.modules  # nobody needed it
    report = ran(rotate)
    assert (report.totals.macs, report.status) == (15, "complete")


@pytest.mark.usefixtures("mylib")
def test_a_broken_package_is_named_and_breaks_nothing(package: Callable[[str], None]) -> None:
    package("import linscope\nraise RuntimeError('no such\\nthing')\n")
    for _ in range(2):
        report = ran(rotate)
        assert (report.totals.macs, report.status) == (0, "lower_bound")
        (note,) = (note for note in report.notes if note.code == "broken-formulas")
        assert note.message == (
            "an entry point of linscope.formulas cannot be loaded: "
            "rotations = rotations_formulas: RuntimeError: no such"
        )
