"""What a failed forward comes to, and that every repair it names works on the shapes that failed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from engine.diagnosis_cases import CASES, conv2d, layer, linear
from engine.diagnosis_repairs import Layer, carry_out, diagnosed, failure, parse
from torch import nn

from linscope.engine.diagnosis import diagnose

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.mark.parametrize(
    ("failing", "inputs", "expected"), CASES, ids=lambda v: v.name if isinstance(v, Layer) else None
)
def test_case(failing: Layer, inputs: str, expected: dict[str, Any]) -> None:
    found = diagnosed(failing, *parse(inputs))
    assert found is not None
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.message.count("{layer}") == 1
    assert (found.before is None) == (found.before_when is None)
    repairs = list(carry_out(found, failing, *parse(inputs)))
    assert repairs or not any((found.arguments, found.before, found.instead))


# ── The words ───────────────────────────────────────────────────────────────────────────────────────

WORDS: list[tuple[Layer, str, str, tuple[str, ...]]] = [
    (
        linear(),
        "[32,3,5]",
        "{layer} expects 4 features in the last dimension, got 5",
        ("in: [32,3,5]   last dimension 5, in_features 4",),
    ),
    (
        layer("Linear", in_features=1, out_features=2),
        "[3]",
        "{layer} expects 1 feature in the last dimension, got 3",
        ("in: [3]   last dimension 3, in_features 1",),
    ),
    (
        linear(),
        "[]",
        "{layer} needs at least one dimension, got a scalar []",
        ("in: []   no last dimension, in_features 4",),
    ),
    (
        linear(),
        "[2,4]:int64",
        "{layer} computes in float32, got int64",
        ("in: [2,4]:int64   weights float32",),
    ),
    (
        layer("BatchNorm1d", num_features=2),
        "[32,3,2]",
        "{layer} expects 2 channels in dimension 1, got 3",
        ("in: [32,3,2]   dimension 1 is 3, num_features 2",),
    ),
    (
        conv2d(),
        "[3,224]",
        "{layer} expects [C,H,W] or [N,C,H,W], got 2 dimensions",
        ("in: [3,224]   2 dimensions, in_channels 3",),
    ),
    (
        conv2d(),
        "[5,8,8]",
        "{layer} expects 3 channels in dimension 0, got 5",
        (
            "in: [5,8,8]   dimension 0 is 5, in_channels 3",
            "3 dimensions are read as one sample [C,H,W]; a batch is [N,C,H,W]",
        ),
    ),
    (
        conv2d(padding=1, kernel_size=5),
        "[2,3,2,2]",
        "{layer} has a kernel of 5×5, larger than its padded input of 4×4",
        ("in: [2,3,2,2]   spatial size 2×2, kernel_size 5×5, padding 1×1",),
    ),
    (
        layer("Transformer", d_model=8, nhead=2),
        "[2,10,8], [2,20,8]",
        "{layer} reads the batch in dimension 1: 10 in src and 20 in tgt",
        (
            "src: [2,10,8]",
            "tgt: [2,20,8]",
            "d_model 8, dimensions are read as [L,N,d_model], batch_first=False",
        ),
    ),
    (
        layer("CrossEntropyLoss"),
        "[3,5], [3]",
        "{layer} takes as its target a class index for each sample, [3]:int64, got [3]:float32",
        ("in: [3,5], [3]",),
    ),
]


@pytest.mark.parametrize(("failing", "inputs", "message", "details"), WORDS)
def test_words(failing: Layer, inputs: str, message: str, details: tuple[str, ...]) -> None:
    found = diagnosed(failing, *parse(inputs))
    assert found is not None
    assert (found.message, found.details) == (message, details)


# ── Torch's own messages ────────────────────────────────────────────────────────────────────────────


class Chain(nn.Module):
    """A module of the user's, whose forward is a function of its inputs."""

    def __init__(self, run: Any) -> None:
        super().__init__()
        self.run = run

    def forward(self, x: torch.Tensor, *more: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.run(x, *more)
        return result


MESSAGES: list[tuple[nn.Module, str, str]] = [
    (nn.Sequential(nn.Linear(4, 2)), "[32,3,5]", "{layer} multiplies [96,5] by [4,2], and 5 is not 4"),
    (Chain(lambda x: x.view(-1, 48)), "[2,5]", "{layer} cannot arrange 10 numbers as [-1,48]"),
    (Chain(lambda x: x.T.view(-1)), "[2,5]", "{layer} cannot view numbers that do not lie in this order in memory"),
    (Chain(lambda x: x.sum(3)), "[2,5]", "{layer} asks for dimension 3, and the input has 2 dimensions"),
    (Chain(lambda x: x.permute(0, 2, 1)), "[2,5]", "{layer} orders 3 dimensions, and the input has 2"),
    (
        Chain(lambda x, y: x + y),
        "[2,5], [2,4]",
        "{layer} combines tensors that do not broadcast: 5 and 4 in dimension 1",
    ),
    (
        Chain(lambda x, y: torch.cat([x, y], 1)),
        "[2,5], [3,5]",
        "{layer} joins tensors along dimension 1, whose other sizes differ: 2 and 3",
    ),
    (
        Chain(torch.bmm),
        "[3,1,2], [1,2,1]",
        "{layer} multiplies batches of matrices: the second must begin with [3,2], got [1,2]",
    ),
    (
        Chain(nn.Conv2d(3, 4, 3)),
        "[3,224]",
        "{layer} expects 3 dimensions, or 4 with a batch, got [3,224]",
    ),
    (
        Chain(nn.Conv2d(3, 4, 3)),
        "[3,2,2]",
        "{layer} has a kernel of 3×3, larger than its padded input of 2×2",
    ),
    (Chain(lambda x: x.mean()), "[2,3]:int64", "{layer} cannot compute with int64"),
    (nn.ReLU(), "[2], [3]", "{layer} takes 1 input, got 2"),
    (nn.TransformerDecoderLayer(8, 2), "[3,2,8]", "{layer} needs more inputs: memory"),
    (nn.ModuleList(), "[2]", "{layer} only holds layers or parameters and cannot be called"),
    (
        nn.BatchNorm1d(4).train(),
        "[1,4]",
        "{layer} normalises over more than one value, and each channel has only one",
    ),
]


@pytest.mark.parametrize(("module", "inputs", "message"), MESSAGES)
def test_translation(module: nn.Module, inputs: str, message: str) -> None:
    given = parse(inputs)
    with pytest.raises(Exception) as caught:
        module(*(torch.ones(shape, dtype=getattr(torch, dtype)) for shape, dtype in given))
    found = diagnose(module, *zip(*given, strict=True), caught.value)
    assert found is not None
    assert found.message == message


def test_an_index_that_is_none_of_the_rows() -> None:
    found = diagnose(nn.Embedding(10, 4), ((2, 3),), ("int64",), IndexError("index out of range in self"))
    assert found is not None
    assert found.message == "{layer} has rows 0 to 9, and an index is none of them"
    assert found.instead == "indices below 10, or a larger num_embeddings"


def test_a_class_that_has_no_score() -> None:
    found = diagnose(nn.NLLLoss(), ((3, 5), (3,)), ("float32", "int64"), IndexError("Target 7 is out of bounds."))
    assert found is not None
    assert found.message == "{layer} is given class 7, which the input has no score for"


def test_what_is_not_understood_is_left_alone() -> None:
    assert diagnose(nn.ReLU(), ((2,),), ("float32",), RuntimeError("the disk is full")) is None


# ── Whose layer it is ───────────────────────────────────────────────────────────────────────────────


class Renamed(nn.MaxPool2d):
    """Adds nothing to the computation."""


class Turned(nn.Linear):
    """Reads its features from dimension 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.transpose(0, 1))


def test_a_subclass_that_only_renames_is_diagnosed_as_its_parent() -> None:
    found = diagnose(Renamed(4), ((1, 3, 3),), ("float32",), RuntimeError("Output size is too small"))
    assert found is not None
    assert found.arguments == (("kernel_size", 3),)


def test_a_layer_with_another_forward_is_not_diagnosed_as_its_parent() -> None:
    module = Turned(4, 2)
    with pytest.raises(RuntimeError) as caught:
        module(torch.rand(3, 5))
    found = diagnose(module, ((3, 5),), ("float32",), caught.value)
    assert found is not None
    assert found.message == "{layer} multiplies [5,3] by [4,2], and 3 is not 4"
    assert not found.arguments


# ── Every repair works ──────────────────────────────────────────────────────────────────────────────

SHAPES = [
    *((), (1,), (3,), (4,)),
    *itertools.product((1, 2), (1, 3, 4)),
    *itertools.product((2,), (1, 3, 4), (2, 4)),
    *itertools.product((2,), (1, 3, 4), (2, 3), (1, 4)),
    *((2, 1, 2, 3, 3), (2, 4, 2, 3, 4), (1, 2, 3, 4, 2, 1)),
]
SWEPT = [failing for failing, inputs, _ in CASES if len(parse(inputs)) == 1]
SWEPT = list({failing.name: failing for failing in SWEPT}.values())


@pytest.mark.parametrize("swept", SWEPT, ids=lambda failing: failing.name)
def test_every_repair_works_on_every_shape_that_fails(swept: Layer) -> None:
    """Each layer of the cases that takes one input, on shapes of up to six dimensions, in two dtypes."""
    dtypes = ("int64", "float32") if swept.name.startswith("Embedding") else ("float32", "float64")
    for shape, dtype in zip(SHAPES, itertools.cycle((*dtypes, dtypes[0]))):
        if failure(swept, (shape, dtype)) is not None:
            found = diagnosed(swept, (shape, dtype))
            assert found is not None, (shape, dtype)
            list(carry_out(found, swept, (shape, dtype)))
