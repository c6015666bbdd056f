"""What does not hold is not claimed: every check of every lesson is broken on purpose, and the lesson says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from explain.lectures import SPECS, cases, lecture, said, taught
from torch import nn

import linscope
from linscope.engine import laboratory as engine_laboratory
from linscope.engine.laboratory import Laboratory
from linscope.explain.registry import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_everything_holds_as_it_is(name):
    lesson = taught(name)
    assert not lesson.refuted
    assert all(check.holds is True for check in lesson.checks)
    assert len({check.key for check in lesson.checks}) == len(lesson.checks)
    assert all(check.why and check.statement for check in lesson.checks)


@pytest.mark.parametrize("target", SPECS)
def test_everything_holds_on_other_layers(target):
    told = lecture(target)
    assert told.lessons
    assert [(lesson.name, check) for lesson in told.lessons for check in lesson.checks if not check.holds] == []


class Meddling(Laboratory):
    """A laboratory in which one comparison, the one that ``LEFT`` names, comes out wrong."""

    LEFT = ""
    met = 0

    def gap(self, left, right):
        if left == self.LEFT:
            type(self).met += 1
            return super().gap(f"({left}) + 100", right)
        return super().gap(left, right)

    def value(self, expression):
        if expression == self.LEFT:
            type(self).met += 1
            return not super().value(expression)
        return super().value(expression)

    def error(self, text):
        if text == self.LEFT:
            type(self).met += 1
            return None
        return super().error(text)

    def macs(self, text):
        found = super().macs(text)
        if text == self.LEFT:
            type(self).met += 1
            return found + 1
        return found


CANCELS = ("normalization", "other")
"""A check that is not made where the numbers happen not to show it: breaking it takes it away."""


def breakable(name):
    """The checks that are made in the lesson's program, each with what to break for it."""
    lesson = taught(name)
    for check in lesson.checks:
        compared = f"print(gap({check.left}, {check.right}))", f"print(abs({check.left} - {check.right}).item())"
        answered = check.tolerance is None and check.right == "True"
        if (name, check.key) != CANCELS and (answered or not set(compared).isdisjoint(lesson.code)):
            yield check.key, check.left
        elif check.right.endswith("Error"):
            yield check.key, next(m.ran for m in lesson.mistakes if m.shown[0].startswith(check.right))


@pytest.mark.parametrize(("name", "key", "left"), [(n, k, left) for n in NAMES for k, left in breakable(n)])
def test_each_check_can_bring_its_lesson_down(monkeypatch, name, key, left):
    monkeypatch.setattr(engine_laboratory, "Laboratory", type("Broken", (Meddling,), {"LEFT": left, "met": 0}))
    lesson = linscope.explain(name).lesson(name)
    check = lesson.check(key)
    assert check.holds is False
    assert lesson.refuted
    assert lesson.claim.startswith("This did not hold on this run")
    assert (lesson.chains, lesson.parts, lesson.mistakes) == ((), (), ())
    assert lesson.code and lesson.checks


@pytest.mark.parametrize("name", [n for n in NAMES if any("# " in line and "MACs" in line for line in taught(n).code)])
def test_a_count_that_is_one_off_is_reported(monkeypatch, name):
    line = next(line for line in taught(name).code if line.endswith(" MACs"))
    left = line.partition("  # ")[0]
    monkeypatch.setattr(engine_laboratory, "Laboratory", type("Broken", (Meddling,), {"LEFT": left, "met": 0}))
    lesson = linscope.explain(name).lesson(name)
    assert [check.max_difference for check in lesson.checks if check.holds is False] == [1.0] * len(
        [check for check in lesson.checks if check.holds is False]
    )
    assert lesson.refuted


def test_counts_against_the_analysis_can_fail(monkeypatch):
    """The other half of the whole numbers: those that are compared with what an analysis found."""
    from linscope import lecture as wiring

    honest = wiring.analyze

    def one_off(target, **options):
        report = honest(target, **options)
        rows = tuple(
            replace(row, macs=row.macs + 1, subtree_macs=row.subtree_macs + 1,
                    parameters=replace(row.parameters, total=row.parameters.total + 1))
            for row in report.layers
        )  # fmt: skip
        return replace(report, layers=rows)

    monkeypatch.setattr(wiring, "analyze", one_off)
    for name in ("shared-weights", "flatten", "backward", "convolution", "attention", "recurrent", "embedding"):
        lesson = linscope.explain(name).lesson(name)
        failed = [check.key for check in lesson.checks if check.holds is False]
        assert set(failed) & {"macs", "report", "parameters"}, name
        assert lesson.refuted


def test_a_wrong_transpose_in_the_layer_is_seen(monkeypatch):
    """nn.Linear with the weight the wrong way round: on a square layer nothing raises, and every lesson sees it."""

    def wrong(self, x):
        return nn.functional.linear(x, self.weight.T, self.bias)

    honest = linscope.explain("transpose", "[3,4] -> nn.Linear(4,4)").lesson("transpose")
    assert not honest.refuted
    monkeypatch.setattr(nn.Linear, "forward", wrong)
    lesson = linscope.explain("transpose", "[3,4] -> nn.Linear(4,4)").lesson("transpose")
    failed = {check.key for check in lesson.checks if check.holds is False}
    assert {"functional", "matmul", "torch_matmul", "einsum", "addmm", "worked"} <= failed
    assert "y = x @ weight.T" not in lesson.claim


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("transpose", {"matmul", "worked"}),
        ("parameter-vs-linear", {"copied"}),
        ("column-vs-row", {"one_sample"}),
        ("flatten", {"block_diag"}),
    ],
)
def test_a_weight_that_changes_between_is_seen(monkeypatch, name, keys):
    """The weight drifts with every call of the layer: what is read off it is not what came out."""
    honest = nn.Linear.forward

    def drifting(self, x):
        y = honest(self, x)
        with torch.no_grad():
            self.weight.add_(0.125)
        return y

    monkeypatch.setattr(nn.Linear, "forward", drifting)
    lesson = linscope.explain(name).lesson(name)
    assert keys <= {check.key for check in lesson.checks if check.holds is False}
    assert lesson.refuted and "≤" not in lesson.claim


def test_a_layer_that_starts_from_a_standard_normal_is_seen(monkeypatch):
    monkeypatch.setattr(nn.Linear, "reset_parameters", lambda self: nn.init.normal_(self.weight))
    lesson = linscope.explain("initialization").lesson("initialization")
    failed = {check.key for check in lesson.checks if check.holds is False}
    assert {"bound", "deviation", "kaiming"} <= failed
    assert "uniformly" not in said(lesson)


def test_a_bmm_that_broadcasts_is_seen(monkeypatch):
    """Should torch.bmm ever broadcast, the lesson must not go on saying that it does not."""
    monkeypatch.setattr(torch, "bmm", torch.matmul)
    lesson = linscope.explain("bmm").lesson("bmm")
    assert lesson.check("recipe").holds is False
    assert "never broadcasts" not in said(lesson)


def test_a_batch_norm_that_takes_the_last_dimension_is_seen(monkeypatch):
    honest = nn.BatchNorm1d.forward
    monkeypatch.setattr(
        nn.BatchNorm1d,
        "forward",
        lambda self, x: honest(self, x) if x.shape[1] == self.num_features else x,
    )
    lesson = linscope.explain("batchnorm").lesson("batchnorm")
    assert lesson.check("last").holds is False
    assert lesson.refuted


def test_shapes_alone_verify_nothing_and_show_no_numbers():
    told = linscope.explain("[1000000,1000000] -> Linear(1000000,1000000)")
    assert told.lessons and not told.refuted
    for lesson in told.lessons:
        assert lesson.code == () and lesson.prints == ()
        unseen = [check for check in lesson.checks if check.holds is None]
        assert unseen or lesson.name == "in-features"
        assert all(check.max_difference is None for check in unseen)
        assert all(not hasattr(part, "matrices") for part in lesson.parts)


def test_every_lesson_has_all_that_a_lesson_has():
    for name, _ in cases():
        lesson = taught(name)
        assert lesson.claim.endswith(".") and lesson.claim.count("\n") == 0
        assert lesson.chains, name
        assert lesson.parts, name
        assert lesson.mistakes, name
        for mistake in lesson.mistakes:
            assert mistake.claim and mistake.ran and mistake.shown and mistake.instead
        for chain in lesson.chains:
            assert len({chain.text[start:end] for start, end in chain.marks}) <= 1 or "≠" in chain.note
