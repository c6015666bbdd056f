"""What ``print(module)`` shows of a layer can be pasted in, and builds that layer again."""

from __future__ import annotations

import pytest
from torch import nn
from torch.nn.parameter import is_lazy

import linscope
from linscope.errors import NotationError
from linscope.notation import catalogue
from linscope.notation.bound import bind
from linscope.notation.unparse import unparse_step
from linscope.sources.notation import subject_of

LOSES_ARGUMENTS = {
    # print shows the layers inside, and not the call that made them
    "AdaptiveLogSoftmaxWithLoss": "n_classes, cutoffs and div_value",
    "DataParallel": "device_ids and dim",
    "MultiheadAttention": "embed_dim and num_heads",
    "Transformer": "nhead",
    "TransformerDecoder": "nhead, of the layer inside",
    "TransformerDecoderLayer": "nhead",
    "TransformerEncoder": "nhead, of the layer inside",
    "TransformerEncoderLayer": "nhead",
    "TripletMarginWithDistanceLoss": "margin and swap",
    # print shows nothing at all, and the constructor asks for something
    "FractionalMaxPool2d": "kernel_size and output_size",
    "FractionalMaxPool3d": "kernel_size and output_size",
}
LOSES_SETTINGS = {
    # print shows none of them, so that what is pasted is the layer with its defaults
    "CTCLoss", "CosineEmbeddingLoss", "CosineSimilarity", "CrossEntropyLoss", "GaussianNLLLoss",
    "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "MarginRankingLoss",
    "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "NLLLoss2d",
    "PairwiseDistance", "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss", "TripletMarginLoss",
    "BCELoss", "BCEWithLogitsLoss",
}  # fmt: skip
NOT_TAKEN = {
    # print shows every argument, and the parser refuses them
    "LinearCrossEntropyLoss": "prints arguments and a layer inside, one after the other",
}

PRINTED = [
    name
    for name in catalogue.layer_names()
    if (entry := catalogue.layer(name)) and entry.example and name not in LOSES_ARGUMENTS
]


def steps_of(spec: str) -> list[nn.Module]:
    return list(subject_of(bind(linscope.parse(spec), {})).build().children())


def pasted(spec: str) -> str:
    """``spec`` with what print shows in place of each layer."""
    inputs, _, _ = spec.partition(" -> ")
    written = linscope.parse(spec).steps
    shown = [str(m) if hasattr(m, "training") and type(m).__module__.startswith("torch.nn") else unparse_step(w)
             for m, w in zip(steps_of(spec), written, strict=True)]  # fmt: skip
    return " -> ".join((inputs, *shown))


def size(module: nn.Module) -> int:
    return sum(0 if is_lazy(p) else p.numel() for p in module.parameters())


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.xfail(strict=True, reason=NOT_TAKEN[n])] if n in NOT_TAKEN else [])
        for n in PRINTED
    ],
)
def test_what_print_shows_builds_the_layer_again(name: str) -> None:
    example = catalogue.layer(name).example
    before, after = steps_of(example), steps_of(pasted(example))
    assert [str(module) for module in after] == [str(module) for module in before]
    assert [size(module) for module in after] == [size(module) for module in before]


@pytest.mark.parametrize("name", LOSES_ARGUMENTS)
def test_what_print_leaves_out_is_asked_for(name: str) -> None:
    with pytest.raises(NotationError) as caught:
        steps_of(pasted(catalogue.layer(name).example))
    assert caught.value.hint


@pytest.mark.parametrize("name", [n for n in LOSES_ARGUMENTS if not n.startswith("Fractional")])
def test_and_the_call_that_made_it_is_asked_for_by_name(name: str) -> None:
    with pytest.raises(NotationError) as caught:
        steps_of(pasted(catalogue.layer(name).example))
    assert name in caught.value.message
    assert f"{name}(...)" in (caught.value.hint or "")


SETTINGS = [
    # more than the examples': what print shows of each argument
    "[2,3,11] -> Conv1d(3,6,3,stride=2,padding=1,dilation=2,groups=3,bias=False,padding_mode='circular')",
    "[2,3,8,8] -> Conv2d(3,4,(3,2),padding='same',padding_mode='reflect')",
    "[2,3,5] -> ConvTranspose1d(3,6,4,stride=3,padding=1,output_padding=1,groups=3)",
    "[5,3,10] -> LSTM(10,20,num_layers=2,bias=False,batch_first=True,dropout=0.5,bidirectional=True)",
    "[5,3,10] -> LSTM(10,20,proj_size=4)",
    "[3,10] -> RNNCell(10,20,bias=False,nonlinearity='relu')",
    "[2,7]:int64 -> Embedding(11,5,padding_idx=0,max_norm=1.0)",
    "[2,7]:int64 -> EmbeddingBag(11,5,mode='sum')",
    "[6,5], [6,7] -> Bilinear(5,7,3,bias=False)",
    "[2,6,9] -> BatchNorm1d(6,eps=0.001,momentum=None,affine=False,track_running_stats=False)",
    "[2,10,12] -> LayerNorm((10,12),elementwise_affine=False)",
    "[2,10,12] -> LayerNorm(12,bias=False)",
    "[2,6,5,5] -> GroupNorm(3,6,affine=False)",
    "[2,8,9,9] -> MaxPool2d(3,stride=2,padding=1,dilation=1,ceil_mode=True)",
    "[2,8,9,9] -> AvgPool2d(3,stride=2,padding=1)",
    "[2,8,9,9] -> AdaptiveAvgPool2d((1,None))",
    "[3,4] -> Hardtanh(-2.0,2.0) -> LeakyReLU(0.2) -> Softplus(2,30) -> ELU(0.5) -> GELU('tanh')",
    "[1,3,8,8] -> Upsample(size=(9,5),mode='bilinear',align_corners=True)",
    "[2,12] -> Unflatten(1,(3,4)) -> Flatten(start_dim=1,end_dim=2)",
    "[3,4] -> Sequential(Linear(4,8), Sequential(ReLU(), nn.Linear(8,2)), Dropout(0.3))",
    "[3,4] -> Sequential(nn.Linear(4,4), nn.Linear(4,4), nn.Linear(4,4), Tanh())",  # shown as (0-2): 3 x
]


@pytest.mark.parametrize("spec", SETTINGS)
def test_settings_survive(spec: str) -> None:
    before, after = linscope.analyze(spec, run="meta"), linscope.analyze(pasted(spec), run="meta")
    assert [str(module) for module in steps_of(pasted(spec))] == [str(module) for module in steps_of(spec)]
    assert (before.outputs, before.totals) == (after.outputs, after.totals)


def test_a_loss_comes_back_with_its_defaults() -> None:
    with_settings = "[3,5], [3]:int64 -> CrossEntropyLoss(reduction='none')"
    assert linscope.analyze(with_settings).outputs[0].shape == (3,)
    assert linscope.analyze(pasted(with_settings)).outputs[0].shape == ()
    assert all(str(getattr(nn, name)()) == f"{name}()" for name in LOSES_SETTINGS - {"NLLLoss2d"})
