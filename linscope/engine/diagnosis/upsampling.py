"""Upsampling: each way to interpolate belongs to a number of dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import first_fit, merged_batch, unsqueeze
from linscope.engine.diagnosis.wording import count, show, such_as

if TYPE_CHECKING:
    from linscope.engine.diagnosis.steps import Shape

RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
"""Dimensions, batch and channels included; the other modes take 3 to 5."""

INTERPOLATING = {3: "linear", 4: "bilinear", 5: "trilinear"}


@diagnosis("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d")
def upsample(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *), with as many spatial sizes as the mode and a given size or factor mean."""
    if len(shapes) != 1:
        return None
    shape, mode = shapes[0], module.mode
    named = next((n for n in ("size", "scale_factor") if getattr(module, n) is not None), None)
    if named is None or (module.size is not None and module.scale_factor is not None):
        return _unspecified(module, shape, dtypes)
    given = getattr(module, named)
    spatial = len(given) if isinstance(given, tuple | list) else None
    wanted = {RANKS[mode]} if mode in RANKS else {3, 4, 5}
    if spatial is not None:
        wanted &= {spatial + 2}
    if len(shape) in wanted:
        return None
    steps = (
        unsqueeze(shape, 0, "if it is one sample"),
        unsqueeze(shape, 1, "if there is one channel"),
        *(step for rank in sorted(wanted) for step in merged_batch(shape, rank - 1)),
    )
    allowed = " or ".join(str(rank) for rank in sorted(wanted)) or f"{RANKS[mode]} and {(spatial or 0) + 2}"
    changeable = layer_name(module) == "Upsample" and spatial in (None, len(shape) - 2)
    other = INTERPOLATING.get(len(shape)) if changeable else None
    example = (1, 1, *(4,) * (min(wanted, default=2) - 2))
    return (
        Diagnosis(
            message=f"{{layer}} expects {allowed} dimensions with mode={mode!r}"
            f"{'' if spatial is None else f' and {named} {show(given)}'}, got {len(shape)}",
            details=(f"in: {show(shape)}   {count(len(shape), 'dimension')}, mode {mode}",),
            arguments=(("mode", other),) if other and mode in RANKS else (),
        )
        .preceded_by(first_fit(steps, lambda stepped: len(stepped) in wanted))
        .or_else(such_as((example,), dtypes) if wanted else f"a {named} of one number")
    )


def _unspecified(module: Any, shape: Shape, dtypes: Dtypes) -> Diagnosis:
    """Neither a size nor a factor, or both: torch says so at the first call only."""
    change: tuple[str, object] = ("scale_factor", 2 if module.scale_factor is None else None)
    found = Diagnosis(
        message="{layer} needs a size or a scale_factor, and not both",
        details=(f"size {module.size}, scale_factor {module.scale_factor}",),
    )
    size = module.size
    spatial = len(size) if isinstance(size, tuple) else RANKS.get(module.mode, len(shape)) - 2
    if len(shape) == spatial + 2 == RANKS.get(module.mode, len(shape)) and 0 < spatial < 4:
        return replace(found, arguments=(change,))
    example = such_as(((1, 1, *(4,) * (RANKS.get(module.mode, 4) - 2)),), dtypes)
    return replace(found, instead=f"{example}, and with it {change[0]}={change[1]}")
