"""Whose code it is, and which lines of the user's own an error went through. No torch at import."""

from __future__ import annotations

import linecache
import sys
import sysconfig
import traceback
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

MOST_CALLS = 8
"""Lines of a traceback that are shown, the innermost; endless recursion has a thousand."""

MOST_WORDS = 6
"""Lines of an error's own words that are shown."""

LONGEST_LINE = 200
"""Characters of a line that are shown."""

_INSTALLED = {"site-packages", "dist-packages"}


def is_users(file: str | None) -> bool:
    """Whether ``file`` is code of the user's: not Python's own, not installed, not torch's and not ours."""
    return file is not None and not _is_made_up(file) and not _is_installed(file)


def raised(error: BaseException) -> tuple[str, ...]:
    """What ``error`` says, then where the user's own code let it out, a line each.

    Where none of the user's own ran, the place in the installed package that did is one line more.
    """
    return (*words_of(error), *(lines_of(error) or _place_of(error)))


def words_of(error: BaseException) -> tuple[str, ...]:
    """The type and the words of ``error``, a line each; of a syntax error the place as well."""
    whole = "".join(traceback.format_exception_only(error))  # which survives an error that cannot say what it is
    lines = [_short(line.rstrip()) for line in whole.splitlines() if line.strip()]
    return (*lines[:MOST_WORDS], *(("…",) if len(lines) > MOST_WORDS else ()))


def lines_of(error: BaseException) -> tuple[str, ...]:
    """``net.py:12, in forward: x = self.fc(x)`` for each call of the user's that the error left, the outermost
    first."""
    own = [call for call in traceback.walk_tb(error.__traceback__) if is_users(call[0].f_code.co_filename)]
    runs = [list(run) for _, run in groupby(own, lambda call: (call[0].f_code, call[1]))]  # recursion
    left_out = sum(map(len, runs[:-MOST_CALLS]))
    before = (f"… {left_out:,} calls before",) if left_out else ()
    return (*before, *(_line(*run[-1], len(run)) for run in runs[-MOST_CALLS:]))


def _place_of(error: BaseException) -> tuple[str, ...]:
    """The innermost call in an installed package other than torch."""
    files = ((f, number, f.f_code.co_filename) for f, number in traceback.walk_tb(error.__traceback__))
    installed = [(f, n) for f, n, file in files if not _is_made_up(file) and not _is_pythons_torchs_or_ours(file)]
    return tuple(_line(*call, 1) for call in installed[-1:])


def _shown(path: str) -> str:
    """``path`` as one would type it here: relative where it lies below the working directory."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere; or the working directory is gone
        return path


def _line(frame: FrameType, number: int, times: int) -> str:
    file = frame.f_code.co_filename
    linecache.checkcache(file)
    code = linecache.getline(file, number, frame.f_globals).strip()
    again = f" ({times:,} times)" if times > 1 else ""
    return _short(f"{_shown(file)}:{number}, in {frame.f_code.co_name}{again}" + (f": {code}" if code else ""))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"


def _is_made_up(file: str) -> bool:
    """No file at all: Python's own loaders (``<frozen importlib._bootstrap>``), and text that was run."""
    return file.startswith("<")


@cache
def _is_installed(file: str) -> bool:
    path = Path(file).absolute()
    return not _INSTALLED.isdisjoint(path.parts) or _is_pythons_torchs_or_ours(file)


def _is_pythons_torchs_or_ours(file: str) -> bool:
    path = Path(file).absolute()
    if any(path.is_relative_to(home) for home in _homes("linscope", "torch")):
        return True
    return path.is_relative_to(sysconfig.get_path("stdlib")) and _INSTALLED.isdisjoint(path.parts)


def _homes(*packages: str) -> list[Path]:
    """The folders of those packages that have been imported, however they were installed."""
    files = (getattr(sys.modules.get(package), "__file__", None) for package in packages)
    return [Path(file).parent for file in files if file]
