"""Characters on a screen: how wide they are, which are safe to show, where a line may be folded."""

from __future__ import annotations

import re

_SPELLED = {
    "→": "->", "←": "<-", "⇒": "=>", "─": "-", "│": "|", "·": "*", "⋅": "*", "×": "x", "✓": "ok", "✗": "no",
    "–": "-", "—": "-", "−": "-", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "±": "+/-",
    "ᵀ": "^T", "²": "^2", "³": "^3", "ⁿ": "^n", "√": "sqrt", "Σ": "sum", "σ": "sigma", "μ": "mean", "π": "pi",
    "∈": "in", "∞": "inf", "‘": "'", "’": "'", "“": '"', "”": '"',
    "█": "#", "▉": "#", "▊": "#", "▋": "#", "▌": "#", "▍": "-", "▎": "-", "▏": "-",
}  # fmt: skip
_TO_ASCII = str.maketrans(_SPELLED)
# √in and √2 want brackets once they are words: sqrt(in).
_ROOT = re.compile(r"√(\w+)")


def visible(text: str) -> str:
    """``text`` with all that is not a printable character escaped, so that no terminal obeys it.

    Control characters, ANSI sequences, line ends, bidirectional marks, lone surrogates: ``\\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def ascii_only(text: str) -> str:
    """``visible`` in ASCII: our own signs are spelled out, whatever else there is becomes an escape."""
    if not text.isascii():
        text = _ROOT.sub(r"sqrt(\1)", text).translate(_TO_ASCII)
    return visible(text).encode("ascii", "backslashreplace").decode("ascii")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def cells(text: str) -> int:
    """Columns that ``text`` takes on a terminal: two for each wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    # Deferred, since it is not free and most text is ASCII.
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, room: int) -> int:
    """How many characters of ``text``, from its beginning, go into ``room`` columns; at least one."""
    if text[: room + 1].isascii():
        return max(min(room, len(text)), 1)
    used = 0
    for index, character in enumerate(text):
        used += cells(character)
        if used > room:
            return max(index, 1)
    return len(text)


def fold(text: str, width: int | None, hang: int = 0) -> list[str]:
    """``text`` in lines of at most ``width`` columns, the later ones indented by ``hang``.

    Folded at spaces; a word that is longer than a line after its last punctuation mark, if any. Nothing is
    left out but the spaces at the folds.
    """
    if not text or width is None or cells(text) <= width:
        return [text]
    hang = min(hang, width // 2)
    lines: list[str] = []
    lead, room = "", width
    while text:
        end = fit(text, room)
        if end < len(text):
            end = _seam(text, end)
        lines.append(lead + text[:end].rstrip())
        text = text[end:].lstrip(" ")
        lead, room = " " * hang, width - hang
    return lines


def _seam(text: str, end: int) -> int:
    """Where to part ``text`` so that at most ``end`` characters come before."""
    space = text.rfind(" ", 0, end + 1)
    if text[:space].endswith(("×", " x")):  # how many stays beside what
        space = text.rfind(" ", 0, max(text.rfind(" ", 0, space), 0))
    between = 0 if text.isascii() else _between_ideographs(text, max(space, 0), end)
    if between:
        return between
    if space > 0 and text[:space].strip():
        return space
    marks = max(text.rfind(mark, 0, end) for mark in "([{,./:;=_-")
    return marks + 1 if marks > 0 else end


_FIRST_IDEOGRAPH = "\u2e80"
_BEGINS_NO_LINE = "。，、：；！？）」』】》”’"
_ENDS_NO_LINE = "（「『【《“‘"


def _between_ideographs(text: str, start: int, end: int) -> int:
    """The last place after ``start`` where Chinese, which has no spaces, may be parted; 0 where there is none."""
    for place in range(min(end, len(text) - 1), start, -1):
        before, after = text[place - 1], text[place]
        ideograph = before >= _FIRST_IDEOGRAPH or after >= _FIRST_IDEOGRAPH
        if ideograph and after not in _BEGINS_NO_LINE and before not in _ENDS_NO_LINE and before != " ":
            return place
    return 0
