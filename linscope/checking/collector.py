"""Python's garbage collector kept from looking through everything there is, again and again, while much is made.

What checks are read into has no cycles, and what was there before them is not what a check leaves behind: half of the
time that small checks take would go into looking at both.
"""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def at_rest() -> Iterator[None]:
    """Nothing is collected inside: for what makes much, and leaves no garbage."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextlib.contextmanager
def on_new_things_alone() -> Iterator[None]:
    """Inside, what is there already is not looked at; where somebody else has seen to that, it stays so."""
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
