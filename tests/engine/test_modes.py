"""Real, meta and fake runs agree; what does not fit is answered from shapes, says so, and allocates nothing."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import torch
from engine.user_models import Model
from torch import nn

import linscope
from linscope.engine import guard
from linscope.errors import LinscopeError, ModelError, ShapeError, SizeError, ValuesError

if TYPE_CHECKING:
    from linscope.report.record import Report

SPECS = [
    "[32,3,4] -> Linear(4,2)",
    "[32,3,4] -> Linear(_,2) -> ReLU -> [32,3,2]",
    "[32,3,4] -> Parameter(4,2,bias=True)",
    "[6,5], [6,7] -> Bilinear(5,7,3)",
    "[2,3,16,16] -> Conv2d(3,8,3,stride=2,padding=1) -> BatchNorm2d(8) -> ReLU -> MaxPool2d(2) -> Flatten",
    "[1,4,5,5] -> ConvTranspose2d(4,2,3,stride=2,groups=2)",
    "[2,7]:int64 -> Embedding(11,5) -> GRU(5,6,batch_first=True) -> Linear(6,3)",
    "[5,3,4] -> LSTM(4,6,2,bidirectional=True)",
    "[3,2,8] -> MultiheadAttention(8,2)",
    "[2,3,8] -> TransformerEncoderLayer(8,2,16,batch_first=True)",
    "src=[5,2,8], tgt=[3,2,8] -> Transformer(8,2,1,1,16)",
    "[3,4], [3]:int64 -> CrossEntropyLoss",
    "[2,6,8] -> transpose(1,2) -> softmax(-1) -> mean(dim=1)",
    "[2,4,6,6] -> GroupNorm(2,4) -> GELU -> Upsample(scale_factor=2,mode='bilinear')",
]


def told(report: Report) -> dict[str, Any]:
    """All that a run on shapes can say, element-wise work apart."""
    return {
        "outputs": report.outputs,
        "macs": report.totals.macs,
        "parameters": report.totals.parameters,
        "buffers": (report.totals.buffers, report.totals.buffer_bytes),
        "layers": [(r.path, r.type, r.input_shapes, r.output_shapes, r.macs, r.parameters) for r in report.layers],
        "complete": report.complete,
    }


@pytest.mark.parametrize("spec", SPECS)
def test_every_mode_tells_the_same(spec: str) -> None:
    real, meta, fake = (linscope.analyze(spec, run=mode, crosscheck=False) for mode in ("real", "meta", "fake"))
    assert (real.run.mode, meta.run.mode, fake.run.mode) == ("real", "meta", "fake")
    assert (real.run.device, meta.run.device) == ("cpu", "meta")
    assert told(real) == told(meta) == told(fake)


@pytest.mark.parametrize(
    "spec",
    [
        "[32,3,4] -> Linear(4,2) -> ReLU -> LayerNorm(2)",
        "[2,4,6,6] -> Conv2d(4,4,3) -> BatchNorm2d(4) -> Softmax(1)",
        "[5,3,4] -> GRU(4,6)",
        "[5,3,4] -> LSTM(4,6)",
        "[2,3,8] -> TransformerEncoderLayer(8,2,16,batch_first=True)",
    ],
)
def test_elementwise_work_is_the_same_in_every_mode(spec: str) -> None:
    real, meta = (linscope.analyze(spec, run=mode, crosscheck=False) for mode in ("real", "meta"))
    assert real.totals.elementwise == meta.totals.elementwise > 0


def test_what_was_asked_for_needs_no_reason() -> None:
    report = linscope.analyze("[3,4] -> Linear(4,2)", run="meta")
    assert report.run.why is None
    assert [note.code for note in report.notes] == ["bias-free"]
    thop = next(o for o in report.crosschecks if o.source == "thop")
    assert (thop.macs, thop.reason) == (None, "not asked: it needs real tensors")


# ── What does not fit ───────────────────────────────────────────────────────────────────────────────

TOO_LARGE = [
    # spec, MACs: each over 10 GiB, in the input, the weights, or on the way
    ("[1000000,1000000] -> Linear(1000000,1000000)", 10**18),
    ("[3,1000000] -> Linear(1000000,1000000)", 3 * 10**12),
    ("[1,1] -> repeat(100000,100000)", 0),
    ("[1,1] -> expand(100000,100000) -> ReLU", 0),
    ("[1,1,1] -> ConstantPad1d((0,10000000000), 0.0)", 0),
    ("[100000,1] -> Linear(1,100000)", 10**10),  # 100,000 · 1 · 100,000
    ("[1,1,10,10] -> Upsample(size=(100000,100000))", 0),
    ("[1]:int64 -> Embedding(1000000000,100)", 0),
]


@pytest.fixture
def modest_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "available_memory", lambda: 2 * 2**30)


@pytest.mark.parametrize(("spec", "macs"), TOO_LARGE, ids=lambda v: str(v))
@pytest.mark.usefixtures("modest_machine")
def test_what_does_not_fit_is_answered_from_shapes_and_says_so(spec: str, macs: int) -> None:
    report = linscope.analyze(spec)
    assert report.totals.macs == macs
    assert report.run.mode == "meta"
    assert "of memory" in (report.run.why or "") or "GMACs" in (report.run.why or "")
    (note,) = (n for n in report.notes if n.code == "shapes-alone")
    assert note.message.startswith("answered from shapes alone, no values computed: a real run would")
    assert "--run real" in note.message
    assert dict(note.data) == {"mode": "meta", "reason": report.run.why}


@pytest.mark.parametrize("spec", [spec for spec, _ in TOO_LARGE])
@pytest.mark.usefixtures("modest_machine")
def test_a_real_run_that_was_asked_for_and_does_not_fit_is_refused(spec: str) -> None:
    with pytest.raises(SizeError, match="a real run does not fit") as caught:
        linscope.analyze(spec, run="real")
    assert "--run meta" in (caught.value.hint or "")


@pytest.mark.usefixtures("modest_machine")
def test_nothing_is_allocated_before_it_is_known_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    plain = nn.Linear.__init__

    def watched(self: nn.Linear, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        built.append(self.weight.device.type)

    monkeypatch.setattr(nn.Linear, "__init__", watched)
    tracemalloc.start()
    try:
        report = linscope.analyze("[3,100000] -> Linear(100000,100000)")  # 37.3 GiB of weights
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert built == ["meta", "meta"]  # weighed, and then run on shapes: never on the CPU
    assert report.totals.parameters.bytes == 4 * 10**10
    assert peak < 50 * 2**20


def test_too_much_work_goes_to_shapes_and_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_WORK", 10**6)
    spec = "[2048,64] -> Linear(64,64)"  # 2,048 · 64 · 64 = 8,388,608 MACs
    report = linscope.analyze(spec)
    assert (report.run.mode, report.totals.macs) == ("meta", 8_388_608)
    assert "GMACs" in (report.run.why or "")
    assert linscope.analyze(spec, run="real").totals.macs == 8_388_608


@pytest.mark.parametrize(
    ("spec", "most"),
    [
        # drawing 100 · 33,280; running 64 · 16 · 4 · 64 · 128 = 33,554,432
        pytest.param("[64,16,64] -> LSTM(64,64)", 10**7),
        # too small to be weighed; running 64 · 64 · 64 · 65 = 17,039,360
        pytest.param("[64,64], [64,64] -> Bilinear(64,64,64)", 10**7),
        # drawing 100 · 1,372; running 4·1024·16² + 2·1024²·16 + 2·1024·16·4 = 34,734,080, nearly all in attention
        pytest.param(
            "[1,1024,16] -> TransformerEncoderLayer(16,1,4,batch_first=True)",
            10**7,
        ),
        ("[64,16,64] -> GRU(64,64)", 10**7),  # 64 · 16 · 192 · 128 = 25,165,824
        ("[1,16,64,64] -> Conv2d(16,16,3,padding=1)", 9 * 10**6),  # 16·4,096·144 = 9,437,184
    ],
)
def test_work_is_seen_in_every_operator_that_multiplies(monkeypatch: pytest.MonkeyPatch, spec: str, most: int) -> None:
    monkeypatch.setattr(guard, "MOST_WORK", most)
    assert linscope.analyze(spec, crosscheck=False).run.mode == "meta"


@pytest.mark.xfail(strict=True, reason="thop's deep copy of the model is never asked for")
def test_a_copy_for_thop_is_not_made_where_it_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    size = 4 * 10**6  # a table of 1,000 · 1,000 floats, as much as may be taken
    monkeypatch.setattr(guard, "WORTH_ASKING", 0)
    monkeypatch.setattr(guard, "available_memory", lambda: 2 * size + 10_000)
    report = linscope.analyze("[2]:int64 -> Embedding(1000,1000)")
    assert report.run.mode == "real"
    thop = next(o for o in report.crosschecks if o.source == "thop")
    assert thop.macs is None and (thop.reason or "").startswith("not asked")


# ── What shapes alone cannot say ────────────────────────────────────────────────────────────────────

NEEDS_VALUES = [
    "[8,64], [8]:int64 -> AdaptiveLogSoftmaxWithLoss(64, 1000, [10,100])",  # rows go where their target lies
    "[3,5], [3,5], [3,5] -> GaussianNLLLoss",  # looks for negative variances
    "[50,4,20], [4,10]:int64, [4]:int64, [4]:int64 -> CTCLoss",  # torch has no meta kernel
]


IN_MODE = [(spec, mode) for spec in NEEDS_VALUES for mode in ("meta", "fake")]
IN_MODE.remove((NEEDS_VALUES[0], "meta"))  # targets that nobody gives are drawn there as for real, and known


@pytest.mark.parametrize(("spec", "mode"), IN_MODE)
def test_a_layer_that_needs_values_fails_with_an_error_of_ours(spec: str, mode: str) -> None:
    with pytest.raises(LinscopeError):
        linscope.analyze(spec, run=mode)


@pytest.mark.parametrize(("spec", "mode"), IN_MODE)
def test_a_layer_that_needs_values_is_not_called_a_wrong_shape(spec: str, mode: str) -> None:
    with pytest.raises(LinscopeError) as caught:
        linscope.analyze(spec, run=mode)
    assert not isinstance(caught.value, ShapeError)
    assert "real" in (caught.value.hint or "")


@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
def test_lazy_layers_learn_their_sizes(mode: str) -> None:
    report = linscope.analyze("[5,3] -> LazyLinear(4) -> LazyBatchNorm1d", run=mode)
    assert report.totals.parameters.total == 3 * 4 + 2 * 4


# ── A model of the user's own ───────────────────────────────────────────────────────────────────────


def block() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2))


BLOCK_MACS = 2 * 4 * 36 * 27 + 2 * 144 * 2  # 2 images, 6·6 places of 4 · 3·3·3; then 2 rows of 144 · 2


def test_a_module_runs_for_real() -> None:
    assert linscope.analyze(block(), "[2,3,8,8]").totals.macs == BLOCK_MACS


@pytest.mark.parametrize("mode", ["meta", "fake"])
def test_a_module_runs_on_shapes_alone_and_stays_as_it_was(mode: str) -> None:
    model = block().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    report = linscope.analyze(model, "[2,3,8,8]", run=mode)
    assert (report.run.mode, report.run.training, report.totals.macs) == (mode, True, BLOCK_MACS)
    assert report.totals.parameters.total == 4 * 27 + 4 + 2 * 4 + 144 * 2 + 2
    assert {p.device.type for p in model.parameters()} == {"cpu"}
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_tensor_given_with_a_module_is_taken_for_its_shape_on_meta() -> None:
    ran_on: list[str] = []
    layer = nn.Linear(4, 2)
    layer.register_forward_hook(lambda module, args, output: ran_on.append(output.device.type))
    report = linscope.analyze(layer, torch.randn(3, 4), run="meta")
    assert report.run.device == "meta"
    assert ran_on == ["meta"]


@pytest.mark.usefixtures("modest_machine")
def test_a_module_on_what_does_not_fit_is_answered_from_shapes() -> None:
    report = linscope.analyze(nn.Linear(4, 2), "[1000000000,4]")
    assert (report.run.mode, report.totals.macs) == ("meta", 8 * 10**9)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
def test_a_module_with_a_computed_weight_runs_in_every_mode(mode: str) -> None:
    assert linscope.analyze(nn.utils.weight_norm(nn.Linear(4, 2)), "[3,4]", run=mode).totals.macs == 24


@pytest.mark.parametrize("mode", ["real", "meta", "fake"])
def test_a_lazy_module_learns_its_sizes(mode: str) -> None:
    assert linscope.analyze(nn.LazyLinear(2), "[3,4]", run=mode).totals.parameters.total == 10


def test_a_module_without_values_is_run_without_values() -> None:
    report = linscope.analyze(nn.Linear(4, 2, device="meta"), "[3,4]")
    assert (report.run.mode, report.totals.macs) == ("meta", 24)


def test_a_module_without_values_runs_on_meta_when_asked() -> None:
    assert linscope.analyze(nn.Linear(4, 2, device="meta"), "[3,4]", run="meta").totals.macs == 24


# ── Code that reads values, where a real run is given up ────────────────────────────────────────────


def reads_a_constant(self: Any, x: torch.Tensor) -> torch.Tensor:
    """Needs the value of a tensor that it makes itself, which is known on meta, too."""
    return self.a(x) if torch.tensor(True).item() else x


def reads_its_input(self: Any, x: torch.Tensor) -> torch.Tensor:
    return self.a(x[x.sum(-1).abs().nonzero().squeeze(-1)])  # (rows with a sum other than 0, 64)


def names_a_device(self: Any, x: torch.Tensor) -> torch.Tensor:
    """Puts a tensor where the others are in a real run, and in a fake one, and not on meta."""
    return self.a(x + torch.ones(64, device="cpu"))


def test_constants_of_the_code_and_whole_numbers_of_the_model_are_known_on_meta(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "MOST_WORK", 10**6)
    assert linscope.analyze(Model(reads_a_constant, a=nn.Linear(64, 64)), "[2048,64]").run.mode == "meta"
    model = Model(lambda s, x: s.a(x[:, s.places[s.places > 1]]), a=nn.Linear(2, 64))
    model.register_buffer("places", torch.tensor([0, 2, 5]))
    report = linscope.analyze(model, "[20480,64]", run="meta")
    assert report.totals.macs == 20_480 * 2 * 64
    ids = torch.tensor([[3, 0, 0], [3, 3, 0]])
    padded = Model(lambda s, x: s.a(torch.zeros(int((x > 0).sum()), 64)), a=nn.Linear(64, 64))
    assert linscope.analyze(padded, ids, run="meta").totals.macs == 3 * 64 * 64


@pytest.mark.parametrize(("forward", "mode"), [(names_a_device, "fake"), (reads_its_input, "real")])
def test_auto_falls_from_meta_to_fake_to_real(monkeypatch: pytest.MonkeyPatch, forward: Any, mode: str) -> None:
    monkeypatch.setattr(guard, "MOST_WORK", 10**6)
    report = linscope.analyze(Model(forward, a=nn.Linear(64, 64)), "[2048,64]")
    assert (report.run.mode, report.totals.macs) == (mode, 2048 * 64 * 64)
    (note,) = (n for n in report.notes if n.code in ("shapes-alone", "values-needed"))
    assert "GMACs" in note.message and "on meta: " in note.message
    assert ("on fake: " in note.message) is (mode == "real")


@pytest.mark.usefixtures("modest_machine")
def test_code_that_reads_values_of_what_does_not_fit_has_no_answer() -> None:
    with pytest.raises(SizeError, match="does not fit for real, and cannot be answered from shapes alone") as caught:
        linscope.analyze(Model(reads_its_input, a=nn.Linear(64, 64)), "[200000000,64]")
    assert [line.partition(":")[0] for line in caught.value.details[1:]] == ["on meta", "on fake"]


def test_a_model_without_values_whose_code_reads_them_has_no_answer() -> None:
    with pytest.raises(ValuesError) as caught:
        linscope.analyze(Model(reads_its_input, a=nn.Linear(64, 64, device="meta")), "[3,64]")
    assert "to_empty" in (caught.value.hint or "")


def test_a_mistake_of_the_model_itself_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_WORK", 10**6)
    model = Model(lambda s, x: {}["lost"] if s.a(x).shape else x, a=nn.Linear(64, 64))
    with pytest.raises(ModelError, match="KeyError"):
        linscope.analyze(model, "[2048,64]")
