"""The versions a result depends on."""

from __future__ import annotations

import platform
from functools import cache

import torch


@cache
def environment() -> tuple[tuple[str, str | None], ...]:
    """Name and version of what computed the result."""
    import linscope

    return (
        ("linscope", linscope.__version__),
        ("python", platform.python_version()),
        ("torch", str(torch.__version__)),
        ("platform", f"{platform.system()} {platform.machine()}"),
    )
