"""Standard output and error: what they can show, and writing to them without surprises."""

from __future__ import annotations

import os
from typing import TextIO

from linscope.errors import OutputError
from linscope.render.look import Look

NEEDED = "─→·×✓ᵀ▏"
"""Signs that a stream must be able to carry to be written to in more than ASCII."""

NARROWEST = 20


def look_of(stream: TextIO | None, *, ascii: bool = False) -> Look:
    """What ``stream`` can show: the terminal's width, colour as NO_COLOR and FORCE_COLOR say, the encoding."""
    terminal = is_terminal(stream)
    return Look(
        width=_width(terminal=terminal),
        color=_color(terminal=terminal),
        ascii=ascii or not carries(stream),
    )


def write(stream: TextIO | None, text: str) -> None:
    """Write all of ``text``; a reader that has gone away is no error, and neither is a stream that was closed.

    Raises:
        OutputError: the disk is full, or the device refuses.
    """
    if stream is None:
        return
    try:
        buffer = getattr(stream, "buffer", None)
        if buffer is None:
            stream.write(text)
        else:
            stream.flush()
            buffer.write(text.encode(stream.encoding or "utf-8", "backslashreplace"))
        stream.flush()
    except BrokenPipeError:
        abandon(stream)
    except OSError as error:
        abandon(stream)
        raise OutputError(
            f"the output cannot be written: {error.strerror or error}", hint="write it where there is room"
        ) from error


def harmless(text: str) -> str:
    """``text`` without what a CI server would take for a command, where one is listening."""
    if not os.environ.get("CI") and not os.environ.get("GITHUB_ACTIONS"):
        return text
    from linscope.render.checks.words import inert

    return "\n".join(map(inert, text.split("\n")))


class OthersAside:
    """Inside, whatever writes to the descriptor of standard output, past Python, reaches standard error instead.

    For code of the user's: an extension's ``printf``, a process that it starts.

    Args:
        wanted: whether there is such code; where there is none, nothing is done.
    """

    __slots__ = ("_kept", "_wanted")

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._kept: int | None = None

    def __enter__(self) -> None:
        if self._wanted:
            try:
                self._kept = os.dup(1)
                os.dup2(2, 1)
            except OSError:
                pass  # one of them is closed: there is nothing to keep apart

    def __exit__(self, *exception: object) -> None:
        if self._kept is not None:
            os.dup2(self._kept, 1)
            os.close(self._kept)


def abandon(stream: TextIO) -> None:
    """Point a closed pipe at nothing, so that Python's own flush at exit is quiet too."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass  # a stream without a descriptor has no pipe to close


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sees at once what is written to it."""
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):
        return False


def _width(*, terminal: bool) -> int | None:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(int(columns), NARROWEST)
    if not terminal:
        return None
    import shutil  # not free, and only a terminal has a size

    return max(shutil.get_terminal_size().columns, NARROWEST)


def _color(*, terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM", "") != "dumb"


def carries(stream: TextIO | None) -> bool:
    """Whether its encoding has all our signs."""
    try:
        NEEDED.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
