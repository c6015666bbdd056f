"""Padding: how many dimensions it reaches, and how much an input has to give."""

from __future__ import annotations

from typing import Any

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.ranks import either, wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import Shape, first_fit, merged_batch, unsqueeze
from linscope.engine.diagnosis.wording import as_argument, count, show, such_as

ROOM = {"Reflection": 1, "Circular": 0}
"""How much smaller than the input the padding must be: mirrored without the edge, or wrapped around once."""


@diagnosis(
    *("ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d"),
    *("ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d"),
    *("CircularPad1d", "CircularPad2d", "CircularPad3d"),
)
def bordering(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, C, *) or (C, *): the padding is made of the input's own numbers."""
    if len(shapes) != 1:
        return None
    shape, name = shapes[0], layer_name(module)
    spatial = int(name[-2])
    room = next((left for kind, left in ROOM.items() if name.startswith(kind)), None)

    def fits(given: Shape) -> bool:
        return (
            len(given) in (spatial + 1, spatial + 2)
            and 0 not in given[-spatial:]
            and _fitting(module.padding, given, room) == tuple(module.padding)
            and _possible(module.padding, room)
        )

    example = (1, *(max(abs(p) for p in module.padding) * 2 + 1,) * spatial)
    if len(shape) not in (spatial + 1, spatial + 2):
        steps = (unsqueeze(shape, 0, "if there is one channel"), *merged_batch(shape, spatial + 1))
        return wrong_rank(shape, dtypes, either(spatial), first_fit(steps, fits), example)
    if fits(shape):
        return None
    return _too_much(module, shape, dtypes, room, example)


@diagnosis(
    *("ConstantPad1d", "ConstantPad2d", "ConstantPad3d"),
    *("ZeroPad1d", "ZeroPad2d", "ZeroPad3d"),
)
def constant(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Any shape with at least the dimensions that are padded; negative padding cuts off."""
    if len(shapes) != 1:
        return None
    shape, spatial = shapes[0], len(module.padding) // 2

    def fits(given: Shape) -> bool:
        return len(given) >= spatial and _fitting(module.padding, given, None) == tuple(module.padding)

    example = (1, *(max(abs(p) for p in module.padding) * 2 + 1,) * spatial)
    if len(shape) < spatial:
        step = first_fit((unsqueeze(shape, 0, "if the first dimension is missing"),), fits)
        allowed = f"at least the {count(spatial, 'dimension')} it pads"
        return wrong_rank(shape, dtypes, allowed, step, example, f"padding {show(module.padding)}")
    return None if fits(shape) else _too_much(module, shape, dtypes, None, example)


def _too_much(module: Any, shape: Shape, dtypes: Dtypes, room: int | None, example: Shape) -> Diagnosis:
    spatial = len(module.padding) // 2
    fitting = _fitting(module.padding, shape, room)
    works = 0 not in shape[-spatial:] and fitting != tuple(module.padding) and _possible(fitting, room)
    sizes, padding = show(shape[-spatial:]), show(module.padding)
    reason = (
        f"pads by {padding}, more than" if max(module.padding) > 0 else f"cuts off {padding}, as much as or more than"
    )
    return Diagnosis(
        message=f"{{layer}} {reason} {sizes} can give",
        details=(f"in: {show(shape)}   padding {show(module.padding)}, from the last dimension backwards",),
        arguments=(("padding", as_argument(fitting)),) if works else (),
    ).or_else(such_as((example,), dtypes))


def _possible(padding: tuple[int, ...], room: int | None) -> bool:
    """Torch wraps around only where all of the padding adds, or all of it cuts off."""
    return room != ROOM["Circular"] or not min(padding) < 0 < max(padding)


def _fitting(padding: tuple[int, ...], shape: Shape, room: int | None) -> tuple[int, ...]:
    """The padding, less where a size cannot give it; torch writes it from the last dimension backwards."""
    fitting: list[int] = []
    for pair, size in enumerate(reversed(shape[len(shape) - len(padding) // 2 :])):
        low, high = padding[2 * pair : 2 * pair + 2]
        if room is not None:
            low, high = min(low, size - room), min(high, size - room)
        if size + min(low, 0) + min(high, 0) < 1:  # cut off from both ends, something must stay
            low = max(low, 1 - size)
            high = max(high, 1 - size - min(low, 0))
        fitting += [low, high]
    return tuple(fitting)
