"""From a failed forward to what a person needs: what met, and what would fit.

One file per family of layers; importing the package registers them all. Every repair named here works on
the very shapes that failed.
"""

from linscope.engine.diagnosis import (
    activation,
    attention,
    batch_norm,
    class_losses,
    conv,
    embedding,
    group_norm,
    layer_norm,
    linear,
    losses,
    padding,
    pooling,
    rearranging,
    recurrent,
    similarity,
    transformer,
    upsampling,
)
from linscope.engine.diagnosis.registry import diagnose
from linscope.engine.diagnosis.result import Diagnosis

__all__ = [
    "Diagnosis",
    "activation",
    "attention",
    "batch_norm",
    "class_losses",
    "conv",
    "diagnose",
    "embedding",
    "group_norm",
    "layer_norm",
    "linear",
    "losses",
    "padding",
    "pooling",
    "rearranging",
    "recurrent",
    "similarity",
    "transformer",
    "upsampling",
]
