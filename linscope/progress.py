"""What is going on, for whoever waits for it.

Those who work say how to find out, once for each stage; those who show it ask as often as they like, from a thread of
their own. The work itself takes no notice, and so costs the same whether anybody looks or not.
"""

from __future__ import annotations

from collections.abc import Callable

Telling = Callable[[], str]
"""Says in a few words what is going on at the moment. Called from other threads than the one that works."""

Progress = Callable[[Telling], None]
"""Takes note of how to find out what is going on from now on."""


def unheard(telling: Telling) -> None:
    """Nobody wants to know."""


def within(progress: Progress, name: str) -> Progress:
    """The same, with ``name`` before all that is told."""
    return lambda telling: progress(lambda: f"{name}: {telling()}")
