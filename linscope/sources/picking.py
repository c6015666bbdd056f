"""A name in the user's module, found, or told with what there is instead."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from torch import nn

from linscope.errors import TargetError
from linscope.notation.suggest import closest
from linscope.sources.users_code import raised

if TYPE_CHECKING:
    from types import ModuleType

MOST_NAMES = 20
"""Names that are listed where the one asked for is not there."""


def picked(loaded: ModuleType, name: str, written: str) -> Any:
    """What ``name``, ``A`` or ``A.B``, stands for in ``loaded``, which the user wrote as ``written``.

    Raises:
        TargetError: it is not there, or cannot be read.
    """
    found: Any = loaded
    prefix = ""
    for part in name.split("."):
        holder = found
        try:
            found = getattr(holder, part)
        except AttributeError:
            nearest = closest(part, [n for n in dir(holder) if not n.startswith("_")])
            raise TargetError(
                f"there is no {prefix}{part[:80]} in {written}",
                details=listed(holder),
                hint=f"did you mean py:{written}:{prefix}{nearest[0]}?" if nearest else None,
            ) from None
        except Exception as error:
            raise TargetError(f"{prefix}{part} in {written} cannot be read", details=raised(error)) from error
        prefix += f"{part}."
    return found


def listed(holder: Any) -> tuple[str, ...]:
    """The models in a module or a class, in a line: its classes, its instances, its functions; not what it imports."""
    home = getattr(holder, "__name__" if inspect.ismodule(holder) else "__module__", None)
    held = getattr(holder, "__dict__", {}).items()
    names = [name for name, value in held if not name.startswith("_") and _may_be_model(value, home)]
    more = f", and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return (f"there is: {', '.join(names[:MOST_NAMES])}{more}",) if names else ()


def _may_be_model(value: Any, home: str | None) -> bool:
    if isinstance(value, nn.Module):
        return True
    is_maker = inspect.isfunction(value) or (isinstance(value, type) and issubclass(value, nn.Module))
    return is_maker and value.__module__ == home
