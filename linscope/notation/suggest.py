"""Did you mean: the known names nearest to a word that is none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WORD = 64
"""Characters; no name is longer, and comparing costs the product of the lengths."""

SIMILARITY = 0.6
"""How alike two words must be, from 0 to 1, as ``difflib.SequenceMatcher.ratio`` has it."""


def closest(word: str, candidates: Iterable[str], limit: int = 1) -> tuple[str, ...]:
    """At most ``limit`` of ``candidates``, the nearest first; empty where none is near.

    A name that differs in upper and lower case or in underscores only (``batchnorm1d``, ``in_Features``) is
    nearer than any other.
    """
    plain = _plain(word)
    if not plain or len(word) > LONGEST_WORD:
        return ()
    by_plain: dict[str, list[str]] = {}
    for candidate in candidates:
        by_plain.setdefault(_plain(candidate), []).append(candidate)
    same = by_plain.pop(plain, [])
    if len(same) >= limit:
        return tuple(same[:limit])

    from difflib import get_close_matches  # only a mistake needs it

    near = get_close_matches(plain, by_plain, n=limit, cutoff=SIMILARITY)
    return tuple([*same, *(name for key in near for name in by_plain[key])][:limit])


def _plain(word: str) -> str:
    return word.lower().replace("_", "")
