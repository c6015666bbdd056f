"""What runs is counted, however it is written: functions, operators, containers in and out."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from engine.user_models import Model, macs_by_path, ones, ran
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import linscope
from linscope.errors import ModelError, ShapeError, UncountedError, ValuesError
from linscope.report.record import UNCOUNTED

FUNCTIONAL: dict[str, tuple[Any, list[str], int]] = {
    # forward(self, ...) with self.w of (4, 2): inputs, MACs
    "x @ w": (lambda s, x: x @ s.w, ["[3,4]"], 3 * 4 * 2),
    "w.T @ x": (lambda s, x: s.w.T @ x, ["[4,5]"], 2 * 4 * 5),
    "batched @": (lambda s, x: x @ s.w, ["[7,3,4]"], 7 * 3 * 4 * 2),
    "F.linear with a bare tensor": (lambda s, x: F.linear(x, s.w.T, torch.ones(2)), ["[3,4]"], 3 * 4 * 2),
    "einsum of two": (lambda s, x: torch.einsum("bi,io->bo", x, s.w), ["[3,4]"], 3 * 4 * 2),
    # left to right: (3,4)(4,2) first, then (3,2)(2,5)
    "einsum of three": (lambda s, x, y: torch.einsum("bi,io,ok->bk", x, s.w, y), ["[3,4]", "[2,5]"], 24 + 30),
    "mv": (lambda s, x: torch.mv(s.w.T, x), ["[4]"], 2 * 4),
    "dot": (lambda s, x: torch.dot(x, x), ["[4]"], 4),
    "addmv": (lambda s, x: torch.addmv(torch.ones(2), s.w.T, x), ["[4]"], 2 * 4),
    "addmm_ in place": (lambda s, x: torch.zeros(3, 2).addmm_(x, s.w), ["[3,4]"], 3 * 4 * 2),
    "baddbmm": (lambda s, x: torch.baddbmm(torch.ones(5, 3, 2), x, s.w.expand(5, 4, 2)), ["[5,3,4]"], 5 * 24),
    "addbmm": (lambda s, x: torch.addbmm(torch.ones(3, 2), x, s.w.expand(5, 4, 2)), ["[5,3,4]"], 5 * 24),
    "tensordot": (lambda s, x: torch.tensordot(x, s.w, dims=([1], [0])), ["[3,4,5]"], 3 * 5 * 4 * 2),
    # (3,4)(4,2)(2,6): 24 + 36 one way round, 48 + 72 the other
    "multi_dot": (lambda s, x, y: torch.linalg.multi_dot([x, s.w, y]), ["[3,4]", "[2,6]"], 24 + 36),
    "outer product by @": (lambda s, x: x[:, None] @ x[None, :], ["[5]"], 5 * 5),
    "conv1d": (lambda s, x: F.conv1d(x, torch.ones(4, 3, 3)), ["[2,3,10]"], 2 * 4 * 8 * 3 * 3),
    "conv2d, same, even kernel": (lambda s, x: F.conv2d(x, torch.ones(3, 2, 2, 2), padding="same"), ["[1,2,5,5]"], 600),
    "conv_transpose2d": (lambda s, x: F.conv_transpose2d(x, torch.ones(2, 3, 2, 2)), ["[1,2,4,4]"], 2 * 16 * 3 * 4),
    "attention by hand": (lambda s, x: (x @ x.mT).softmax(-1) @ x, ["[2,3,4]"], 2 * 2 * 3 * 3 * 4),
    "scaled_dot_product_attention": (
        lambda s, x: F.scaled_dot_product_attention(x, x, x),
        ["[2,1,3,4]"],
        2 * 2 * 3 * 3 * 4,
    ),
    "causal, in full": (
        lambda s, x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
        ["[2,1,3,4]"],
        2 * 2 * 3 * 3 * 4,
    ),
    "grouped queries": (
        lambda s, q, k: F.scaled_dot_product_attention(q, k, k, enable_gqa=True),
        ["[1,4,3,8]", "[1,2,5,8]"],
        2 * 4 * 3 * 5 * 8,  # every query head meets the keys of its group
    ),
    "bilinear": (lambda s, x, y: F.bilinear(x, y, torch.ones(3, 4, 5)), ["[6,4]", "[6,5]"], 6 * 3 * (4 * 5 + 5)),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_work_without_a_module_counts_for_the_model(name: str) -> None:
    function, inputs, macs = FUNCTIONAL[name]
    report = ran(Model(function, w=ones(4, 2)), inputs, train=False)
    assert report.totals.macs == macs
    assert macs_by_path(report) == {"": macs}
    assert report.complete


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_inference_mode_hides_nothing(name: str) -> None:
    function, inputs, macs = FUNCTIONAL[name]
    model = Model(torch.inference_mode()(function), w=ones(4, 2))
    assert ran(model, inputs, train=False).totals.macs == macs


@pytest.mark.parametrize(
    ("layer", "inputs", "macs"),
    [
        (nn.Linear(4, 3), ["[5,4]"], 5 * 4 * 3),
        (nn.LSTM(4, 5), ["[3,2,4]"], 3 * 2 * 4 * 5 * (4 + 5)),
        (nn.GRU(4, 5), ["[3,2,4]"], 3 * 2 * 3 * 5 * (4 + 5)),
        (nn.Conv2d(3, 4, 3), ["[1,3,8,8]"], 4 * 36 * 27),
        (nn.MultiheadAttention(8, 2), ["[3,2,8]"] * 3, 2 * (4 * 3 * 64 + 2 * 9 * 8)),
        (nn.TransformerEncoderLayer(8, 2, 16), ["[3,2,8]"], 2 * (4 * 3 * 64 + 2 * 9 * 8 + 2 * 3 * 8 * 16)),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "",
)
def test_a_forward_that_enters_inference_mode_by_itself_is_opened(
    layer: nn.Module, inputs: list[str], macs: int
) -> None:
    def forward(self: Any, *given: torch.Tensor) -> Any:
        with torch.inference_mode():
            return self.layer(*given)

    report = ran(Model(forward, layer=layer), inputs, train=False)
    assert report.totals.macs == macs
    assert report.complete


def test_gradients_taken_inside_a_forward_are_counted() -> None:
    def forces(self: Any, x: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(self.energy(x).sum(), x)[0]

    # 3·4·2 forward, 3·2·4 for the gradient of x; the weight's is not taken
    report = ran(Model(forces, energy=nn.Linear(4, 2)), ["[3,4]"])
    assert report.totals.macs == 24 + 24


def test_what_has_no_formula_is_named_with_where_it_ran() -> None:
    model = nn.Sequential(nn.Linear(4, 2), Model(lambda s, x: x.cumsum(0).cumsum(1)))
    report = ran(model, "[3,4]")
    (row,) = report.uncounted
    assert (row.name, row.calls, row.state, row.modules) == ("aten.cumsum", 2, UNCOUNTED, ("1",))
    assert (report.status, report.totals.macs) == ("lower_bound", 24)
    operators = next(o for o in report.crosschecks if o.source == "operators")
    assert "lower bound" in (operators.reason or "")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda s, x: torch.fft.fft(x), "aten._fft_r2c"),
        (lambda s, x: torch.linalg.solve(x, x), "aten._linalg_solve_ex"),
        (lambda s, x: torch.linalg.svdvals(x), "aten._linalg_svd"),
        (lambda s, x: torch.cdist(x, x, p=1), "aten._cdist_forward"),
        (lambda s, x: F.grid_sample(x[None, None], torch.zeros(1, 2, 2, 2)), "aten.grid_sampler_2d"),
    ],
)
def test_arithmetic_that_is_no_contraction_is_no_silent_zero(function: Any, name: str) -> None:
    report = ran(Model(function), "[4,4]", train=False)
    assert name in {row.name for row in report.uncounted}


def test_strictness_makes_it_an_error() -> None:
    with pytest.raises(UncountedError) as caught:
        linscope.analyze(Model(lambda s, x: x.cumsum(0)), "[3,4]", strict=True)
    assert caught.value.details == ("aten.cumsum: 1 call in the model",)


# ── In and out ──────────────────────────────────────────────────────────────────────────────────────

Scored = namedtuple("Scored", "hidden score")


@dataclass
class Answer:
    logits: torch.Tensor
    extra: None = None


OUTPUTS = {
    "a tensor": (lambda s, x: s.a(x), [(None, (3, 2))]),
    "a dict": (lambda s, x: {"a": s.a(x), "n": None}, [("a", (3, 2))]),
    "nested": (lambda s, x: {"o": [s.a(x), {"k": x}], "t": (1, x)}, [("o", (3, 2)), ("k", (3, 4)), ("t", (3, 4))]),
    "fields": (lambda s, x: Scored(x, s.a(x)), [("hidden", (3, 4)), ("score", (3, 2))]),
    "a dataclass": (lambda s, x: Answer(s.a(x)), [("logits", (3, 2))]),
    "nothing": (lambda s, x: None, []),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_whatever_comes_out_is_read_to_its_tensors(name: str) -> None:
    function, outputs = OUTPUTS[name]
    report = ran(Model(function, a=nn.Linear(4, 2)), "[3,4]")
    assert [(o.name, o.shape) for o in report.outputs] == outputs


def test_packed_sequences_cost_their_steps_and_no_padding() -> None:
    def forward(self: Any, x: torch.Tensor) -> Any:
        packed = pack_padded_sequence(x, torch.tensor([4, 2, 1]))
        out, _ = self.rnn(packed)
        return pad_packed_sequence(out)[0]

    # 4 + 2 + 1 = 7 steps of 4 · 5 · (3 + 5), not 4 · 3 = 12 of them
    report = ran(Model(forward, rnn=nn.LSTM(3, 5)), "[4,3,3]")
    assert report.totals.macs == 7 * 4 * 5 * 8
    assert report.outputs[0].shape == (4, 3, 5)


PACKED_ON_FAKE = "the layer reads the lengths, in Python and in C++, and a fake tensor has none"


@pytest.mark.parametrize(
    "mode",
    [
        "real",
        "meta",
        pytest.param("fake", marks=pytest.mark.xfail(strict=True, raises=ValuesError, reason=PACKED_ON_FAKE)),
    ],
)
def test_a_packed_sequence_that_is_given_is_read(mode: str) -> None:
    packed = pack_padded_sequence(torch.randn(3, 3, 4), torch.tensor([3, 1, 2]), enforce_sorted=False)
    report = ran(nn.GRU(4, 5), (packed,), run=mode)
    assert report.totals.macs == 6 * 3 * 5 * 9
    assert report.inputs[0].shape == (6, 4)


# ── What goes wrong ─────────────────────────────────────────────────────────────────────────────────


def test_a_model_that_raises_is_the_users_own_error() -> None:
    with pytest.raises(ModelError) as caught:
        linscope.analyze(nn.Sequential(Model(lambda s, x: {}["lost"])), "[3,4]")
    assert caught.value.exit_code == 3
    assert caught.value.message == "the model raised KeyError at 0"
    words, *lines = caught.value.details
    assert words == "KeyError: 'lost'"
    assert 'in <lambda>: linscope.analyze(nn.Sequential(Model(lambda s, x: {}["lost"])), "[3,4]")' in lines[-3]
    assert lines[-2:] == ["in: [3,4]", "way: Sequential [3,4]"]
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_torch_layer_that_does_not_fit_is_a_shape_error_with_its_path() -> None:
    with pytest.raises(ShapeError) as caught:
        linscope.analyze(nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(5, 2))), "[3,4]")
    assert "expects 5 features" in caught.value.message
    assert caught.value.details[0] == "layer: 1.0"


def test_the_seed_decides_the_values() -> None:
    seen: list[torch.Tensor] = []
    model = Model(lambda s, x: seen.append(x.clone()))
    for seed in (1, 1, 2):
        linscope.analyze(model, "[3,4]", seed=seed, crosscheck=False)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])


def test_two_runs_in_two_threads_do_not_meet() -> None:
    from concurrent.futures import ThreadPoolExecutor

    specs = [f"[3,4] -> (Linear(4,4) -> ReLU) * {n}" for n in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda spec: linscope.analyze(spec, crosscheck=False), specs))
    assert [report.totals.macs for report in reports] == [48 * n for n in range(1, 9)]
