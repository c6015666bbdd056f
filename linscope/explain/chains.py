"""The shapes at work as one line, with the dimension that is summed over marked on both sides."""

from __future__ import annotations

from linscope.explain.figures import flowing
from linscope.report.lesson import Chain

Shape = tuple[int, ...]


def meeting(left: Shape, right: Shape, result: Shape | None, note: str = "") -> Chain:
    """``[32, 3, 4] @ [4, 2] = [32, 3, 2]``: the last of ``left`` meets the last but one of ``right``.

    ``result`` is None where the two do not fit.
    """
    start = flowing(left)
    text = f"{start} @ {flowing(right)}"
    first = len(start) - 1 - len(str(left[-1]))
    place = len(right) - 2 if len(right) > 1 else 0
    second = len(f"{start} @ [") + sum(len(str(size)) + len(", ") for size in right[:place])
    marks = ((first, len(start) - 1), (second, second + len(str(right[place]))))
    return Chain(text if result is None else f"{text} = {flowing(result)}", marks, note)


def passing(*links: str, note: str = "") -> Chain:
    """Shapes and what happens between them, with arrows: nothing is summed over."""
    return Chain("  ".join(links), (), note)
