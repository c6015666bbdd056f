"""Three opinions on one total: they agree where they can, and where thop does not, the reason given is true."""

from __future__ import annotations

import builtins
import copy
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
import torch
from engine.user_models import Model, ones
from torch import nn

import linscope
from linscope.engine import opinions, thop_reasons

if TYPE_CHECKING:
    from linscope.report.record import Opinion


def asked(target: Any, inputs: Any = None, **options: Any) -> dict[str, Opinion]:
    return {o.source: o for o in linscope.analyze(target, inputs, **options).crosschecks}


AGREED = [
    # where thop is right: MACs by hand
    ("[32,3,4] -> Linear(4,2)", 768),
    ("[32,3,4] -> nn.Linear(4,2)", 768),
    ("[7,11] -> LazyLinear(13)", 1_001),
    ("[3,10] -> Linear(10,50,bias=True) -> ReLU -> Linear(50,2,bias=True)", 1_800),
    ("[1,3,8,9] -> Conv2d(3,8,3)", 9_072),  # 8 · 6·7 · 27
    ("[1,4,6,6] -> Conv2d(4,8,3,padding=1,groups=2)", 5_184),  # 8 · 36 · 2·9
    ("[2,3,10] -> Conv1d(3,4,3) -> Flatten -> Linear(32,2)", 704),  # 2·4·8·9 + 2·32·2
    ("[1,2,4,5,6] -> Conv3d(2,3,2)", 2_880),  # 3 · 60 · 16
    ("[2,8,9,9] -> MaxPool2d(2) -> ReLU6 -> Dropout", 0),
    ("[2,4,6,6] -> GroupNorm(2,4)", 0),
    ("[2,7]:int64 -> Embedding(11,5)", 0),
]


@pytest.mark.parametrize(("spec", "macs"), AGREED)
def test_all_three_agree(spec: str, macs: int) -> None:
    found = asked(spec)
    assert [(o.source, o.macs, o.agrees, o.reason) for o in found.values()] == [
        ("formula", macs, True, None),
        ("operators", macs, True, None),
        ("thop", macs, True, None),
    ]
    assert found["thop"].version == metadata.version("thop")


NORMS = "thop counts normalisation, which is no contraction"
ACTIVATIONS = "thop counts activations, pooling and interpolation, which are no contractions"
RECURRENT = "thop adds bias and gate arithmetic to the matrix products of recurrent layers"
TRANSPOSED = "thop counts a transposed convolution from its output positions, as if every one met the whole kernel"
NO_ATTENTION = "thop has no rule for attention: it sees neither the projections nor the two products"

DIFFER = [
    # kind, spec, ours, thop's, the reason
    ("Parameter", "[6,8] -> Parameter(8,3)", 144, 0, "thop sees modules, and `x @ weight`"),
    ("MultiheadAttention", "[3,2,8] -> MultiheadAttention(8,2)", 1_824, 0, NO_ATTENTION),
    # 2 images, 8·8 and 7 positions out, each as if it met the whole kernel of all 3 channels
    ("ConvTranspose2d", "[2,3,4,4] -> ConvTranspose2d(3,4,4,stride=2,padding=1)", 6_144, 2 * 4 * 64 * 48, TRANSPOSED),
    ("ConvTranspose1d", "[2,3,5] -> ConvTranspose1d(3,4,3)", 360, 2 * 4 * 7 * 9, TRANSPOSED),
    ("ConvTranspose3d", "[1,2,3,3,3] -> ConvTranspose3d(2,3,2,stride=2)", 1_296, 3 * 216 * 16, TRANSPOSED),
    # each step of each of 3 more than the products: 15 · 3 · 20 for RNN
    ("RNN", "[5,3,10] -> RNN(10,20)", 9_000, 9_900, RECURRENT),
    ("LSTM", "[5,3,10] -> LSTM(10,20)", 36_000, 40_800, RECURRENT),
    ("GRU", "[5,3,10] -> GRU(10,20)", 27_000, 30_900, RECURRENT),
    ("RNNCell", "[3,10] -> RNNCell(10,20)", 1_800, 1_980, RECURRENT),
    ("LSTMCell", "[3,10] -> LSTMCell(10,20)", 7_200, 8_160, RECURRENT),
    ("GRUCell", "[3,10] -> GRUCell(10,20)", 5_400, 6_180, RECURRENT),
    # two for each element, and two more with weights
    ("BatchNorm1d", "[32,6] -> BatchNorm1d(6)", 0, 4 * 192, NORMS),
    ("BatchNorm2d", "[2,4,6,6] -> BatchNorm2d(4)", 0, 4 * 288, NORMS),
    ("BatchNorm3d", "[2,4,2,6,6] -> BatchNorm3d(4)", 0, 4 * 576, NORMS),
    ("SyncBatchNorm", "[2,4,6,6] -> SyncBatchNorm(4)", 0, 4 * 288, NORMS),
    ("LayerNorm", "[2,10,12] -> LayerNorm(12)", 0, 4 * 240, NORMS),
    ("InstanceNorm1d", "[2,8,20] -> InstanceNorm1d(8)", 0, 2 * 320, NORMS),
    ("InstanceNorm2d", "[2,8,6,6] -> InstanceNorm2d(8)", 0, 2 * 576, NORMS),
    ("InstanceNorm3d", "[2,8,4,4,4] -> InstanceNorm3d(8)", 0, 2 * 1_024, NORMS),
    ("PReLU", "[2,4,6] -> PReLU(4)", 0, 48, ACTIVATIONS),
    ("Softmax", "[3,4] -> Softmax(-1)", 0, 3 * 11, ACTIVATIONS),
    ("Upsample", "[1,3,8,8] -> Upsample(scale_factor=2)", 0, 768, ACTIVATIONS),
    ("UpsamplingNearest2d", "[1,3,8,8] -> UpsamplingNearest2d(scale_factor=2)", 0, 768, ACTIVATIONS),
    ("UpsamplingBilinear2d", "[1,3,8,8] -> UpsamplingBilinear2d(scale_factor=2)", 0, 11 * 768, ACTIVATIONS),
    ("AvgPool1d", "[2,8,30] -> AvgPool1d(3)", 0, 160, ACTIVATIONS),  # one for each element that comes out
    ("AvgPool2d", "[2,8,9,9] -> AvgPool2d(2)", 0, 256, ACTIVATIONS),
    ("AvgPool3d", "[2,8,4,6,6] -> AvgPool3d(2)", 0, 288, ACTIVATIONS),
    ("AdaptiveAvgPool1d", "[2,8,30] -> AdaptiveAvgPool1d(7)", 0, 592, ACTIVATIONS),
    ("AdaptiveAvgPool2d", "[2,8,9,9] -> AdaptiveAvgPool2d(1)", 0, 16 * 82, ACTIVATIONS),
    ("AdaptiveAvgPool3d", "[2,8,4,6,6] -> AdaptiveAvgPool3d(2)", 0, 128 * 19, ACTIVATIONS),
]


@pytest.mark.parametrize(("kind", "spec", "ours", "theirs", "reason"), DIFFER, ids=[row[0] for row in DIFFER])
def test_where_thop_differs_the_reason_is_true(kind: str, spec: str, ours: int, theirs: int, reason: str) -> None:
    found = asked(spec)
    assert found["operators"].macs == ours
    assert (found["thop"].macs, found["thop"].agrees) == (theirs, False)
    assert (found["thop"].reason or "").startswith(reason)


MISSED = {
    "Bilinear": "[6,5], [6,7] -> Bilinear(5,7,3)",
    "LinearCrossEntropyLoss": "[8,4], [8]:int64 -> LinearCrossEntropyLoss(4,3)",
}


@pytest.mark.parametrize("kind", MISSED)
def test_a_layer_without_a_rule_of_thops_is_missed(kind: str) -> None:
    found = asked(MISSED[kind])
    assert found["thop"].macs is not None
    assert found["thop"].macs < (found["operators"].macs or 0)
    assert "thop has no rule for" in (found["thop"].reason or "")


def test_leaky_relu_counts_nothing_and_agrees() -> None:
    assert asked("[3,4] -> LeakyReLU")["thop"].agrees is True


def test_every_reason_is_tested() -> None:
    known = set().union(*(kinds for kinds, _ in thop_reasons._KNOWN))
    assert known == {row[0] for row in DIFFER} | MISSED.keys()


@pytest.mark.parametrize(
    ("model", "inputs", "macs"),
    [
        (Model(lambda s, x, y: s.a(x) + s.a(y), a=nn.Linear(4, 2)), ["[3,4]", "[3,4]"], 48),
        (Model(lambda s: s.a(torch.ones(3, 4)), a=nn.Linear(4, 2)), [], 24),
        (Model(lambda s, x: s.a(x), a=nn.Linear(4, 2)), {"x": "[3,4]"}, 24),
    ],
    ids=["two inputs", "no input", "by name"],
)
def test_thop_is_asked_about_models_of_any_number_of_inputs(model: nn.Module, inputs: Any, macs: int) -> None:
    assert asked(model, inputs)["thop"].macs == macs


def shared_under_two_names() -> nn.Module:
    layer = nn.Linear(4, 4)
    return Model(lambda s, x: s.b(s.a(x)), a=layer, b=nn.Sequential(layer))


UNKNOWN = [
    # thop takes dimension 1 for the channels: 8 in place of 3
    (nn.Conv2d(3, 4, 3), "[3,8,8]", 4 * 36 * 27, 4 * 36 * 8 * 9),
    # both names get a hook, each of both calls is counted by both, and both sums are added
    (shared_under_two_names(), "[3,4]", 96, 384),
]


@pytest.mark.parametrize(("model", "inputs", "ours", "theirs"), UNKNOWN, ids=["unbatched", "two names"])
def test_thop_is_wrong_in_other_ways_too(model: nn.Module, inputs: str, ours: int, theirs: int) -> None:
    found = asked(model, inputs)
    assert (found["operators"].macs, found["thop"].macs) == (ours, theirs)


@pytest.mark.parametrize(("row", "words"), [(0, "second dimension"), (1, "for each name")], ids=["unbatched", "names"])
def test_and_the_reason_given_is_the_right_one(row: int, words: str) -> None:
    model, inputs, *_ = UNKNOWN[row]
    assert words in (asked(model, inputs)["thop"].reason or "")


# ── The formula ─────────────────────────────────────────────────────────────────────────────────────


def test_a_model_with_work_of_its_own_is_told_apart() -> None:
    model = Model(lambda s, x: s.a(x) @ s.w, a=nn.Linear(4, 2), w=ones(2, 5))
    formula = asked(model, "[3,4]")["formula"]
    assert (formula.macs, formula.agrees) == (24, None)
    assert formula.reason == "no formula for Model, which ran 30 MACs"


def test_a_model_without_any_formula_has_no_opinion() -> None:
    formula = asked(Model(lambda s, x: x @ s.w, w=ones(4, 2)), "[3,4]")["formula"]
    assert (formula.macs, formula.agrees, formula.reason) == (None, None, "no formula for Model")


def test_operators_without_a_count_are_owned_up_to() -> None:
    operators = asked("[2,3] -> cumsum(0)")["operators"]
    assert (operators.agrees, operators.reason) == (True, "some operators have no formula: a lower bound")


def test_nobody_is_asked_where_nobody_wants_to_know() -> None:
    assert asked("[3,4] -> Linear(4,2)", crosscheck=False) == {}


# ── thop stays outside ──────────────────────────────────────────────────────────────────────────────


def test_thop_that_is_not_installed_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(opinions.metadata, "version", missing)
    thop = asked("[3,4] -> Linear(4,2)")["thop"]
    assert (thop.version, thop.macs, thop.agrees, thop.reason) == (None, None, None, "not installed")


def test_thop_that_cannot_be_imported_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def broken(name: str, *given: Any, **named: Any) -> Any:
        if name == "thop":
            raise ImportError("No module named 'distutils'")
        return plain(name, *given, **named)

    monkeypatch.setattr(builtins, "__import__", broken)
    thop = asked("[3,4] -> Linear(4,2)")["thop"]
    assert (thop.macs, thop.reason) == (None, "it failed: ImportError")


@pytest.mark.parametrize("error", [RuntimeError("no"), ZeroDivisionError(), RecursionError()])
def test_thop_that_raises_breaks_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    import thop

    def raising(*given: Any, **named: Any) -> Any:
        print("half a line")
        raise error

    monkeypatch.setattr(thop, "profile", raising)
    found = asked("[3,4] -> Linear(4,2)")
    assert found["operators"].macs == 24
    assert found["thop"].reason == f"it failed: {type(error).__name__}"


def test_thop_prints_nothing(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import thop

    plain = thop.profile

    def talking(*given: Any, **named: Any) -> Any:
        print("[INFO] Register count_linear()")
        return plain(*given, **{**named, "verbose": True})

    monkeypatch.setattr(thop, "profile", talking)
    assert asked("[3,4] -> Linear(4,2) -> ReLU")["thop"].macs == 24
    assert capfd.readouterr() == ("", "")


def test_thop_leaves_the_model_alone() -> None:
    model = nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))
    before = copy.deepcopy(model.state_dict()), [sorted(m.__dict__) for m in model.modules()]
    assert asked(model, "[3,4]")["thop"].macs == 24 + 4 * 6
    assert [sorted(m.__dict__) for m in model.modules()] == before[1]
    assert model.state_dict().keys() == before[0].keys()  # thop adds total_ops and total_params
    assert all(torch.equal(value, before[0][name]) for name, value in model.state_dict().items())
    assert not any(m._forward_hooks for m in model.modules())


def test_thop_is_not_asked_where_it_would_cost_more_than_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opinions, "MOST_THOP_MACS", 23)
    assert asked("[3,4] -> Linear(4,2)")["thop"].reason == "not asked: it would run the model a second time"
    monkeypatch.setattr(opinions, "MOST_THOP_MACS", 24)
    assert asked("[3,4] -> Linear(4,2)")["thop"].macs == 24
    monkeypatch.setattr(opinions, "MOST_THOP_MODULES", 2)  # the chain, and one layer
    assert asked("[3,4] -> Linear(4,2)")["thop"].macs == 24
    assert "more than 2 modules" in (asked("[3,4] -> Linear(4,2) -> ReLU")["thop"].reason or "")


def test_the_random_numbers_of_a_run_do_not_depend_on_thop() -> None:
    spec = "[3,4] -> Linear(4,2)"
    one, other = (linscope.analyze(spec, crosscheck=c, explain="full").explanations for c in (True, False))
    assert one == other
