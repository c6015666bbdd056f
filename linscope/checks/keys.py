"""The keys of a check, and how the value of each is read: one registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linscope.checks.amounts import share
from linscope.checks.budgets import FIGURES, Budget, plain_budget, quantity
from linscope.checks.cases import LONGEST_NAME, Case, shortened
from linscope.checks.shapes import Expected, expected
from linscope.errors import LinscopeError, Place
from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from fractions import Fraction

    from linscope.checks.toml_places import KeyPath

FILE_KEYS = ("schema", "check", "torch-defaults", "baseline", "max-increase")
"""Keys at the top of a file."""

LIMIT_KEYS = ("exact", "min", "max", "tolerance")
LARGEST_SIZE = 2**63 - 1
MOST_BINDINGS = 1_000
LONGEST_MESSAGE = 2_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake in a file: at the key of ``path``, or in its value, at ``place`` of the text there."""

    path: KeyPath
    message: str
    hint: str | None = None
    in_value: bool = False
    place: Place | None = None


class _Refused(Exception):  # noqa: N818 - a signal within this file, never shown as an error
    """A value that is not of the kind its key takes; ``within`` is where in it."""

    def __init__(self, message: str, hint: str, within: KeyPath = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.within = within


Reader = Callable[[str, Any], dict[str, Any]]
"""From key and value to fields of ``Case``; ``options`` are put together."""


def read_check(table: dict[str, Any], path: KeyPath, wrong: list[Wrong]) -> Case | None:
    """The check that ``table`` writes; what is wrong with it goes to ``wrong``."""
    fields: dict[str, Any] = {"options": {}, "budgets": ()}
    for key, value in table.items():
        reader = CHECK_KEYS.get(key)
        if reader is None:
            continue  # told already
        try:
            read = reader(key, value)
        except _Refused as refused:
            wrong.append(Wrong((*path, key, *refused.within), str(refused), refused.hint, in_value=True))
            continue
        except LinscopeError as error:
            wrong.append(Wrong((*path, key), f"{key}: {error.message}", error.hint, in_value=True, place=error.place))
            continue
        fields["options"].update(read.pop("options", {}))
        fields["budgets"] += read.pop("budgets", ())
        fields.update(read)
    return _whole(table, fields, path, wrong)


def _whole(table: dict[str, Any], fields: dict[str, Any], path: KeyPath, wrong: list[Wrong]) -> Case | None:
    if ("spec" in table) == ("target" in table):
        both = "spec" in table
        message = "a check has a spec or a target, not both" if both else "a check needs a spec or a target"
        hint = 'spec = "[32,3,4] -> Linear(4,2)", or target = "py:net.py:Net"'
        wrong.append(Wrong((*path, "target") if both else path, message, hint))
        return None
    if "target" not in fields:
        return None
    if "spec" in table and fields["options"]:
        key = next(key for key in OPTION_KEYS if key in table)
        wrong.append(Wrong((*path, key), f"{key} is for a target, and a spec says it itself", "leave it out"))
        return None
    fields.setdefault("name", _made_up(fields))
    return Case(**fields)


def _made_up(fields: dict[str, Any]) -> str:
    arguments = fields["options"].get("args") or {}
    written = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return shortened(f"{fields['target']}({written})" if written else str(fields["target"]))


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused(f"{key} is a text, not {value!r:.60}", f'{key} = "..."')
    if not value.strip():
        raise _Refused(f"{key} is empty", "write something, or leave it out")
    return value


def _spec(key: str, value: Any) -> dict[str, Any]:
    return {"target": _text(key, value).strip(), "notation_only": True}


def _target(key: str, value: Any) -> dict[str, Any]:
    return {"target": _text(key, value).strip()}


def _name(key: str, value: Any) -> dict[str, Any]:
    text = _text(key, value).strip()
    most = LONGEST_NAME if key == "name" else LONGEST_MESSAGE
    if len(text) > most:
        raise _Refused(f"{key} has {len(text):,} characters", f"at most {most:,}")
    return {key: text}


def _bind(key: str, value: Any) -> dict[str, Any]:
    tables = value if isinstance(value, list) else [value]
    if not tables or len(tables) > MOST_BINDINGS:
        raise _Refused(f"bind has {len(tables):,} tables of sizes", f"from 1 to {MOST_BINDINGS:,} of them")
    bindings = []
    for index, table in enumerate(tables):
        within: KeyPath = (index,) if isinstance(value, list) else ()
        if not isinstance(table, dict):
            raise _Refused(f"bind is a table of sizes, or several, not {table!r:.60}", "bind = {B = 32}", within)
        for name, size in table.items():
            if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= LARGEST_SIZE:
                raise _Refused(
                    f"{name} is a size, a whole number from 0, not {size!r:.60}", f"{name} = 32", (*within, name)
                )
            if not name.isidentifier():
                raise _Refused(f"{name[:40]!r} is no name of a dimension", "such as B", (*within, name))
        bindings.append(tuple(table.items()))
    if len(set(bindings)) < len(bindings):
        raise _Refused("bind has the same sizes twice", "leave one of them out")
    return {"bindings": tuple(bindings)}


def _output(key: str, value: Any) -> dict[str, Any]:
    texts = value if isinstance(value, list) else [value]
    if not texts:
        raise _Refused("output is empty", 'output = "[B,T,2]"')
    return {"outputs": tuple(expected(_text(key, text)) for text in texts)}


def _layers(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Refused(f"layers is a table of shapes by path, not {value!r:.60}", 'layers = {"features.0" = "[B,64]"}')
    found: list[tuple[str, Expected]] = []
    for path, text in value.items():
        if not isinstance(text, str):
            raise _Refused(
                f"the layer {path[:60]} has a shape, a text, not {text!r:.60}",
                'a path with dots goes in quotes: "features.0" = "[B,64]"',
                (path,),
            )
        try:
            found.append((path, expected(text)))
        except LinscopeError as error:
            raise _Refused(f"layers: {error.message}", error.hint or "", (path,)) from None
    return {"layers": tuple(found)}


def _budget(key: str, value: Any) -> dict[str, Any]:
    kind = FIGURES[key]
    if isinstance(value, dict):
        return {"budgets": (_limits(key, kind, value),)}
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _Refused(
            f"{key} is a whole number, an expression or limits, not {value!r:.60}", f'{key} = {{max = "1.5M"}}'
        )
    return {"budgets": (plain_budget(value, kind),)}


def _limits(key: str, kind: str, table: dict[str, Any]) -> Budget:
    for name in table:
        if name not in LIMIT_KEYS:
            near = closest(name, LIMIT_KEYS)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(LIMIT_KEYS)}"
            raise _Refused(f"{key} has an unknown limit {name[:60]!r}", hint, (name,))
    limits: dict[str, Any] = {}
    for name, field in (("exact", "exact"), ("min", "least"), ("max", "most")):
        value = table.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise _Refused(
                f"{key}: {name} is an amount or an expression, not {value!r:.60}", f'{name} = "1.5M"', (name,)
            )
        try:
            limits[field] = quantity(value, kind)
        except LinscopeError as error:
            raise _Refused(f"{key}: {error.message}", error.hint or "", (name,)) from None
    if not limits or ("exact" in limits and len(limits) > 1):
        raise _Refused(f"{key} needs a limit: exact, or min, max or both", f'{key} = {{max = "1.5M"}}')
    if "tolerance" in table:
        limits["tolerance"] = _share(f"{key}: tolerance", table["tolerance"], ("tolerance",))
    return Budget(kind, **limits)


def _share(key: str, value: Any, within: KeyPath = ()) -> Fraction:
    if not isinstance(value, str):
        raise _Refused(f"{key} is a percentage, not {value!r:.60}", '"2%"', within)
    try:
        return share(value)
    except LinscopeError as error:
        raise _Refused(f"{key}: {error.message}", '"2%"', within) from None


def read_share(table: dict[str, Any], key: str, wrong: list[Wrong]) -> Fraction | None:
    """The percentage under ``key``, as a share of one; None where there is none, or it is told to be wrong."""
    if key not in table:
        return None
    try:
        return _share(key, table[key])
    except _Refused as refused:
        wrong.append(Wrong((key,), str(refused), refused.hint, in_value=True))
        return None


def _option(name: str, kind: type, words: str) -> Reader:
    def read(key: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, kind) or (isinstance(value, int) and kind is int and (value is True or value < 1)):
            raise _Refused(f"{key} is {words}, not {value!r:.60}", f"see `linscope schema configuration`: {key}")
        return {"options": {name: value}}

    return read


def _inputs(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, str | list | dict) or not value:
        raise _Refused(f"inputs is a shape, or several by name, not {value!r:.60}", 'inputs = {x = "[B,3,32,32]"}')
    return {"options": {"inputs": value}}


OPTION_KEYS: dict[str, Reader] = {
    "args": _option("args", dict, "a table of arguments by name"),
    "inputs": _inputs,
    "batch": _option("batch", int, "a whole number from 1"),
    "seq-len": _option("seq_len", int, "a whole number from 1"),
    "dtype": _option("dtype", str, "the name of a dtype"),
    "train": _option("train", bool, "true or false"),
}
"""Keys that say how a target is to be built and run."""

CHECK_KEYS: dict[str, Reader] = {
    "name": _name,
    "spec": _spec,
    "target": _target,
    "bind": _bind,
    "output": _output,
    **dict.fromkeys(FIGURES, _budget),
    "layers": _layers,
    "message": _name,
    **OPTION_KEYS,
}
"""All keys of a check."""
