"""A baseline: what every check came to once, by layer. Read, held against a report, and written for people to review.

{"schema": 1,
 "checks": {"head": {"layers": {"0": {"macs": 768, "output": "[32,3,2]", "params": 8, "type": "Linear"}},
                     "macs": 768, "memory": 2336, "memory_of": {"activations": 2304, "parameters": 32, ...},
                     "output": "[32,3,2]", "params": 8, "uncounted": []}}}
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linscope.checks.budgets import FIGURES
from linscope.checks.growth import growth_lines, part_lines, percent
from linscope.checks.judging import figures_of
from linscope.errors import ConfigurationError, OutputError
from linscope.report.checks import MACS, MEMORY, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from linscope.report.record import Report

SCHEMA = 1
MOST_BYTES = 256 * 2**20
Entry = dict[str, Any]

_WORDS = {"params": "parameters", "macs": "MACs", "memory": "memory"}


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one report: findings, where it could be tightened, and its entry where one is to be written."""

    findings: tuple[Finding, ...] = ()
    tighten: tuple[str, ...] = ()
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """How reports are held against a baseline.

    Args:
        entries: by the name of the check; None where there is no baseline.
        allowance: the share that a figure may grow by.
        writing: whether the reports are to become the baseline.
    """

    entries: Mapping[str, Entry] | None = None
    allowance: Fraction = Fraction(0)
    writing: bool = False
    path: str | None = field(default=None)

    def compared(self, name: str, report: Report) -> Compared:
        """What ``report``, that of the check ``name``, comes to beside its entry; nothing where it has none."""
        if self.writing:
            return Compared(entry=entry_of(report))
        entry = None if self.entries is None else self.entries.get(name)
        if entry is None:
            return Compared()
        found = figures_of(report)
        now = entry_of(report)
        findings, tighten = [], []
        for key, kind in FIGURES.items():
            value, before = found[kind], entry[key]
            findings.append(self._finding(key, kind, entry, now, before, value))
            if findings[-1].holds and value < before:
                share = percent(Fraction(before - value, before))
                tighten.append(f"{_WORDS[key]} shrank from {before:,} to {value:,} (−{share})")
        return Compared(tuple(findings), tuple(tighten))

    def _finding(self, key: str, kind: str, entry: Entry, now: Entry, before: int, value: int) -> Finding:
        most = int(before * (1 + self.allowance))
        holds: bool | None = value <= most
        if kind == MACS and now["uncounted"] and now["uncounted"] != entry["uncounted"] and holds:
            holds = None
        allowed = f", and {percent(self.allowance)} more" if self.allowance else ""
        unit = " bytes" if kind == MEMORY else ""
        more = f" (+{percent(Fraction(value - before, before))})" if before and value > before else ""
        lines: tuple[str, ...] = ()
        if not holds and kind == MEMORY:
            lines = tuple(part_lines(entry.get("memory_of", {}), now["memory_of"]))
        elif not holds:
            lines = tuple(growth_lines(key, entry["layers"], now["layers"]))
        if holds is None:
            lines = (*lines, f"not counted: {', '.join(now['uncounted'])}")
        return Finding(
            kind,
            expected=f"at most the baseline's {before:,}{unit}{allowed}",
            actual=f"{value:,}{unit}{more}",
            holds=holds,
            value=value,
            most=most,
            baseline=before,
            lines=lines,
        )


def entry_of(report: Report) -> Entry:
    """What a baseline keeps of a report."""
    found = figures_of(report)
    layers: dict[str, Entry] = {}
    for row in report.layers:
        entry = layers.get(row.path)
        if entry is None:
            shape = row.output_shapes[0] if row.output_shapes else None
            output = None if shape is None else f"[{','.join(map(str, shape))}]"
            layers[row.path] = {"macs": row.macs, "output": output, "params": row.parameters.total, "type": row.type}
        else:  # another call of the same
            entry["macs"] += row.macs
            entry["params"] += row.parameters.total
    return {
        **{key: found[kind] for key, kind in FIGURES.items()},
        "memory_of": {
            "activations": report.memory.activations or 0,
            "buffers": report.memory.buffers,
            "kv_cache": report.memory.kv_cache or 0,
            "parameters": report.memory.parameters,
        },
        "output": ", ".join(f"[{','.join(map(str, tensor.shape))}]" for tensor in report.outputs),
        "uncounted": [row.name for row in report.uncounted],
        "layers": layers,
    }


def load(path: str) -> dict[str, Entry]:
    """The entries of the baseline at ``path``.

    Raises:
        ConfigurationError: it cannot be read, or is no baseline.
    """
    name = Path(path).name
    again = "write it anew with --write-baseline"
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ConfigurationError(f"{name} is larger than any baseline", hint=again)
        form = json.loads(data.decode("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be read: {error.strerror or error}", hint=again) from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise ConfigurationError(f"{name} is no JSON: {reason}", hint=again) from None
    if not isinstance(form, dict) or form.get("schema") != SCHEMA or not isinstance(form.get("checks"), dict):
        raise ConfigurationError(f"{name} is no baseline of schema {SCHEMA}", hint=again)
    for check, entry in form["checks"].items():
        if not _is_entry(entry):
            raise ConfigurationError(f"{name}: the entry {check[:80]!r} is not whole", hint=again)
    entries: dict[str, Entry] = form["checks"]
    return entries


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and all(_is_count(entry.get(key)) for key in FIGURES)
        and isinstance(entry.get("uncounted"), list)
        and all(isinstance(name, str) for name in entry["uncounted"])
        and isinstance(entry.get("layers"), dict)
        and all(map(_is_layer, entry["layers"].values()))
        and isinstance(entry.get("memory_of", {}), dict)
        and all(map(_is_count, entry.get("memory_of", {}).values()))
    )


def _is_layer(layer: Any) -> bool:
    return (
        isinstance(layer, dict)
        and _is_count(layer.get("params"))
        and _is_count(layer.get("macs"))
        and isinstance(layer.get("type"), str)
        and isinstance(layer.get("output"), str | None)
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def written(entries: Iterable[tuple[str, Entry]]) -> str:
    """The text of a baseline: sorted, a figure on each line, so that a change of one is a change of one line."""
    form = {"schema": SCHEMA, "checks": dict(entries)}
    return json.dumps(form, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def save(path: str, text: str) -> None:
    """Write ``text`` to ``path``: all of it, or nothing.

    Raises:
        OutputError: it cannot be written.
    """
    beside = Path(f"{path}.new")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}", hint="name a file that can be written"
        ) from error
