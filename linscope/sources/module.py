"""A module of the user's own as a source: run as it is, and left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from linscope.errors import UsageError
from linscope.sources.failures import explained_model
from linscope.sources.given import arguments_of, drawn
from linscope.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping


def subject_of(model: nn.Module, inputs: Any, sizes: Mapping[str, int], *, training: bool | None = None) -> Subject:
    """The subject of ``model`` on ``inputs``.

    Args:
        inputs: a tensor; a shape string (``"[32,3,4]"``, ``"[2,128]:int64"``, several joined by commas, with
            names where they go to arguments by name); a sequence of positional arguments; or a dict of
            arguments by name. Shape strings stand for drawn tensors at any depth.

    Raises:
        UsageError: no inputs. NotationError: a string that is no shape.
    """
    if inputs is None:
        raise UsageError("a module needs inputs to run on", hint='linscope.analyze(model, "[32,3,4]"), or a tensor')
    args, kwargs = arguments_of(inputs, sizes)
    return Subject(
        target=type(model).__name__,
        build=lambda: model,
        arguments=lambda built: drawn(built, args, kwargs),
        training=training,
        owned=False,
        explain=explained_model,
        learns=any(isinstance(m, LazyModuleMixin) and m.has_uninitialized_params() for m in model.modules()),
        foreign=True,
    )


def is_module(target: Any) -> bool:
    """Whether this source takes ``target``."""
    return isinstance(target, nn.Module)
