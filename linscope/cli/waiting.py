"""What is going on, on standard error while somebody waits at a terminal: one line, rewritten and in the end wiped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TextIO

from linscope.cli import streams
from linscope.progress import unheard
from linscope.render.characters import ascii_only, fit, visible

if TYPE_CHECKING:
    import threading
    from types import TracebackType

    from linscope.progress import Progress, Telling

PATIENCE = 1.0
"""Seconds that nobody needs to be told anything."""
EVERY = 0.1
"""Seconds from one line to the next."""
WIPED = "\r\x1b[K"


class Waiting:
    """Gives what an analysis tells its progress to, while it is entered: nobody where it is no terminal."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._painter: _Painter | None = None

    def __enter__(self) -> Progress:
        if self._stream is None or not streams.is_terminal(self._stream) or os.environ.get("TERM") == "dumb":
            return unheard
        self._painter = _Painter(self._stream)
        return self._painter.tell

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._painter is not None:
            self._painter.stop()


class _Painter:
    def __init__(self, stream: TextIO) -> None:
        # Both are deferred: only a terminal has a use for them.
        import threading
        from time import monotonic

        self._stream = stream
        self._clean = visible if streams.carries(stream) else ascii_only
        self._telling: Telling = lambda: "starting"
        self._told = ""
        self._clock = monotonic
        self._began = monotonic()
        self._done = threading.Event()
        self._thread: threading.Thread = threading.Thread(target=self._paint, name="linscope-waiting", daemon=True)
        self._thread.start()

    def tell(self, telling: Telling) -> None:
        self._telling = telling

    def stop(self) -> None:
        """Wipe the line; afterwards nothing more is written, and the thread is gone."""
        self._done.set()
        self._thread.join()

    def _paint(self) -> None:
        if self._done.wait(PATIENCE):
            return
        try:
            drawn = ""
            while True:
                line = self._line()
                if line != drawn:
                    self._draw(line)
                    drawn = line
                if self._done.wait(EVERY):
                    break
            self._draw("")
        except (OSError, ValueError):
            pass  # the terminal has gone away: there is nobody left to tell

    def _line(self) -> str:
        try:
            self._told = self._telling()
        except RuntimeError:
            pass  # asked in the midst of a change: what was told before will do
        text = self._clean(f"  {self._clock() - self._began:.0f} s   {self._told}")
        return text[: fit(text, _columns(self._stream) - 1)]

    def _draw(self, line: str) -> None:
        # The cursor goes back to the margin, so that what others write comes in the place of the line.
        self._stream.write(f"{WIPED}{line}\r" if line else WIPED)
        self._stream.flush()


def _columns(stream: Any) -> int:
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, 0) or 80
    except (OSError, ValueError):
        return 80
