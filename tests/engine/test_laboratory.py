"""The laboratory: what a program prints, gives, raises and costs, and that nothing of it is left behind."""

from __future__ import annotations

from math import inf

import pytest
import torch

from linscope.engine.laboratory import laboratory


@pytest.fixture
def lab():
    with laboratory(0) as made:
        made.run("import torch\nfrom torch import nn")
        yield made


def test_a_program_goes_on_where_it_was(lab):
    assert lab.run("a = 2\nprint(a)") == "2\n"
    assert lab.run("print(a + 1)") == "3\n"
    assert lab.value("a") == 2


def test_values_come_as_plain_numbers(lab):
    lab.run("x = torch.tensor([[1.0, 2.0]])")
    assert lab.value("x") == [[1.0, 2.0]]
    assert lab.value("x.shape") == (1, 2)
    assert lab.value("(x[0, 0], 3)") == (1.0, 3)


def test_a_difference_is_the_largest(lab):
    lab.run("x = torch.tensor([1.0, 2.0, 4.0])")
    assert lab.gap("x", "x") == 0
    assert lab.gap("x", "torch.tensor([1.0, 2.5, 3.0])") == 1
    assert lab.gap("x", "x[:2]") == inf
    assert lab.gap("x * float('nan')", "x") == inf
    assert lab.gap("x.sum()", "7") == 0


def test_the_rounding_that_is_allowed_grows_with_terms_and_size(lab):
    eps = torch.finfo(torch.float32).eps
    assert lab.rounding("torch.tensor([1.0, -3.0])", 10) == pytest.approx(30 * eps)
    assert lab.rounding("torch.ones(2, dtype=torch.float64)", 10) == pytest.approx(10 * torch.finfo(torch.float64).eps)


def test_macs_are_counted_backward_too(lab):
    lab.run("layer = nn.Linear(4, 2)\nx = torch.randn(32, 3, 4, requires_grad=True)")
    assert lab.macs("y = layer(x)") == 768
    lab.run("loss = y.sum()")
    assert lab.macs("loss.backward()") == 2 * 768
    assert lab.macs("x + 1") == 0


def test_an_error_is_told_by_its_type_and_its_first_line(lab):
    assert lab.error("raise ValueError('one\\ntwo')") == ("ValueError", "one")
    assert lab.error("a = 1") is None


def test_nothing_is_left_behind():
    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    with torch.no_grad(), laboratory(5) as lab:
        lab.run("import torch\na = torch.randn(3)\ntorch.set_default_dtype(torch.float64)")
        assert lab.value("torch.is_grad_enabled()") is False  # an expression is looked at, not learned from
        assert lab.run("print(torch.is_grad_enabled())") == "True\n"
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() is dtype
    assert torch.is_grad_enabled()
    torch.manual_seed(5)
    assert torch.randn(3).tolist() == lab.value("a")
    torch.set_rng_state(state)
