"""One forward under a tracer, and what becomes of it when it raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from linscope.engine.approach import way_to
from linscope.engine.attribution import Attributed
from linscope.engine.diagnosed import diagnosed
from linscope.engine.guard import DoesNotFit
from linscope.engine.valueless import needs_values, wants_values
from linscope.errors import LinscopeError

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.attribution import Modules
    from linscope.engine.tracer import Tracer
    from linscope.subject import Subject


def forward(
    subject: Subject,
    model: nn.Module,
    modules: Modules,
    tracer: Tracer,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    gradients: bool = False,
) -> Any:
    """What ``model``, whose modules are ``modules``, gives, seen by ``tracer``.

    Raises:
        LinscopeError: what ``subject.explain`` makes of a forward that raised; ValuesError where it needs values
            and has none. DoesNotFit: when the tracer's allowance refuses.
    """
    try:
        with torch.set_grad_enabled(gradients), Attributed(modules, tracer, hidden_root=subject.hidden_root), tracer:
            # A compiled model cannot be wrapped from within, and is called from within a frame instead.
            compiled = isinstance(model, torch.jit.ScriptModule)
            output = (tracer.traced("", model, model) if compiled else model)(*args, **kwargs)
            # A forward that yields, or maps, has done nothing so far.
            return tuple(output) if isinstance(output, Iterator) else output
    except (LinscopeError, DoesNotFit):
        raise
    except (Exception, SystemExit) as error:
        if wants_values(error):
            raise needs_values(tracer.failed(error)) from error
        failure = diagnosed(tracer.failed(error))
        raise subject.explain(replace(failure, way=way_to(failure, tracer.root))) from error
