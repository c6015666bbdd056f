"""The derivation of a call that was made: the layer's own, for as many examples as it ran on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.derivations.registry import derive
from linscope.report.derivation import Derivation, Factor

if TYPE_CHECKING:
    from linscope.engine.frames import Frame


def derive_call(frame: Frame) -> Derivation | None:
    """What the module's attributes and the shapes of the call say it did, with all that it called.

    Weights that are computed anew are not in it: ``parametrize`` computes them in calls of its own. None where the
    call raised, or where ``derive`` has nothing to say.
    """
    if frame.module is None or not frame.returned:
        return None
    found = derive(frame.module, frame.input_shapes, frame.output_shapes)
    if found is None or frame.transforms is None or frame.transforms.examples == 1:
        return found
    examples = Factor("vmap", frame.transforms.examples)
    return Derivation(tuple(term._replace(rows=(examples, *term.rows)) for term in found.terms))
