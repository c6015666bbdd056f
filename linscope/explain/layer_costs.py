"""Where one layer's parameters and MACs come from, as lessons on it show and check it.

The formulas are those that every analysis checks against the operators that ran (``linscope.engine.derivations``).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.report.lesson import Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.language import Say
    from linscope.report.derivation import Derivation, Factor, Term
    from linscope.report.record import LayerRow


def derivation_of(row: LayerRow) -> Derivation | None:
    """The layer's own formula, the layers inside it included; what its operators did where it has none."""
    return row.subtree_derivation or row.derivation


def check_costs(b: Board) -> None:
    """The layer's formula against the operators that ran, and the sizes of its parameters against their number."""
    row, say = b.row, b.say
    found = derivation_of(row)
    told = found.count if found is not None else 0
    b.counts("macs", say("its formula gives {count:,} MACs, and its operators did", count=told), told, row.subtree_macs)
    count = sum(prod(shape) for _, shape in row.parameters.shapes)
    b.counts("parameters", say("the sizes of its parameters multiply and add up to {count:,}", count=count),
             count, row.parameters.total)  # fmt: skip


def macs_part(b: Board) -> Table | Worked | None:
    """The formula, the numbers in it, and what it comes to; a line per product where it is a sum. None for no MACs."""
    say = b.say
    found = derivation_of(b.row)
    terms = found.terms if found is not None else ()
    if len(terms) == 1:
        (term,) = terms
        return Worked("", (f"MACs = {names_of(term)}", f"     = {numbers_of(term)}", f"     = {term.product:,}"))
    lines = [(_label(say, term.label), names_of(term), numbers_of(term), f"{term.product:,}") for term in terms]
    lines.append((say("in all"), "", "", f"{b.row.subtree_macs:,}"))
    titles = ("", say("formula"), say("numbers"), "MACs")
    return Table("", titles, tuple(lines), (False, False, False, True)) if terms else None


def parameter_table(b: Board) -> Table:
    """A line per parameter: its sizes, and what they multiply to."""
    say = b.say
    lines = [(name, sizes_of(shape), f"{prod(shape):,}") for name, shape in b.row.parameters.shapes]
    if len(lines) > 1:
        lines.append((say("in all"), "", f"{b.row.parameters.total:,}"))
    return Table("", (say("parameter"), say("sizes"), say("parameters")), tuple(lines), (False, False, True))


def names_of(term: Term) -> str:
    return " · ".join(_guarded(factor) for factor in (*term.rows, *term.weights)) or "1"


def numbers_of(term: Term) -> str:
    return " · ".join(f"{factor.value:,}" for factor in (*term.rows, *term.weights)) or "1"


def _guarded(factor: Factor) -> str:
    return f"({factor.name})" if " " in factor.name else factor.name


def sizes_of(shape: tuple[int, ...]) -> str:
    return " · ".join(f"{size:,}" for size in shape) or "1"


def _label(say: Say, label: str) -> str:
    """What a product of a sum is; the engine's own words, where they are names."""
    known = {
        "query projection": say("query projection"),
        "key projection": say("key projection"),
        "value projection": say("value projection"),
        "output projection": say("output projection"),
        "layers above": say("layers above"),
    }
    return known.get(label, label)
