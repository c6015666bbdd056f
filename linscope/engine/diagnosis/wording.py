"""How shapes, sizes and layouts are written in a diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AXES = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""Names of the spatial dimensions, by their number."""


def show(sizes: Iterable[object]) -> str:
    """A shape as the notation writes it: ``[32,3,5]``."""
    return f"[{','.join(str(size) for size in sizes)}]"


def show_inputs(shapes: Sequence[tuple[int, ...]], dtypes: Sequence[str] = (), *, plain: bool = True) -> str:
    """Inputs as the notation writes them: ``[3,5], [3]:int64``; when ``plain``, float32 goes without saying."""
    known = (*dtypes, *("float32",) * (len(shapes) - len(dtypes)))
    return ", ".join(
        show(shape) if plain and dtype == "float32" else f"{show(shape)}:{dtype}"
        for shape, dtype in zip(shapes, known, strict=False)
    )


def such_as(shapes: Sequence[tuple[int, ...]], dtypes: Sequence[str]) -> str:
    """Inputs that would do, where those given cannot be changed by a little: ``an input such as [2,4]``."""
    written = show_inputs(shapes, dtypes)
    return f"an input such as {written}" if len(shapes) == 1 else f"inputs such as {written}"


def count(number: int, noun: str) -> str:
    """``1 feature``, ``4 features``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def by(sizes: Iterable[int]) -> str:
    """Spatial sizes: ``3×3``."""
    return "×".join(str(size) for size in sizes)


def sliding(size: Sequence[int], kernel: Sequence[int], padding: Sequence[int], dilation: Sequence[int]) -> str:
    """What meets where a kernel slides over an input; a padding of 0 and a dilation of 1 go without saying."""
    said = [f"spatial size {by(size)}", f"kernel_size {by(kernel)}"]
    said += [f"padding {by(padding)}"] if any(padding) else []
    said += [f"dilation {by(dilation)}"] if any(d > 1 for d in dilation) else []
    return ", ".join(said)


def layout(spatial: int, *, batched: bool = True, channels: str = "C") -> str:
    """``[N,C,H,W]``, or ``[C,H,W]`` for one sample."""
    return show((*(("N",) if batched else ()), channels, *AXES[spatial]))


def as_argument(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """What a constructor takes for one size per dimension: a number where all are equal."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def per_dimension(value: int | Sequence[int], spatial: int) -> tuple[int, ...]:
    """The reverse: one size per dimension, from a number or a sequence."""
    return (value,) * spatial if isinstance(value, int) else tuple(value)
