"""What options say, as data: sizes of dimensions, inputs, arguments of a class."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from linscope.errors import UsageError
from linscope.subject import Given

LARGEST_SIZE = 2**63 - 1

_NAMED = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(.*)", re.DOTALL)
_NESTED = re.compile(r"\s*(?:\{|\[\s*[\"\[{])")


def sizes(texts: tuple[str, ...]) -> dict[str, int]:
    """``B=32`` and its like as a mapping.

    Raises:
        UsageError: no name, no whole number, or one beyond what torch can index.
    """
    given: dict[str, int] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier() or not value.isdecimal() or len(value) > 19:
            raise UsageError(f"-d takes NAME=SIZE, not {text[:60]!r}", hint="such as -d B=32")
        if int(value) > LARGEST_SIZE:
            raise UsageError(f"{value} is beyond what torch can index", hint="a size is at most 2^63 - 1")
        given[name] = int(value)
    return given


def arguments(texts: tuple[str, ...]) -> dict[str, Any]:
    """``width=64`` and its like as keyword arguments; values are Python literals.

    Raises:
        UsageError: no name, or a value that is no literal: ``bias=true`` is neither True nor meant as text.
    """
    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier():
            raise UsageError(f"--arg takes NAME=VALUE, not {text[:60]!r}", hint="such as --arg width=64")
        try:
            given[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            capital = value.capitalize()
            hint = capital if capital in ("True", "False", "None") else f'"{value[:40]}"' if value else "64"
            raise UsageError(
                f"--arg {name} takes a Python literal, not {value[:60]!r}", hint=f"--arg '{name}={hint}'"
            ) from error
    return given


def inputs(texts: tuple[str, ...]) -> Any:
    """What ``--input`` says, as ``linscope.analyze`` takes it; None where it says nothing.

    ``[1,3,224,224]`` goes in by position, ``ids=[1,128]:int64`` by name. A value in JSON may be nested, with shapes
    as text: ``pixels={"low": "[1,3,32,32]", "high": "[1,3,64,64]"}``.

    Raises:
        UsageError: a name given twice, JSON that is none.
    """
    if not texts:
        return None
    given = [_input(text) for text in texts]
    names = [name for name, _ in given if name is not None]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--input gives {twice} twice", hint="leave one of them out")
    if not any(_NESTED.match(_value(text)) for text in texts):
        return ", ".join(texts)  # shapes alone, names and all, are the notation's own
    return Given(
        tuple(value for name, value in given if name is None),
        {name: value for name, value in given if name is not None},
    )


def tensor(option: str, text: str | None) -> Any:
    """``[[1,2],[3,4]]`` as nested lists; None for None.

    Raises:
        UsageError: text that is no list of numbers.
    """
    if text is None:
        return None
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise UsageError(
            f"{option} takes numbers in brackets, not {text[:60]!r}", hint=f'such as {option} "[[1,2],[3,4],[5,6]]"'
        ) from error


def _value(text: str) -> str:
    named = _NAMED.fullmatch(text)
    return named[2] if named else text


def _input(text: str) -> tuple[str | None, Any]:
    named = _NAMED.fullmatch(text)
    value = _value(text)
    if not value.strip():
        raise UsageError("--input is given nothing", hint='such as --input "[1,3,224,224]"')
    if not _NESTED.match(value):
        return (named[1] if named else None), value
    try:
        return (named[1] if named else None), json.loads(value)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"--input takes a shape or JSON, and this is neither: {value[:60]}",
            hint='such as --input \'x={"a": "[2,3]", "b": ["[4]", "[5]:int64"]}\'',
        ) from error
