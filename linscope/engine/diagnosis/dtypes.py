"""Dtypes that do not go together, or with which a layer cannot compute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from linscope.engine.derivations.lineage import layer_names
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.wording import show, show_inputs

if TYPE_CHECKING:
    from torch import nn

REAL = ("float32", "float64", "float16", "bfloat16")
COMPLEX = ("complex64", "complex128")

DISAGREE = re.compile(
    "|".join(
        (
            "have the same dtype",
            "type .* should be the same",
            "mixed dtype",
            "same datatype",
            "does not match weight dtype",
            "expected scalar type",
            "Type promoting not supported",
            "Found dtype .* but expected",
            "expect parameter to have scalar type",
        )
    )
)
"""Torch's ways to say that an input and a weight differ in dtype."""

IMPOSSIBLE = re.compile(
    "|".join(
        (
            "not implemented for '",
            "result type .* can't be cast",
            "Bool(?:ean)? inputs not supported",
            "Integral inputs not supported",
            "not supported for complex types",
            "bool tensors?,? is not supported",
            "expected common dtype to be floating point",
            "could not infer output dtype",
        )
    )
)
"""Torch's ways to say that an operation has no arithmetic for a dtype."""

FLOATING_ONLY = re.compile(
    r".*Norm|.*LRN2d|.*Softmax|Softmin|GLU|.*Dropout|.*Loss|CosineSimilarity|Upsampl|LPPool|MaxPool1d"
    r"|Fractional|Adaptive|MaxUnpool|Unfold|Fold"
)
"""Layers without weights whose arithmetic is for real numbers alone."""

LENIENT = re.compile(r"(Sync)?BatchNorm|InstanceNorm|GroupNorm|LayerNorm")
"""Layers that take half-precision inputs with float32 weights."""

INDEXED = re.compile(r"CrossEntropy|LinearCrossEntropy|NLLLoss|MultiMargin|MultiLabelMargin|CTC|AdaptiveLog|MaxUnpool")
"""Layers whose further inputs are indices or lengths."""


def wrong_dtype(module: nn.Module, shapes: Shapes, dtypes: Dtypes, error: Exception) -> Diagnosis | None:
    """What torch's message says of dtypes; None where it speaks of something else."""
    text = str(error)
    if DISAGREE.search(text):
        return disagreement(module, shapes, dtypes)
    if IMPOSSIBLE.search(text):
        return disagreement(module, shapes, dtypes) or _impossible(shapes, dtypes)
    return None


def disagreement(module: nn.Module, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Inputs of other dtypes than the layer computes in; None where they are right."""
    wanted = fitting(module, shapes, dtypes)
    wrong = [(i, given) for i, given in enumerate(dtypes) if given != wanted[i]]
    if not wrong:
        return None
    place, given = wrong[0]
    weights = _weights(module)
    detail = f"in: {show(shapes[place])}:{given}"
    return Diagnosis(
        message=f"{{layer}} computes in {weights}, got {given}"
        if weights
        else f"{{layer}} cannot compute with {given}",
        details=(f"{detail}   weights {weights}" if weights else detail,),
        instead=show_inputs(shapes, wanted, plain=False)
        + (f" or a layer with dtype={given}" if weights and given in (*REAL, *COMPLEX) else ""),
    )


def fitting(module: nn.Module, shapes: Shapes, dtypes: Dtypes) -> Dtypes:
    """The dtypes with which the layer would compute, the given ones where nothing is wrong with them."""
    names, weights = layer_names(module), _weights(module)
    if not names or not dtypes or names[0].startswith("Embedding"):
        return dtypes
    if weights is None:
        if not FLOATING_ONLY.match(names[0]) or dtypes[0] in REAL:
            return dtypes
        weights = next((given for given in dtypes if given in REAL), "float32")
    return tuple(
        weights if _is_data(names[0], i, shapes, given) and not _taken(names[0], given, weights) else given
        for i, given in enumerate(dtypes)
    )


def _weights(module: nn.Module) -> str | None:
    """The dtype of what the layer computes with: its parameters, or else its running statistics."""
    held = (*module.parameters(), *module.buffers())
    found = (str(tensor.dtype).removeprefix("torch.") for tensor in held)
    return next((dtype for dtype in found if dtype in (*REAL, *COMPLEX)), None)


def _is_data(name: str, place: int, shapes: Shapes, given: str) -> bool:
    """Whether an input is computed with. Masks, indices, offsets and lengths are not: they come later, are
    bool, or are whole numbers of another number of dimensions than the first input."""
    if place == 0:
        return True
    if given in (*REAL, *COMPLEX):
        return not INDEXED.match(name)
    if given == "bool" or INDEXED.match(name):
        return False
    return name.endswith("Loss") or len(shapes[place]) == len(shapes[0])


def _taken(name: str, given: str, weights: str) -> bool:
    """Whether the layer takes this dtype though its weights have another."""
    if name == "RMSNorm":
        return given in REAL
    return bool(LENIENT.match(name)) and weights == "float32" and given in ("float16", "bfloat16")


def _impossible(shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """For a layer nothing is known of: its first input that is not real."""
    given = next((dtype for dtype in dtypes if dtype not in REAL), None)
    if given is None:
        return None
    wanted = ["float32" if dtype == given else dtype for dtype in dtypes]
    return Diagnosis(
        message=f"{{layer}} cannot compute with {given}",
        details=(f"in: {show_inputs(shapes, dtypes, plain=False)}",),
        instead=show_inputs(shapes, wanted, plain=False),
    )
