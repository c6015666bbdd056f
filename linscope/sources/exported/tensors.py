"""What exported programs say of a tensor: its sizes, its dtype, its layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.sources.exported.arguments import whole
from linscope.sources.exported.binding import Dimension
from linscope.sources.exported.enums import DTYPES, LAYOUTS

if TYPE_CHECKING:
    from linscope.sources.exported.cursor import Cursor


def dimension(cursor: Cursor) -> Dimension:
    """One size: ``as_int``, or ``as_expr`` with the value it had in the example, if it had one."""
    case, held = cursor.union()
    if case == "as_int":
        return Dimension(whole(held))
    if case != "as_expr":
        cursor.wrong("no size")
    hint = held.get("hint")
    size = None if hint is None else hint.get("as_int")
    return Dimension(None if size is None else whole(size), held.at("expr_str").text())


def dtype_of(meta: Cursor) -> str:
    """The dtype of a tensor by torch's name."""
    number = meta.at("dtype")
    name = DTYPES.get(number.whole())
    if name is None:
        number.wrong(f"there is no dtype {number.whole()}")
    return name


def layout_of(meta: Cursor) -> str:
    """The layout of a tensor by torch's name; strided where nothing is said."""
    layout = meta.get("layout")
    return "strided" if layout is None else LAYOUTS.get(layout.whole(), "strided")
