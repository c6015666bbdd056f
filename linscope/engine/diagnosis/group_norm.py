"""Normalisation over groups of channels and over neighbouring channels."""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.channels import channel_steps, wrong_channels
from linscope.engine.diagnosis.ranks import wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.steps import Shape, first_fit, unsqueeze
from linscope.engine.diagnosis.wording import layout, such_as

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes


@diagnosis("GroupNorm")
def group_norm(module: nn.GroupNorm, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *), with C a multiple of ``num_groups`` and more than one value in each group."""
    if len(shapes) != 1:
        return None
    shape, groups, channels = shapes[0], module.num_groups, module.num_channels

    def fits(given: Shape) -> bool:
        if len(given) < 2 or given[1] % groups or (module.affine and given[1] != channels):
            return False
        return _values_per_group(given, groups) != 1

    step = first_fit((*channel_steps(shape), unsqueeze(shape, 0, "if it is one sample")), fits)
    if len(shape) < 2:
        return wrong_rank(shape, dtypes, "at least [N,C]", step, (2, channels), f"num_channels {channels}")
    given = shape[1]
    if given == channels or (not module.affine and given % groups == 0):
        return None
    shared = gcd(given, groups)
    changed: tuple[tuple[str, object], ...] = (("num_channels", given),)
    if shared != groups:
        changed = (("num_groups", shared), *changed)
    works = given > 0 and _values_per_group(shape, shared) != 1
    found = wrong_channels(channels, "num_channels", shape, 1, changed if works else (), step)
    return found.or_else(such_as(((2, channels, *shape[2:]),), dtypes))


@diagnosis("LocalResponseNorm")
def local_response_norm(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *), at least one dimension behind the channels."""
    if len(shapes) != 1 or len(shapes[0]) > 2:
        return None
    shape = shapes[0]
    step = first_fit((unsqueeze(shape, 0, "if it is one sample"),), lambda given: len(given) > 2)
    return wrong_rank(shape, dtypes, "at least [N,C,L]", step, (1, 4, 8))


@diagnosis("CrossMapLRN2d")
def cross_map_lrn(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, H, W)."""
    if len(shapes) != 1 or len(shapes[0]) == 4:
        return None
    shape = shapes[0]
    step = first_fit((unsqueeze(shape, 0, "if it is one sample"),), lambda given: len(given) == 4)
    return wrong_rank(shape, dtypes, layout(2), step, (1, 4, 8, 8))


def _values_per_group(shape: Shape, groups: int) -> int:
    """As torch counts them: over the whole batch, though each sample is normalised on its own."""
    return shape[0] * shape[1] // groups * prod(shape[2:])
