"""The lines at which the checks of a file begin, without a look at all that is between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linscope.checks.files import TomlFile

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*(?:tool[ \t]*\.[ \t]*linscope[ \t]*\.[ \t]*)?check[ \t]*\]\]", re.MULTILINE)


def header_lines(file: TomlFile, count: int) -> list[int | None]:
    """The line of each of its ``count`` checks."""
    starts = [found.start() for found in _HEADER.finditer(file.text)]
    if len(starts) == count:
        return [file.line_at(start) for start in starts]
    return [file.line(("check", index)) for index in range(count)]  # a header in a string, or tables in place
