"""The inside of a call: Python literals, nested layers, and the children that ``print(module)`` shows."""

from __future__ import annotations

from typing import NoReturn

from linscope.errors import NotationError, Place
from linscope.notation.catalogue import DTYPES, MEMORY_FORMATS, WORDS
from linscope.notation.catalogue import layer as known_layer
from linscope.notation.printed import PRINTED_AS, as_called
from linscope.notation.spec import (
    Argument,
    Child,
    Constant,
    Hole,
    Items,
    Layer,
    Literal,
    Method,
    Span,
    Table,
    Value,
)
from linscope.notation.tokens import LONGEST_NUMBER, Token
from linscope.notation.vocabulary import check_children, check_layer, check_method

DEEPEST = 64
"""Levels of nesting; no model is written deeper, and Python's own stack is not endless."""

_PREFIXES = ("torch.nn.", "nn.")
_FOREIGN = {"true": "True", "false": "False", "none": "None", "null": "None"}
"""How other languages write Python's constants."""

_SINGLETONS = {"True": True, "False": False, "None": None}


class ArgumentParser:
    """A cursor over tokens, and the grammar of calls and their arguments."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.peek = tokens[0]
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    # ── the cursor ──────────────────────────────────────────────────────────────────────────────────

    @property
    def previous(self) -> Token:
        return self._tokens[max(self._at - 1, 0)]

    def ahead(self, count: int) -> Token:
        return self._tokens[min(self._at + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.peek
        if token.kind != "end":
            self._at += 1
            self.peek = self._tokens[self._at]
        return token

    def take_if(self, kind: str) -> bool:
        if self.peek.kind != kind:
            return False
        self._at += 1
        self.peek = self._tokens[self._at]
        return True

    def fail(self, token: Token, message: str, hint: str) -> NoReturn:
        self.fail_at(Span(token.start, token.end), message, hint)

    def fail_at(self, span: Span, message: str, hint: str) -> NoReturn:
        raise NotationError(message, place=Place(self.text, *span), hint=hint)

    def enter(self, token: Token) -> None:
        """One level deeper; ``leave`` comes back up. An error in between ends the parse anyway."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(token, f"nested more than {DEEPEST} levels deep", "write it flatter, as a chain of ->")

    def leave(self) -> None:
        self._depth -= 1

    def number(self, token: Token) -> int | float:
        """The value of a number token, exact when it is whole."""
        digits = token.text
        if len(digits) > LONGEST_NUMBER:
            self.fail(token, f"a number of {len(digits):,} characters", "no size or setting is that large")
        if digits.isdecimal():
            return int(digits)
        try:
            return int(digits)
        except ValueError:
            pass
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            self.fail(token, f"{digits[:20]} is beyond a float", "write a smaller number")
        return value

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────

    def call_or_method(self) -> Layer | Method:
        """A step by name: a layer of torch.nn, or a tensor method in lower case."""
        token = self.peek
        if token.text[:1].islower() and "." not in token.text:
            return self._method()
        return self.layer()

    def _method(self) -> Method:
        token = self.take()
        name_span = Span(token.start, token.end)
        arguments, _, end = self._call_arguments(token, token.text)
        method = Method(token.text, arguments, Span(token.start, end))
        check_method(method, self.text, name_span)
        return method

    def layer(self) -> Layer:
        """A call of a layer. ``nn.`` and ``torch.nn.`` in front mean PyTorch to the letter."""
        token = self.take()
        name = token.text
        prefix = next((p for p in _PREFIXES if name.startswith(p)), "")
        name = name[len(prefix) :]
        name_span = Span(token.start, token.end)
        name = PRINTED_AS.get(name, name)
        if known_layer(name) is None:
            check_layer(Layer(name, prefixed=bool(prefix)), self.text, name_span)
        arguments, children, end = self._call_arguments(token, name)
        layer = Layer(name, as_called(name, arguments), bool(prefix), children, Span(token.start, end))
        check_layer(layer, self.text, name_span)
        return layer

    def _call_arguments(self, name: Token, bare: str) -> tuple[tuple[Argument, ...], tuple[Child, ...], int]:
        if self.peek.kind != "(":
            return (), (), name.end
        opening = self.take()
        arguments: list[Argument] = []
        children: list[Child] = []
        self.enter(opening)
        while self.peek.kind != ")":
            if self._at_child():
                check_children(bare, self.text, Span(name.start, name.end))
                children.append(self._child())
                self.take_if(",")
                continue
            arguments.append(self._argument(arguments))
            if not self.take_if(",") and self.peek.kind != ")" and not self._at_child():
                self._unclosed_call(name, opening)
        self.leave()
        return tuple(arguments), tuple(children), self.take().end

    def _unclosed_call(self, name: Token, opening: Token) -> NoReturn:
        token = self.peek
        if token.kind in ("end", "arrow"):
            self.fail_at(
                Span(name.start, opening.end), f"the arguments of {name.text[:40]} are not closed",
                f"close them with ): {self.text[name.start : self.previous.end][-60:]})",
            )  # fmt: skip
        self.fail(token, f"a comma or ) belongs before {token.text[:20]!r}", "arguments are joined by commas")

    def _argument(self, before: list[Argument]) -> Argument:
        token = self.peek
        if token.kind == "name" and self.ahead(1).kind == "=":
            self.take()
            self.take()
            value = self.value(keyword=token.text)
            return Argument(value, token.text, Span(token.start, value.span.end))
        value = self.value()
        if before and before[-1].keyword is not None:
            self.fail_at(
                value.span, "an argument without a name follows one with a name",
                "put it first, or give it its name",
            )  # fmt: skip
        return Argument(value, None, value.span)

    # ── values ──────────────────────────────────────────────────────────────────────────────────────

    def value(self, keyword: str | None = None) -> Value:
        token = self.peek
        span = Span(token.start, token.end)
        if token.kind == "number":
            self.take()
            return Literal(self.number(token), span)
        if token.kind == "string":
            self.take()
            return Literal(token.text[1:-1], span)
        if token.kind == "name":
            return self._named_value(token, span, keyword)
        if token.kind in ("(", "["):
            return self._items(token)
        if token.kind == "{":
            return self._table(token)
        if token.kind in ("end", "arrow"):
            self.fail(token, "the arguments end before they are closed", "close them with )")
        self.fail(token, f"{token.text[:20]!r} is no value", "arguments are numbers, strings, tuples or layers")

    def _named_value(self, token: Token, span: Span, keyword: str | None) -> Value:
        name = token.text
        if name in _SINGLETONS:
            self.take()
            return Literal(_SINGLETONS[name], span)
        if name == "_":
            self.take()
            return Hole(span)
        constant = name.removeprefix("torch.")
        if constant in DTYPES or constant in MEMORY_FORMATS:
            self.take()
            return Constant(DTYPES.get(constant, constant), span)
        is_call = self.ahead(1).kind == "("
        if not is_call and keyword is not None and name in WORDS:
            self.take()
            return Literal(name, span)  # print(module) shows padding=same and mode=nearest without quotes
        if is_call or known_layer(name.removeprefix("torch.").removeprefix("nn.")) is not None:
            return self.layer()
        if name.lower() in _FOREIGN:
            self.fail(token, f"{name} is no value of Python", f"write {_FOREIGN[name.lower()]}")
        self.fail(
            token, f"{name[:40]} is no value: names other than layers and dtypes mean nothing here",
            f"quote it if it is a string: {name[:40]!r}",
        )  # fmt: skip

    def _items(self, opening: Token) -> Value:
        self.take()
        closing = ")" if opening.kind == "(" else "]"
        items: list[Value] = []
        comma = False
        self.enter(opening)
        while self.peek.kind != closing:
            items.append(self.value())
            comma = self.take_if(",")
            if not comma and self.peek.kind != closing:
                self.fail(self.peek, f"a comma or {closing} belongs here", f"close it with {closing}")
        self.leave()
        span = Span(opening.start, self.take().end)
        if closing == ")" and len(items) == 1 and not comma:
            return items[0]  # parentheses around one value only group it, as in Python
        return Items(tuple(items), closing == "]", span)

    def _table(self, opening: Token) -> Table:
        self.take()
        pairs: list[tuple[Literal, Value]] = []
        self.enter(opening)
        while self.peek.kind != "}":
            key = self.value()
            if not isinstance(key, Literal) or not isinstance(key.value, str):
                self.fail_at(key.span, "the keys of a dict are strings here", "quote it")
            if not self.take_if(":"):
                self.fail(self.peek, "a : belongs after the key", "such as {'a': Linear(4,2)}")
            pairs.append((key, self.value()))
            if not self.take_if(",") and self.peek.kind != "}":
                self.fail(self.peek, "a comma or } belongs here", "close it with }")
        self.leave()
        return Table(tuple(pairs), Span(opening.start, self.take().end))

    # ── what print(module) shows ────────────────────────────────────────────────────────────────────

    def _at_child(self) -> bool:
        """Whether ``(0):`` or ``(conv1):`` or ``(0-5):`` comes next."""
        if self.peek.kind != "(" or self.ahead(1).kind not in ("name", "number"):
            return False
        ranged = self.ahead(2).kind == "number" and self.ahead(2).text.startswith("-")
        return self.ahead(3 if ranged else 2).kind == ")" and self.ahead(4 if ranged else 3).kind == ":"

    def _child(self) -> Child:
        opening = self.take()
        name = self.take().text
        count = 1
        if self.peek.kind == "number":
            self.take()  # the last index of a range: the count follows as "6 x"
        self.take()
        self.take()
        if self.peek.kind == "number" and self.ahead(1).text == "x":
            token = self.take()
            self.take()
            value = self.number(token)
            if not isinstance(value, int) or not 1 <= value <= 100_000:
                self.fail(token, f"{token.text[:20]} copies of a child", "a whole number up to 100,000")
            count = value
        if self.peek.kind != "name":
            self.fail(self.peek, f"the layer of child ({name[:40]}) is missing", "such as (0): Linear(4, 2)")
        layer = self.layer()
        return Child(name, layer, count, Span(opening.start, layer.span.end))
