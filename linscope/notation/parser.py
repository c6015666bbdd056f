"""Tokens to a Spec: a recursive-descent parser that evaluates nothing and never touches a tensor.

    spec    := input ("," input)* ("->" step)+
    input   := [name "="] shape
    shape   := "[" [size ("," size)*] "]" [":" dtype]
    size    := number | name ["=" number] | "_" | "..."
    step    := (call | shape | "(" step ("->" step)* ")") ("*" number)*
    call    := name ["(" [argument ("," argument)*] ")"]

Arguments are parsed in ``arguments``; what names mean is held against the catalogue in ``vocabulary``.
"""

from __future__ import annotations

from collections import Counter
from typing import NoReturn

from linscope.errors import NotationError, Place
from linscope.notation.arguments import ArgumentParser
from linscope.notation.catalogue import DTYPES
from linscope.notation.spec import (
    AnyNumber,
    AnySize,
    Assertion,
    Dimension,
    Fixed,
    Group,
    Input,
    Named,
    Shape,
    Span,
    Spec,
    Step,
)
from linscope.notation.suggest import closest
from linscope.notation.tokens import Token, tokenize
from linscope.notation.wiring import check_wiring

EXAMPLE = "[32,3,4] -> Linear(4,2)"
LARGEST_SIZE = 2**63 - 1
MOST_STEPS = 100_000
MOST_DIMENSIONS = 64


def parse(text: str) -> Spec:
    """The Spec that ``text`` writes.

    Raises:
        NotationError: with the place and what to write instead; for any other text whatever.
    """
    if not text.strip():
        raise NotationError("the spec is empty", place=Place(text, 0, len(text)), hint=f"write one, such as {EXAMPLE}")
    return Parser(text, tokenize(text)).spec()


def parse_inputs(text: str) -> Spec:
    """The inputs that ``text`` writes, as a Spec without steps: ``"[3,4]"``, ``"x=[3,4], y=[2]:int64"``.

    Raises:
        NotationError: with the place and what to write instead; for any other text whatever.
    """
    if not text.strip():
        raise NotationError("the shape is empty", place=Place(text, 0, len(text)), hint="write one, such as [32,3,4]")
    return Parser(text, tokenize(text)).only_inputs()


class Parser(ArgumentParser):
    """One pass over the tokens of one text. The steps of the grammar, a method each."""

    def spec(self) -> Spec:
        inputs = self._inputs()
        if self.peek.kind != "arrow":
            self._no_arrow()
        steps: list[Step] = []
        while self.take_if("arrow"):
            steps.append(self._step())
        if self.peek.kind != "end":
            self._after_step()
        self._check_total(steps)
        spec = Spec(inputs, tuple(steps), self.text)
        check_wiring(spec)
        return spec

    def only_inputs(self) -> Spec:
        inputs = self._inputs()
        if self.peek.kind != "end":
            self.fail(self.peek, f"{self.peek.text[:20]!r} is no shape", "shapes are joined by commas")
        return Spec(inputs, (), self.text)

    def only_shape(self) -> Shape:
        if self.peek.kind != "[":
            self.fail(self.peek, f"a shape starts with [, not {self.peek.text[:20]!r}", "such as [32,3,2]")
        shape = self._shape(is_assertion=True)
        if self.peek.kind != "end":
            self.fail(self.peek, f"{self.peek.text[:20]!r} stands behind the end of the shape", "leave it out")
        return shape

    # ── inputs and shapes ───────────────────────────────────────────────────────────────────────────

    def _inputs(self) -> tuple[Input, ...]:
        inputs = [self._input()]
        while self.take_if(","):
            inputs.append(self._input())
        names = Counter(i.name for i in inputs if i.name)
        for given in inputs:
            if given.name and names[given.name] > 1:
                self.fail_at(given.span, f"two inputs are called {given.name}", "give each its own name")
        return tuple(inputs)

    def _input(self) -> Input:
        start = self.peek
        name = None
        if start.kind == "name" and self.ahead(1).kind == "=" and self.ahead(2).kind == "[":
            name = self.take().text
            self.take()
        if self.peek.kind != "[":
            self._no_input(start)
        shape = self._shape(is_assertion=False)
        return Input(shape, name, Span(start.start, shape.span.end))

    def _no_input(self, start: Token) -> NoReturn:
        if start.kind == "name":
            self.fail(
                start,
                "a spec starts with the shape of its input",
                f"put it in front, such as [32,3,4] -> {self.text[start.start :].strip()[:60]}",
            )
        if start.kind == "end":
            self.fail(start, "an input shape is missing here", "such as [32,3,4]")
        self.fail(start, f"an input shape starts with [, not {start.text[:20]!r}", f"such as {EXAMPLE}")

    def _no_arrow(self) -> NoReturn:
        token = self.peek
        if token.kind == "end":
            self.fail(token, "nothing happens to the input", f"join a layer to it, such as {EXAMPLE}")
        self.fail(token, f"-> belongs before {token.text[:20]!r}", f"join steps with ->, such as {EXAMPLE}")

    def _shape(self, *, is_assertion: bool) -> Shape:
        opening = self.take()
        sizes: list[Dimension] = []
        while self.peek.kind != "]":
            sizes.append(self._size(opening, is_assertion=is_assertion))
            if not self.take_if(","):
                if self.peek.kind != "]":
                    self._unclosed_shape(opening)
                break
        closing = self.take()
        if len(sizes) > MOST_DIMENSIONS:
            self.fail_at(
                Span(opening.start, closing.end),
                f"{len(sizes)} dimensions, and a tensor has at most {MOST_DIMENSIONS}",
                "write fewer dimensions",
            )
        if sum(isinstance(size, AnyNumber) for size in sizes) > 1:
            self.fail_at(Span(opening.start, closing.end), "a shape has room for one ...", "keep one of them")
        dtype, end = None, closing.end
        if self.take_if(":"):
            dtype, end = self._dtype()
        return Shape(tuple(sizes), dtype, Span(opening.start, end))

    def _unclosed_shape(self, opening: Token) -> NoReturn:
        token = self.peek
        if token.kind in ("arrow", "end"):
            self.fail_at(
                Span(opening.start, max(self.previous.end, opening.end)),
                "this shape is not closed",
                f"close it with ]: {self.text[opening.start : self.previous.end]}]",
            )
        self.fail(token, f"a comma or ] belongs before {token.text[:20]!r}", "sizes are joined by commas")

    def _size(self, opening: Token, *, is_assertion: bool) -> Dimension:
        token = self.peek
        span = Span(token.start, token.end)
        if token.kind == "number":
            self.take()
            return Fixed(self._whole_size(token), span)
        if token.kind == "ellipsis" or token.text == "_":
            if not is_assertion:
                self.fail(
                    token,
                    f"{token.text} stands for any size in an assertion; an input needs a number",
                    "write the size, or a name bound to one: [B=32,3,4]",
                )
            self.take()
            return AnyNumber(span) if token.kind == "ellipsis" else AnySize(span)
        if token.kind == "name" and "." not in token.text:
            self.take()
            if not self.take_if("="):
                return Named(token.text, None, span)
            number = self.peek
            if number.kind != "number":
                self.fail(number, f"the size of {token.text} is missing", f"such as {token.text}=32")
            self.take()
            return Named(token.text, self._whole_size(number), Span(token.start, number.end))
        if token.kind in ("arrow", "end"):
            self._unclosed_shape(opening)
        self.fail(token, f"{token.text[:20]!r} is no size", "sizes are whole numbers, such as [32,3,4]")

    def _whole_size(self, token: Token) -> int:
        value = self.number(token)
        if len(token.text) > 1 and token.text.startswith("0"):
            self.fail(token, f"{token.text[:20]} has leading zeros", "sizes are joined by commas: 1,000 is 1000")
        if not isinstance(value, int):
            self.fail(token, f"a size is a whole number, not {token.text[:20]}", f"such as {int(value)}"
                      if abs(value) < LARGEST_SIZE else "such as 32")  # fmt: skip
        if value < 0:
            self.fail(token, f"a size cannot be negative, and this is {token.text[:20]}",
                      f"such as {min(-value, LARGEST_SIZE)}; 0 is an empty dimension")  # fmt: skip
        if value > LARGEST_SIZE:
            self.fail(
                token,
                f"a size of {value:.3g} is beyond what torch can index" if value < 10**300
                else "this size is beyond what torch can index",
                f"a size is at most 2^63 - 1, {LARGEST_SIZE:,}",
            )  # fmt: skip
        return value

    def _dtype(self) -> tuple[str, int]:
        token = self.peek
        name = token.text.removeprefix("torch.")
        if token.kind != "name" or name not in DTYPES:
            nearest = closest(name, tuple(DTYPES)) if token.kind == "name" else ()
            self.fail(
                token,
                f"{token.text[:40]!r} is no dtype" if token.text else "the dtype is missing",
                f"did you mean {nearest[0]}?" if nearest else "such as [2,128]:int64",
            )
        self.take()
        return DTYPES[name], token.end

    # ── steps ───────────────────────────────────────────────────────────────────────────────────────

    def _step(self) -> Step:
        token = self.peek
        step: Step
        if token.kind == "[":
            shape = self._shape(is_assertion=True)
            step = Assertion(shape, shape.span)
        elif token.kind == "(":
            step = self._group()
        elif token.kind == "name":
            step = self.call_or_method()
        elif token.kind in ("end", "arrow"):
            self.fail(token, "a step is missing after ->", "such as -> Linear(4,2)")
        else:
            self.fail(token, f"{token.text[:20]!r} is no step", "a step is a layer, a tensor method or a shape")
        while self.peek.kind == "*":
            step = self._repeated(step, token)
        return step

    def _group(self) -> Group:
        opening = self.take()
        self.enter(opening)
        steps = [self._step()]
        while self.take_if("arrow"):
            steps.append(self._step())
        self.leave()
        if self.peek.kind != ")":
            token = self.peek
            if token.kind == "end":
                self.fail_at(Span(opening.start, opening.end), "this group is not closed", "close it with )")
            self.fail(token, f"-> or ) belongs before {token.text[:20]!r}", "steps in a group are joined by ->")
        closing = self.take()
        return Group(tuple(steps), 1, Span(opening.start, closing.end))

    def _repeated(self, step: Step, start: Token) -> Group:
        self.take()
        token = self.peek
        value = self.number(token) if token.kind == "number" else None
        if not isinstance(value, int) or value < 1:
            self.fail(token, "* takes how often to repeat, a whole number from 1", "such as (ReLU) * 3")
        self.take()
        if value > MOST_STEPS:
            self.fail(token, f"{token.text[:20]} repetitions, and a chain has at most {MOST_STEPS:,} steps",
                      f"write at most {MOST_STEPS:,}")  # fmt: skip
        span = Span(start.start, token.end)
        if isinstance(step, Group) and step.count == 1:
            return Group(step.steps, value, span)
        return Group((step,), value, span)

    def _after_step(self) -> NoReturn:
        token = self.peek
        if token.kind in (")", "]", "}"):
            self.fail(token, f"nothing is open that {token.text} could close", f"leave the {token.text} out")
        if token.kind == ",":
            self.fail(token, "steps are joined by ->, not by commas", "write -> in its place")
        self.fail(token, f"-> belongs before {token.text[:20]!r}", "join steps with ->")

    def _check_total(self, steps: list[Step]) -> None:
        total = sum(_size_of(step) for step in steps)
        if total > MOST_STEPS:
            self.fail_at(
                Span(0, len(self.text)),
                f"{total:,} steps, and a chain has at most {MOST_STEPS:,}",
                "repeat less often",
            )


def _size_of(step: Step) -> int:
    return step.count * sum(_size_of(s) for s in step.steps) if isinstance(step, Group) else 1
