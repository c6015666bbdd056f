"""The way to a failure: the calls around the one that failed, and what came before it in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.frames import type_name
from linscope.subject import Call

if TYPE_CHECKING:
    from linscope.engine.frames import Frame
    from linscope.subject import Failure


def way_to(failure: Failure, root: Frame) -> tuple[Call, ...]:
    """The calls under ``root`` that led to ``failure``, in order; the one that failed is not among them.

    Those made within a call that came to its end are left out: their caller says what came of them.
    """
    way: list[Call] = []
    frame = root
    while frame.children:
        *before, last = frame.children
        way += map(_call, before)
        if last.returned:  # and its caller raised by itself
            way.append(_call(last))
            break
        if last.module is failure.module and last.path == failure.path:
            if failure.diagnosis is None:
                way += [_call(inner) for inner in last.children if inner.returned]
            break
        way.append(_call(last))
        frame = last
    return tuple(way)


def _call(frame: Frame) -> Call:
    return Call(frame.path, type_name(frame), frame.input_shapes, frame.output_shapes if frame.returned else None)
