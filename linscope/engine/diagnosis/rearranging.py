"""Layers that rearrange: flattening, shuffling, unfolding and folding."""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.ranks import wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import Shape, first_fit, merged_batch, unsqueeze
from linscope.engine.diagnosis.wording import as_argument, by, count, per_dimension, show, such_as

if TYPE_CHECKING:
    from torch import nn

Arguments = tuple[tuple[str, object], ...]


@diagnosis("Flatten")
def flatten(module: nn.Flatten, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Dimensions ``start_dim`` to ``end_dim``, which must exist and be in that order."""
    if len(shapes) != 1:
        return None
    shape = shapes[0]
    rank = max(len(shape), 1)
    start, end = module.start_dim, module.end_dim
    outside = [dim for dim in (start, end) if not -rank <= dim < rank]
    if not outside and start % rank <= end % rank:
        return None
    details = (f"in: {show(shape)}   start_dim {start}, end_dim {end}",)
    if not outside:
        return Diagnosis(
            message=f"{{layer}} flattens from dimension {start % rank} to {end % rank}, the wrong way round",
            details=details,
            arguments=(("start_dim", end), ("end_dim", start)),
        )
    repaired: Arguments = ()
    if start in outside:
        repaired = (("start_dim", min(1, rank - 1)),)
    if end in outside or (repaired and end % rank < min(1, rank - 1)):
        repaired = (*repaired, ("end_dim", -1))

    def fits(given: Shape) -> bool:
        have = len(given)
        inside = all(-have <= dim < have for dim in (start, end))
        return inside and start % have <= end % have

    step = first_fit((unsqueeze(shape, 0, "if it is one sample"),), fits)
    return Diagnosis(
        message=f"{{layer}} flattens dimension {outside[0]}, and the input has {count(len(shape), 'dimension')}",
        details=details,
        arguments=repaired,
    ).preceded_by(step)


@diagnosis("Unflatten")
def unflatten(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """One dimension becomes several, whose product is its size; one of them may be -1."""
    sizes = tuple(module.unflattened_size)
    if len(shapes) != 1 or not isinstance(module.dim, int) or not all(isinstance(s, int) for s in sizes):
        return None
    shape, dim = shapes[0], module.dim
    known = prod(size for size in sizes if size != -1)
    fitting = [d for d, size in enumerate(shape) if (size % known == 0 if -1 in sizes else size == known)]
    if not -len(shape) <= dim < len(shape):
        return Diagnosis(
            message=f"{{layer}} splits dimension {dim}, and the input has {count(len(shape), 'dimension')}",
            details=(f"in: {show(shape)}   dim {dim}, unflattened_size {show(sizes)}",),
            arguments=(("dim", fitting[-1]),) if fitting else (),
        ).or_else(such_as(((*(2,) * (dim if dim >= 0 else 0), known, *(2,) * (-dim - 1 if dim < 0 else 0)),), dtypes))
    size = shape[dim]
    if dim % len(shape) in fitting:
        return None
    others = prod(sizes[:-1]) if -1 not in sizes else 0
    changed = (*sizes[:-1], size // others) if others and size and size % others == 0 else None
    return Diagnosis(
        message=f"{{layer}} makes {by(sizes)} of dimension {dim}, whose size is {size}",
        details=(f"in: {show(shape)}   dimension {dim} is {size}, the product is {known}",),
        arguments=(("unflattened_size", changed),) if changed else (),
    ).or_else(such_as(((*shape[: dim % len(shape)], known, *shape[dim % len(shape) + 1 :]),), dtypes))


@diagnosis("PixelShuffle")
def pixel_shuffle(module: nn.PixelShuffle, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(*, C·r², H, W)."""
    if len(shapes) != 1:
        return None
    shape, factor = shapes[0], module.upscale_factor
    if len(shape) < 3:
        return _too_few(shape, dtypes, "[C,H,W]", 3, lambda given: given[-3] % factor**2 == 0, (factor**2, 4, 4))
    channels = shape[-3]
    if channels % factor**2 == 0:
        return None
    smaller = next((f for f in range(factor - 1, 1, -1) if channels % f**2 == 0), None)
    return Diagnosis(
        message=f"{{layer}} needs a multiple of {factor}² = {factor**2} channels, got {channels}",
        details=(f"in: {show(shape)}   dimension {len(shape) - 3} is {channels}, upscale_factor {factor}",),
        arguments=(("upscale_factor", smaller),) if smaller else (),
    ).or_else(such_as(((*shape[:-3], _up(channels, factor**2), *shape[-2:]),), dtypes))


@diagnosis("PixelUnshuffle")
def pixel_unshuffle(module: nn.PixelUnshuffle, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(*, C, H·r, W·r)."""
    if len(shapes) != 1:
        return None
    shape, factor = shapes[0], module.downscale_factor

    def fits(given: Shape) -> bool:
        return all(size % factor == 0 for size in given[-2:])

    if len(shape) < 3:
        return _too_few(shape, dtypes, "[C,H,W]", 3, fits, (1, factor, factor))
    if fits(shape):
        return None
    shared = gcd(*shape[-2:], factor)
    return Diagnosis(
        message=f"{{layer}} needs a height and a width that {factor} divides, got {by(shape[-2:])}",
        details=(f"in: {show(shape)}   downscale_factor {factor}",),
        arguments=(("downscale_factor", shared),) if shared > 1 else (),
    ).or_else(such_as(((*shape[:-2], *(_up(size, factor) for size in shape[-2:])),), dtypes))


@diagnosis("ChannelShuffle")
def channel_shuffle(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *), with C a multiple of ``groups`` and at least one dimension behind it."""
    if len(shapes) != 1:
        return None
    shape, groups = shapes[0], module.groups
    if len(shape) < 3:
        return _too_few(shape, dtypes, "[N,C,*]", 3, lambda given: given[1] % groups == 0, (1, groups, 4))
    channels = shape[1]
    if channels % groups == 0:
        return None
    shared = gcd(channels, groups)
    return Diagnosis(
        message=f"{{layer}} needs channels that {groups} groups divide, got {channels}",
        details=(f"in: {show(shape)}   dimension 1 is {channels}, groups {groups}",),
        arguments=(("groups", shared),) if shared > 1 else (),
    ).or_else(such_as(((shape[0], _up(channels, groups), *shape[2:]),), dtypes))


@diagnosis("Unfold")
def unfold(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, H, W) or (C, H, W), with a window that fits the padded H and W."""
    if len(shapes) != 1:
        return None
    shape = shapes[0]
    kernel = per_dimension(module.kernel_size, 2)
    padding, dilation = per_dimension(module.padding, 2), per_dimension(module.dilation, 2)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    example = (1, 3, *reach)

    def fits(given: Shape) -> bool:
        padded = [size + 2 * p for size, p in zip(given[-2:], padding, strict=True)]
        covered = all(size >= r for size, r in zip(padded, reach, strict=True))
        return len(given) in (3, 4) and 0 not in given[-2:] and covered

    if len(shape) not in (3, 4):
        return _rank(shape, dtypes, "[C,H,W] or [N,C,H,W]", 3, fits, example)
    if fits(shape):
        return None
    room = [size + 2 * p for size, p in zip(shape[-2:], padding, strict=True)]
    smaller = [min(k, (size - 1) // d + 1) for k, size, d in zip(kernel, room, dilation, strict=True)]
    works = min(smaller) > 0 and 0 not in shape[-2:]
    return Diagnosis(
        message=f"{{layer}} has a window of {by(reach)}, larger than its padded input of {by(room)}",
        details=(f"in: {show(shape)}   kernel_size {by(kernel)}, dilation {by(dilation)}",),
        arguments=(("kernel_size", as_argument(smaller)),) if works else (),
    ).or_else(such_as((example,), dtypes))


@diagnosis("Fold")
def fold(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C·kernel, L) or (C·kernel, L), with L the number of windows in the output."""
    if len(shapes) != 1:
        return None
    shape = shapes[0]
    names = ("output_size", "kernel_size", "stride", "padding", "dilation")
    axes = zip(*(per_dimension(getattr(module, name), 2) for name in names), strict=True)
    windows = [(size + 2 * p - d * (k - 1) - 1) // s + 1 for size, k, s, p, d in axes]
    blocks, kernel = prod(max(w, 0) for w in windows), prod(per_dimension(module.kernel_size, 2))
    if min(windows) < 1:
        return Diagnosis(
            message="{layer} has a kernel_size larger than its padded output_size",
            details=(f"windows that fit: {by(windows)}",),
            instead="a larger output_size or a smaller kernel_size",
        )

    def fits(given: Shape) -> bool:
        right = len(given) in (2, 3) and given[-2] > 0
        return right and given[-2] % kernel == 0 and given[-1] == blocks

    if len(shape) not in (2, 3):
        return _rank(shape, dtypes, "[C·kernel,L] or [N,C·kernel,L]", 2, fits, (kernel, blocks))
    if fits(shape):
        return None
    channels = _up(shape[-2], kernel)
    return Diagnosis(
        message=f"{{layer}} expects a multiple of {kernel} rows of {blocks} windows each, "
        f"got {shape[-2]} of {shape[-1]}",
        details=(f"in: {show(shape)}   {by(windows)} windows of {kernel} numbers fit the output_size",),
        instead=such_as(((*shape[:-2], channels, blocks),), dtypes),
    )


def _up(number: int, multiple: int) -> int:
    """The next multiple, at least one."""
    return max(-(-number // multiple), 1) * multiple


def _too_few(shape: Shape, dtypes: Dtypes, wanted: str, rank: int, fits: Any, example: Shape) -> Diagnosis:
    steps = (unsqueeze(shape, 0, "if the first dimension is missing"),)
    step = first_fit(steps, lambda given: len(given) >= rank and fits(given))
    return wrong_rank(shape, dtypes, f"at least {wanted}", step, example)


def _rank(shape: Shape, dtypes: Dtypes, allowed: str, least: int, fits: Any, example: Shape) -> Diagnosis:
    """``fits`` is asked of shapes with at least ``least`` dimensions only."""
    steps = (unsqueeze(shape, 0, "if there is one channel"), *merged_batch(shape, least))
    step = first_fit(steps, lambda given: len(given) >= least and fits(given))
    return wrong_rank(shape, dtypes, allowed, step, example)
