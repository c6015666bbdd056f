"""The table of kinds: code that is no chain of layers, its numbers worked out by hand beside it, in every mode.

``data/kinds.json`` names a builder of ``kinds`` and what goes in. ``why`` starts with the working, which is
checked to come to the numbers, as in the table of layers. ``cannot`` says for a mode why it has no answer: an
error that owns its message then. ``gap`` says where an answer is wrong as yet.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from kinds.table import ENTRIES, Entry
from test_truth import worked_out

import linscope
from linscope.errors import LinscopeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.report.record import Report

KINDS = {
    "attention by hand", "autocast", "bare parameter", "checkpointed block", "child called past its hooks",
    "compiled module", "complex", "conv_tbc", "convolution by unfolding", "dict in", "dynamically quantized",
    "einsum", "einsum of three", "frozen parameters", "functional convolution", "functional transposed convolution",
    "functional_call", "gradient inside a forward", "graph module", "higher-order operator",
    "lazy parameters", "linear on a bare tensor",
    "many dimensions", "mkldnn", "masks of the transformer", "matmul of every rank", "module called twice",
    "module under two names", "multi_head_attention_forward", "MultiheadAttention", "nested containers out",
    "nested tensor", "no_grad and inference_mode", "number format", "orthogonal weight", "packed sequence",
    "parametrization", "product by name", "pruning", "scaled_dot_product_attention", "scripted module", "sparse",
    "spectral norm", "statically quantized", "tied weights", "traced module", "training mode", "uncounted",
    "uncounted beside counted", "unused parameters", "vmap", "weight norm", "wrapped module",
}  # fmt: skip


EVERY = len(ENTRIES)


def cases(mode: str, quick: int = EVERY) -> list[Any]:
    """The entries that have an answer in ``mode``; all but the first ``quick`` of each kind are for the slow run."""
    return [
        pytest.param(entry, id=str(entry), marks=(*slow(entry, quick), *known_gap(entry.gap.get(mode))))
        for entry in ENTRIES
        if mode not in entry.cannot
    ]


def slow(entry: Entry, quick: int) -> Sequence[pytest.MarkDecorator]:
    return () if entry.nth < quick else (pytest.mark.slow,)


def known_gap(reason: str | None) -> Sequence[pytest.MarkDecorator]:
    if reason is None:
        return ()
    return (pytest.mark.xfail(strict=True, reason=reason, run=not reason.startswith("the process may crash")),)


def right(entry: Entry, mode: str) -> Report:
    """The report of ``entry`` in ``mode``, whose numbers are those of the table."""
    report = linscope.analyze(entry.built(), entry.given(), run=mode, crosscheck=False)
    parameters = report.totals.parameters
    assert report.totals.macs == entry.macs
    assert sorted(row.name for row in report.uncounted) == sorted(entry.uncounted)
    assert report.complete is not bool(entry.uncounted)
    assert [list(o.shape) for o in report.outputs] == entry.output_shapes
    trainable = entry.params if entry.trainable is None else entry.trainable
    assert (parameters.total, parameters.trainable) == (entry.params, trainable)
    assert report.run.mode == mode
    return report


@pytest.mark.parametrize("entry", cases("real"))
def test_the_numbers_are_right_on_real_tensors(entry: Entry) -> None:
    report = right(entry, "real")
    assert sum(row.macs for row in report.operators) == entry.macs
    assert sum(row.macs for row in report.layers) == entry.macs
    assert sum(row.parameters.total for row in report.layers) == entry.params


@pytest.mark.parametrize("entry", cases("meta", quick=4))
def test_the_numbers_are_the_same_on_shapes_alone(entry: Entry) -> None:
    right(entry, "meta")


@pytest.mark.parametrize("entry", cases("fake", quick=2))
def test_the_numbers_are_the_same_on_fake_tensors(entry: Entry) -> None:
    right(entry, "fake")


def formulas() -> list[Any]:
    """All entries; what is no answer at all is no formula either."""
    gaps = [entry.gap.get("formula", entry.gap.get("real")) for entry in ENTRIES]
    return [
        pytest.param(entry, id=str(entry), marks=(*slow(entry, 1), *known_gap(gap)))
        for entry, gap in zip(ENTRIES, gaps, strict=True)
    ]


@pytest.mark.parametrize("entry", formulas())
def test_the_formulas_of_the_layers_agree(entry: Entry) -> None:
    report = linscope.analyze(entry.built(), entry.given(), run="real")
    formula = next(o for o in report.crosschecks if o.source == "formula")
    if entry.differs is None:
        assert formula.agrees is not False, formula.reason
    else:
        assert formula.agrees is False
        assert entry.differs in str(formula.reason)


REFUSED = [
    pytest.param(entry, mode, id=f"{mode}: {entry}", marks=slow(entry, 2)) for entry in ENTRIES for mode in entry.cannot
]


@pytest.mark.parametrize(("entry", "mode"), REFUSED)
def test_a_mode_that_has_no_answer_says_so(entry: Entry, mode: str) -> None:
    with pytest.raises(LinscopeError) as caught:
        linscope.analyze(entry.built(), entry.given(), run=mode)
    assert caught.value.exit_code in (2, 3)
    assert caught.value.message


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_the_working_comes_to_the_numbers(entry: Entry) -> None:
    working = re.fullmatch(r"(.+?) parameters; (?:(.+?) trainable; )?(.+?) MACs(?:; .+)?", entry.why)
    assert working, entry.why
    assert worked_out(working[1]) == entry.params
    assert entry.trainable == (None if working[2] is None else worked_out(working[2]))
    assert worked_out(working[3]) == entry.macs


def test_every_kind_is_there_more_than_once() -> None:
    found = Counter(entry.kind for entry in ENTRIES)
    assert found.keys() == KINDS
    assert min(found.values()) >= 2
    assert len(ENTRIES) >= 500
