"""One output worked out on the run's own numbers, product by product, and the matrices it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.explain.figures import at, flowing, real, signed
from linscope.explain.linear_map import LINEAR
from linscope.report.lesson import PRODUCT, STORED, Matrix, Picture, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.explain.linear_map import LinearMap

MOST_TERMS = 4
"""Products that fit on a line and can be checked by hand."""

MOST_ROWS = 4
MOST_COLUMNS = 4
"""Rows and columns of a matrix that are drawn."""

MARKS = "abcd"
"""What names an output in a picture: the row of the weight, the column of its transpose, the column of y."""


def element(board: Board, m: LinearMap, output: int = 0, x: str = "x") -> Worked | None:
    """``y[0, 0, 0]`` as a sum of products, and the check that the sum is what came out. Nothing without values.

    The program's names are ``y``, ``weight``, ``bias``, and ``x`` for what went in.
    """
    if not board.light:
        return None
    row = f"{x}[{m.first}]" if m.first else x
    column = f"weight[{output}]" if m.kind == LINEAR else f"weight[:, {output}]"
    here = at("y", *(0 for _ in m.input_shape[:-1]), output)
    bias = f" + bias[{output}]" if m.has_bias else ""
    board.same(
        "worked",
        f"({row} * {column}).sum(){bias}",
        here,
        size=f"{row}.abs() @ {column}.abs()" + (f" + bias[{output}].abs()" if m.has_bias else ""),
        terms=m.terms,
    )
    xs, ws = board.value(row), board.value(column)
    extra = board.value(f"bias[{output}]") if m.has_bias else None
    line = (
        board.say("{x} · row {j} of weight", x=row, j=output)
        if m.kind == LINEAR
        else board.say("{x} · column {j} of weight", x=row, j=output)
    )
    return dot_product(board, here, line, xs, ws, extra, board.value(here))


def dot_product(
    board: Board, here: str, line: str, xs: list[float], ws: list[float], bias: float | None, came: float
) -> Worked:
    """``here`` as ``line``, the sum of ``xs`` times ``ws``, and a bias if there is one; ``came`` is what came out."""
    caption = board.say("One number worked out, rounded to 4 digits:")
    return Worked(caption, _lines(board, here, line, xs, ws, bias, came))


def _lines(
    board: Board, here: str, line: str, xs: list[float], ws: list[float], bias: float | None, came: float
) -> tuple[str, ...]:
    shown = MOST_TERMS if len(xs) > MOST_TERMS else len(xs)
    products = [x * w for x, w in zip(xs, ws, strict=True)]
    terms = [(x, f"{real(abs(x))}·{signed(w)}") for x, w in zip(xs[:shown], ws[:shown], strict=True)]
    values = [(p, real(abs(p))) for p in products[:shown]]
    if shown < len(xs):
        rest = sum(products[shown:])
        more = board.say("the other {count:,}", count=len(xs) - shown)
        terms.append((rest, f"{real(abs(rest))} ({more})"))
        values.append((rest, real(abs(rest))))
    if bias is not None:
        terms.append((bias, f"{real(abs(bias))} ({board.say('bias')})"))
        values.append((bias, real(abs(bias))))
    under = " " * len(here)
    return (
        f"{here} = {line}" + (f" + {board.say('bias')}" if bias is not None else ""),
        f"{under} = {summed(terms)}",
        *((f"{under} = {summed(values)}",) if len(values) > 1 else ()),
        f"{under} = {real(came)}",
    )


def summed(terms: list[tuple[float, str]]) -> str:
    """Terms, each with the number whose sign it takes: ``-0.5·2 + 3·(-1) - 4·2``."""
    text = "".join(f" {'-' if number < 0 else '+'} {term}" for number, term in terms)
    return text.removeprefix(" + ") if text.startswith(" + ") else text.replace(" - ", "-", 1)


def stored_picture(board: Board, m: LinearMap) -> Picture | None:
    """The weight as stored beside the weight as used: rows become columns."""
    caption = board.say("The same numbers: row a of weight is column a of weight.T.")
    notes = board.say("as stored: (out, in)"), board.say("as used: (in, out)")
    return turned_picture(board, caption, "weight", "weight.T", (m.out_features, m.in_features), notes)


def turned_picture(
    board: Board, caption: str, first: str, second: str, size: tuple[int, int], notes: tuple[str, str]
) -> Picture | None:
    """A matrix of the program beside the one that has its rows as columns; ``size`` is that of the first."""
    if not board.light:
        return None
    outs, ins = min(size[0], MOST_ROWS), min(size[1], MOST_COLUMNS)
    marks = _marks(size[0], outs)
    rows, columns = board.value(f"{first}[:{outs}, :{ins}]"), board.value(f"{second}[:{ins}, :{outs}]")
    stored = Matrix(first, size, _cut(rows), row_marks=marks, note=notes[0])
    turned = Matrix(second, size[::-1], _cut(columns), column_marks=marks, note=notes[1])
    return Picture(STORED, caption, (stored, turned), size[1])


def product_picture(board: Board, m: LinearMap) -> Picture | None:
    """x, the weight as used and y, so that a row and a column meet at the number they give."""
    last = m.input_shape[-2] if len(m.input_shape) > 1 else 1
    name = f"[{', '.join('0' for _ in m.input_shape[:-2])}]" if len(m.input_shape) > 2 else ""
    n, o = m.in_features, m.out_features
    caption = board.say("A row of x and a column of {used} meet at the number they give.", used=m.used)
    if m.has_bias:
        caption += " " + board.say("The bias is added to every row.")
    return drawn_product(
        board,
        caption,
        Seen(f"x{name}", f"x.reshape(-1, {n})", (last, n), _whole(board, "x", m.input_shape)),
        Seen(m.used, m.used, (n, o)),
        Seen(f"y{name}", f"y.reshape(-1, {o})", (last, o), _whole(board, "y", m.output_shape)),
    )


class Seen(NamedTuple):
    """A matrix of the program: what it is called, the expression that gives it, its sizes, and a remark."""

    name: str
    expression: str
    size: tuple[int, int]
    note: str = ""


def drawn_product(board: Board, caption: str, left: Seen, above: Seen, result: Seen) -> Picture | None:
    """Three matrices of the program as a product, the columns of the last two under the same marks."""
    if not board.light:
        return None
    marks = _marks(result.size[1], min(result.size[1], MOST_COLUMNS))
    matrices = (
        Matrix(left.name, left.size, _shown(board, left), note=left.note),
        Matrix(above.name, above.size, _shown(board, above), column_marks=marks, note=above.note),
        Matrix(result.name, result.size, _shown(board, result), column_marks=marks, note=result.note),
    )
    return Picture(PRODUCT, caption, matrices, left.size[1])


def _shown(board: Board, matrix: Seen) -> tuple[tuple[float, ...], ...]:
    """The first rows and columns of a matrix."""
    rows, columns = min(matrix.size[0], MOST_ROWS), min(matrix.size[1], MOST_COLUMNS)
    return _cut(board.value(f"({matrix.expression})[:{rows}, :{columns}]"))


def _whole(board: Board, name: str, shape: tuple[int, ...]) -> str:
    """What a matrix is a part of, where it is one."""
    if len(shape) < 3:
        return ""
    return board.say("the first of {name} {shape}", name=name, shape=flowing(shape))


def _marks(whole: int, shown: int) -> tuple[str, ...]:
    """A letter for each output; none where there is but one, which needs no telling apart."""
    return tuple(MARKS[:shown]) if whole else ()


def _cut(values: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, values))
