"""Losses that compare an input with a target element by element."""

from __future__ import annotations

from typing import Any

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.dtypes import REAL
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.similarity import broadcast, unequal
from linscope.engine.diagnosis.wording import show_inputs


@diagnosis(
    *("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss", "HingeEmbeddingLoss"),
)
def elementwise(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Input and target of one shape; torch also takes what broadcasts."""
    if len(shapes) != 2 or broadcast(*shapes) is not None:
        return None
    return unequal(shapes, dtypes, "an input and a target of one shape")


@diagnosis("MultiLabelSoftMarginLoss")
def multi_label_soft_margin(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Input and target of one shape, (N, C) or (C): the classes are averaged over."""
    if len(shapes) == 2 and shapes[0] == ():
        return unequal(shapes, dtypes, "scores for classes and a target of one shape", shape=(3, 5))
    return elementwise(module, shapes, dtypes)


@diagnosis("SoftMarginLoss")
def soft_margin(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Input and target of one shape; a target that broadcasts to the input's will do."""
    if len(shapes) != 2 or broadcast(*shapes) == shapes[0]:
        return None
    return unequal(shapes, dtypes, "an input and a target of one shape")


@diagnosis("KLDivLoss")
def divergence(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Two distributions of one shape, both floating."""
    if len(shapes) != 2:
        return None
    if broadcast(*shapes) is None:
        return unequal(shapes, dtypes, "an input and a target of one shape", dtype=dtypes[0])
    return None if dtypes[1] in REAL else _floating_target(shapes, dtypes)


@diagnosis("BCELoss", "BCEWithLogitsLoss")
def binary_cross_entropy(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Input and target of exactly one shape, both floating."""
    if len(shapes) != 2:
        return None
    if shapes[0] != shapes[1]:
        return unequal(shapes, dtypes, "an input and a target of one shape", dtype=dtypes[0])
    strict = layer_name(module) == "BCELoss"
    fine = dtypes[1] == dtypes[0] if strict else dtypes[1] in REAL
    return None if fine else _floating_target(shapes, dtypes)


@diagnosis("GaussianNLLLoss")
def gaussian(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Input and target of one shape; a variance of that shape, or one for each row."""
    if len(shapes) != 3:
        return None
    shape, target, variance = shapes
    rows = variance == shape[:-1]
    one = len(variance) == len(shape) and [v for s, v in zip(shape, variance, strict=True) if s != v] == [1]
    if broadcast(shape, target) is not None and (variance == shape or rows or one):
        return None
    return unequal(shapes, dtypes, "an input, a target and a variance of one shape", dtype=dtypes[0])


@diagnosis("CTCLoss")
def connectionist(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """log_probs (T, N, C), targets (N, S), and N input lengths and N target lengths."""
    if len(shapes) != 4:
        return None
    probabilities, targets, *lengths = shapes
    if len(probabilities) == 2:
        return _unbatched(shapes, dtypes)
    if len(probabilities) != 3:
        return None
    time, batch, classes = probabilities
    if all(given == (batch,) for given in lengths) and (len(targets) == 1 or targets[:1] == (batch,)):
        return None
    if all(given == (time,) for given in lengths) and targets[:1] == (time,):
        return Diagnosis(
            message=f"{{layer}} reads log_probs as [T,N,C]: {time} steps of {batch} sequences, "
            f"and the lengths are for {time} sequences",
            details=(f"in: {show_inputs(shapes, dtypes)}",),
            instead=show_inputs(((batch, time, classes), *shapes[1:]), dtypes),
        )
    wanted = ((batch, targets[-1] if targets else 1), (batch,), (batch,))
    return Diagnosis(
        message=f"{{layer}} expects targets and two lengths for {batch} sequences, "
        f"got {show_inputs(shapes[1:], dtypes[1:])}",
        details=(f"in: {show_inputs(shapes, dtypes)}   log_probs are [T,N,C]",),
        instead=show_inputs((probabilities, *wanted), dtypes),
    )


def _unbatched(shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """log_probs (T, C), targets (S), and two lengths that are one number each."""
    probabilities, targets, *lengths = shapes
    if len(targets) == 1 and all(length in ((), (1,)) for length in lengths):
        return None
    wanted = ((probabilities[0], 1, probabilities[1]), (1, max((*targets[-1:], 1))), (1,), (1,))
    return Diagnosis(
        message=f"{{layer}} reads {show_inputs(shapes[:1])} as one sequence [T,C], with one target and two "
        f"lengths, got {show_inputs(shapes[1:], dtypes[1:])}",
        details=(f"in: {show_inputs(shapes, dtypes)}",),
        instead=show_inputs(wanted, dtypes),
    )


def _floating_target(shapes: Shapes, dtypes: Dtypes) -> Diagnosis:
    given = show_inputs(shapes, dtypes)
    return Diagnosis(
        message=f"{{layer}} takes a target of {dtypes[0]}, as its input is, got {dtypes[1]}",
        details=(f"in: {given}",),
        instead=", ".join(f"{show_inputs((shape,))}:{dtypes[0]}" for shape in shapes),
    )
