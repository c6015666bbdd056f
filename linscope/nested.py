"""Containers of any kind, rebuilt around what they hold. Imports nothing of ours, and no torch."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with ``change`` made to each thing it holds: a mapping, a sequence, a named tuple or a dataclass;
    itself where nothing changed, or where it holds nothing."""
    if isinstance(value, Mapping):
        changed = {key: change(item) for key, item in value.items()}
        if all(changed[key] is item for key, item in value.items()):
            return value
        again = copy.copy(value)
        again.update(changed)  # type: ignore[attr-defined]  # those that forwards take can be changed
        return again
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(change, value))
    if isinstance(value, tuple | list):
        return type(value)(map(change, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: change(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
        if all(changed[name] is getattr(value, name) for name in changed):
            return value
        return dataclasses.replace(value, **changed)
    return value
