"""How single operators are handled: overloads told apart, and a call that its formula cannot count named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch._C import DispatchKey
from torch._higher_order_ops.utils import autograd_not_implemented
from torch._ops import HigherOrderOperator

from linscope.engine.formulas import FORMULAS, RULES
from linscope.engine.handling import HANDLINGS
from linscope.engine.tracer import Tracer
from linscope.report.record import COUNTED, FREE, UNCOUNTED

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_each_overload_says_what_it_writes_to() -> None:
    """They share a line of the report, and nothing else."""
    written: list[Any] = []
    tracer = Tracer(None, keep=written.append)
    x, into = torch.rand(3), torch.empty(3)
    with torch.no_grad(), tracer:
        torch.add(x, x)
        assert written == []
        torch.add(x, x, out=into)
        x.add_(1)
    assert [tensor is other for tensor, other in zip(written, (into, x), strict=True)] == [True, True]
    calls = {o.name: o.calls for o in tracer.operators.values() if o.state != FREE}
    assert calls == {"aten.add": 2, "aten.add_": 1}


def test_an_overload_is_opened_where_another_is_not() -> None:
    """``softmax.int_out`` has a kernel of its own; ``softmax.int`` is made of ``_softmax``."""
    tracer = Tracer(None)
    x, into = torch.rand(3, 4), torch.empty(3, 4)
    with torch.inference_mode(), tracer:
        torch.softmax(x, 1)
        torch.softmax(x, 1, out=into)
        torch.softmax(x, 1)
    calls = {o.name: (o.calls, o.elements) for o in tracer.operators.values() if o.state != FREE}
    assert calls["aten._softmax"] == (2, 24)
    assert tracer.root.elements == 36


@pytest.fixture
def blind_to_matrices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The formula of ``mm`` does not understand what it is given."""

    def fails(args: Any, kwargs: Any, result: Any) -> Any:
        raise IndexError("tuple index out of range")

    monkeypatch.setitem(FORMULAS, "aten::mm", fails)
    RULES.clear()
    HANDLINGS.clear()
    yield
    RULES.clear()
    HANDLINGS.clear()


@pytest.mark.usefixtures("blind_to_matrices")
def test_what_a_formula_of_ours_cannot_count_is_uncounted_and_named() -> None:
    tracer = Tracer(None)
    with torch.no_grad(), tracer:
        torch.rand(2, 3) @ torch.rand(3, 4)
        torch.rand(2, 2, 3) @ torch.rand(2, 3, 4)
    rows = {(o.name, o.state): (o.calls, o.macs) for o in tracer.operators.values() if o.state != FREE}
    assert rows[("aten.mm", UNCOUNTED)] == (1, 0)
    assert rows[("aten.bmm", COUNTED)] == (1, 48)
    (lost,) = (o for o in tracer.operators.values() if o.state == UNCOUNTED)
    assert list(lost.modules) == [""]


class Mystery(HigherOrderOperator):
    """An operator on a body of others, of which nobody knows what it does with that."""

    def __init__(self) -> None:
        super().__init__("linscope_mystery")

    def __call__(self, body: Any, x: torch.Tensor) -> Any:
        return super().__call__(body, x)


def test_an_operator_of_higher_order_that_nobody_knows_is_named() -> None:
    mystery = Mystery()
    mystery.py_impl(DispatchKey.CompositeExplicitAutograd)(lambda body, x: body(x))
    mystery.py_impl(DispatchKey.Autograd)(autograd_not_implemented(mystery, deferred_error=True))
    tracer = Tracer(None)
    with torch.no_grad(), tracer:
        y = mystery(lambda x: x @ x, torch.ones(2, 2))
    assert torch.equal(y, torch.full((2, 2), 2.0))
    rows = {o.name: (o.state, o.calls) for o in tracer.operators.values() if o.state != FREE}
    assert rows == {"higher_order.linscope_mystery": (UNCOUNTED, 1)}
