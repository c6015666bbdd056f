"""From a file to its checks. Whatever is wrong with it is told at once, all of it, each with its line."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linscope.checks.cases import Case, Plan
from linscope.checks.headers import header_lines
from linscope.checks.keys import CHECK_KEYS, FILE_KEYS, Wrong, read_check, read_share
from linscope.errors import ConfigurationError
from linscope.notation.suggest import closest
from linscope.report.checks import Origin

if TYPE_CHECKING:
    from collections.abc import Collection

    from linscope.checks.files import TomlFile
    from linscope.checks.toml_places import KeyPath

SCHEMA = 1
MOST_TOLD = 20
"""Mistakes that are listed one by one."""

BASELINE = "linscope-baseline.json"
"""The baseline that is held against the checks of the file beside it without being named."""


def plan_of(file: TomlFile) -> Plan:
    """The checks of ``file``, in the order they are written.

    Raises:
        ConfigurationError: an unknown key, a value of the wrong kind, a shape, an amount or an expression that is
            none; all of them at once, the first with its place.
    """
    wrong: list[Wrong] = []
    _known_keys(file.table, FILE_KEYS, (), wrong)
    _check_schema(file.table, wrong)
    tables = file.table.get("check", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        wrong.append(Wrong(("check",), "checks are an array of tables", "[[check]]"))
        tables = []
    lines = header_lines(file, len(tables))
    cases = []
    for index, table in enumerate(tables):
        path: KeyPath = ("check", index)
        _known_keys(table, CHECK_KEYS, path, wrong)
        read = read_check(table, path, wrong)
        if read is not None:
            cases.append(replace(read, origin=Origin(file.shown, lines[index]), file=file, path=path))
    cases = _named_apart(cases, wrong)
    increase = read_share(file.table, "max-increase", wrong)
    defaults = file.table.get("torch-defaults", False)
    if not isinstance(defaults, bool):
        message = f"torch-defaults is true or false, not {defaults!r:.60}"
        wrong.append(Wrong(("torch-defaults",), message, "true", in_value=True))
    named = file.table.get("baseline")
    if named is not None and (not isinstance(named, str) or not named.strip()):
        wrong.append(
            Wrong(("baseline",), f"baseline is the name of a file, not {named!r:.60}", f'"{BASELINE}"', in_value=True)
        )
    if wrong:
        raise _error(file, wrong)
    cases = [replace(case, torch_defaults=defaults) for case in cases] if defaults else cases
    return Plan(tuple(cases), _baseline(file), increase or Fraction(0))


def _check_schema(table: dict[str, Any], wrong: list[Wrong]) -> None:
    """The schema's number must be there where checks are, so that later files can be told from these."""
    version = table.get("schema")
    if version is None and "check" in table:
        wrong.append(Wrong((), "the file does not say which schema it follows", f"schema = {SCHEMA}"))
    elif version is not None and (version != SCHEMA or isinstance(version, bool)):
        wrong.append(
            Wrong(("schema",), f"this version knows schema {SCHEMA}, not {version!r:.40}", f"schema = {SCHEMA}", True)
        )


def _known_keys(table: dict[str, Any], known: Collection[str], path: KeyPath, wrong: list[Wrong]) -> None:
    for key in table:
        if key in known:
            continue
        hint = None
        if len(wrong) <= MOST_TOLD:  # what is not told needs none
            near = closest(key.replace("-", "_"), [name.replace("-", "_") for name in known])
            hint = f"did you mean {near[0].replace('_', '-')}?" if near else f"one of {', '.join(known)}"
        wrong.append(Wrong((*path, key), f"unknown key {key[:60]!r}", hint))


def _named_apart(cases: list[Case], wrong: list[Wrong]) -> list[Case]:
    """Names that are given must differ; those that were made up are numbered."""
    counts = Counter(case.name for case in cases)
    seen: Counter[str] = Counter()
    apart = []
    for case in cases:
        if counts[case.name] == 1:
            apart.append(case)
            continue
        seen[case.name] += 1
        given = case.file is not None and "name" in case.file.table["check"][case.path[1]]
        if given and seen[case.name] > 1:
            wrong.append(Wrong((*case.path, "name"), f"two checks are called {case.name[:60]!r}", "give each its own"))
        apart.append(case if given else replace(case, name=f"{case.name} #{seen[case.name]}"))
    return apart


def _baseline(file: TomlFile) -> str | None:
    named = file.table.get("baseline")
    if named is not None:
        return str(Path(file.folder, named))
    usual = Path(file.folder, BASELINE)
    return str(usual) if usual.is_file() else None


def _error(file: TomlFile, wrong: list[Wrong]) -> ConfigurationError:
    """All that is wrong as one error: the first with its place, the others by line."""
    first, *others = wrong
    lines = [f"{_where(file, other)}: {other.message}{_hinted(other)}" for other in others[:MOST_TOLD]]
    if len(others) > MOST_TOLD:
        lines.append(f"and {len(others) - MOST_TOLD:,} more")
    place = file.place(first.path, value=first.in_value, inner=first.place) if first.path else None
    return ConfigurationError(
        f"{_where(file, first)}: {first.message}", place=place, details=tuple(lines), hint=first.hint
    )


def _where(file: TomlFile, wrong: Wrong) -> str:
    line = file.line(wrong.path) if wrong.path else 1
    return f"{file.shown}:{line}" if line else file.shown


def _hinted(wrong: Wrong) -> str:
    return f" (try: {wrong.hint})" if wrong.hint else ""
