"""The counts, against a reference that does every contraction in loops and counts each step.

``brute`` takes over torch's functions above dispatch, so that what comes out shows two things at once: that the
loops did the same work (the values are torch's) and how many multiply-accumulates that took.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from brute import InLoops, mapping
from kinds import functional
from kinds.table import ENTRIES, Entry
from torch import nn

import linscope
from linscope.engine.tensors import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUTH = json.loads((Path(__file__).parent / "data" / "truth.json").read_text(encoding="utf-8"))

OUT_OF_REACH = {
    "compiled": "runs outside of Python, where no function of torch is called",
    "higher": "takes functions, which torch compiles before it runs them",
    "quantised": "rounds its inputs, and hides its weights",
}


def takes_the_fast_path(entry: Entry) -> bool:
    """An encoder takes a nested tensor there alone, in one function that is no part of what the loops know."""
    return "encoder(" in entry.model and ("Repacked" in entry.model or entry.inputs == ["nested(8, 3, 5)"])


IN_LOOPS = [
    entry
    for entry in ENTRIES
    if entry.family not in OUT_OF_REACH
    and entry.kind != "gradient inside a forward"  # the work of a derivative is torch's own
    and not takes_the_fast_path(entry)
]
MOST_MACS = 20_000
SPECS = [entry for entry in TRUTH if "inputs" not in entry and entry["macs"] <= MOST_MACS]


@pytest.fixture(autouse=True)
def _slow_path() -> Iterator[None]:
    """The encoder's fast path leaves zeros where the padding is: not what it is compared with here."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(before)


def outputs(model: nn.Module, inputs: Any) -> list[torch.Tensor]:
    torch.default_generator.manual_seed(1)  # the same dropout each time
    with torch.no_grad():
        result = model(**inputs) if isinstance(inputs, dict) else model(*inputs)
    return [tensor for _, tensor in leaves(result)]


def assert_close(ours: torch.Tensor, theirs: torch.Tensor, *, coarse: bool) -> None:
    if ours.is_nested:
        for a, b in zip(ours.unbind(), theirs.unbind(), strict=True):
            assert_close(a, b, coarse=coarse)
        return
    assert ours.shape == theirs.shape
    few_bits = coarse or theirs.dtype in (torch.bfloat16, torch.float16)
    absolute, relative = (5e-2, 5e-2) if few_bits else (1e-4, 1e-3)
    a, b = (tensor.to_dense().to(torch.complex128) for tensor in (ours, theirs))
    torch.testing.assert_close(a, b, atol=absolute, rtol=relative)


QUICK = 3  # of each kind; the rest is for the slow run


@pytest.mark.parametrize(
    "entry",
    [pytest.param(e, id=str(e), marks=() if e.nth < QUICK else (pytest.mark.slow,)) for e in IN_LOOPS],
)
def test_the_loops_do_the_same_work_and_count_the_same(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    looped = entry.built()
    if entry.kind == "lazy parameters":
        outputs(looped, entry.drawn())  # a first run, in which it learns its sizes
    expected = outputs(entry.built(), entry.drawn())
    with monkeypatch.context() as within, InLoops() as loops:
        within.setattr(functional, "vmap", mapping.vmap)
        found = outputs(looped, entry.drawn())
    for ours, theirs in zip(found, expected, strict=True):
        assert_close(ours, theirs, coarse=entry.kind == "autocast")
    assert loops.macs == entry.macs
    if "real" not in entry.gap:
        assert linscope.analyze(entry.built(), entry.given(), run="real", crosscheck=False).totals.macs == loops.macs


@pytest.mark.parametrize("entry", SPECS, ids=lambda entry: entry["spec"])
def test_the_loops_count_the_same_for_every_layer(entry: dict[str, Any]) -> None:
    with InLoops() as loops:
        report = linscope.analyze(entry["spec"], run="real", crosscheck=False)
    runs = 2 if re.search(r"Lazy|\(_", entry["spec"]) else 1  # the first, in which sizes are learnt, is another
    assert loops.macs == runs * entry["macs"]
    assert [list(o.shape) for o in report.outputs] == entry["output_shapes"]


def test_every_family_is_in_the_loops() -> None:
    with_macs = [entry for entry in IN_LOOPS if entry.macs]
    assert len([entry for entry in with_macs if entry.nth < QUICK]) >= 60
    assert {entry.family for entry in ENTRIES} - {entry.family for entry in with_macs} == OUT_OF_REACH.keys()
    assert len([entry for entry in SPECS if entry["macs"]]) >= 60


def test_the_loops_count_what_a_hand_counts() -> None:
    """(2, 3) @ (3, 2): 4 sums of 3; a kernel of 2 over 4 padded to 6: 5 positions of 2."""
    with InLoops() as loops:
        y = torch.arange(6.0).reshape(2, 3) @ torch.ones(3, 2)
    assert (y.tolist(), loops.macs) == ([[3.0, 3.0], [12.0, 12.0]], 12)
    with InLoops() as loops:
        y = torch.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 2), padding=1)
    assert (y.tolist(), loops.macs) == ([[[1.0, 2.0, 2.0, 2.0, 1.0]]], 10)
