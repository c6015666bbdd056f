"""Which layer is which: insertions, renames, repetitions, and what must hold of any two reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from compare.forms import form, linear, row
from hypothesis import given, settings
from hypothesis import strategies as st

from linscope.comparison import compare_forms
from linscope.comparison import matching as matching_module

if TYPE_CHECKING:
    from linscope.report.comparison import Comparison


def kinds(comparison: Comparison) -> list[tuple[str, str | None, str | None]]:
    """Each change: its kind, and its path before and after."""
    return [
        (change.kind, change.before and change.before.path, change.after and change.after.path)
        for change in comparison.layers
    ]


def chain(*steps: tuple[Any, ...]) -> dict[str, Any]:
    """A chain in which every path is a position: (in, out) is a Linear, a name another layer."""
    return form(
        *(
            linear(str(place), *step) if isinstance(step[0], int) else row(str(place), step[0])
            for place, step in enumerate(steps)
        )
    )


def test_a_layer_put_in_front_changes_none_behind_it() -> None:
    before = chain((4, 8), ("ReLU",), (8, 8), ("ReLU",), (8, 2))
    after = chain(("Dropout",), (4, 8), ("ReLU",), (8, 8), ("ReLU",), (8, 2))
    comparison = compare_forms(before, after)
    assert kinds(comparison) == [("added", None, "0")]
    assert (comparison.unchanged, comparison.moved) == (5, 5)


def test_a_layer_put_in_between_layers_of_its_own_class() -> None:
    before = chain((4, 8), (8, 8), (8, 2))
    after = chain((4, 8), (8, 16), (16, 8), (8, 8), (8, 2))
    comparison = compare_forms(before, after)
    assert kinds(comparison) == [("added", None, "1"), ("added", None, "2")]
    assert (comparison.unchanged, comparison.moved) == (3, 2)


def test_a_layer_taken_out() -> None:
    comparison = compare_forms(chain((4, 4), ("Tanh",), (4, 2)), chain((4, 4), (4, 2)))
    assert kinds(comparison) == [("removed", "1", None)]
    assert (comparison.unchanged, comparison.moved) == (2, 1)


def test_one_class_in_the_place_of_another_is_a_change_and_not_a_loss_and_a_gain() -> None:
    comparison = compare_forms(chain((4, 8), ("ReLU",), (8, 2)), chain((4, 8), ("GELU",), (8, 2)))
    (change,) = comparison.layers
    assert (change.kind, change.what) == ("changed", ("type", "written"))
    assert change.before is not None and change.before.type == "ReLU"
    assert change.after is not None and change.after.type == "GELU"


def test_all_sizes_changed_and_a_layer_more() -> None:
    """Nothing is the same, and still each Linear is held against the one in its place."""
    before = chain((4, 8), ("ReLU",), (8, 2))
    after = chain((4, 16), ("ReLU",), ("Dropout",), (16, 2))
    assert kinds(compare_forms(before, after)) == [
        ("changed", "0", "0"), ("added", None, "2"), ("changed", "2", "3"),
    ]  # fmt: skip


def test_named_layers_are_told_by_their_names_in_whatever_order() -> None:
    parts = [linear(name, 4, 4) for name in ("q", "k", "v")]
    assert kinds(compare_forms(form(*parts), form(parts[2], parts[0], parts[1]))) == []
    without_k = compare_forms(form(*parts), form(parts[0], parts[2]))
    assert kinds(without_k) == [("removed", "k", None)]


def test_positions_are_held_against_positions_whatever_the_order_they_run_in() -> None:
    up = [linear(f"up.{place}", 4, 4 + place) for place in range(4)]
    wider = [linear(f"up.{place}", 8, 4 + place) for place in range(4)]
    comparison = compare_forms(form(*up), form(*reversed(wider)))
    assert all(before == after for _, before, after in kinds(comparison))
    assert len(comparison.layers) == 4


def nested(name: str, *, width: int = 8, blocks: int = 3) -> list[dict[str, Any]]:
    """A model with a chain of blocks called ``name``."""
    inside = []
    for place in range(blocks):
        path = f"{name}.{place}"
        inside += [
            row(path, "Block", depth=2),
            linear(f"{path}.up", width, 4 * width, depth=3),
            linear(f"{path}.down", 4 * width, width, depth=3),
        ]
    return [
        row("", "Net"), linear("stem", 4, width, depth=1), row(name, "Sequential", depth=1), *inside,
        linear("head", width, 2, depth=1),
    ]  # fmt: skip


def test_a_renamed_part_is_renamed_with_all_within_it() -> None:
    comparison = compare_forms(form(*nested("encoder")), form(*nested("backbone")))
    assert {change.kind for change in comparison.layers} == {"renamed"}
    assert ("renamed", "encoder.1.up", "backbone.1.up") in kinds(comparison)
    assert len(comparison.layers) == 10  # the chain, and 3 blocks of 3
    assert comparison.unchanged == 3  # the model, stem and head
    assert not comparison.identical


def test_a_part_that_was_renamed_and_changed_is_known_by_its_make() -> None:
    comparison = compare_forms(form(*nested("encoder")), form(*nested("backbone", width=16)))
    found = {pair for _, *pair in map(list, kinds(comparison)) for pair in [tuple(pair)]}
    assert ("encoder.2.down", "backbone.2.down") in found
    assert {change.kind for change in comparison.layers} == {"changed", "renamed"}


def test_blocks_more_of_the_same() -> None:
    comparison = compare_forms(form(*nested("encoder")), form(*nested("encoder", blocks=5)))
    assert [after for _, _, after in kinds(comparison)] == [
        f"encoder.{place}{part}" for place in (3, 4) for part in ("", ".up", ".down")
    ]
    assert comparison.unchanged == len(nested("encoder"))


def test_a_model_put_into_another_is_found_there() -> None:
    inner = [{**r, "path": f"module.{r['path']}".rstrip("."), "depth": r["depth"] + 1} for r in nested("encoder")]
    comparison = compare_forms(form(*nested("encoder")), form(row("", "Wrapper"), *inner))
    renamed = [change for change in comparison.layers if change.kind == "renamed"]
    assert ("renamed", "encoder.0.up", "module.encoder.0.up") in kinds(comparison)
    assert len(renamed) == len(nested("encoder")) - 1  # the model itself is where the wrapper is now


def test_a_layer_called_more_often() -> None:
    def cells(calls: int) -> dict[str, Any]:
        return form(row("", "Net"), *(linear("cell", 4, 4, depth=1, call=n + 1) for n in range(calls)))

    comparison = compare_forms(cells(3), cells(5))
    assert [(change.kind, change.side.call) for change in comparison.layers] == [("added", 4), ("added", 5)]


def test_thousands_of_layers_that_are_all_alike() -> None:
    """Each with every other would be nine million pairs; the n-th with the n-th does as well."""
    half = 1_500
    comparison = compare_forms(chain(*[(4, 4)] * 2 * half), chain(*[(4, 4)] * half, ("Tanh",), *[(4, 4)] * half))
    assert kinds(comparison) == [("added", None, str(half))]


@pytest.mark.parametrize("costly", [0, 10**9])
def test_either_way_of_aligning_finds_what_was_put_in(monkeypatch: pytest.MonkeyPatch, costly: int) -> None:
    monkeypatch.setattr(matching_module, "COSTLY", costly)
    before = chain((4, 8), ("ReLU",), (8, 8), ("ReLU",), (8, 2))
    after = chain((4, 8), ("ReLU",), (8, 8), ("Tanh",), ("ReLU",), (8, 2))
    assert kinds(compare_forms(before, after)) == [("added", None, "3")]


STEPS = st.sampled_from([(4, 4), (4, 8), (8, 4), ("ReLU",), ("Tanh",)])


@settings(deadline=None, max_examples=60)
@given(st.lists(STEPS, max_size=12), st.lists(STEPS, max_size=12))
def test_every_row_is_told_once_and_the_changes_add_up(old: list[Any], new: list[Any]) -> None:
    before, after = chain(*old), chain(*new)
    comparison = compare_forms(before, after)
    per_kind = [change.kind for change in comparison.layers]
    on_both = comparison.unchanged + per_kind.count("changed") + per_kind.count("renamed")
    assert on_both + per_kind.count("removed") == len(old)
    assert on_both + per_kind.count("added") == len(new)
    for name, key in (("macs", "macs"), ("parameters", None)):
        told = sum(change.figure(name).change or 0 for change in comparison.layers)
        sums = [sum(r[key] if key else r["parameters"]["total"] for r in f["layers"]) for f in (before, after)]
        assert told == sums[1] - sums[0]
        total = comparison.total(name)
        assert total is not None and total.change == told
    seen = [change.after.path for change in comparison.layers if change.after]
    assert seen == sorted(seen, key=int)  # in the order they run


@settings(deadline=None, max_examples=60)
@given(st.lists(STEPS, max_size=12), st.data())
def test_what_is_put_in_is_all_that_changed(steps: list[Any], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(steps)))
    more = data.draw(st.integers(1, 3))
    after = [*steps[:place], *[("Softmax",)] * more, *steps[place:]]
    comparison = compare_forms(chain(*steps), chain(*after))
    assert [change.kind for change in comparison.layers] == ["added"] * more
    assert {change.side.type for change in comparison.layers} == {"Softmax"}
    assert (comparison.unchanged, comparison.moved) == (len(steps), len(steps) - place)
