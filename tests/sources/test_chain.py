"""What one step gives is what the next one takes: tuples, names, assertions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import linscope
from linscope.errors import LinscopeError, MismatchError, NotationError, ShapeError
from linscope.sources.chain import Chain, first_tensor, required


def shapes(spec: str) -> list[tuple[int, ...]]:
    return [o.shape for o in linscope.analyze(spec).outputs]


FLOWS = [
    # the last output of a layer that gives several is all of them; the next layer takes the first
    ("[5,3,10] -> LSTM(10,20)", [(5, 3, 20), (1, 3, 20), (1, 3, 20)]),
    ("[5,3,10] -> LSTM(10,20) -> Linear(20,4)", [(5, 3, 4)]),
    ("[5,3,4] -> GRU(4,6) -> GRU(6,7)", [(5, 3, 7), (1, 3, 7)]),  # not the first one's hidden state
    ("[3,4] -> LSTMCell(4,5) -> Linear(5,2)", [(3, 2)]),
    ("[2,4,8] -> MaxPool1d(2,return_indices=True) -> Conv1d(4,2,1)", [(2, 2, 4)]),
    ("[3,8] -> chunk(4,1) -> Linear(2,5)", [(3, 5)]),
    ("[2,3] -> max(1) -> unsqueeze(0)", [(1, 2)]),
    # a layer that cannot do without several takes them all
    ("[2,4,8] -> MaxPool1d(2,return_indices=True) -> MaxUnpool1d(2)", [(2, 4, 8)]),
    ("[3,8] -> chunk(2,1) -> Bilinear(4,4,2)", [(3, 2)]),
    ("[3,8] -> split(4,1) -> CosineSimilarity", [(3,)]),
    ("[3,9] -> chunk(3,1) -> TripletMarginLoss", [()]),
    # one tensor is query, key and value
    ("[3,2,8] -> MultiheadAttention(8,2)", [(3, 2, 8), (2, 3, 3)]),
    ("[3,2,8] -> MultiheadAttention(8,2) -> MultiheadAttention(8,4)", [(3, 2, 8), (2, 3, 3)]),
    ("[3,2,8] -> ReLU -> MultiheadAttention(8,2) -> Linear(8,3)", [(3, 2, 3)]),
    ("[3,2,8] -> MultiheadAttention(_,2)", [(3, 2, 8), (2, 3, 3)]),
    ("[3,2,8], [5,2,8], [5,2,8] -> MultiheadAttention(8,2)", [(3, 2, 8), (2, 3, 5)]),
    # inputs by name, in any order, some of them
    ("query=[3,2,8], key=[5,2,8], value=[5,2,8] -> MultiheadAttention(8,2)", [(3, 2, 8), (2, 3, 5)]),
    ("tgt=[3,2,8], src=[5,2,8] -> Transformer(8,2,1,1,16)", [(3, 2, 8)]),
    ("input2=[6,7], input1=[6,5] -> Bilinear(5,7,3)", [(6, 3)]),
    ("[6,5], input2=[6,7] -> Bilinear(5,7,3)", [(6, 3)]),
    ("[3,2,8], src_mask=[3,3]:bool -> TransformerEncoderLayer(8,2,16)", [(3, 2, 8)]),
    ("[9]:int64, offsets=[3]:int64 -> EmbeddingBag(11,5)", [(3, 5)]),
    ("[3,2,8], [5,2,8] -> TransformerDecoderLayer(8,2,16) -> Linear(8,2)", [(3, 2, 2)]),
    # inside a Sequential PyTorch's own rule holds: the output goes on as it is
    ("[3,8] -> Sequential(Linear(8,4), ReLU()) -> Linear(4,2)", [(3, 2)]),
    ("[] -> ReLU", [()]),
    ("[0,3] -> Linear(3,2)", [(0, 2)]),
]


@pytest.mark.parametrize(("spec", "outputs"), FLOWS)
def test_what_comes_out(spec: str, outputs: list[tuple[int, ...]]) -> None:
    assert shapes(spec) == outputs


def test_self_attention_is_noted_and_only_that() -> None:
    def codes(spec: str) -> set[str]:
        return {note.code for note in linscope.analyze(spec, run="meta").notes} - {"attention"}  # a note on masks

    assert codes("[3,2,8] -> MultiheadAttention(8,2)") == {"self-attention"}
    assert codes("[3,2,8], [5,2,8], [5,2,8] -> MultiheadAttention(8,2)") == set()
    assert codes("[3,2,8] -> TransformerEncoderLayer(8,2,16)") == set()


def test_a_tuple_inside_a_sequential_is_torchs_to_refuse() -> None:
    with pytest.raises(LinscopeError) as caught:
        linscope.analyze("[5,3,10] -> Sequential(LSTM(10,20), Linear(20,4))")
    assert caught.value.place is not None


# ── Assertions ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "spec",
    [
        "[3,4] -> [3,4] -> ReLU -> [3,4]",
        "[3,4] -> [3,4]:float32 -> Linear(4,2) -> [_,2]",
        "[2,3,4] -> ReLU -> [...] -> [2,...] -> [...,4] -> [2,...,4] -> [_,_,_]",
        "[2,3]:int64 -> [2,3]:int64 -> Embedding(10,4) -> [2,3,4]:float32",
        "[B=2,T=5,4] -> Linear(4,B) -> [B,T,_]".replace(",B)", ",2)"),
        "[5,3,10] -> LSTM(10,20) -> [5,3,20]",  # the first of what came out
        "[3,4] -> (Linear(4,4) -> [3,4]) * 2",
        "[3,4] -> sum -> []",
    ],
)
def test_what_is_so_may_be_asserted(spec: str) -> None:
    assert linscope.analyze(spec).layers


WRONG = [
    # spec, the assertion as marked, message, details, hint
    (
        "[3,4] -> Linear(4,2) -> [3,3]", "[3,3]", "[3,3] was asserted, and [3,2] came out",
        ("dimension 1: asserted 3, got 2",), "write [3,2] if that is what you want",
    ),
    (
        "[3,4,5] -> ReLU -> [_,3,6]", "[_,3,6]", "[_,3,6] was asserted, and [3,4,5] came out",
        ("dimension 1: asserted 3, got 4", "dimension 2: asserted 6, got 5"), "write [3,4,5] if that is what you want",
    ),
    (
        "[3,4] -> ReLU -> [3,_,_]", "[3,_,_]", "[3,_,_] was asserted, and [3,4] came out",
        ("asserted 3 dimensions, got 2",), "write [3,4] if that is what you want",
    ),
    (
        "[3,4,5] -> ReLU -> [2,...,6]", "[2,...,6]", "[2,...,6] was asserted, and [3,4,5] came out",
        (), "write [3,4,5] if that is what you want",
    ),
    (
        "[3,4] -> ReLU -> [3,4]:int64", "[3,4]:int64", "[3,4]:int64 was asserted, and [3,4]:float32 came out",
        (), "write [3,4]:float32 if that is what you want",
    ),
    (
        "[3,4] -> ReLU -> [3,5]:float32", "[3,5]:float32", "[3,5]:float32 was asserted, and [3,4]:float32 came out",
        ("dimension 1: asserted 5, got 4",), "write [3,4]:float32 if that is what you want",
    ),
    (
        "[B=3,4] -> Linear(4,2) -> [B,B]", "[B,B]", "[3,3] was asserted, and [3,2] came out",
        ("dimension 1: asserted 3, got 2",), "write [3,2] if that is what you want",
    ),
    (
        "[3,4] -> [4,3] -> Linear(4,2)", "[4,3]", "[4,3] was asserted, and [3,4] came out",
        ("dimension 0: asserted 4, got 3", "dimension 1: asserted 3, got 4"), "write [3,4] if that is what you want",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "marked", "message", "details", "hint"), WRONG)
@pytest.mark.parametrize("mode", ["real", "meta"])
def test_what_is_not_so_is_told(
    spec: str, marked: str, message: str, details: tuple[str, ...], hint: str, mode: str
) -> None:
    with pytest.raises(MismatchError) as caught:
        linscope.analyze(spec, run=mode)
    error = caught.value
    assert (error.message, error.details, error.hint, error.exit_code) == (message, details, hint, 1)
    assert error.place is not None
    assert spec[error.place.start : error.place.end] == marked


def test_the_first_assertion_that_fails_is_the_one_told() -> None:
    with pytest.raises(MismatchError, match=r"\[9,9\] was asserted"):
        linscope.analyze("[3,4] -> [9,9] -> Linear(5,2) -> [8,8]")


def test_an_assertion_in_a_group_is_checked_each_time() -> None:
    with pytest.raises(MismatchError, match=r"\[3,4\] was asserted, and \[3,4,1\] came out"):
        linscope.analyze("[3,4] -> ([3,4] -> unsqueeze(-1)) * 2")


def test_assertions_are_no_layers() -> None:
    report = linscope.analyze("[3,4] -> [3,4] -> Linear(4,2) -> [3,2] -> ReLU -> [3,2]")
    assert [(row.path, row.type) for row in report.layers] == [("0", "Linear"), ("1", "ReLU")]


# ── Errors of a step ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spec", "marked"),
    [
        ("[3,5] -> ReLU -> Linear(4,2)", "Linear(4,2)"),
        ("[3,5] -> Sequential(ReLU(), Linear(4,2))", "Linear(4,2)"),  # the innermost that was written
        ("[3,5] -> Sequential(ReLU(), Sequential(Tanh(), Linear(4,2)))", "Linear(4,2)"),
        ("[3,5] -> (ReLU -> Linear(4,5)) * 3", "Linear(4,5)"),
        ("[3,4] -> (Linear(4,5)) * 2", "Linear(4,5)"),  # fits at first, and not again
        ("[3,2,9] -> TransformerEncoder(TransformerEncoderLayer(8,2,16),2)", "TransformerEncoder(TransformerEnco"),
        ("[3,4] -> view(5,5)", "view(5,5)"),
    ],
)
def test_the_place_is_the_layer_that_failed(spec: str, marked: str) -> None:
    with pytest.raises(ShapeError) as caught:
        linscope.analyze(spec)
    place = caught.value.place
    assert place is not None
    assert spec[place.start : place.end].startswith(marked)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("[3,4], [3,4] -> Linear(4,2)", "Linear takes 1 input, and 2 are given"),
        ("[6,5] -> Bilinear(5,7,3)", "Bilinear takes 2 inputs"),
        ("[3,2,8], mask=[3,3]:bool -> TransformerEncoderLayer(8,2,16)", "no input called mask"),
    ],
)
def test_inputs_that_have_nowhere_to_go_are_told_before_anything_runs(spec: str, words: str) -> None:
    with pytest.raises(NotationError) as caught:
        linscope.analyze(spec)
    assert words in caught.value.message


# ── The module itself ───────────────────────────────────────────────────────────────────────────────


def test_a_chain_is_a_module_like_any_other() -> None:
    chain = Chain([nn.Linear(4, 2), nn.ReLU()], {})
    assert [name for name, _ in chain.named_parameters()] == ["0.weight", "0.bias"]
    assert chain(torch.ones(3, 4)).shape == (3, 2)
    assert Chain([], {})(torch.ones(2)).shape == (2,)


def test_the_first_tensor_of_anything() -> None:
    tensor = torch.ones(2)
    assert first_tensor(((tensor, 1), 2)) is tensor
    assert first_tensor(tensor) is tensor
    assert first_tensor(()) == ()


def test_how_many_tensors_a_layer_cannot_do_without() -> None:
    kinds = (nn.Linear, nn.Bilinear, nn.MaxUnpool2d, nn.LSTM, nn.TripletMarginLoss, nn.CTCLoss, nn.Identity)
    assert [required(kind) for kind in kinds] == [1, 2, 2, 1, 3, 4, 1]
