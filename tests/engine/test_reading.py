"""Which parameters were read: tensor by tensor, in whatever way an operator gets at their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.nn.functional as F
from engine.user_models import Model, ran
from torch import nn
from torch.utils.checkpoint import checkpoint

from linscope.engine.reading import Reads

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def linear() -> nn.Linear:
    return nn.Linear(4, 4)


def under_autocast(model: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return model.a(model.a(x))


def own_gradient(model: Any, x: torch.Tensor) -> Any:
    held = dict(model.a.named_parameters())
    return torch.func.grad(lambda p: torch.func.functional_call(model.a, p, (x,)).sum())(held)


def weight_alone(take: Callable[[nn.Parameter], torch.Tensor]) -> nn.Module:
    """Reads the weight of a layer that it never calls, and not its bias: 4 of 20 parameters stay unread."""
    return Model(lambda s, x: F.linear(x, take(s.a.weight)), a=linear())


READ: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    "called": (linear, "[3,4]"),
    "called past its call": (lambda: Model(lambda s, x: s.a.forward(x), a=linear()), "[3,4]"),
    "attention, whose out_proj its parent reads": (lambda: nn.MultiheadAttention(8, 2), ["[3,2,8]"] * 3),
    "weight norm": (lambda: nn.utils.parametrizations.weight_norm(linear()), "[3,4]"),
    "weight norm by a hook": (lambda: nn.utils.weight_norm(linear()), "[3,4]"),
    "spectral norm": (lambda: nn.utils.parametrizations.spectral_norm(linear()), "[3,4]"),
    "flat weights": (lambda: nn.LSTM(4, 4, 2, bidirectional=True), "[3,2,4]"),
    "flat weights of a GRU": (lambda: nn.GRU(4, 4, 2), "[3,2,4]"),
    "autocast": (lambda: Model(under_autocast, a=linear()), "[3,4]"),
    "vmap": (lambda: Model(lambda s, x: torch.func.vmap(s.a)(x), a=linear()), "[3,4]"),
    "grad": (lambda: Model(own_gradient, a=linear()), "[3,4]"),
    "checkpoint": (lambda: Model(lambda s, x: checkpoint(s.a, x, use_reentrant=False), a=linear()), "[3,4]"),
    "inference mode": (lambda: Model(lambda s, x: torch.inference_mode()(s.a)(x), a=linear()), "[3,4]"),
    "compile": (lambda: torch.compile(linear(), backend="eager"), "[3,4]"),
    "part of a flat parameter": (
        lambda: Model(lambda s, x: x @ s.flat[:16].view(4, 4), flat=nn.Parameter(torch.ones(20))),
        "[3,4]",
    ),
    "in a list": (lambda: Model(lambda s, x: torch.cat([x, s.w]), w=nn.Parameter(torch.ones(2, 4))), "[3,4]"),
    "normalisation": (lambda: nn.Sequential(nn.BatchNorm1d(4), nn.LayerNorm(4), nn.PReLU()), "[3,4]"),
    "look-up": (lambda: nn.Embedding(10, 4), "[3]:int64"),
}


@pytest.mark.parametrize("run", ["real", "meta", "fake"])
@pytest.mark.parametrize("way", READ)
def test_whatever_is_read_is_used(way: str, run: str) -> None:
    build, inputs = READ[way]
    report = ran(build(), inputs, run=run, crosscheck=False)
    assert report.totals.parameters.total > 0
    assert report.totals.parameters.unused == 0
    assert not [note for note in report.notes if note.code == "unused-parameters"]


@pytest.mark.parametrize("run", ["real", "meta", "fake"])
@pytest.mark.parametrize(
    "take",
    [
        lambda w: w,
        lambda w: w.data,
        lambda w: w.detach(),
        lambda w: w.detach().clone(),
        lambda w: w[:, :],
        lambda w: w.to(torch.float64).float(),
    ],
    ids=["itself", "data", "detached", "a copy", "a view", "cast and back"],
)
def test_a_weight_read_alone_leaves_the_bias(take: Callable[[nn.Parameter], torch.Tensor], run: str) -> None:
    report = ran(weight_alone(take), "[3,4]", run=run, crosscheck=False)
    assert report.totals.parameters.unused == 4
    (note,) = [note for note in report.notes if note.code == "unused-parameters"]
    assert dict(note.data) == {"unused": 4, "names": ("a.bias",)}


def test_scripted_layers_read_theirs() -> None:
    report = ran(nn.Sequential(torch.jit.script(linear()), linear()), "[3,4]", crosscheck=False)
    assert (report.totals.parameters.total, report.totals.parameters.unused) == (40, 0)


def test_tensors_given_in_their_place_leave_them_unread() -> None:
    given = {"weight": torch.ones(4, 4), "bias": torch.ones(4)}
    model = Model(lambda s, x: torch.func.functional_call(s.a, given, (x,)), a=linear())
    assert ran(model, "[3,4]").totals.parameters.unused == 20


def test_of_two_parameters_in_one_storage_the_one_that_was_read() -> None:
    base = torch.ones(2, 4, 4)
    model = Model(lambda s, x: x @ s.first, first=nn.Parameter(base[0]), second=nn.Parameter(base[1]))
    report = ran(model, "[3,4]")
    assert report.totals.parameters.unused == 16
    (note,) = [note for note in report.notes if note.code == "unused-parameters"]
    assert dict(note.data)["names"] == ("second",)


def test_a_tensor_over_both_is_a_read_of_both() -> None:
    base = torch.ones(2, 4, 4)
    module = Model(lambda s, x: x, first=nn.Parameter(base[0]), second=nn.Parameter(base[1]))
    reads = Reads((("", module),))
    assert len(reads.unread()) == 2
    reads.note((base[0, 3:],), {})
    assert reads.unread() == {id(module.second)}
    reads.note((), {"out": [base]})
    assert reads.unread() == frozenset()


@pytest.mark.filterwarnings("ignore:Sparse")
def test_tensors_without_a_storage_are_known_by_themselves() -> None:
    one, other = (nn.Parameter(torch.eye(4).to_sparse()) for _ in range(2))
    model = Model(lambda s, x: torch.sparse.mm(s.one, x.t()), one=one, other=other)
    assert ran(model, "[3,4]").totals.parameters.unused == 16


def test_branches_that_no_row_took_are_named_as_a_whole() -> None:
    model = Model(
        lambda s, x: s.trunk(x),
        trunk=nn.Sequential(linear(), linear()),
        head=nn.Sequential(linear(), nn.Sequential(linear())),
        heads=nn.ModuleList([linear(), linear()]),
        scale=nn.Parameter(torch.ones(3)),
    )
    (note,) = [note for note in ran(model, "[3,4]").notes if note.code == "unused-parameters"]
    assert dict(note.data) == {"unused": 83, "names": ("scale", "head", "heads")}  # 4 layers of 4·4 + 4, and 3
    assert note.message == "83 unused: no operator of this forward read scale, head, heads"


def test_clusters_without_a_target_are_unused() -> None:
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50])
    targets = torch.tensor([0, 1, 60])  # none in [10, 50): 8·2 + 2·40 of that tail
    assert ran(layer, (torch.ones(3, 8), targets)).totals.parameters.unused == 96


def test_rows_add_up_and_say_whose_they_are() -> None:
    model = Model(lambda s, x: s.a(x), a=linear(), spare=linear())
    report = ran(model, "[3,4]")
    assert [(row.path, row.parameters.total, row.parameters.unused) for row in report.layers] == [
        ("", 20, 20),
        ("a", 20, 0),
    ]
    frozen = Model(lambda s, x: s.a(x), a=linear(), spare=linear().requires_grad_(False))
    totals = ran(frozen, "[3,4]").totals.parameters
    assert (totals.total, totals.trainable, totals.frozen, totals.unused) == (40, 20, 20, 20)
