"""Work is put to the layer that did it: whatever is called, how often, past what, and whatever it raises."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import torch
from engine.user_models import Model, adds_up, macs_by_path, ran
from torch import nn
from torch.utils.checkpoint import checkpoint

import linscope
from linscope.engine.attribution import Attributed
from linscope.engine.frames import Frame, walk
from linscope.engine.ledger import Ledger
from linscope.engine.names import MOST_NAMES, other_names
from linscope.engine.rows import called_paths, layer_rows
from linscope.engine.tracer import Tracer

LINEAR = 3 * 4 * 4  # MACs of three rows through Linear(4, 4)


def linear() -> nn.Linear:
    return nn.Linear(4, 4)


def calls(model: nn.Module, inputs: Any = "[3,4]") -> list[tuple[str, int, int]]:
    """Path, number of the call and MACs of every row that has any."""
    return [(row.path, row.call, row.macs) for row in ran(model, inputs).layers if row.macs]


def test_a_layer_called_twice_is_two_rows() -> None:
    assert calls(Model(lambda s, x: s.a(s.a(x)), a=linear())) == [("a", 1, LINEAR), ("a", 2, LINEAR)]


def test_a_layer_under_two_names_is_known_by_its_first() -> None:
    layer = linear()
    model = Model(lambda s, x: s.b(s.a(x)), a=layer, b=nn.Sequential(layer, nn.ReLU()))
    assert calls(model) == [("a", 1, LINEAR), ("a", 2, LINEAR)]


def test_a_layer_called_past_its_call_is_seen() -> None:
    assert calls(Model(lambda s, x: s.a.forward(x), a=linear())) == [("a", 1, LINEAR)]


def test_layers_held_in_lists_and_dicts_are_seen() -> None:
    lists = nn.ModuleList([linear(), linear()])
    dicts = nn.ModuleDict({"k": linear()})
    model = Model(lambda s, x: s.d["k"](s.l[1](x)), l=lists, d=dicts)
    assert calls(model) == [("l.1", 1, LINEAR), ("d.k", 1, LINEAR)]


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpointed_block_is_seen(reentrant: bool) -> None:
    model = Model(lambda s, x: checkpoint(s.a, x, use_reentrant=reentrant), a=linear())
    assert calls(model) == [("a", 1, LINEAR)]


def test_functional_call_is_seen() -> None:
    tensors = {"weight": torch.ones(4, 4), "bias": torch.ones(4)}
    model = Model(lambda s, x: torch.func.functional_call(s.a, tensors, (x,)), a=linear())
    assert calls(model) == [("a", 1, LINEAR)]


def test_vmap_is_seen_whole() -> None:
    assert calls(Model(lambda s, x: torch.func.vmap(s.a)(x), a=linear())) == [("a", 1, LINEAR)]


def test_a_layer_held_in_several_places_says_so_and_is_found_by_each_name() -> None:
    layer = linear()
    block = nn.Sequential(layer, nn.ReLU())
    model = Model(
        lambda s, x: s.last(s.more["c"](s.first(x))), first=block, more=nn.ModuleDict({"c": block}), last=layer
    )
    report = ran(model, "[3,4]")
    rows = {row.path: row.aliases for row in report.layers}
    assert rows == {"": (), "first": ("more.c",), "first.0": ("last", "more.c.0"), "first.1": ("more.c.1",)}
    assert [row.call for row in report.calls_of("more.c.0")] == [1, 2, 3]
    assert report.calls_of("last") == report.calls_of("first.0")
    assert (report.totals.parameters.total, report.totals.parameters.shared) == (20, 20)


def test_names_are_looked_for_no_further_than_a_few() -> None:
    block: nn.Module = linear()
    for _ in range(12):  # each twice in the next: 4,096 names
        block = nn.ModuleList([block, block])
    innermost = other_names(tuple(block.named_modules()))[".".join("0" * 12)]
    assert len(innermost) == MOST_NAMES == len(set(innermost))


def test_what_an_own_forward_does_besides_its_layers_is_its_own() -> None:
    model = Model(lambda s, x: s.a(x) @ s.w, a=linear(), w=torch.ones(4, 5))
    assert macs_by_path(ran(model, "[3,4]")) == {"": 3 * 4 * 5, "a": LINEAR}


def test_a_forward_on_the_instance_is_the_one_that_runs() -> None:
    layer = linear()
    layer.forward = lambda x: x @ torch.ones(4, 7)  # type: ignore[method-assign]
    assert calls(layer) == [("", 1, 3 * 4 * 7)]
    assert layer.forward(torch.ones(1, 4)).shape == (1, 7)


def test_an_exception_that_the_model_handles_leaves_the_stack_straight() -> None:
    def deep(self: Any, x: torch.Tensor) -> torch.Tensor:
        self.inner(x)
        raise ValueError("after its work")

    def handling(self: Any, x: torch.Tensor) -> torch.Tensor:
        for attempt in (lambda: self.bad(x), lambda: self.wrong(x)):
            with contextlib.suppress(ValueError, RuntimeError):
                attempt()
        return self.good(x) @ self.w

    model = Model(
        handling,
        bad=Model(deep, inner=nn.Linear(4, 3)),
        wrong=nn.Linear(5, 2),  # takes 5 features, and 4 come
        good=linear(),
        w=torch.ones(4, 2),
    )
    # the work of the one that raised was done; what follows is the model's own, and of depth 1
    report = ran(model, "[3,4]")
    assert macs_by_path(report) == {"bad.inner": 3 * 4 * 3, "good": LINEAR, "": 3 * 4 * 2}
    assert {row.path: row.depth for row in report.layers} == {
        "": 0, "bad": 1, "bad.inner": 2, "wrong": 1, "good": 1,
    }  # fmt: skip


def test_an_error_after_a_handled_one_is_blamed_on_its_own_layer() -> None:
    def handling(self: Any, x: torch.Tensor) -> torch.Tensor:
        with contextlib.suppress(RuntimeError):
            self.first(x)
        return self.second(x)

    model = Model(handling, first=nn.Linear(5, 2), second=nn.Linear(6, 2))
    with pytest.raises(linscope.LinscopeError) as caught:
        linscope.analyze(model, "[3,4]")
    assert caught.value.details[0] == "layer: second"


def test_an_error_raised_anew_is_blamed_on_who_raised_it() -> None:
    def translating(self: Any, x: torch.Tensor) -> torch.Tensor:
        try:
            return self.inner(x)
        except RuntimeError as error:
            raise ValueError("in our own words") from error

    with pytest.raises(linscope.LinscopeError) as caught:
        linscope.analyze(nn.Sequential(Model(translating, inner=nn.Linear(5, 2))), "[3,4]")
    assert caught.value.message == "the model raised ValueError at 0"


def test_depths_and_subtrees() -> None:
    model = nn.Sequential(nn.Sequential(linear(), nn.Sequential(linear())), linear())
    report = ran(model, "[3,4]")
    assert [(r.path, r.depth, r.subtree_macs, r.subtree_parameters, r.has_children) for r in report.layers] == [
        ("", 0, 3 * LINEAR, 60, True),
        ("0", 1, 2 * LINEAR, 40, True),
        ("0.0", 2, LINEAR, 20, False),
        ("0.1", 2, LINEAR, 20, True),
        ("0.1.0", 3, LINEAR, 20, False),
        ("1", 1, LINEAR, 20, False),
    ]


def test_a_chain_deeper_than_pythons_stack_has_its_rows() -> None:
    report = linscope.analyze("[1,2] -> (Linear(2,2)) * 1500", crosscheck=False)
    assert len(report.layers) == 1_500
    assert report.totals.macs == 1_500 * 4
    adds_up(report)


def test_calls_nested_deeper_than_pythons_stack_are_walked() -> None:
    root = innermost = Frame("", None, 1)
    for depth in range(10_000):
        frame = Frame(f"{depth}", linear() if depth == 0 else None, 1)
        innermost.children.append(frame)
        innermost = frame
    innermost.macs = 5
    assert [depth for _, depth in walk(root)] == list(range(10_000))
    rows = layer_rows(root, Ledger((), called_paths(root)), {})
    assert [row.subtree_macs for row in rows] == [5] * 10_000


def test_the_shapes_of_a_row_are_those_of_its_call() -> None:
    report = ran(Model(lambda s, x: s.a(s.a(x)[:2]), a=linear()), "[3,4]")
    assert [(r.input_shapes, r.output_shapes) for r in report.layers if r.path == "a"] == [
        (((3, 4),), ((3, 4),)),
        (((2, 4),), ((2, 4),)),
    ]


def test_nothing_is_wrapped_twice_or_left_wrapped() -> None:
    model = nn.Sequential(linear(), nn.ReLU())
    before = [dict(module.__dict__) for module in model.modules()]
    with Attributed(tuple(model.named_modules()), Tracer(None)):
        assert all("forward" in module.__dict__ for module in model.modules())
    assert [dict(module.__dict__) for module in model.modules()] == before


def test_containers_without_a_forward_stay_themselves() -> None:
    model = nn.ModuleList([linear()])
    with Attributed(tuple(model.named_modules()), Tracer(None)):
        assert "forward" not in model.__dict__
        assert "forward" in model[0].__dict__


def test_a_model_under_torch_compile_is_seen_through() -> None:
    report = ran(torch.compile(linear(), backend="eager"), "[3,4]", crosscheck=False)
    assert macs_by_path(report) == {"_orig_mod": LINEAR}


def test_parametrized_weights_are_the_layers_own() -> None:
    weighted = nn.utils.parametrizations.weight_norm(nn.Linear(4, 2))
    report = ran(weighted, "[3,4]")
    assert (report.totals.macs, report.totals.parameters.total) == (24, 2 + 2 + 8)  # bias, norms, directions
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2))
    # in eval: u·(W v), two products of the 2x4 weight and a dot of 2
    assert ran(spectral, "[3,4]", train=False).totals.macs == 24 + 2 * 4 + 2
