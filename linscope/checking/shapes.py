"""``assert_shapes``: a module's shapes in one line of a test, with names for sizes that may be any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.checking.asking import check
from linscope.errors import NotationError, Place, UsageError
from linscope.notation.binding import names_in
from linscope.notation.parser import parse_inputs
from linscope.notation.spec import Named
from linscope.report.checks import FAILED, PASSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.report.checks import Result

SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
"""Sizes for names that have none: apart from one another, so that one taken for another is seen."""

ARROW = "->"


def assert_shapes(module: Any, shapes: str, sizes: Mapping[str, int] | None = None, **options: Any) -> None:
    """Assert that ``module`` maps shapes to shapes: ``assert_shapes(net, "[B,3,32,32] -> [B,10]")``.

    Args:
        module: an ``nn.Module``, which is left as it was; or the name of a model.
        shapes: what goes in, ``->``, what must come out. A name stands for a size: it is run with two sizes for each
            name that has none, so that what holds for one of them only does not pass.
        sizes: of names, where not any will do.
        options: as ``linscope.check`` has them: ``layers``, ``params``, ``macs``, ``memory``, ``args``, ...

    Raises:
        AssertionError: a shape is another one, or the module does not take its input; with what ``linscope check``
            would print.
        NotationError: ``shapes`` cannot be read. LinscopeError: the model could not be loaded, or raised.
    """
    incoming, arrow, wanted = shapes.rpartition(ARROW)
    if not arrow or not incoming.strip() or not wanted.strip():
        raise NotationError(
            "what goes in and what comes out are joined by ->", place=Place(shapes, 0, len(shapes)),
            hint="[B,3,32,32] -> [B,10]",
        )  # fmt: skip
    spec = parse_inputs(incoming)
    named = [d for given in spec.inputs for d in given.shape.dimensions if isinstance(d, Named)]
    known = {dimension.name: dimension.size for dimension in named if dimension.size is not None}
    bound = {**known, **(sizes or {})}
    free = sorted(names_in(spec) - bound.keys())
    if len(free) + 1 > len(SMALL):
        raise UsageError(f"{len(free)} names without a size", hint=f"at most {len(SMALL) - 1}: give some of them sizes")
    offsets = (0, 1) if free else (0,)
    for offset in offsets:
        chosen = {**bound, **{name: SMALL[index + offset] for index, name in enumerate(free)}}
        run = check(module, incoming.strip(), bind=chosen, output=_outputs(wanted), **options)
        for result in run.results:
            _raise(result)


def _outputs(text: str) -> list[str]:
    """``[B,10], [B,3]`` as its shapes."""
    parts, start, depth = [], 0, 0
    for position, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if sign == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]


def _raise(result: Result) -> None:
    """Raise what kept the result from passing."""
    if result.status == PASSED:
        return
    if result.error is not None and result.status != FAILED:
        raise result.error
    from linscope.render.checks import Renderer, Standing
    from linscope.render.look import Look

    text = Renderer("table", Look(None)).told(result, Standing(1))
    sizes = ", ".join(f"{name} = {size}" for name, size in result.sizes)
    raise AssertionError(f"shapes{f' with {sizes}' if sizes else ''}\n{text.rstrip()}")
