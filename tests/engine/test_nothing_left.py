"""Every kind of module, analysed and then compared with itself, bit for bit; also when its forward raises."""

from __future__ import annotations

import contextlib
import copy
import random
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from engine.user_models import Model
from torch import nn
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm
from torch.utils.checkpoint import checkpoint

import linscope

if TYPE_CHECKING:
    from collections.abc import Callable


# ── Forwards that disturb their own model ───────────────────────────────────────────────────────────


def shrinks(self: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        self.a.weight.mul_(0.5)
        self.a.bias.data[0] = 7
        torch.add(self.a.bias, 1, out=self.a.bias.data)
        torch._foreach_mul_([self.a.weight, self.a.bias], 0.25)
    return self.a(x)


def replaces(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.a.weight.data = self.a.weight.data * 2
    self.a.bias = nn.Parameter(torch.zeros(2))
    return self.a(x)


def remembers(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.last = x
    self.seen.append(len(self.seen))
    self.table["new"] = x
    self.names.add("new")
    self.order.move_to_end("first")
    del self.gone
    return self.a(x)


def grows(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.extra = nn.Linear(2, 2)
    self.register_buffer("cache", x.clone())
    self.register_forward_hook(lambda *given: None)
    self.a.register_forward_pre_hook(lambda *given: None)
    return self.a(x)


def counts(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.steps += 1
    self.steps = self.steps + 1
    return self.a(x)


def trains(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.a.train()
    self.a.weight.requires_grad_(False)
    with torch.enable_grad():
        self.b(x).sum().backward()
    self.a.bias.grad = None
    return self.a(x)


def draws(self: Any, x: torch.Tensor) -> torch.Tensor:
    random.random()
    np.random.random()
    torch.randn(3)
    return self.a(x)


def switches(self: Any, x: torch.Tensor) -> torch.Tensor:
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(True)
    torch.set_float32_matmul_precision("medium")
    return self.a(x)


def writes_into_its_input(self: Any, x: torch.Tensor) -> torch.Tensor:
    return self.a(x.mul_(2).relu_())


def resizes(self: Any, x: torch.Tensor) -> torch.Tensor:
    self.steps.resize_(64).fill_(3)
    return self.a(x)


FORWARDS = [resizes, shrinks, replaces, remembers, grows, counts, trains, draws, switches, writes_into_its_input]


def disturbed(forward: Callable[..., Any]) -> nn.Module:
    model = Model(
        forward, a=nn.Linear(4, 2), b=nn.Linear(4, 3), seen=[1], table={"old": 1}, names={"old"}, gone="soon",
        order=OrderedDict(first=1, second=2),
    )  # fmt: skip
    model.register_buffer("steps", torch.zeros(()))
    model.a(torch.ones(4)).sum().backward()
    model.b(torch.ones(4)).sum().backward()
    return model


# ── Modules as they come ────────────────────────────────────────────────────────────────────────────


def pruned() -> nn.Module:
    layer = nn.Linear(4, 2)
    prune.l1_unstructured(layer, "weight", amount=0.5)
    return layer


def half_frozen() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, momentum=None), nn.Dropout(), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    model[1].eval()
    return model


def tied() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    return model


def hooked() -> nn.Module:
    layer = nn.Linear(4, 2)
    layer.register_forward_hook(lambda module, args, output: output * 2)
    layer.register_full_backward_hook(lambda *given: None)
    return nn.Sequential(layer)


MODULES: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(4, 2),
    "float64": lambda: nn.Linear(4, 2, dtype=torch.float64),
    "bfloat16": lambda: nn.Linear(4, 2).bfloat16(),
    "half frozen": half_frozen,
    "tied": tied,
    "hooked": hooked,
    "pruned": pruned,
    "weight norm": lambda: weight_norm(nn.Linear(4, 2)),
    "weight norm, parametrized": lambda: parametrizations.weight_norm(nn.Linear(4, 2)),
    "spectral norm": lambda: spectral_norm(nn.Linear(4, 2)),
    "spectral norm, parametrized": lambda: parametrizations.spectral_norm(nn.Linear(4, 2)),
    "orthogonal": lambda: parametrizations.orthogonal(nn.Linear(4, 4)),
    "lazy": lambda: nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d()),
    "recurrent": lambda: nn.LSTM(4, 3, 2, bidirectional=True),
    "max norm": lambda: Model(
        lambda s, x: s.e(torch.arange(3)) + x.sum(), e=nn.Embedding(3, 4, max_norm=0.1, scale_grad_by_freq=True)
    ),
    "checkpointed": lambda: Model(lambda s, x: checkpoint(s.a, x, use_reentrant=False), a=nn.Linear(4, 2)),
    "scripted": lambda: torch.jit.script(nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))),
    "traced": lambda: torch.jit.trace(nn.Linear(4, 2), torch.randn(3, 4)),
    "quantized": lambda: torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 2)), {nn.Linear}),
    "made in inference mode": lambda: in_inference_mode(),
    **{f"a forward that {f.__name__}": (lambda f=f: disturbed(f)) for f in FORWARDS},
}


def in_inference_mode() -> nn.Module:
    with torch.inference_mode():
        return nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2)).eval()


# ── What is compared ────────────────────────────────────────────────────────────────────────────────


def picture(model: nn.Module) -> dict[str, Any]:
    """All that a model is, with copies of its values."""
    pictures: dict[str, Any] = {"repr": repr(model), "names": list(model.state_dict())}
    for name, module in model.named_modules():
        pictures[f"{name}: training"] = module.training
        if isinstance(module, torch.jit.ScriptModule):
            continue
        for key, value in module.__dict__.items():
            pictures[f"{name}: {key}"] = (id(value), _copied(value))
        pictures[f"{name}: order of attributes"] = list(module.__dict__)
    for name, p in (*model.named_parameters(), *model.named_buffers()):
        if not nn.parameter.is_lazy(p):
            pictures[f"{name}: identity"] = (id(p), memory(p), p.requires_grad, p.dtype, p.device, id(p.grad))
            pictures[f"{name}: grad"] = _copied(p.grad)
    return pictures


def memory(tensor: torch.Tensor) -> tuple[Any, ...]:
    """Which storage a tensor looks at, and how; the address may move where a forward resized it."""
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tensor.shape, tensor.stride()


def surroundings() -> dict[str, Any]:
    return {
        "torch's random state": torch.get_rng_state(),
        "python's random state": random.getstate(),
        "numpy's random state": _copied(list(np.random.get_state()[1:3])),
        "fast path": torch.backends.mha.get_fastpath_enabled(),
        "mkldnn": torch.backends.mkldnn.enabled,  # type: ignore[attr-defined]
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "default dtype": torch.get_default_dtype(),
        "default device": torch.get_default_device(),
        "precision": torch.get_float32_matmul_precision(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads(),
        "modes": torch._C._len_torch_dispatch_stack(),
        "function modes": torch._C._len_torch_function_stack(),
        "hooks of all modules": len(torch.nn.modules.module._global_forward_hooks),
    }


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and not nn.parameter.is_lazy(value):
        return (id(value), value.detach().clone())
    if isinstance(value, (list, tuple)):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return copy.copy(value) if isinstance(value, set) else value


def same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and same_bits(one, other)
    if isinstance(one, np.ndarray):
        return bool((one == other).all())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.is_meta:
        return other.is_meta
    return one.is_quantized or torch.equal(one.contiguous().view(torch.uint8), other.contiguous().view(torch.uint8)) \
        if one.dim() else bool(torch.equal(one, other))  # fmt: skip


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    keys = dict.fromkeys([*before, *after])
    return [key for key in keys if key not in before or key not in after or not same(before[key], after[key])]


def given(name: str) -> torch.Tensor:
    shape = (5, 3, 4) if name == "recurrent" else (3, 4)
    dtype = {"float64": torch.float64, "bfloat16": torch.bfloat16}.get(name, torch.float32)
    return torch.randn(shape, dtype=dtype)


# ── The tests ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["auto", "meta", "fake"])
@pytest.mark.parametrize("name", MODULES)
def test_an_analysis_leaves_nothing_in_a_model_on_meta(name: str, mode: str) -> None:
    try:
        model = MODULES[name]().to("meta")
    except (RuntimeError, NotImplementedError):
        return  # it cannot live there
    x = given(name)
    before, around = picture(model), surroundings()
    with contextlib.suppress(linscope.LinscopeError):
        linscope.analyze(model, x, run=mode)
    assert changes(before, picture(model)) == []
    assert changes(around, surroundings()) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
@pytest.mark.parametrize("name", MODULES)
def test_an_analysis_leaves_nothing(name: str, mode: str) -> None:
    model, x = MODULES[name](), given(name)
    before, around, values = picture(model), surroundings(), x.clone()
    try:
        linscope.analyze(model, x, run=mode)
    except linscope.LinscopeError:
        assert mode != "real"  # shapes alone may not do; they, too, must leave nothing
    assert changes(before, picture(model)) == []
    assert changes(around, surroundings()) == []
    assert torch.equal(x, values)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("scripted", "traced")])
def test_a_forward_that_raises_at_the_end_leaves_nothing(name: str) -> None:
    def whole(self: Any, x: torch.Tensor) -> Any:
        self.inside(x)
        raise ZeroDivisionError

    model, x = Model(whole, inside=MODULES[name]()), given(name)
    before, around = picture(model), surroundings()
    with pytest.raises(linscope.LinscopeError, match="ZeroDivisionError"):
        linscope.analyze(model, x)
    assert changes(before, picture(model)) == []
    assert changes(around, surroundings()) == []


@pytest.mark.parametrize("forward", FORWARDS, ids=lambda f: f.__name__)
def test_the_comparison_sees_each_change(forward: Callable[..., Any]) -> None:
    """The check can fail: the same forward, called by itself, changes what is compared."""
    model, x = disturbed(forward), torch.randn(3, 4)
    before, around, values = picture(model), surroundings(), x.clone()
    model(x)
    try:
        assert changes(before, picture(model)) or changes(around, surroundings()) or not torch.equal(x, values)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.use_deterministic_algorithms(False)
        torch.set_float32_matmul_precision("highest")


def test_a_large_parameter_is_not_copied_unless_it_is_written() -> None:
    from linscope.engine.unchanged import values_of

    layer = nn.Linear(4, 2)
    kept = values_of(layer, ())
    with kept:
        kept.before(layer.bias.data[:1])  # a view: the whole storage is kept
        layer.bias.data.fill_(5)
        assert len(kept._written) == 1
    assert not (layer.bias == 5).any()


# ── Several threads ─────────────────────────────────────────────────────────────────────────────────


def test_analyses_in_several_threads_give_the_same_counts_and_leave_nothing() -> None:
    shared = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    jobs: list[tuple[Any, ...]] = [
        (shared, "[3,4]"),
        (encoder, "[2,5,8]"),
        ("[2,5,8] -> LSTM(8,6)",),
        ("[1,3,8,8] -> Conv2d(3,4,3)",),
    ]
    expected = [linscope.analyze(*job).to_dict() for job in jobs]
    before, around = picture(shared), surroundings()
    found: list[tuple[int, Any]] = []

    def work(start: int) -> None:
        for turn in range(6):
            index = (start + turn) % len(jobs)
            try:
                found.append((index, linscope.analyze(*jobs[index]).to_dict()))
            except Exception as error:  # an error in a thread is lost otherwise
                found.append((index, error))

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 24
    assert all(told == expected[index] for index, told in found)
    assert changes(before, picture(shared)) == []
    assert changes(around, surroundings()) == []


def test_a_forward_may_analyse_something_itself() -> None:
    inner: list[int] = []

    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        inner.append(linscope.analyze(nn.Linear(4, 3), "[5,4]").totals.macs)
        return self.a(x)

    report = linscope.analyze(Model(forward, a=nn.Linear(4, 2)), "[3,4]", crosscheck=False)
    assert inner == [60]
    assert next(row for row in report.layers if row.path == "a").macs == 24
