"""Operators that run other operators: bodies, transforms, compiled code. What runs inside is what is counted.

``Linear(4, 4)`` on 3 rows is 3 · 4 · 4 = 48 multiply-accumulates, on 2 rows 32, on 1 row 16.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
import torch
from engine.user_models import Model, ran
from torch import nn
from torch._higher_order_ops.associative_scan import associative_scan
from torch._higher_order_ops.map import map as over_first
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.utils.checkpoint import checkpoint

from linscope.errors import LinscopeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.report.record import Report

pytestmark = pytest.mark.filterwarnings("ignore")


def model(code: Callable[..., Any]) -> nn.Module:
    """A model with a Linear, whose forward is ``code`` of that and of the input."""
    return Model(lambda self, x: code(self.linear, x), linear=nn.Linear(4, 4))


def analyzed(code: Callable[..., Any], shape: str, **options: Any) -> Report:
    return ran(model(code), shape, crosscheck=False, **options)


def branch(linear: nn.Module, x: torch.Tensor, sign: int) -> Any:
    return torch.cond((x * x).sum() * sign > 0, linear, lambda x: linear(linear(x)), (x,))


def three_times(linear: nn.Module, x: torch.Tensor) -> Any:
    return while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, linear(x)), (0 * x[0, 0], x))


def grouped(linear: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return flex_attention(x, x[:, :1], x[:, :1], enable_gqa=True)


def twice(linear: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return linear(linear(x))


def in_inference_mode(linear: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return linear(x)


def gradient(linear: nn.Module, x: torch.Tensor, reentrant: bool | None = None) -> torch.Tensor:
    """Of the input alone, worked out within the forward; the layer in a checkpoint, if ``reentrant`` says which."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        linear.requires_grad_(False)
        y = linear(x) if reentrant is None else checkpoint(linear, x, use_reentrant=reentrant)
        y.sum().backward()
    assert x.grad is not None
    return x.grad


CASES = {
    "cond, true": (lambda m, x: branch(m, x, 1), "[3,4]", 48),
    "cond, false": (lambda m, x: branch(m, x, -1), "[3,4]", 96),
    "while_loop": (three_times, "[3,4]", 144),
    "scan": (lambda m, x: scan(lambda c, y: (m(c), y * 2), x[0], x), "[5,2,4]", 160),  # 5 steps of 2 rows
    "map": (lambda m, x: over_first(m, x), "[5,2,4]", 160),
    "associative_scan": (lambda m, x: associative_scan(lambda a, b: a * b, x, 0, combine_mode="generic"), "[3,2,4]", 0),
    # 2 · 3 heads, 16 queries each against 16 keys, over 8 features: 12,288; and the values over 8: as much again
    "flex_attention": (lambda m, x: flex_attention(x, x, x), "[2,3,16,8]", 24_576),
    "flex_attention, scores changed": (
        lambda m, x: flex_attention(x, x, x, score_mod=lambda score, b, h, q, k: score + (q - k)), "[2,3,16,8]", 24_576,
    ),
    "flex_attention, another value size": (lambda m, x: flex_attention(x, x, x[..., :4]), "[2,3,16,8]", 12_288 + 6_144),
    "flex_attention, grouped": (grouped, "[2,3,16,8]", 24_576),
    "vmap": (lambda m, x: torch.vmap(lambda y: y @ m.weight)(x), "[3,2,4]", 96),  # 3 · 2 rows
    "functional_call": (lambda m, x: torch.func.functional_call(m, dict(m.named_parameters()), (x,)), "[3,4]", 48),
    "func.grad": (lambda m, x: torch.func.grad(lambda y: m(y).sum())(x), "[3,4]", 96),  # forward, and dx = dy W
    # The tangent of x meets W; torch multiplies x by the tangent of W as well, which is zero.
    "func.jvp": (lambda m, x: torch.func.jvp(m, (x,), (x,)), "[3,4]", 144),
    "func.jacrev": (lambda m, x: torch.func.jacrev(m)(x), "[4]", 16 + 64),  # forward, then 4 rows of dy
    "autograd within": (gradient, "[3,4]", 96),
    "checkpoint": (lambda m, x: checkpoint(m, x, use_reentrant=True), "[3,4]", 48),
    "checkpoint, not reentrant": (lambda m, x: checkpoint(m, x, use_reentrant=False), "[3,4]", 48),
    # forward, again in the backward, and dx
    "checkpoint and its backward": (lambda m, x: gradient(m, x, reentrant=True), "[3,4]", 144),
    # forward and dx: the other kind stops running again as soon as all that was saved, the weight, is there again
    "checkpoint and its backward, not reentrant": (lambda m, x: gradient(m, x, reentrant=False), "[3,4]", 96),
    "inference_mode": (in_inference_mode, "[3,4]", 48),
    "compiled within": (lambda m, x: torch.compile(m, backend="eager")(x), "[3,4]", 48),
    "compiled within, whole": (lambda m, x: torch.compile(twice, backend="eager", fullgraph=True)(m, x), "[3,4]", 96),
    "into a tensor given": (lambda m, x: torch.mm(x, m.weight, out=x.new_empty(3, 4)), "[3,4]", 48),
    "in place": (lambda m, x: x.new_zeros(3, 4).addmm_(x, m.weight), "[3,4]", 48),
    "traced function": (lambda m, x: torch.jit.trace(lambda y: y @ y.t(), x, check_trace=False)(x), "[3,4]", 72),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_runs_inside_is_counted(case: str) -> None:
    code, shape, macs = CASES[case]
    report = analyzed(code, shape)
    assert (report.totals.macs, report.status) == (macs, "complete")


NEED_VALUES = ("cond", "while_loop")
NOT_ON_META = ("flex_attention", "traced")  # torch refuses


@pytest.mark.parametrize("mode", ["meta", "fake"])
@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith((*NEED_VALUES, "traced"))])
def test_shapes_alone_tell_the_same(case: str, mode: str) -> None:
    code, shape, macs = CASES[case]
    if mode == "meta" and case.startswith(NOT_ON_META):
        with pytest.raises(LinscopeError, match="ValueError"):
            analyzed(code, shape, run=mode)
    else:
        report = analyzed(code, shape, run=mode)
        assert (report.totals.macs, report.status) == (macs, "complete")


@pytest.mark.parametrize("mode", ["meta", "fake"])
def test_a_branch_that_depends_on_values_needs_them(mode: str) -> None:
    with pytest.raises(LinscopeError, match="needs values"):
        analyzed(CASES["cond, true"][0], "[3,4]", run=mode)


def test_a_causal_block_mask_is_counted_in_full() -> None:
    def causal(_: Any, x: torch.Tensor) -> torch.Tensor:
        mask = create_block_mask(lambda b, h, q, k: q >= k, None, None, 16, 16, device="cpu")
        return flex_attention(x, x, x, block_mask=mask)

    report = analyzed(causal, "[2,3,16,8]")
    assert (report.totals.macs, report.status) == (24_576, "complete")


def test_a_recomputed_layer_is_a_call_of_its_own() -> None:
    report = analyzed(CASES["checkpoint and its backward"][0], "[3,4]")
    calls = [(row.path, row.call, row.macs) for row in report.layers]
    assert calls == [("", 1, 48), ("linear", 1, 48), ("linear", 2, 48)]  # dx is the model's own work


# ── torch.compile ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def compiled() -> list[int]:
    """How many graphs a backend was given; dynamo starts afresh."""
    torch._dynamo.reset()
    return []


def backend(seen: list[int]) -> Callable[..., Any]:
    def compile_(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Callable[..., Any]:
        seen.append(len(inputs))
        return graph

    return compile_


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_a_compiled_model_is_seen_and_stays_compiled(compiled: list[int], warm: bool, whole: bool) -> None:
    compiled_model = torch.compile(model(lambda m, x: m(x).relu()), backend=backend(compiled), fullgraph=whole)
    x = torch.rand(3, 4)
    if warm:
        compiled_model(x)
    before = len(compiled)
    report = ran(compiled_model, x, crosscheck=False)
    assert (report.totals.macs, report.totals.elementwise, report.status) == (48, 12, "complete")
    assert len(compiled) == before  # nothing was compiled for it
    compiled_model(x)
    assert len(compiled) == 1  # and all that can be is still


def test_flex_attention_still_compiles_afterwards() -> None:
    """torch says so where its wrapper has been marked as not to be compiled."""
    torch._dynamo.reset()
    x = torch.rand(1, 1, 16, 8)
    analyzed(lambda m, y: flex_attention(y, y, y), "[1,1,16,8]")
    assert flex_attention(x, x, x).shape == (1, 1, 16, 8)


def test_the_switch_is_turned_back_where_the_model_raises() -> None:
    def fails(linear: nn.Module, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("on purpose")

    before = torch._dynamo.eval_frame._stance
    with pytest.raises(LinscopeError):
        analyzed(fails, "[3,4]")
    assert torch._dynamo.eval_frame._stance is before


FRESH = """
    import sys
    import torch
    from torch import nn
    import linscope

    class Compiles(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x):
            return torch.compile(self.linear, backend="eager", fullgraph=True)(x)

    linscope.analyze(nn.Linear(4, 4), "[3,4]", crosscheck=False)
    assert "torch._dynamo" not in sys.modules
    finders = list(sys.meta_path)
    report = linscope.analyze(Compiles(), "[3,4]", crosscheck=False)
    assert (report.totals.macs, report.status) == (48, "complete")
    assert sys.modules["torch._dynamo.eval_frame"]._stance.stance == "default"
    assert sys.meta_path == finders
    Compiles()(torch.rand(3, 4))  # raises where nothing of it can be compiled any more
"""


def test_the_compiler_may_be_imported_by_the_model() -> None:
    subprocess.run([sys.executable, "-c", textwrap.dedent(FRESH)], check=True, timeout=120)
