"""Code in narrow places: folded only where Python reads on, so that what is copied from a screen still runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HANG = 4


def folded_code(line: str, room: int | None) -> Iterator[str]:
    """A line of a program in lines of at most ``room`` columns, as far as brackets allow.

    A remark at its end goes before it; a line without an open bracket at a space stays as long as it is.
    """
    if room is None or len(line) <= room:
        yield line
        return
    code, mark, remark = line.partition("  # ")
    indent = len(code) - len(code.lstrip())
    if mark:
        yield f"{' ' * indent}# {remark}"
    lead, depth = "", 0
    while len(lead + code) > room:
        place = _seam(code, room - len(lead), depth)
        if not place:
            break
        yield lead + code[:place].rstrip()
        depth += sum(map(code[:place].count, "([{")) - sum(map(code[:place].count, ")]}"))
        code, lead = code[place:].lstrip(), " " * (indent + _HANG)
    yield lead + code


def _seam(code: str, room: int, depth: int) -> int:
    """The last space within brackets that leaves at most ``room`` columns before it; 0 where there is none.

    ``depth`` brackets are open from the lines before.
    """
    quoted, found = "", 0
    for place, sign in enumerate(code[: room + 1]):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "\"'":
            quoted = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == " " and depth > 0 and code[:place].strip():
            found = place
    return found
