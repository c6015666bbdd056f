"""Channels that are not where a layer looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.diagnosis.result import Diagnosis
from linscope.engine.diagnosis.steps import Shape, Step, flatten, move
from linscope.engine.diagnosis.wording import count, show

if TYPE_CHECKING:
    from collections.abc import Iterator


def channel_steps(shape: Shape) -> Iterator[Step]:
    """Ways to bring the channels to dimension 1: from the end, then from the beginning."""
    last = len(shape) - 1
    if last == 2:
        yield flatten(shape, 0, 1, "if the features are dimension 2")
    if last > 1:
        yield move(shape, last, 1, f"if the channels are dimension {last}")
    if last > 0:
        yield move(shape, 0, 1, "if the channels are dimension 0")


def wrong_channels(
    expected: int,
    name: str,
    shape: Shape,
    dim: int,
    arguments: tuple[tuple[str, object], ...],
    step: Step | None,
) -> Diagnosis:
    """Dimension ``dim`` is not the layer's ``name``, which is ``expected``."""
    return Diagnosis(
        message=f"{{layer}} expects {count(expected, 'channel')} in dimension {dim}, got {shape[dim]}",
        details=(f"in: {show(shape)}   dimension {dim} is {shape[dim]}, {name} {expected}",),
        arguments=arguments,
    ).preceded_by(step)
