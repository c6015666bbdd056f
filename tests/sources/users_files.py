"""Files as users write them, and what ``py:`` makes of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

import linscope
from linscope.errors import LinscopeError

if TYPE_CHECKING:
    from linscope.report.record import Report

NET = Path(__file__).parents[2] / "examples" / "net.py"
DIGITS = "[1,1,28,28]"


def write(folder: Path, name: str, source: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(source), encoding="utf-8")


def ran(target: str, inputs: Any = "[1,4]", **options: Any) -> Report:
    return linscope.analyze(f"py:{target}", inputs, crosscheck=False, **options)


def failed(target: str, inputs: Any = "[1,4]", **options: Any) -> LinscopeError:
    with pytest.raises(LinscopeError) as caught:
        ran(target, inputs, **options)
    return caught.value
