"""How far a long run has come: a line on a terminal's standard error, and nothing anywhere else."""

from __future__ import annotations

import sys
import time

from linscope.cli import streams

PATIENCE = 1.0
"""Seconds before anything is said."""

BETWEEN = 0.1
"""Seconds between two lines."""

_ERASE = "\r\x1b[K"


class Progress:
    """``1,234 of 10,000, 3 failed``, on one line that is erased before anything else is written."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._failed = 0
        self._next = time.monotonic() + PATIENCE
        self._shown = False
        self._terminal = streams.is_terminal(sys.stderr)

    def count(self, *, failed: bool) -> None:
        """One more is done."""
        self._done += 1
        self._failed += failed
        if self._terminal and time.monotonic() >= self._next:
            self._next = time.monotonic() + BETWEEN
            self._shown = True
            failures = f", {self._failed:,} failed" if self._failed else ""
            streams.write(sys.stderr, f"{_ERASE}{self._done:,} of {self._total:,}{failures}")

    def clear(self) -> None:
        """Make room for something else."""
        if self._shown:
            streams.write(sys.stderr, _ERASE)
            self._shown = False
