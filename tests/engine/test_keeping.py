"""A run leaves nothing behind: not in the model, not in torch, whether it ends well or not."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from engine.user_models import Model, ones
from torch import nn

import linscope
from linscope.engine.keeping import Seeded, WithoutFastPaths
from linscope.engine.unchanged import Unchanged


def of_the_model(model: nn.Module) -> dict[str, Any]:
    """What could change in a model, under names that say what did."""
    return {
        "values": {name: value.clone() for name, value in model.state_dict().items()},
        "identities": [(name, id(t)) for name, t in (*model.named_parameters(), *model.named_buffers())],
        "devices": [(t.device, t.dtype) for t in (*model.parameters(), *model.buffers())],
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "grad": [p.grad is None for p in model.parameters()],
        "modes": [module.training for module in model.modules()],
        "attributes": [sorted(module.__dict__) for module in model.modules()],
        "hooks": [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in model.modules()],
        "children": [sorted(module._modules) for module in model.modules()],
    }


def of_torch() -> dict[str, Any]:
    return {
        "torch's random state": torch.get_rng_state(),
        "python's random state": random.getstate(),
        "fast path": torch.backends.mha.get_fastpath_enabled(),
        "mkldnn": torch.backends.mkldnn.enabled,  # type: ignore[attr-defined]
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "default dtype": torch.get_default_dtype(),
        "default device": torch.get_default_device(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "modes on the stack": torch._C._len_torch_dispatch_stack(),
        "hooks of all modules": len(torch.nn.modules.module._global_forward_hooks),
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if not _same(before[name], after[name])]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def left_behind(model: nn.Module, inputs: Any, error: type[BaseException] | None = None, **options: Any) -> list[str]:
    before, around = of_the_model(model), of_torch()
    if error is None:
        linscope.analyze(model, inputs, **options)
    else:
        with pytest.raises(error):
            linscope.analyze(model, inputs, **options)
    return differences(before, of_the_model(model)) + differences(around, of_torch())


def mixed() -> nn.Module:
    """Running statistics, dropout, a frozen layer, and modes that differ from layer to layer."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.BatchNorm2d(4), nn.Flatten())
    model[0].requires_grad_(False)
    model[3].eval()
    return model


@pytest.mark.parametrize("train", [None, True, False])
@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
def test_a_model_with_running_statistics_is_as_it_was(mode: str, train: bool | None) -> None:
    assert left_behind(mixed(), "[2,3,8,8]", run=mode, train=train) == []


def test_a_run_in_training_mode_is_one() -> None:
    modes: list[bool] = []
    model = nn.Sequential(nn.BatchNorm1d(4), Model(lambda s, x: modes.append(s.training)))
    model.eval()
    for train in (None, True, False):
        linscope.analyze(model, "[3,4]", train=train, crosscheck=False)
    assert modes == [False, True, False]
    assert linscope.analyze(model, "[3,4]", train=True).run.training is True


def raising(error: BaseException) -> nn.Module:
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        self.norm.train()
        self.norm(x)
        raise error

    return Model(forward, norm=nn.BatchNorm1d(4))


@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (ValueError("no"), linscope.LinscopeError),
        (MemoryError(), linscope.LinscopeError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(3), linscope.LinscopeError),  # as a constructor that leaves is one that fails
    ],
)
def test_a_forward_that_raises_leaves_nothing_either(raised: BaseException, seen: Any, mode: str) -> None:
    assert left_behind(raising(raised).eval(), "[3,4]", seen, run=mode) == []


def test_an_interrupt_while_others_are_wrapped_leaves_no_wrapping() -> None:
    model = nn.Sequential(mixed(), Model(lambda s, x: (_ for _ in ()).throw(KeyboardInterrupt())))
    assert left_behind(model, "[2,3,8,8]", KeyboardInterrupt) == []
    assert model[0](torch.randn(2, 3, 8, 8)).shape == (2, 144)


def test_an_interrupt_while_it_is_built_leaves_torch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    around = of_torch()
    monkeypatch.setattr(nn.Linear, "__init__", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt()))
    for mode in ("real", "meta", "fake"):
        with pytest.raises(KeyboardInterrupt):
            linscope.analyze("[3,4] -> Linear(4,2)", run=mode)
    assert differences(around, of_torch()) == []


def test_a_lazy_model_stays_lazy() -> None:
    model = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    before = str(model), [len(m._forward_pre_hooks) for m in model.modules()], [sorted(m.__dict__) for m in model]
    report = linscope.analyze(model, "[5,4]")
    assert report.totals.parameters.total == 4 * 3 + 3 + 2 * 3
    assert model[0].has_uninitialized_params() and model[1].has_uninitialized_params()
    assert before == (
        str(model), [len(m._forward_pre_hooks) for m in model.modules()], [sorted(m.__dict__) for m in model],
    )  # fmt: skip
    assert model(torch.ones(2, 7)).shape == (2, 3)  # and may still learn other sizes


def test_modes_that_a_forward_sets_are_set_back() -> None:
    model = Model(lambda s, x: s.train().a.eval()(x), a=nn.Linear(4, 2)).eval()
    assert left_behind(model, "[3,4]") == []


def test_grad_mode_set_by_a_forward_is_set_back() -> None:
    model = Model(lambda s, x: (torch.set_grad_enabled(True), s.a(x)), a=nn.Linear(4, 2))
    with torch.no_grad():
        assert left_behind(model, "[3,4]") == []
    assert left_behind(model, "[3,4]") == []


def test_hooks_of_the_users_own_stay_and_run() -> None:
    layer, seen = nn.Linear(4, 2), []
    layer.register_forward_hook(lambda *given: seen.append("after"))
    layer.register_forward_pre_hook(lambda *given: seen.append("before"))
    assert left_behind(layer, "[3,4]", crosscheck=False) == []
    assert seen == ["before", "after"]


def test_gradients_and_their_tensors_stay() -> None:
    layer, x = nn.Linear(4, 2), torch.randn(3, 4, requires_grad=True)
    layer(x).sum().backward()
    kept = [t.grad.clone() for t in (x, *layer.parameters())]
    assert left_behind(layer, x) == []
    assert all(torch.equal(t.grad, grad) for t, grad in zip((x, *layer.parameters()), kept, strict=True))


def test_runs_of_a_spec_leave_torch_alone() -> None:
    around = of_torch()
    for mode in ("auto", "real", "meta", "fake"):
        linscope.analyze("[2,3,8] -> TransformerEncoderLayer(8,2,16,batch_first=True)", run=mode, explain="full")
    with pytest.raises(linscope.LinscopeError):
        linscope.analyze("[3,5] -> Linear(4,2)")
    assert differences(around, of_torch()) == []


def test_a_fast_path_that_was_off_stays_off() -> None:
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with WithoutFastPaths():
            assert not torch.backends.mha.get_fastpath_enabled()
        assert not torch.backends.mha.get_fastpath_enabled()
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


def test_random_numbers_go_on_as_if_nothing_had_been_drawn() -> None:
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    with Seeded(0):
        inside = torch.randn(3)
    assert torch.equal(torch.randn(3), expected)
    with Seeded(0):
        assert torch.equal(torch.randn(3), inside)


def test_a_model_made_for_the_run_is_not_kept() -> None:
    model = nn.BatchNorm1d(4)
    with Unchanged(model, True, made=True):
        model(torch.randn(3, 4))
    assert model.training and int(model.num_batches_tracked) == 1
    model.eval()
    with Unchanged(model, True, made=False):
        assert model.training
    assert not model.training


def test_an_input_that_needs_a_gradient_is_not_asked_for_one() -> None:
    x = torch.randn(3, 4, requires_grad=True)
    linscope.analyze(nn.Linear(4, 2), x)
    assert x.grad is None and x.requires_grad


# ── What is not kept ────────────────────────────────────────────────────────────────────────────────


def shrinking(self: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        self.a.weight.mul_(0.5)
    return self.a(x)


def counting(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.steps = self.steps + 1
    return self.a(x)


def caching(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.register_buffer("cache", x.clone())
    return self.a(x)


def test_parameters_that_a_forward_changes_in_place_are_as_they_were() -> None:
    assert left_behind(Model(shrinking, a=nn.Linear(4, 2)), "[3,4]", crosscheck=False) == []


def test_a_buffer_that_a_forward_replaces_is_as_it_was() -> None:
    model = Model(counting, a=nn.Linear(4, 2))
    model.register_buffer("steps", torch.zeros(()))
    assert left_behind(model, "[3,4]", crosscheck=False) == []


def test_a_buffer_that_a_forward_adds_is_gone() -> None:
    assert left_behind(Model(caching, a=nn.Linear(4, 2)), "[3,4]", crosscheck=False) == []


def test_a_tensor_given_is_as_it_was_after_a_layer_in_place() -> None:
    x = -ones(3, 4).data
    linscope.analyze(nn.ReLU(inplace=True), x)
    assert torch.equal(x, -torch.ones(3, 4))


def test_a_model_made_in_inference_mode_can_be_run() -> None:
    with torch.inference_mode():
        model = nn.BatchNorm1d(4).eval()
    assert linscope.analyze(model, "[3,4]", crosscheck=False).totals.parameters.total == 8


@pytest.mark.parametrize(("training", "kept"), [(True, 2), (False, 0)])
def test_running_statistics_are_kept_where_they_may_change(
    monkeypatch: pytest.MonkeyPatch, training: bool, kept: int
) -> None:
    from linscope.engine import unchanged

    seen: list[int] = []
    leave = unchanged.KeptValues.__exit__
    monkeypatch.setattr(
        unchanged.KeptValues, "__exit__", lambda self, *e: (seen.append(len(self._written)), leave(self, *e))[1]
    )
    model = nn.BatchNorm1d(4, track_running_stats=True).train(training)
    mean = model.running_mean.clone()
    linscope.analyze(model, "[8,4]", crosscheck=False)
    assert torch.equal(model.running_mean, mean)
    assert seen == [kept + training]  # num_batches_tracked is added to
