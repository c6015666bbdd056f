"""What to look for in the calls of each operator, where values are known in part. Decided once, from its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from linscope.engine.handling import places_written
from linscope.engine.on_meta.kernels import KERNELS
from linscope.engine.on_meta.routing import CHOICES, Choice

if TYPE_CHECKING:
    from collections.abc import Callable

FILLED: dict[str, int | None] = {
    **dict.fromkeys(("zeros_like", "new_zeros"), 0),
    **dict.fromkeys(("ones_like", "new_ones"), 1),
    **dict.fromkeys(("full_like", "new_full"), None),
    **dict.fromkeys(
        ("empty", "empty_like", "empty_strided", "empty_permuted", "empty_quantized", "new_empty", "new_empty_strided"),
        0,
    ),
}
"""What fills a tensor that takes no more than shape and dtype from its arguments; None: its fill value does. Whole
numbers that nobody has filled yet are zeros until they are."""

_DRAWN = ("uniform_", "normal_", "bernoulli_", "random_", "exponential_", "log_normal_", "cauchy_", "geometric_")

_READS = frozenset({torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape})


class Kind(NamedTuple):
    """One operator.

    Args:
        name: without its namespace and overload.
        reads: its result is no tensor, or one whose shape is up to values.
        masks: bool tensors among its indices decide its shape, and nothing else does.
        makes: no tensor goes in.
        filled: it is one of ``FILLED``.
        pure: it gives one new tensor and does nothing else.
        drawn: it writes random numbers: nothing but time, where there are no values.
        written: the arguments that it writes to, by position and name.
        inner: it writes to its first argument alone, and gives that.
        choice: the even choice that stands for its own.
        kernel: the shapes it gives, where torch's own kernel is too strict, makes what the CPU's does not, or overlooks
            an index that is out of range.
    """

    name: str
    reads: bool = False
    masks: bool = False
    makes: bool = False
    filled: bool = False
    pure: bool = False
    drawn: bool = False
    written: tuple[tuple[int, str], ...] = ()
    inner: bool = False
    choice: Choice | None = None
    kernel: Callable[[tuple[Any, ...], dict[str, Any]], Any] | None = None


_KINDS: dict[int, Kind] = {}
"""By the id of the operator: operators are never freed, and their own hash is slow Python."""


def kind_of(func: Any) -> Kind:
    """The kind of ``func``, decided now if this is its first call."""
    kind = _KINDS.get(id(func))
    if kind is None:
        kind = _KINDS[id(func)] = _decided(func)
    return kind


def _decided(func: Any) -> Kind:
    schema = getattr(func, "_schema", None)
    if schema is None:  # a higher-order operator
        return Kind(str(func))
    name = schema.name.partition("::")[2]
    masks = name in ("index", "_unsafe_index")
    reads = bool(_READS & set(func.tags))
    always, updates = places_written(func)
    written = (*always, *(place for place, _ in updates))
    return Kind(
        name,
        reads and not masks,
        masks,
        not any("Tensor" in str(argument.type) for argument in schema.arguments),
        name in FILLED,
        not reads and not written and _gives_one_new(schema),
        name in _DRAWN,
        written,
        [index for index, _ in written] == [0] and len(schema.returns) == 1,
        CHOICES.get(schema.name),
        KERNELS.get(schema.name),
    )


def _gives_one_new(schema: Any) -> bool:
    one = len(schema.returns) == 1 and str(schema.returns[0].type) == "Tensor"
    return one and all(a.alias_info is None for a in (*schema.arguments, *schema.returns))
