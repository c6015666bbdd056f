"""Normalisation over a batch or over each sample: BatchNorm and InstanceNorm."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import is_unshaped, layer_name
from linscope.engine.diagnosis.channels import channel_steps, wrong_channels
from linscope.engine.diagnosis.ranks import either, wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.steps import Shape, Step, first_fit, flatten, unsqueeze
from linscope.engine.diagnosis.wording import layout, such_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes

MOST_DIMENSIONS = 6
"""Enough for any input of SyncBatchNorm, which takes any number from 2."""


@diagnosis("BatchNorm1d", "LazyBatchNorm1d")
def batch_norm_1d(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C) or (N, C, L)."""
    return _batch_norm(module, shapes, dtypes, (2, 3), "[N,C] or [N,C,L]")


@diagnosis("BatchNorm2d", "LazyBatchNorm2d")
def batch_norm_2d(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, H, W)."""
    return _batch_norm(module, shapes, dtypes, (4,), layout(2))


@diagnosis("BatchNorm3d", "LazyBatchNorm3d")
def batch_norm_3d(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, D, H, W)."""
    return _batch_norm(module, shapes, dtypes, (5,), layout(3))


@diagnosis("SyncBatchNorm")
def sync_batch_norm(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *)."""
    return _batch_norm(module, shapes, dtypes, tuple(range(2, MOST_DIMENSIONS + 1)), "at least [N,C]")


@diagnosis(
    *("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"),
    *("LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d"),
)
def instance_norm(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *) or (C, *), the number of spatial dimensions in the name."""
    if len(shapes) != 1:
        return None
    shape, spatial = shapes[0], int(layer_name(module)[-2])
    ranks = (spatial + 1, spatial + 2)
    own_statistics = module.training or not module.track_running_stats

    def enough(given: Shape) -> bool:
        return prod(given[-spatial:]) > 1 or not own_statistics

    def fits(given: Shape) -> bool:
        if len(given) not in ranks:
            return False
        if is_unshaped(module):  # it looks for the channels of a batch, and misses those of one sample
            return len(given) == spatial + 2 and enough(given)
        right = given[-spatial - 1] == module.num_features or not _checks_channels(module)
        return right and enough(given)

    step = first_fit((*channel_steps(shape), unsqueeze(shape, 0, "if it is one sample")), fits)
    if len(shape) not in ranks:
        example = (1, module.num_features or 4, *(8,) * spatial)
        return _wrong_rank(module, shape, dtypes, either(spatial), step, example)
    dim = len(shape) - spatial - 1
    if not _checks_channels(module) or shape[dim] == module.num_features:
        return None
    repair = (("num_features", shape[dim]),) if shape[dim] and enough(shape) else ()
    return wrong_channels(module.num_features, "num_features", shape, dim, repair, step)


def _batch_norm(module: Any, shapes: Shapes, dtypes: Dtypes, ranks: tuple[int, ...], allowed: str) -> Diagnosis | None:
    if len(shapes) != 1:
        return None
    shape = shapes[0]
    own_statistics = module.training or module.running_mean is None

    def enough(given: Shape) -> bool:
        return given[0] * prod(given[2:]) != 1 or not own_statistics

    def fits(given: Shape) -> bool:
        if len(given) not in ranks:
            return False
        right = given[1] == module.num_features or not _checks_channels(module)
        return right and enough(given)

    step = first_fit((*channel_steps(shape), *_rank_steps(shape, ranks)), fits)
    example = (2, module.num_features or 4, *(8,) * (ranks[0] - 2))
    if len(shape) not in ranks:
        return _wrong_rank(module, shape, dtypes, allowed, step, example)
    if not _checks_channels(module) or shape[1] == module.num_features:
        return None
    repair = (("num_features", shape[1]),) if shape[1] and enough(shape) else ()
    found = wrong_channels(module.num_features, "num_features", shape, 1, repair, step)
    return found.or_else(such_as((example,), dtypes))


def _checks_channels(module: Any) -> bool:
    """Whether there is anything of one size per channel that the input could disagree with."""
    return bool(module.affine or module.track_running_stats) and not is_unshaped(module)


def _wrong_rank(
    module: Any, shape: Shape, dtypes: Dtypes, allowed: str, step: Step | None, example: Shape
) -> Diagnosis:
    known, sibling = f"num_features {module.num_features}", _sibling(module, shape)
    if sibling is not None:
        return wrong_rank(shape, dtypes, allowed, None, None, known).or_else(sibling)
    return wrong_rank(shape, dtypes, allowed, step, example, known)


def _sibling(module: Any, shape: Shape) -> str | None:
    """The class of the same family that takes these dimensions, where it would run on them."""
    name = layer_name(module)
    family, rank = name[:-2], len(shape)
    if family not in ("BatchNorm", "InstanceNorm") or not 2 <= rank <= 5 or shape[1] != module.num_features:
        return None
    plain = rank == 2  # (N, C) is a batch to BatchNorm1d, and one sample to InstanceNorm1d
    if plain and family == "InstanceNorm":
        return None
    values = prod(shape[2:]) * (shape[0] if family == "BatchNorm" else 1)
    sibling = f"{family}{max(rank - 2, 1)}d"
    if values < 2 or sibling == name:
        return None
    return f"{sibling}, which takes {'[N,C]' if plain else layout(rank - 2)}"


def _rank_steps(shape: Shape, ranks: tuple[int, ...]) -> Iterator[Step]:
    last = len(shape) - 1
    yield unsqueeze(shape, 0, "if it is one sample")
    yield unsqueeze(shape, last + 1, "if there is one position in the last dimension")
    if last >= max(ranks):
        yield flatten(shape, max(ranks) - 1, last, "if the trailing dimensions are positions")
