"""Shapes and numbers as lessons write them, in whatever language."""

from __future__ import annotations


def real(value: float) -> str:
    """A number to four significant digits: ``-0.008474``."""
    return f"{value:.4g}" if value else "0"


def signed(value: float) -> str:
    """The same where it follows a sign: ``(-0.008474)``."""
    return f"({real(value)})" if value < 0 else real(value)


def flowing(shape: tuple[int, ...]) -> str:
    """A tensor that flows: ``[32, 3, 4]``."""
    return f"[{', '.join(map(str, shape))}]"


def at(name: str, *places: int) -> str:
    """``y[0, 0, 1]``, and ``y`` where there is no place to name."""
    return f"{name}[{', '.join(map(str, places))}]" if places else name


def product(*factors: int) -> str:
    """``4 · 2 = 8``, and the factor alone where there is one."""
    total = 1
    for factor in factors:
        total *= factor
    written = " · ".join(f"{factor:,}" for factor in factors)
    return f"{written} = {total:,}" if len(factors) > 1 else f"{total:,}"
