"""A document as ``key: value`` lines, one for each of its leaves.

Keys are those of the JSON form, joined by dots, with the place in a list as a number: ``layers.0.macs: 768``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def leaves(key: str, value: Any, clean: Callable[[str], str]) -> Iterator[str]:
    """The lines of ``value``, which stands under ``key``; names and texts go through ``clean``."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(f"{key}.{clean(name)}" if key else name, inner, clean)
    elif isinstance(value, list) and _has_text(value):
        for index, inner in enumerate(value):
            yield from leaves(f"{key}.{index}", inner, clean)
    else:
        yield f"{key}: {clean(value) if isinstance(value, str) else json.dumps(value)}"


def _has_text(items: list[Any]) -> bool:
    """Whether a list wants a line for each of its items; shapes and lists of them stay on one."""
    return any(isinstance(item, dict | str) for item in items)
