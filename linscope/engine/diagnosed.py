"""A failure with its reason, where a layer of torch.nn met a tensor that does not fit it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from linscope.engine.derivations.lineage import layer_names
from linscope.engine.diagnosis.registry import diagnose, own_diagnosis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.subject import Failure


def diagnosed(failures: Sequence[Failure]) -> Failure:
    """The call to blame of those an exception went through, the innermost first, with a diagnosis if there is one.

    The outermost layer that knows why comes first: whoever wrote a TransformerEncoder reads best what is wrong
    with it, not with an attention inside. Where none does, torch's own message about the innermost is read.
    """
    for failure in reversed(failures):
        if failure.module is not None and layer_names(failure.module):
            own = own_diagnosis(failure.module, failure.input_shapes, failure.input_dtypes)
            if own is not None:
                return _with_reason(failure)
    return _with_reason(failures[0])


def _with_reason(failure: Failure) -> Failure:
    module, error = failure.module, failure.error
    if module is None or not isinstance(error, Exception):
        return failure
    if not (layer_names(module) or getattr(type(module), "is_tensor_method", False)):
        return failure  # the user's own forward: torch's words say most
    found = diagnose(module, failure.input_shapes, failure.input_dtypes, error)
    return failure if found is None else replace(failure, diagnosis=found)
