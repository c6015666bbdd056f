"""From a layer as written to the module it means: holes, the bias rule, what print shows, what torch refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

import linscope
from linscope.errors import ArgumentError, LinscopeError, NotationError, SizeError
from linscope.notation.bound import bind
from linscope.sources.holes import _RULES, decidable
from linscope.sources.notation import subject_of

if TYPE_CHECKING:
    from linscope.report.record import Report


def built(spec: str, *, torch_defaults: bool = False) -> list[nn.Module]:
    """The steps of a chain, built and not run."""
    return list(subject_of(bind(linscope.parse(spec), {}), torch_defaults=torch_defaults).build().children())


# ── Holes ───────────────────────────────────────────────────────────────────────────────────────────

IMAGES = {1: "[2,6,9]", 2: "[2,6,9,9]", 3: "[2,6,9,9,9]"}
FILLED: dict[tuple[str, str], tuple[str, str]] = {
    # layer, argument: the spec with a hole, the spec with the number
    ("Linear", "in_features"): ("[3,4] -> Linear(_,2)", "4"),
    ("Parameter", "in_features"): ("[3,4] -> Parameter(_,2)", "4"),
    ("Bilinear", "in1_features"): ("[6,5], [6,7] -> Bilinear(_,7,3)", "5"),
    ("Bilinear", "in2_features"): ("[6,5], [6,7] -> Bilinear(5,_,3)", "7"),
    ("MultiheadAttention", "embed_dim"): ("[3,2,8] -> MultiheadAttention(_,2)", "8"),
    ("LayerNorm", "normalized_shape"): ("[2,5,6] -> LayerNorm(_)", "6"),
    ("RMSNorm", "normalized_shape"): ("[2,5,6] -> RMSNorm(_)", "6"),
    ("GroupNorm", "num_channels"): ("[2,6,5,5] -> GroupNorm(3,_)", "6"),
    ("PReLU", "num_parameters"): ("[2,6,5,5] -> PReLU(_)", "6"),
    ("SyncBatchNorm", "num_features"): ("[2,6,5,5] -> SyncBatchNorm(_)", "6"),
    ("AdaptiveLogSoftmaxWithLoss", "in_features"): ("[8,64], [8]:int64 -> AdaptiveLogSoftmaxWithLoss(_,20,[4])", "64"),
    ("LinearCrossEntropyLoss", "in_features"): ("[8,64], [8]:int64 -> LinearCrossEntropyLoss(_,10)", "64"),
    ("Transformer", "d_model"): ("src=[5,2,8], tgt=[3,2,8] -> Transformer(_,2,1,1,16)", "8"),
    ("TransformerEncoderLayer", "d_model"): ("[3,2,8] -> TransformerEncoderLayer(_,2,16)", "8"),
    ("TransformerDecoderLayer", "d_model"): ("[3,2,8], [5,2,8] -> TransformerDecoderLayer(_,2,16)", "8"),
    **{(f"{kind}", "input_size"): (f"[5,3,10] -> {kind}(_,20)", "10") for kind in ("RNN", "LSTM", "GRU")},
    **{(f"{kind}Cell", "input_size"): (f"[3,10] -> {kind}Cell(_,20)", "10") for kind in ("RNN", "LSTM", "GRU")},
    **{
        (f"{kind}{n}d", "in_channels"): (f"{IMAGES[n]} -> {kind}{n}d(_,4,3)", "6")
        for kind in ("Conv", "ConvTranspose")
        for n in (1, 2, 3)
    },
    **{
        (f"{kind}{n}d", "num_features"): (f"{IMAGES[n]} -> {kind}{n}d(_)", "6")
        for kind in ("BatchNorm", "InstanceNorm")
        for n in (1, 2, 3)
    },
}


def essence(report: Report) -> object:
    """All but the counts where they depend on the values drawn: on which targets lie in which cluster."""
    if report.layers[0].type == "AdaptiveLogSoftmaxWithLoss":
        return report.outputs, report.totals.parameters
    return report.outputs, report.totals, [(r.path, r.type, r.macs, r.parameters) for r in report.layers]


@pytest.mark.parametrize(("layer", "argument"), _RULES)
def test_a_hole_is_the_number_that_the_shape_decides(layer: str, argument: str) -> None:
    spec, number = FILLED[layer, argument]
    assert essence(linscope.analyze(spec)) == essence(linscope.analyze(spec.replace("_", number)))
    keyword = spec.replace("_", f"{argument}=_")
    if spec.index("_") == spec.index("(") + 1 and "," not in spec[spec.index("_") :]:
        assert essence(linscope.analyze(keyword)) == essence(linscope.analyze(spec))


def test_every_hole_has_a_case() -> None:
    assert FILLED.keys() == _RULES.keys()
    assert decidable("Bilinear") == ("in1_features", "in2_features")


NESTED = [
    # 4·8 + 8·2 weights
    ("[3,4] -> Sequential(Linear(_,8), ReLU(), Linear(_,2))", 48, 3 * (32 + 16)),
    # the second meets what the flattening gave: 3·8 = 24
    ("[2,3,4] -> Sequential(Linear(_,8), Flatten(), Linear(_,2)) -> Linear(_,3)", 32 + 48 + 6, 6 * 32 + 2 * 48 + 2 * 6),
    ("[3,4] -> (Linear(_,5) -> ReLU) * 2", 4 * 5 + 5 * 5, 3 * 45),  # each its own number: 4, then 5
    ("[3,4] -> nn.Sequential(Linear(_,8), Linear(_,2))", 48 + 10, 3 * 48),  # inside the prefix, with biases
    ("[3,4] -> DataParallel(Linear(_,2))", 8, 24),
    ("[3,2,8] -> TransformerEncoder(TransformerEncoderLayer(_,2,16),2,norm=LayerNorm(_))", 1_216, 6_720),
    ("[2,3,8,8] -> Conv2d(_,4,3) -> BatchNorm2d(_) -> Flatten -> Linear(_,5)", 112 + 8 + 144 * 5, 7_776 + 2 * 720),
    ("[2,3,4] -> transpose(1,2) -> Linear(_,5)", 15, 2 * 4 * 15),
    ("[2,5]:int64 -> Embedding(10,4) -> LSTM(_,6) -> Linear(_,3)", 40 + 24 * 12 + 18, 10 * 24 * 10 + 10 * 18),
    ("[3,4] -> Linear(_,_)".replace(",_)", ",2)"), 8, 24),
]


@pytest.mark.parametrize(("spec", "parameters", "macs"), NESTED)
@pytest.mark.parametrize("mode", ["real", "meta"])
def test_holes_anywhere_meet_their_own_input(spec: str, parameters: int, macs: int, mode: str) -> None:
    report = linscope.analyze(spec, run=mode)
    assert (report.totals.parameters.total, report.totals.macs) == (parameters, macs)
    assert "Waiting" not in {row.type for row in report.layers}


def test_a_layer_with_a_hole_is_still_given_what_it_takes() -> None:
    report = linscope.analyze("[50,8], [50]:int64 -> LinearCrossEntropyLoss(_,3)")
    assert report.totals.macs == 50 * 8 * 3


def test_a_hole_in_the_written_layer_stays_as_the_user_wrote_it() -> None:
    (row,) = linscope.analyze("[3,4] -> Linear(_,2)").layers
    assert (row.type, row.written) == ("Linear", "Linear(_, 2)")


HOLE_ERRORS = [
    ("[3] -> Linear(3,_)", "does not decide out_features of Linear", "it decides: in_features", "_"),
    ("[2,8] -> Softmax(_)", "does not decide dim of Softmax", None, "_"),
    ("[5] -> Conv2d(_,3,3)", "[5] has too few dimensions to decide in_channels of Conv2d", None, "_"),
    ("[4] -> PReLU(_)", "[4] has too few dimensions to decide num_parameters of PReLU", None, "_"),
    ("[] -> Linear(_,2)", "[] has too few dimensions to decide in_features of Linear", None, "_"),
    ("[3,4] -> flatten(_)", "", None, "_"),
    ("[2,3,8,8] -> Conv2d(3,4,(_,3))", "a hole stands for one number of a layer", None, "_"),
]


@pytest.mark.parametrize(("spec", "message", "detail", "marked"), HOLE_ERRORS)
def test_a_hole_that_no_shape_decides_is_an_error_at_its_place(
    spec: str, message: str, detail: str | None, marked: str
) -> None:
    with pytest.raises(NotationError) as caught:
        linscope.analyze(spec)
    error = caught.value
    assert message in error.message
    assert error.place is not None and spec[error.place.start : error.place.end] == marked
    assert detail is None or error.details == (detail,)
    assert error.hint


def test_a_layer_that_a_hole_made_wrong_is_a_shape_error() -> None:
    with pytest.raises(LinscopeError) as caught:
        linscope.analyze("[2,7,5,5] -> GroupNorm(3,_)")  # 7 channels in 3 groups
    assert "GroupNorm" in caught.value.message


# ── The bias rule ───────────────────────────────────────────────────────────────────────────────────

BIASES = [
    # spec, parameters, biases that PyTorch's default would add
    ("[3,4] -> Linear(4,2)", 8, 2),
    ("[3,4] -> Linear(in_features=4, out_features=2)", 8, 2),
    ("[3,4] -> Linear(_,2)", 8, 2),
    ("[3,4] -> Linear(4,2,bias=True)", 10, 0),
    ("[3,4] -> Linear(4,2,True)", 10, 0),
    ("[3,4] -> Linear(4,2,bias=False)", 8, 0),
    ("[3,4] -> Linear(4,2,False)", 8, 0),
    ("[3,4] -> nn.Linear(4,2)", 10, 0),
    ("[3,4] -> nn.Linear(_,2)", 10, 0),
    ("[3,4] -> torch.nn.Linear(4,2)", 10, 0),
    ("[3,4] -> nn.Linear(4,2,bias=False)", 8, 0),
    ("[3,4] -> LazyLinear(2)", 8, 2),
    ("[3,4] -> LazyLinear(2,True)", 10, 0),
    ("[3,4] -> nn.LazyLinear(2)", 10, 0),
    ("[3,4] -> Sequential(Linear(4,8), Linear(8,2))", 48, 10),
    ("[3,4] -> Sequential(nn.Linear(4,8), Linear(8,2))", 40 + 16, 2),
    ("[3,4] -> nn.Sequential(Linear(4,8), Linear(8,2))", 40 + 18, 0),
    ("[3,4] -> nn.Sequential(Sequential(Linear(4,8)), LazyLinear(2))", 40 + 18, 0),
    ("[3,4] -> Sequential(nn.Sequential(Linear(4,8)), Linear(8,2))", 40 + 16, 2),
    ("[3,4] -> (Linear(4,4) -> ReLU) * 3", 48, 12),
    ("[3,4] -> Linear(4,2) -> nn.Linear(2,4) -> Linear(4,3)", 8 + 12 + 12, 5),
    ("[3,4] -> DataParallel(Linear(4,2))", 8, 2),
    ("[3,4] -> Linear(in_features=4, out_features=2, bias=True)", 10, 0),  # what print shows
    ("[3,4] -> Sequential((0): Linear(in_features=4, out_features=2, bias=True))", 10, 0),
    ("[3,2,8] -> TransformerEncoderLayer(8,2,16)", 600, 0),  # its own Linears are PyTorch's
    ("[6,5], [6,7] -> Bilinear(5,7,3)", 108, 0),
    ("[1,3,8,8] -> Conv2d(3,4,3)", 112, 0),
    ("[3,4] -> Parameter(4,2)", 8, 0),
]


@pytest.mark.parametrize(("spec", "parameters", "omitted"), BIASES)
def test_linear_is_bias_free_unless_told_otherwise(spec: str, parameters: int, omitted: int) -> None:
    report = linscope.analyze(spec)
    assert report.totals.parameters.total == parameters
    notes = {note.code: note for note in report.notes}
    if not omitted:
        assert "bias-free" not in notes
        return
    whole = parameters + omitted
    assert notes["bias-free"].message == (
        f"bias-free by notation, nn.Linear's default bias would add {omitted}: {whole}"
    )
    assert dict(notes["bias-free"].data) == {"omitted": omitted, "parameters_with_bias": whole}


@pytest.mark.parametrize(("spec", "parameters", "omitted"), BIASES)
def test_the_other_count_is_what_torchs_defaults_give(spec: str, parameters: int, omitted: int) -> None:
    report = linscope.analyze(spec, torch_defaults=True)
    assert report.totals.parameters.total == parameters + omitted
    assert "bias-free" not in {note.code for note in report.notes}


def test_the_note_counts_anew_for_every_run() -> None:
    spec = linscope.parse("[3,4] -> Linear(4,2) -> LazyLinear(5)")
    for mode in ("real", "meta", "real"):
        report = linscope.analyze(spec, run=mode)
        assert dict(report.notes[0].data)["omitted"] == 7


# ── Values and refusals ─────────────────────────────────────────────────────────────────────────────


def test_arguments_arrive_as_python_has_them() -> None:
    (layer,) = built("[1,3,8,8] -> Conv2d(3,4,(3,5),stride=2,padding='same',dtype=float64)".replace("stride=2,", ""))
    assert (layer.kernel_size, layer.padding, layer.weight.dtype) == ((3, 5), "same", torch.float64)
    (layer,) = built("[8,64], [8]:int64 -> AdaptiveLogSoftmaxWithLoss(64, 1000, [10,100])")
    assert layer.cutoffs == [10, 100, 1_000]


def test_a_repeated_layer_is_built_anew() -> None:
    first, second = built("[3,4] -> (Linear(4,4)) * 2")
    assert first is not second and first.weight is not second.weight


@pytest.mark.parametrize(
    ("spec", "kind", "words"),
    [
        ("[2,3,8,8] -> Conv2d(3,64,7,groups=2)", ArgumentError, "in_channels must be divisible by groups"),
        ("[3,4] -> Dropout(1.5)", ArgumentError, "dropout probability"),
        ("[2,6,4] -> GroupNorm(4,6)", ArgumentError, "divisible"),
        ("[3,2,8] -> MultiheadAttention(8,3)", ArgumentError, "embed_dim must be divisible"),
        ("[3,4] -> Embedding(3,4,padding_idx=5)", ArgumentError, "Padding_idx"),
        ("[3,4] -> Linear('a',2)", ArgumentError, ""),
        ("[3] -> Linear(1000000000000000,1000000000000000)", SizeError, "overflow"),
    ],
)
def test_what_torch_refuses_is_told_in_its_words(spec: str, kind: type[LinscopeError], words: str) -> None:
    with pytest.raises(kind) as caught:
        linscope.analyze(spec)
    error = caught.value
    assert error.exit_code == 2
    assert error.place is not None and spec[error.place.start : error.place.end] == spec.partition("-> ")[2]
    assert error.details[0].startswith("torch: ") and words in error.details[0]
    assert error.hint
