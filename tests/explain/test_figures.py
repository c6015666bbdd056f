"""The figures that a learner must come to see, each read from the command that teaches it."""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise

import pytest
from cli.shell import linscope as run

NUMBER = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?")


def shown(*arguments):
    """What the command prints, on one line, so that folding hides nothing."""
    done = run("explain", *arguments)
    assert (done.code, done.err) == (0, "")
    return " ".join(done.out.split())


def document(*arguments):
    done = run("explain", *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    (lesson,) = json.loads(done.out)["lessons"]
    return lesson


def holds(lesson, key):
    (check,) = [check for check in lesson["verified"] if check["key"] == key]
    assert check["holds"] is True
    return check


def test_the_transpose():
    text = shown("transpose")
    for figure in (
        "[32, 3, 4] @ [4, 2] = [32, 3, 2]",
        "(out, in) = (2, 4)",
        "weight.T (4, 2) (1, 4)",
        "weight.T is a view: it lies in weight's own memory, nothing is copied",
        'torch.einsum("...i,oi->...o", x, weight) = y',
        "nn.functional.linear(x, weight) = y difference 0",
        "Row j of the weight is what output j looks at",
    ):
        assert figure in text
    lesson = document("transpose")
    for key in ("shape", "strides", "view", "functional", "matmul", "torch_matmul", "einsum", "addmm", "worked"):
        holds(lesson, key)
    assert "addmm" in " ".join(document("transpose", "[32,3,4] -> nn.Linear(4,2)")["code"])


def test_the_parameter_by_hand():
    text = shown("parameter-vs-linear")
    for figure in ("[4, 3] @ [3, 2] = [4, 2]", "(in, out) = (3, 2)", "(out, in) = (2, 3)", "3 · 2 + 2 = 8", "24 MACs",
                   "0 of 24 MACs", "Y = XWᵀ + b", "Y = XW + b"):  # fmt: skip
        assert figure in text
    lesson = document("parameter-vs-linear")
    for key in ("copied", "parameters", "parameters_other", "macs", "macs_other", "hooks"):
        holds(lesson, key)


def test_only_the_last_dimension():
    text = shown("last-dimension")
    for figure in ("(2, 3, 4, 4) Linear(4, 5) (2, 3, 4, 5)", "(3, 10) Linear(10, 2) (3, 2)", "(2,) Linear(2, 3) (3,)",
                   "32 · 3 = 96", "y is [32, 3, 2]"):  # fmt: skip
        assert figure in text
    assert "features" in shown("reading-shapes") and "32 of those" in shown("reading-shapes")


def test_the_weights_are_shared():
    text = shown("shared-weights")
    for figure in ("4 · 2 = 8 weights serve all 32 · 3 = 96 rows", "32 · 3 · (4 · 2) = 768", "FLOPs = 2 · MACs = 1,536",
                   "→ 768", "768 MACs. A multiply and an add counted as two are 1,536 FLOPs"):  # fmt: skip
        assert figure in text
    for key in ("parameters", "macs", "report", "thop"):
        holds(document("shared-weights"), key)


def test_flattening():
    text = shown("flatten")
    for figure in ("12 · 6 = 72", "32 · 72 = 2,304", "48, meets 480 weights", "4 · 2 = 8", "768",
                   "[32, 12] @ [12, 6] = [32, 6]"):  # fmt: skip
        assert figure in text
    for key in ("flat_parameters", "flat_macs", "feature_map", "block_diag", "sees_own_row", "sees_all", "large_input"):
        holds(document("flatten"), key)


def test_the_bias():
    text = shown("bias")
    for figure in ("8 + 2 = 10", "192 additions, and no MACs", "Before a BatchNorm it is cancelled"):
        assert figure in text
    for key in ("parameters", "parameters_bare", "macs", "macs_bare", "bias", "cancelled"):
        holds(document("bias"), key)


def test_the_initialisation():
    text = shown("initialization")
    for figure in ("±1/√64 = ±0.125", "kaiming_uniform_(a=√5)", "“nn.Linear starts from a standard normal.”",
                   "0 of 2,048 beyond the bound; of a standard normal 90%", "Seed 0"):  # fmt: skip
        assert figure in text
    lesson = document("initialization")
    for key in ("bound", "bias_bound", "deviation", "kaiming", "by_hand", "own"):
        holds(lesson, key)
    (table,) = [part for part in lesson["parts"] if part["kind"] == "table"]
    rows = {
        row[0]: [float(number) for number in re.findall(r"-?\d+\.?\d*", " ".join(row[1:]))] for row in table["rows"]
    }
    assert rows["deviation"][0] == pytest.approx(0.125 / math.sqrt(3), rel=0.05)
    assert -0.125 <= rows["smallest"][0] < rows["largest"][0] <= 0.125
    assert rows["deviation of y"][1] == pytest.approx(8, rel=0.1)  # √64 times a unit input
    four = shown("initialization", "[32,3,4] -> nn.Linear(4,2)")
    assert "±1/√4 = ±0.5" in four


def test_the_recipe_with_bmm_and_its_repair():
    text = shown("bmm")
    for figure in ("(1, 3, 2)", "(3, 2, 1)", "batches of 1 and 3", "weight.expand(3, 3, 2)", "(3, 3, 1)", "(3, 3)",
                   "first two dimensions of batch2 tensor to be: [1, 2] but got: [3, 2]"):  # fmt: skip
        assert figure in text
    lesson = document("bmm")
    for key in ("recipe", "shape", "repaired", "matmul"):
        holds(lesson, key)
    assert "x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])" in lesson["code"]
    own = document("bmm", "--x", "[[1,2],[3,4],[5,6]]", "--weights", "[[1,0],[0,1],[1,1]]")
    assert own["target"] == "[3,2] -> Linear(2,3)"
    (product,) = [part for part in own["parts"] if part["kind"] == "product"]
    assert product["matrices"][2]["numbers"] == [[1, 2, 3], [3, 4, 7], [5, 6, 11]]  # x Wᵀ, by hand


def test_a_column_and_a_row():
    text = shown("column-vs-row")
    for figure in ("[2, 4] @ [4, 1] = [2, 1]", "[96, 4] @ [4, 2] = [96, 2]", "z = W x", "Y = X Wᵀ"):
        assert figure in text
    for key in ("one_sample", "batch"):
        holds(document("column-vs-row"), key)


def test_a_network():
    text = shown("mlp")
    for figure in ("[3, 10] @ [10, 50] = [3, 50]", "[3, 50] @ [50, 2] = [3, 2]", "550 + 102 = 652", "1,800 MACs",
                   "3 · 500 = 1,500", "3 · 100 = 300"):  # fmt: skip
        assert figure in text
    for key in ("parameters", "macs", "report_parameters", "report_macs", "collapse"):
        holds(document("mlp"), key)


def test_batch_norm_and_its_repair():
    text = shown("batchnorm")
    for figure in ("running_mean should contain 3 elements not 2", "Dimension 1 is 3: BatchNorm1d(3)", "(96, 2)",
                   "Expected more than 1 value per channel when training"):  # fmt: skip
        assert figure in text
    for key in ("formula", "last", "flattened", "one_value"):
        holds(document("batchnorm"), key)


def test_in_features():
    text = shown("in-features")
    for figure in ("[32, 3, 5]", "expects 4 features in the last dimension, got 5", "try: Linear(5,2)", "5 ≠ 4"):
        assert figure in text
    for key in ("mismatch", "repaired", "both_numbers"):
        holds(document("in-features"), key)


def test_a_convolution_of_width_1():
    lesson = document("conv1x1")
    for key in ("equal", "parameters", "parameters_linear", "macs", "macs_linear"):
        holds(lesson, key)
    assert "[32, 3, 4] @ [4, 2] = [32, 3, 2]" in shown("conv1x1")


def test_the_backward_pass():
    text = shown("backward")
    for figure in ("3 · 768 = 2,304", "dX = dY W", "dW = dYᵀ X", "1,536 MACs", "without dX it takes 768 MACs"):
        assert figure in text
    for key in ("forward", "backward", "first", "dx", "dw", "db"):
        holds(document("backward"), key)


def test_attention_grows():
    text = shown("attention")
    for figure in ("[2, 4, 10, 16] @ [2, 4, 16, 10] = [2, 4, 10, 10]", "softmax(Q Kᵀ / √head_dim)", "353,280",
                   "2 · embed_dim = 128"):  # fmt: skip
        assert figure in text
    lesson = document("attention")
    for key in ("output", "weights", "sums", "macs", "length1", "length8", "crossing", "one_head"):
        holds(lesson, key)
    growing = next(part for part in lesson["parts"] if part["caption"].startswith("As the sequence grows"))
    products = [int(row[2].replace(",", "")) for row in growing["rows"]]
    projections = [int(row[1].replace(",", "")) for row in growing["rows"]]
    assert [after // before for before, after in pairwise(products)] == [4, 4, 4]
    assert [after // before for before, after in pairwise(projections)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("convolution", ("1 · 6 · 6 · 4 · 3 · 3 · 3 = 3,888", "112", "N · H_out · W_out · out_channels")),
        ("recurrent", ("5 · 2 · 4 · 4 · 7 = 1,120", "16 · 3 48", "16 · 4 64", "144")),
        ("embedding", ("10 · 4 40", "400 MACs, of which the layer does 0")),
        ("normalization", ("8 parameters", "takes no MACs")),
        ("costs", ("1 · 30 · 30 · 8 · 3 · 3 · 3 = 194,400", "10 · 7,200 + 10 = 72,010")),
    ],
)
def test_beyond_linear(name, figures):
    text = shown(name)
    for figure in figures:
        assert figure in text
    assert document(name)["holds"] is True
