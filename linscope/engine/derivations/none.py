"""Layers that contract nothing: they look up, pool, normalise, rearrange or work element by element."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn import functional

from linscope.engine.derivations.registry import Shapes, derivation
from linscope.report.derivation import Derivation

ACTIVATIONS = """
    CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU
    RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink
    Threshold
"""
DROPOUTS = "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout"
DISTANCES = "CosineSimilarity PairwiseDistance"
LOOK_UPS = "Embedding EmbeddingBag"
LOSSES = """
    BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss HingeEmbeddingLoss
    HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss
    MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss
"""
NORMS = """
    BatchNorm1d BatchNorm2d BatchNorm3d CrossMapLRN2d GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
    LayerNorm LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyInstanceNorm1d LazyInstanceNorm2d
    LazyInstanceNorm3d LocalResponseNorm RMSNorm SyncBatchNorm
"""
PADDINGS = """
    CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d
    ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d
    ZeroPad3d
"""
POOLINGS = """
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
    AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d
    LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d
"""
REARRANGEMENTS = """
    ChannelShuffle Flatten Fold Identity PixelShuffle PixelUnshuffle Unflatten Unfold Upsample
    UpsamplingBilinear2d UpsamplingNearest2d
"""

NO_CONTRACTION = frozenset(
    " ".join(
        (
            *(ACTIVATIONS, DROPOUTS, DISTANCES, LOOK_UPS, LOSSES),
            *(NORMS, PADDINGS, POOLINGS, REARRANGEMENTS),
        )
    ).split()
)


@derivation(*NO_CONTRACTION)
def nothing(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation:
    """No multiply-accumulates of a contraction, whatever the shapes."""
    return Derivation()


@derivation("TripletMarginWithDistanceLoss")
def triplet_margin(module: nn.TripletMarginWithDistanceLoss, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Nothing with torch's own distances; with a function of the user's, unknown."""
    distance = module.distance_function
    if isinstance(distance, nn.PairwiseDistance | nn.CosineSimilarity):
        return Derivation()
    own = (functional.pairwise_distance, functional.cosine_similarity)
    return Derivation() if distance in own else None
