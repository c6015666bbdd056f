"""Rows to a tree: who is in whom, and what repeats."""

from __future__ import annotations

from dataclasses import replace

from render.builders import layer, parameters, product, report
from render.samples import SAMPLES

from linscope.render.headline import headline
from linscope.render.provenance import macs_origin, parameters_origin
from linscope.render.tree import Node, calls, title, tree


def outline(nodes: tuple[Node, ...]) -> list[object]:
    return [(title(node), outline(node.children)) if node.children else title(node) for node in nodes]


def steps(*names: str) -> tuple[Node, ...]:
    return tree(report("t", *(layer(str(i), name, (2, 3), (2, 3)) for i, name in enumerate(names))))


def test_children_are_beneath_their_parents_and_equal_blocks_are_told_once() -> None:
    assert outline(tree(SAMPLES["encoder"])) == [
        (
            "TransformerEncoder(TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)",
            [
                (
                    "2 × TransformerEncoderLayer(8, 2, 16, batch_first=True)",
                    [
                        "MultiheadAttention(8, 2, batch_first=True)",
                        "LayerNorm(8)",
                        "Linear(8, 16)",
                        "Dropout(0.1)",
                        "Linear(16, 8)",
                        "LayerNorm(8)",
                    ],
                )
            ],
        )
    ]


def test_a_sequence_that_repeats_is_told_once() -> None:
    assert outline(steps(*"ABABABC")) == [("3 × (A → B)", ["A", "B"]), "C"]
    assert outline(steps(*"ABCABCABC")) == [("3 × (A → B → C)", ["A", "B", "C"])]
    assert outline(steps(*"ABAB")) == ["A", "B", "A", "B"]
    assert outline(steps(*"AABAABAAB")) == [("3 × (2 × A → B)", ["2 × A", "B"])]


def named(*names: str) -> list[object]:
    rows = (layer(name, "Block", (2, 3), (2, 3)) for name in names)
    return [f"{node.name}: {title(node)}" for node in tree(report("t", *rows))]


def test_names_that_count_on_are_told_as_one() -> None:
    assert named("block_0", "block_1", "block_2", "head") == ["block_0–2: 3 × Block", "head: Block"]
    assert named("conv9", "conv10") == ["conv9–10: 2 × Block"]
    assert named("block_0", "block_2") == ["block_0: Block", "block_2: Block"]
    assert named("block_1", "block_0") == ["block_1: Block", "block_0: Block"]
    assert named("block_01", "block_02") == ["block_01: Block", "block_02: Block"]
    assert named("a1", "b2", "a3") == ["a1: Block", "b2: Block", "a3: Block"]


def test_folding_loses_no_call() -> None:
    for names in ("ABABABC", "AAAA", "AABAABAAB", "ABCDEFGHIABCDEFGHI", ""):
        assert sum(map(calls, steps(*names))) == len(names) if names else True
    assert sum(map(calls, tree(SAMPLES["alike"]))) == 1_000


def test_layers_that_differ_in_a_number_are_not_alike() -> None:
    # of two runs of equal layers the second has frozen parameters
    trainable = layer("0", "Linear(2, 2)", (1, 2), (1, 2), own=parameters(4, weight=(2, 2)))
    frozen = replace(trainable, path="1", parameters=parameters(4, frozen=4, weight=(2, 2)))
    assert [node.times for node in tree(report("t", trainable, trainable, frozen))] == [2, 1]


def test_only_names_are_shown_not_positions() -> None:
    rows = tree(SAMPLES["encoder"])[0].children[0].children
    assert [node.name for node in rows] == ["self_attn", "norm1", "linear1", "dropout", "linear2", "norm2"]
    assert tree(SAMPLES["linear"])[0].name == ""


def test_the_headline_is_the_chain_where_there_is_one() -> None:
    made = SAMPLES["chain"]
    assert headline(made, tree(made)).steps == (
        ("nn.Linear(10, 50)", "[3, 50]"),
        ("ReLU", "[3, 50]"),
        ("nn.Linear(50, 2)", "[3, 2]"),
    )
    cycle = SAMPLES["cycle"]
    assert headline(cycle, tree(cycle)).steps == (("4 × (Linear(3, 3) → ReLU)", "[2, 3]"),)


def test_the_headline_claims_no_chain_where_there_is_none() -> None:
    """The second layer does not take what the first one gave."""
    apart = report("t", layer("a", "A", (2, 3), (2, 4)), layer("b", "B", (2, 3), (2, 5)))
    assert headline(apart, tree(apart)).steps == (("2 layers", "[2, 5]"),)


def test_the_headline_counts_what_is_too_long_to_show() -> None:
    rows = [layer(str(i), f"L{i}", (2, i), (2, i + 1)) for i in range(1, 21)]
    made = report("t", *rows)
    assert headline(made, tree(made)).steps == (("20 layers", "[2, 21]"),)


def test_totals_say_where_they_come_from() -> None:
    def origins(name: str) -> tuple[str, str]:
        made = SAMPLES[name]
        nodes = tree(made)
        return (
            parameters_origin(nodes, made.totals.parameters.total),
            macs_origin(nodes, made.totals.macs).text,
        )

    assert origins("linear") == ("2 × 4", "32 · 3 × (4 · 2): 96 rows, each through the same 8 weights")
    assert origins("chain") == ("550 + 102", "1,500 + 300")
    assert origins("lstm") == ("80 × 10 + 80 × 20 + 80 + 80", "12,000 + 24,000")
    assert origins("encoder") == ("2 × 600", "2 × 5,920")
    assert origins("shared") == ("4 × 4 + 4", "3 × 32")
    assert origins("alike") == ("1,000 × 16", "1,000 × 32")
    assert origins("nothing") == ("", "")


def test_a_sum_that_is_not_the_total_is_not_claimed() -> None:
    made = SAMPLES["chain"]
    assert parameters_origin(tree(made), 651) == ""
    assert macs_origin(tree(made), 1_801).text == ""


def test_what_a_layer_does_by_itself_is_in_the_sum() -> None:
    # 2 * 3 * 3 = 18 inside and 2 * 5 = 10 of its own: 28
    inside = layer("f", "Linear(3, 3)", (2, 3), (2, 3), depth=1, terms=(product({"b": 2}, {"i": 3, "o": 3}),))
    outer = layer("", "Net", (2, 3), (2, 3), terms=(product({"b": 2}, {"i": 5}),), subtree=(28, 0))
    assert macs_origin(tree(report("t", outer, inside)), 28).text == "10 + 18"


def test_one_row_reads_as_one_row() -> None:
    # a vector of 2 through (2, 3): 6 weights, no leading dimension
    own = parameters(6, weight=(3, 2))
    alone = layer("0", "Linear(2, 3)", (2,), (3,), own=own, terms=(product({}, {"i": 2, "o": 3}),))
    assert macs_origin(tree(report("t", alone)), 6).text == "2 · 3: one row, through 6 weights"
