"""What ``linscope layers NAME`` shows, what the report shows, and what is checked are one formula.

The displayed text is evaluated with the values of the derivation's factors, name by name, for every case.
"""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

import pytest
from engine.derivation_cases import CASES
from engine.test_derivations import derived
from torch import nn

from linscope.engine.derivations.none import NO_CONTRACTION
from linscope.engine.derivations.registry import registered_names
from linscope.notation.catalogue import guide

if TYPE_CHECKING:
    from linscope.report.derivation import Derivation

FROM_TARGETS = "AdaptiveLogSoftmaxWithLoss"
"""How many rows each of its clusters gets is up to the targets: there is no formula of shapes."""
WITH_A_DISTANCE = "TripletMarginWithDistanceLoss"
"""It contracts where a distance of the user's own does."""
OPTIONAL = {"N", "groups"}
"""Names that a derivation has only where there is a batch, or more than one group."""


def identifiers(text: str) -> set[str]:
    """The names in an expression; none where it is prose."""
    try:
        return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}
    except SyntaxError:
        return set()


def as_python(formula: str) -> str:
    return formula.replace("·", "*").replace("²", "**2")


def factors(derivation: Derivation) -> dict[str, int]:
    """Every factor by its name; a name stands for one number."""
    found: dict[str, int] = {}
    for term in derivation.terms:
        for name, value in (*term.rows, *term.weights):
            assert found.setdefault(name, value) == value, name
    return found


def attributes(module: nn.Module) -> dict[str, Any]:
    """The constructor's arguments as the layer keeps them, and what PyTorch calls what it does not keep."""
    held = {**vars(module), "add_bias_kv": getattr(module, "bias_k", None) is not None}
    return {name: value for name, value in held.items() if not name.startswith("_")}


def values(module: nn.Module, derivation: Derivation, where: dict[str, str]) -> dict[str, Any]:
    """What each name of a formula stands for: a factor, an argument of the constructor, or what is said of it."""
    named = factors(derivation)
    steps = named.get("sum(lengths)")
    known: dict[str, Any] = {"N": 1, "prod": prod, "sum": sum, **attributes(module)}
    known |= {name: value for name, value in named.items() if name.isidentifier()}
    known["rows"] = prod(value for _, value in derivation.terms[0].rows)
    if steps is not None:  # packed sequences: their steps in place of L · N
        known |= {"L": steps, "lengths": (steps,)}
    for name, meaning in where.items():
        if name.isidentifier() and name not in named and identifiers(meaning) and identifiers(meaning) <= known.keys():
            known[name] = eval(meaning, {}, known)
    return known


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", CASES)
def test_the_displayed_formula_gives_the_derivations_count(case: str) -> None:
    build, inputs, count = CASES[case]
    module = build().eval()
    about = guide(type(module).__name__)
    assert about is not None
    assert about.macs_formula is not None
    found = derived(module, *inputs)
    assert found is not None
    known = values(module, found, dict(about.where))
    assert eval(as_python(about.macs_formula), {}, known) == count
    assert eval(found.names(), {}, known) == count


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_names_are_the_same_in_both() -> None:
    """No name of a formula is in no derivation of its layer, and none of a derivation is missing from the formula."""
    derivations: dict[str, set[str]] = {}
    for build, inputs, _ in CASES.values():
        module = build().eval()
        name = type(module).__name__
        found = derived(module, *inputs)
        assert found is not None
        derivations.setdefault(name, set()).update(*(identifiers(factor) for factor in factors(found)))
    for name, used in derivations.items():
        about = guide(name)
        assert about is not None
        assert about.macs_formula is not None
        where = {key: identifiers(meaning) for key, meaning in about.where}
        shown = identifiers(as_python(about.macs_formula))
        explained = shown | set().union(*(meaning for key, meaning in where.items() if key in shown))
        rows = {"N"} | {f"dim{i}" for i in range(8)} if "rows" in shown else set()
        packed = {"sum", "lengths"} & used
        assert used - rows - packed <= explained | {"proj_size"}, name
        assert shown - {"rows", "prod"} - OPTIONAL - where.keys() <= used, name


def test_every_layer_that_contracts_has_a_case() -> None:
    asked = {type(build()).__name__ for build, _, _ in CASES.values()}
    contracting = {name for name in registered_names() - NO_CONTRACTION if hasattr(nn, name)}
    assert contracting - asked == {WITH_A_DISTANCE, FROM_TARGETS}


def test_squares_are_read_as_such() -> None:
    assert eval(as_python("2 · embed_dim²"), {}, {"embed_dim": 3}) == 18
    assert eval(as_python("(a/b) · c"), {}, {"a": 6, "b": 3, "c": 5}) == 10
