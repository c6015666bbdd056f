"""Expressions in named sizes, ``8*B*T``: whole numbers, names, ``+ - * // ( )``. Ours to read and to evaluate.

    sum      := product (("+" | "-") product)*
    product  := factor (("*" | "//") factor)*
    factor   := "-" factor | number | name | "(" sum ")"

Text in, a value or an error with a place out; nothing of Python's is asked to evaluate anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from linscope.errors import NotationError, Place
from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LONGEST = 1_000
"""Characters of an expression."""

DEEPEST = 50
"""Brackets and signs within one another."""

LONGEST_NUMBER = 100
"""Digits of a number in an expression."""

EXAMPLE = "such as 8*B*T"

_TOKEN = re.compile(
    r"[ \t\n\r]*(?:(?P<number>[0-9]+(?:_[0-9]+)*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>//|[-+*()])|(?P<end>\Z))"
)


class _Token(NamedTuple):
    """``kind`` is number, name, end, or the sign itself."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read: ``steps`` in the order a stack machine takes them.

    A step is a number, the token of a name, or the token of a sign; ``neg`` is the sign of one operand. ``names`` are
    those in it.
    """

    text: str
    steps: tuple[int | _Token, ...]
    names: frozenset[str]

    def check_names(self, known: Collection[str]) -> None:
        """See that every name is one of ``known``.

        Raises:
            NotationError: one is not, with its place and the name that was meant.
        """
        for step in self.steps:
            if isinstance(step, _Token) and step.kind == "name" and step.text not in known:
                nearest = closest(step.text, known)
                names = ", ".join(sorted(known)[:20])
                raise NotationError(
                    f"{step.text[:40]} is no name here",
                    place=Place(self.text, step.start, step.end),
                    details=(f"the names: {names or 'none'}",),
                    hint=f"did you mean {nearest[0]}?" if nearest else f"give it a size: bind = {{{step.text} = 32}}",
                )

    def value(self, sizes: Mapping[str, int]) -> int:
        """What it comes to with these sizes.

        Raises:
            NotationError: a name without a size, or a division by zero, with the place.
        """
        if not self.names <= sizes.keys():
            self.check_names(sizes)
        stack: list[int] = []
        for step in self.steps:
            if isinstance(step, int):
                stack.append(step)
            elif step.kind == "name":
                stack.append(sizes[step.text])
            elif step.kind == "neg":
                stack.append(-stack.pop())
            else:
                right, left = stack.pop(), stack.pop()
                stack.append(self._combined(step, left, right))
        return stack[0]

    def _combined(self, sign: _Token, left: int, right: int) -> int:
        match sign.kind:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
        if right == 0:
            raise NotationError(
                "a division by zero", place=Place(self.text, sign.start, sign.end), hint="divide by a size from 1"
            )
        return left // right

    def substituted(self, sizes: Mapping[str, int]) -> str:
        """The text with every name's size in its place: ``8*32*3``."""
        pieces: list[str] = []
        position = 0
        named = (step for step in self.steps if isinstance(step, _Token) and step.kind == "name")
        for step in sorted(named, key=lambda token: token.start):
            pieces += (self.text[position : step.start], str(sizes[step.text]))
            position = step.end
        return "".join((*pieces, self.text[position:]))


def parse_expression(text: str) -> Expression:
    """The expression that ``text`` writes.

    Raises:
        NotationError: with the place and what to write instead; for any other text whatever.
    """
    if len(text) > LONGEST:
        raise NotationError(
            f"an expression of {len(text):,} characters", place=Place(text, 0, len(text)),
            hint=f"at most {LONGEST:,} are read",
        )  # fmt: skip
    return _Reader(text).whole()


class _Reader:
    """One pass over one text; a method for each line of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenized()
        self._next = 0
        self._depth = 0
        self._steps: list[int | _Token] = []

    def whole(self) -> Expression:
        self._sum()
        token = self._peek
        if token.kind == ")":
            self._fail(token, "nothing is open that ) could close", "leave the ) out")
        if token.kind != "end":
            self._fail(token, f"+, -, * or // belongs before {token.text[:20]!r}", EXAMPLE)
        names = frozenset(token.text for token in self._tokens if token.kind == "name")
        return Expression(self._text, tuple(self._steps), names)

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _tokenized(self) -> list[_Token]:
        tokens: list[_Token] = []
        position = 0
        for found in _TOKEN.finditer(self._text):
            if found.start() != position:
                break
            kind = found.lastgroup or ""
            start, position = found.span(kind)
            word = found[kind]
            tokens.append(_Token(word if kind == "sign" else kind, word, start, position))
            if kind == "end":
                return tokens
        self._stray(position)

    def _stray(self, position: int) -> NoReturn:
        while self._text[position] in " \t\n\r":
            position += 1
        sign = self._text[position]
        hint = {"/": "divide with //", "^": "write the product out", ".": "whole numbers only", "·": "write *"}
        hint["×"] = hint["·"]
        shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
        raise NotationError(
            f"{shown!r} has no meaning in an expression", place=Place(self._text, position, position + 1),
            hint=hint.get(sign, f"whole numbers, names, + - * // and brackets, {EXAMPLE}"),
        )  # fmt: skip

    def _sum(self) -> None:
        self._product()
        while self._peek.kind in ("+", "-"):
            sign = self._take()
            self._product()
            self._steps.append(sign)

    def _product(self) -> None:
        self._factor()
        while self._peek.kind in ("*", "//"):
            sign = self._take()
            self._factor()
            self._steps.append(sign)

    def _factor(self) -> None:
        token = self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail(token, f"more than {DEEPEST} brackets or signs within one another", "write it flatter")
        if token.kind == "-":
            self._factor()
            self._steps.append(token._replace(kind="neg"))
        elif token.kind == "number":
            self._number(token)
        elif token.kind == "name":
            self._steps.append(token)
        elif token.kind == "(":
            self._sum()
            if self._peek.kind != ")":
                self._fail(token, "this bracket is not closed", "close it with )")
            self._take()
        elif token.kind == "end":
            self._fail(token, "a number or a name is missing here", EXAMPLE)
        else:
            hint = "write powers out: 3*3" if token.text == "*" else EXAMPLE
            self._fail(token, f"a number or a name belongs before {token.text!r}", hint)
        self._depth -= 1

    def _number(self, token: _Token) -> None:
        digits = token.text.replace("_", "")
        if len(digits) > LONGEST_NUMBER:
            self._fail(token, f"a number of {len(digits)} digits", f"at most {LONGEST_NUMBER} are read")
        if len(digits) > 1 and digits.startswith("0"):
            self._fail(token, f"{token.text[:20]} has leading zeros", "leave them out")
        self._steps.append(int(digits))

    def _fail(self, token: _Token, message: str, hint: str) -> NoReturn:
        raise NotationError(message, place=Place(self._text, token.start, token.end), hint=hint)
