"""Every operator of PyTorch has been decided about: one that a later release brings shows up here, by name."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from engine.operators_of_torch import RECORD, listed, recorded

from linscope.engine.formulas.registry import built_in
from linscope.engine.formulas.states import OPENED_NAMES

WHERE = f"""
A contraction needs a formula in linscope/engine/formulas/. Any other operator belongs in free.py, elementwise.py or,
where its arithmetic cannot be counted, with the reason in states.py there. Then write the decision down:
    python tests/engine/operators_of_torch.py --record
which changes tests/data/{RECORD.name}."""


@cache
def here() -> dict[str, str]:
    return listed()


def new(operators: dict[str, str], known: dict[str, str]) -> list[str]:
    """A line for each operator that is not in the record: what it is, and what would become of it."""
    lines = []
    for name, schema in operators.items():
        if name not in known:
            state, by = built_in(name)
            taken = "uncounted" if by is None else state if by == name else f"{state}, because {by} is"
            lines.append(f"{schema}\n        taken for {taken}")
    return lines


def test_every_operator_of_this_torch_is_decided() -> None:
    release, known = recorded()
    lines = new(here(), known)
    if not lines:
        return
    message = f"torch {torch.__version__} has operators that nobody decided about:\n    " + "\n    ".join(lines) + WHERE
    if _numbers(torch.__version__) < _numbers(release):
        pytest.xfail(message)  # they have since gone: uncounted, and named wherever they run
    pytest.fail(message)


def test_every_decision_is_the_recorded_one() -> None:
    """That a state changes is a decision too, and not to be taken by accident."""
    _, known = recorded()
    now = {name: "opened" if name in OPENED_NAMES else built_in(name).state for name in known}
    assert {n: s for n, s in now.items() if s != known[n]} == {}
    assert [name for name in known if built_in(name).by is None] == []


def test_a_new_operator_is_named_with_what_would_become_of_it() -> None:
    _, known = recorded()
    operators = {
        "aten::mm": "aten::mm(Tensor self, Tensor mat2) -> Tensor",
        "aten::triple_mm": "aten::triple_mm(Tensor a, Tensor b, Tensor c) -> Tensor",
        "aten::_foreach_bmm": "aten::_foreach_bmm(Tensor[] a, Tensor[] b) -> Tensor[]",
        "aten::gelu_functional": "aten::gelu_functional(Tensor self) -> Tensor",  # a relative of gelu's, by its name
        "higher_order::unheard_of": "higher_order::unheard_of(...)",
    }
    assert new(operators, known) == [
        "aten::triple_mm(Tensor a, Tensor b, Tensor c) -> Tensor\n        taken for uncounted",
        "aten::_foreach_bmm(Tensor[] a, Tensor[] b) -> Tensor[]\n        taken for uncounted",
        "aten::gelu_functional(Tensor self) -> Tensor\n        taken for elementwise, because aten::gelu is",
        "higher_order::unheard_of(...)\n        taken for uncounted",
    ]


def test_the_list_is_of_operators_that_arrive_whole() -> None:
    names = here().keys()
    assert {"aten::mm", "prims::add", "quantized::linear", "mkldnn::_linear_pointwise", "onednn::qadd"} <= names
    assert {
        "aten::_cudnn_rnn",
        "aten::_scaled_dot_product_flash_attention",
        "aten::_convolution_double_backward",
    } - names == {
        "aten::_convolution_double_backward"  # composed of others
    }
    assert {"higher_order::cond", "higher_order::flex_attention"} <= names
    assert len(names) > 1_500


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.partition("+")[0].split(".")[:2])
