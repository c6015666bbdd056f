"""Every operator has one state, on purpose: those of torch.nn all, those nobody decided about uncounted."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
import torch
from engine.formula_counting import run
from engine.operators_of_torch import recorded
from torch import nn

from linscope.engine.formulas import FORMULAS, rule_for
from linscope.engine.formulas.registry import INSIDE, decide
from linscope.engine.formulas.states import ELEMENTWISE_NAMES, FREE_NAMES, KNOWN_UNCOUNTED, ON_INTEGERS, OPENED_NAMES
from linscope.engine.tracer import Tracer
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, UNCOUNTED

if TYPE_CHECKING:
    from collections.abc import Iterator

aten = torch.ops.aten

# Shapes; a negative first size marks indices: (-3, 4) is (3, 4) of them.
IMAGES = {1: (2, 4, 8), 2: (2, 4, 6, 6), 3: (1, 4, 4, 4, 4)}
FLAT, CUBE = (3, 4), (3, 2, 8)

BY_DIMENSION = """
    AdaptiveAvgPool{d}d(2) AdaptiveMaxPool{d}d(2) AdaptiveMaxPool{d}d(2,return_indices=True) AvgPool{d}d(2)
    MaxPool{d}d(2) MaxPool{d}d(2,return_indices=True) LPPool{d}d(2,2) BatchNorm{d}d(4) InstanceNorm{d}d(4)
    InstanceNorm{d}d(4,affine=True,track_running_stats=True) LazyBatchNorm{d}d() LazyInstanceNorm{d}d()
    Dropout{d}d() CircularPad{d}d(1) ConstantPad{d}d(1,0.5) ReflectionPad{d}d(1) ReplicationPad{d}d(1)
    ZeroPad{d}d(1) Conv{d}d(4,6,3) Conv{d}d(4,6,2,padding='same',groups=2) Conv{d}d(4,6,2,dilation=2)
    Conv{d}d(4,6,3,padding=1,padding_mode='circular') ConvTranspose{d}d(4,6,3,stride=2,output_padding=1)
    ConvTranspose{d}d(4,6,2,dilation=2,groups=2) LazyConv{d}d(3,2) LazyConvTranspose{d}d(3,2)
    Upsample(scale_factor=2) Upsample(scale_factor=2,mode='nearest-exact')
"""
IN_PLACE = "ReLU ReLU6 RReLU SiLU ELU CELU SELU Mish Hardswish Hardsigmoid Hardtanh LeakyReLU Dropout AlphaDropout"
ON = {
    FLAT: """
        ELU() CELU() GELU() GELU('tanh') GLU() Hardshrink() Hardsigmoid() Hardswish() Hardtanh() Identity()
        LeakyReLU() LogSigmoid() LogSoftmax(-1) Mish() PReLU() RReLU() ReLU() ReLU6() SELU() SiLU() Sigmoid()
        Softmax(-1) Softmin(-1) Softplus() Softshrink() Softsign() Tanh() Tanhshrink() Threshold(.1,2.) Dropout()
        AlphaDropout() FeatureAlphaDropout() Flatten() Unflatten(1,(2,2)) LayerNorm(4) RMSNorm(4) Linear(4,2)
        Linear(4,2,bias=False) LazyLinear(2) RNNCell(4,5) RNNCell(4,5,nonlinearity='relu') GRUCell(4,5)
        LSTMCell(4,5) Threshold(.1,2.,inplace=True)
    """,
    (4,): "Linear(4,2) Linear(4,2,bias=False) LSTMCell(4,5)",
    IMAGES[2]: """
        Softmax2d() CrossMapLRN2d(2) LocalResponseNorm(2) GroupNorm(2,4) SyncBatchNorm(4) PixelShuffle(2)
        PixelUnshuffle(2) ChannelShuffle(2) Unfold(2) PReLU(4) UpsamplingBilinear2d(scale_factor=2)
        UpsamplingNearest2d(scale_factor=2) Upsample(scale_factor=2,mode='bicubic')
        Upsample(scale_factor=2,mode='bilinear') FractionalMaxPool2d(2,output_size=3)
    """,
    IMAGES[1]: "Upsample(scale_factor=2,mode='linear')",
    IMAGES[3]: "Upsample(scale_factor=2,mode='trilinear') FractionalMaxPool3d(2,output_size=2)",
    (2, 8, 16): "Fold((5,5),2)",
    CUBE: """
        Linear(8,2) Linear(8,2,bias=False) RNN(8,5,2,bidirectional=True,dropout=.5)
        RNN(8,5,nonlinearity='relu',batch_first=True) GRU(8,5,2,bidirectional=True)
        LSTM(8,5,2,bidirectional=True,dropout=.5) LSTM(8,5,proj_size=2) LSTM(8,5,bias=False,batch_first=True)
        TransformerEncoderLayer(8,2,16) TransformerEncoderLayer(8,2,16,norm_first=True,activation='gelu')
        TransformerEncoder(nn.TransformerEncoderLayer(8,2,16,batch_first=True),2)
    """,
    (-2, 3): "Embedding(4,5) Embedding(4,5,max_norm=1.,padding_idx=1)",
    (-2, 4): "EmbeddingBag(4,5) EmbeddingBag(4,5,mode='sum') EmbeddingBag(4,5,mode='max')",
    (FLAT, FLAT): """
        CosineSimilarity() PairwiseDistance() Bilinear(4,4,5) MSELoss() L1Loss() SmoothL1Loss() HuberLoss() BCELoss()
        BCEWithLogitsLoss() KLDivLoss(reduction='batchmean') KLDivLoss(log_target=True) SoftMarginLoss()
        PoissonNLLLoss(full=True) CrossEntropyLoss(label_smoothing=.1) MultiLabelSoftMarginLoss()
        HingeEmbeddingLoss()
    """,
    (FLAT, FLAT, FLAT): """
        GaussianNLLLoss(full=True) TripletMarginLoss(swap=True) TripletMarginWithDistanceLoss(swap=True)
    """,
    ((3,), (3,), (3,)): "MarginRankingLoss()",
    (FLAT, FLAT, (3,)): "CosineEmbeddingLoss()",
    (FLAT, (-3,)): """
        CrossEntropyLoss() CrossEntropyLoss(label_smoothing=.1) NLLLoss() MultiMarginLoss()
        LinearCrossEntropyLoss(4,5) AdaptiveLogSoftmaxWithLoss(4,8,[2,4])
    """,
    (IMAGES[2], (-2, 6, 6)): "CrossEntropyLoss() NLLLoss2d()",
    (FLAT, (-3, 4)): "MultiLabelMarginLoss()",
    (CUBE, CUBE): """
        TransformerDecoderLayer(8,2,16) TransformerDecoder(nn.TransformerDecoderLayer(8,2,16),2)
        Transformer(8,2,1,1,16) Transformer(8,2,1,1,16,batch_first=True)
    """,
    (CUBE, CUBE, CUBE): """
        MultiheadAttention(8,2) MultiheadAttention(8,2,add_bias_kv=True,add_zero_attn=True)
        MultiheadAttention(8,2,kdim=8,vdim=8,dropout=.5,batch_first=True)
    """,
    ((6, 2, 5), (-2, 3), "lengths 6", "lengths 3"): "CTCLoss()",
}
CONTAINERS = {"Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"}
CONTAINERS |= {"DataParallel", "RNNBase", "RNNCellBase"}
# These read values, and so cannot run on meta.
VALUES = ("AdaptiveLogSoftmax", "CTCLoss", "GaussianNLL")


def layers() -> Iterator[tuple[str, Any]]:
    """Constructor expressions with their inputs."""
    for d, shape in IMAGES.items():
        yield from ((e.format(d=d), shape) for e in BY_DIMENSION.split())
        yield f"MaxUnpool{d}d(2)", (shape, "unpool")
    yield from ((f"{name}(inplace=True)", FLAT) for name in IN_PLACE.split())
    for inputs, expressions in ON.items():
        yield from ((e, inputs) for e in expressions.split())


def tensors(inputs: Any, dtype: torch.dtype, device: str) -> list[torch.Tensor]:
    if isinstance(inputs[0], int):
        inputs = (inputs,)
    if inputs[-1] == "unpool":
        x = torch.rand(inputs[0], dtype=dtype, device=device)
        return list(getattr(nn.functional, f"max_pool{x.dim() - 2}d")(x, 2, return_indices=True))
    made = []
    for shape in inputs:
        if isinstance(shape, str):
            made.append(torch.full((2,), int(shape.split()[1])))
        elif shape[0] < 0:
            made.append(torch.randint(1, 4, (-shape[0], *shape[1:]), device=device))
        else:
            made.append(torch.rand(shape, dtype=dtype, device=device))
    return made


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(("dtype", "device"), [(torch.float32, "cpu"), (torch.float64, "cpu"), (torch.float32, "meta")])
def test_no_operator_of_torch_nn_is_undecided(train: bool, dtype: torch.dtype, device: str) -> None:
    undecided: dict[str, str] = {}
    for expression, inputs in layers():
        if device == "meta" and expression.startswith(VALUES):
            continue
        layer = eval(f"nn.{expression}", {"nn": nn}).to(dtype).train(train)
        if expression.startswith("Lazy"):
            layer(*tensors(inputs, dtype, "cpu"))
        arguments = tensors(inputs, dtype, device)
        layer = layer.to(device)
        mode = run(lambda layer=layer, arguments=arguments: layer(*arguments))
        undecided |= dict.fromkeys(mode.calls.get(UNCOUNTED, ()), expression)
    assert undecided == {}


def test_every_layer_of_torch_nn_is_in_the_table() -> None:
    public = {name for name, value in vars(nn).items() if inspect.isclass(value) and issubclass(value, nn.Module)}
    covered = {expression.partition("(")[0] for expression, _ in layers()}
    assert public - covered == CONTAINERS
    assert covered <= public


def test_no_name_has_two_states() -> None:
    groups = [set(FORMULAS), FREE_NAMES, ELEMENTWISE_NAMES, set(KNOWN_UNCOUNTED), OPENED_NAMES]
    assert len(set().union(*groups)) == sum(map(len, groups))


def test_element_wise_work_is_inside_what_is_counted_or_element_wise() -> None:
    assert set(INSIDE) <= set(FORMULAS) | ELEMENTWISE_NAMES


# Names come and go, and operators become composite or cease to be.
this_version = pytest.mark.skipif(not torch.__version__.startswith("2.13."), reason="the names are those of 2.13")


@this_version
def test_composites_are_opened_not_listed() -> None:
    """What torch composes of other operators costs what they cost; listed, it would hide them when whole."""

    def composite(name: str) -> bool:
        packet = getattr(aten, name.removeprefix("aten::"))
        overloads = [getattr(packet, o).name() for o in packet.overloads() if "out" not in o]
        return all(torch._C._dispatch_has_kernel_for_dispatch_key(o, "CompositeImplicitAutograd") for o in overloads)

    # These have kernels of their own on other devices, and arrive there.
    fused = "_fused_rms_norm max_pool2d conj_physical value_selecting_reduction_backward"
    # Of these the variant that writes into a tensor given has a kernel of its own, and arrives.
    into = "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d softmax log_softmax"
    names = {n for n in ELEMENTWISE_NAMES if n.startswith("aten::")}
    assert {n for n in names if composite(n)} == {f"aten::{name}" for name in f"{fused} {into}".split()}


# Another package's operators, and those that the dispatcher does not list.
ELSEWHERE = ("torchvision::", "higher_order::", "prim::")


@this_version
def test_every_name_exists() -> None:
    known = {name.partition(".")[0] for name in torch._C._dispatch_get_all_op_names()}
    namespaces = {name.partition("::")[0] for name in known}  # a build may lack c10d, mkldnn, onednn, ...
    known |= recorded()[1].keys()  # some are registered only by parts of torch that are rarely imported
    names = {*FORMULAS, *FREE_NAMES, *ELEMENTWISE_NAMES, *KNOWN_UNCOUNTED} - known
    missing = {n for n in names if not n.startswith(ELSEWHERE) and n.partition("::")[0] in namespaces}
    assert missing == set()
    assert all(hasattr(torch.ops.prim, name) for name in ("device", "layout"))


def test_an_operator_nobody_decided_about_is_uncounted() -> None:
    with torch.library._scoped_library("linscope_tests", "DEF") as library:
        library.define("mystery(Tensor x) -> Tensor")
        library.impl("mystery", lambda x: x + 1, "CompositeExplicitAutograd")
        mode = run(lambda: torch.ops.linscope_tests.mystery(torch.rand(3)))
    assert mode.calls == {FREE: {"aten.rand": 1}, UNCOUNTED: {"linscope_tests.mystery": 1}}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (torch.fft.rfft, "aten._fft_r2c"),
        (torch.linalg.svd, "aten._linalg_svd"),
        (lambda x: torch.linalg.solve(x, x), "aten._linalg_solve_ex"),
        (lambda x: torch.cdist(x, x), "aten._cdist_forward"),
        (lambda x: x.cumsum(0), "aten.cumsum"),
        (lambda x: x.cumsum_(0), "aten.cumsum_"),
        (lambda x: nn.functional.grid_sample(x[None, None], torch.zeros(1, 2, 2, 2)), "aten.grid_sampler_2d"),
        (torch.linalg.qr, "aten.linalg_qr"),
        (torch.linalg.inv, "aten.linalg_inv_ex"),
        (torch.matrix_exp, "aten.linalg_matrix_exp"),
    ],
)
@pytest.mark.filterwarnings("ignore:Default grid_sample")
def test_arithmetic_without_a_count_is_named(call: Any, name: str) -> None:
    mode = run(lambda: call(torch.eye(3) + 1e-3))
    assert mode.calls[UNCOUNTED] == {name: 1}
    known = f"aten::{name.removeprefix('aten.').removesuffix('_')}"
    assert known in KNOWN_UNCOUNTED


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.bool, torch.uint8])
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "cummin"])
def test_a_running_sum_of_integers_keeps_books(name: str, dtype: torch.dtype) -> None:
    """Attention masks are turned into positions so: it is work on each of the 12 elements, and no more."""
    tracer = Tracer(None)
    with torch.no_grad(), tracer:
        getattr(torch.ones(3, 4, dtype=dtype), name)(0)
    (row,) = (o for o in tracer.operators.values() if o.state != FREE)
    assert (row.state, row.calls, row.elements, tracer.root.elements) == (ELEMENTWISE, 1, 12, 12)
    assert row.modules == {}


def test_a_running_sum_of_both_kinds_is_both() -> None:
    tracer = Tracer(None)
    with torch.no_grad(), tracer:
        torch.ones(3, dtype=torch.int64).cumsum(0)
        torch.ones(5).cumsum(0)
        torch.ones(3, dtype=torch.int64).cumsum(0, dtype=torch.float32)  # the sum itself is in floats
        torch.ones(3, dtype=torch.int64).cumsum_(0)
    rows = {(o.name, o.state): (o.calls, o.elements) for o in tracer.operators.values() if o.state != FREE}
    assert rows == {
        ("aten.cumsum", ELEMENTWISE): (1, 3),
        ("aten.cumsum", UNCOUNTED): (2, 0),
        ("aten.cumsum_", ELEMENTWISE): (1, 3),
    }


def test_what_keeps_books_on_integers_has_no_count_otherwise() -> None:
    assert set(KNOWN_UNCOUNTED) >= ON_INTEGERS


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("aten::relu_", ELEMENTWISE),  # in place
        ("aten::t_copy", FREE),  # a view that copies
        ("aten::_foreach_add_", ELEMENTWISE),  # a list of tensors
        ("aten::_foreach_copy_", FREE),
        ("aten::gelu_backward", ELEMENTWISE),
        ("aten::slice_backward", FREE),
        ("aten::reflection_pad2d_backward", ELEMENTWISE),  # a pad's gradient is added up where it was copied from
        ("prims::mul", ELEMENTWISE),
        ("quantized::cat", FREE),
        ("aten::__lshift__", ELEMENTWISE),  # a dunder is no in-place operator
        ("aten::addmm_", COUNTED),
        ("aten::convolution_backward", COUNTED),
        ("aten::cumprod_backward", UNCOUNTED),
        ("aten::grid_sampler_2d_backward", UNCOUNTED),
        # The relatives of counted operators have no count that could be inherited.
        ("aten::bilinear_backward", UNCOUNTED),
        ("aten::_foreach_bmm", UNCOUNTED),
        ("prims::svd", UNCOUNTED),
        ("elsewhere::relu", UNCOUNTED),
    ],
)
def test_relatives(name: str, state: str) -> None:
    assert decide(name)[0] == state


def test_sample_of_everyday_operators() -> None:
    free = "view permute cat clone zeros arange rand index gather embedding copy_ contiguous item expand"
    elementwise = "add mul relu _softmax sum mean max native_layer_norm where topk sort masked_fill index_add"
    for state, names in ((FREE, free), (ELEMENTWISE, elementwise)):
        for name in names.split():
            packet = getattr(aten, name)
            assert rule_for(getattr(packet, packet.overloads()[0])).state == state, name
