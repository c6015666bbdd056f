"""Inputs are drawn so that the layer that receives them runs for real, and gives finite numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from linscope.engine.inputs import Drawer
from linscope.sources.draws import draws_for
from linscope.subject import NORMAL, Draw, TensorSpec


def floats(*shape: int, name: str | None = None) -> TensorSpec:
    return TensorSpec(shape, "float32", name)


def integers(*shape: int, name: str | None = None) -> TensorSpec:
    return TensorSpec(shape, "int64", name)


def filled(module: nn.Module, *specs: TensorSpec) -> list[torch.Tensor]:
    drawn = zip(specs, draws_for(module, specs), strict=True)
    drawer = Drawer("real", torch.device("cpu"), None)
    return [drawer.materialize(replace(spec, draw=how)) for spec, how in drawn]


class Chain(nn.Module):
    """Anything whose ``steps`` are modules counts as a chain."""

    def __init__(self, *steps: nn.Module) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)


class Untouched(nn.Module):
    """A step that is no layer of torch.nn."""


# ── What is drawn ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("module", "specs", "draws"),
    [
        (nn.Linear(4, 2), [floats(32, 3, 4)], [NORMAL]),
        (nn.Embedding(1000, 8), [integers(2, 16)], [Draw("integers", 0, 1000)]),
        # 9 indices in 3 bags: they start at 0, 3 and 6.
        (
            nn.EmbeddingBag(50, 8),
            [integers(9), integers(3)],
            [Draw("integers", 0, 50), Draw("values", values=(0, 3, 6))],
        ),
        # The last of 4 offsets is where the third bag ends: 0, 3, 6 and 9.
        (
            nn.EmbeddingBag(50, 8, include_last_offset=True),
            [integers(9), integers(4)],
            [Draw("integers", 0, 50), Draw("values", values=(0, 3, 6, 9))],
        ),
        (nn.CrossEntropyLoss(), [floats(3, 5), integers(3)], [NORMAL, Draw("integers", 0, 5)]),
        (nn.CrossEntropyLoss(), [floats(5), integers()], [NORMAL, Draw("integers", 0, 5)]),
        (nn.CrossEntropyLoss(), [floats(3, 5), floats(3, 5)], [NORMAL, Draw("uniform", 0, 1)]),
        (nn.NLLLoss2d(), [floats(2, 7, 4, 4), integers(2, 4, 4)], [NORMAL, Draw("integers", 0, 7)]),
        (nn.MultiLabelMarginLoss(), [floats(3, 5), integers(3, 5)], [NORMAL, Draw("integers", 0, 5)]),
        # (4 - 1) * 2 - 2 * 0 + 2 = 8 places in each direction, 64 in all, over the last two dimensions.
        (nn.MaxUnpool2d(2), [floats(2, 4, 4), integers(2, 4, 4)], [NORMAL, Draw("permutation", 0, 64, 2)]),
        (nn.GaussianNLLLoss(), [floats(3)] * 3, [NORMAL, NORMAL, Draw("uniform", 0.5, 1.5)]),
        (nn.Sequential(), [integers(2, 3)], [Draw("integers", 0, 10)]),
    ],
)
def test_draws(module, specs, draws):
    assert draws_for(module, specs) == tuple(draws)


def test_targets_of_ctc_are_never_blank_and_its_lengths_are_the_tensors_own():
    # 50 steps of 4 sequences over 20 classes; 4 targets of length 10.
    specs = [floats(50, 4, 20), integers(4, 10), integers(4), integers(4)]
    _, targets, input_lengths, target_lengths = filled(nn.CTCLoss(), *specs)
    assert int(targets.min()) >= 1 and int(targets.max()) < 20
    assert input_lengths.tolist() == [50] * 4
    assert target_lengths.tolist() == [10] * 4
    assert draws_for(nn.CTCLoss(blank=19), specs)[1] == Draw("integers", 0, 19)
    # Targets in one row: 10 of them among 4 sequences are 3 + 3 + 2 + 2.
    joined = filled(nn.CTCLoss(), specs[0], integers(10), *specs[2:])
    assert joined[3].tolist() == [3, 3, 2, 2]


def test_by_name_in_any_order():
    specs = [integers(3, name="target"), floats(3, 5, name="input")]
    assert draws_for(nn.CrossEntropyLoss(), specs) == (Draw("integers", 0, 5), NORMAL)


def test_a_name_after_a_position():
    specs = [floats(10, 2, 8), TensorSpec((2, 10), "bool", "src_key_padding_mask")]
    _, mask = filled(nn.TransformerEncoderLayer(8, 2), *specs)
    assert mask.dtype == torch.bool
    assert not mask.any()


# ── Who receives it ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Embedding(7, 4), nn.Embedding(3, 4)),
        Chain(nn.Embedding(7, 4), nn.Linear(4, 2)),
        Chain(Untouched(), nn.Sequential(nn.Sequential(nn.Embedding(7, 4)))),
        nn.DataParallel(nn.Embedding(7, 4)),
    ],
)
def test_the_first_layer_of_containers_decides(module):
    assert draws_for(module, [integers(2, 3)]) == (Draw("integers", 0, 7),)


def test_behind_a_layer_that_is_not_particular_the_smallest_table_decides():
    chain = Chain(nn.Flatten(), nn.Embedding(7, 4), nn.Embedding(3, 4))
    assert draws_for(chain, [integers(2, 5)]) == (Draw("integers", 0, 3),)


def test_a_module_of_ones_own_takes_indices_of_its_smallest_table():
    class Model(nn.Module):
        steps = 1000  # a number of steps, and no chain

        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.places = nn.Embedding(100, 4), nn.Embedding(20, 4)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return self.tokens(tokens) + self.places(tokens)

    (tokens,) = filled(Model(), integers(4, 50))
    assert int(tokens.max()) < 20


def test_a_subclass_follows_the_rule_of_its_base():
    class Table(nn.Embedding):
        pass

    assert draws_for(Table(6, 2), [integers(4)]) == (Draw("integers", 0, 6),)


# ── What must not break it ──────────────────────────────────────────────────────────────────────────


def test_whole_numbers_stay_within_their_dtype():
    (drawn,) = filled(nn.Embedding(1000, 2), TensorSpec((10_000,), "int8"))
    assert int(drawn.min()) >= 0
    (drawn,) = filled(nn.Embedding(1000, 2), TensorSpec((10_000,), "uint8"))
    assert int(drawn.max()) <= 255


def test_dtypes_by_their_aliases():
    assert draws_for(nn.Embedding(6, 2), [TensorSpec((3,), "long")]) == (Draw("integers", 0, 6),)
    assert draws_for(nn.ReLU(), [TensorSpec((3,), "half")]) == (NORMAL,)


@pytest.mark.parametrize(
    "module",
    [
        *(nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MultiMarginLoss(), nn.CTCLoss(), nn.BCELoss()),
        *(nn.GaussianNLLLoss(), nn.MaxUnpool1d(2), nn.MaxUnpool3d(2), nn.EmbeddingBag(5, 2)),
        nn.MultiheadAttention(8, 2),
    ],
)
@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("shape", [(), (0,), (3,)])
def test_any_number_of_inputs_of_any_shape_gets_its_draws(module, count, shape):
    for spec in (floats(*shape), integers(*shape)):
        assert len(draws_for(module, [spec] * count)) == count


def test_a_hostile_size_is_not_written_out_value_by_value():
    huge = 10**15
    bag = draws_for(nn.EmbeddingBag(5, 2), [integers(huge), integers(huge)])
    ctc = draws_for(nn.CTCLoss(), [floats(5, huge, 3), integers(huge + 1), integers(huge), integers(huge)])
    assert all(how.values == () for how in (*bag, *ctc))


# ── It runs for real ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("module", "specs"),
    [
        (nn.Embedding(3, 4), [integers(100)]),
        (nn.EmbeddingBag(3, 4), [integers(10), integers(4)]),
        (nn.EmbeddingBag(3, 4, mode="sum"), [integers(10), integers(4), floats(10)]),
        (nn.CrossEntropyLoss(), [floats(50, 2), integers(50)]),
        (nn.NLLLoss(), [floats(50, 2, 3), integers(50, 3)]),
        (nn.MultiMarginLoss(), [floats(50, 2), integers(50)]),
        (nn.MultiLabelMarginLoss(), [floats(50, 2), integers(50, 2)]),
        (nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10]), [floats(50, 8), integers(50)]),
        (nn.CTCLoss(), [floats(50, 4, 20), integers(4, 10), integers(4), integers(4)]),
        (nn.CTCLoss(), [floats(50, 4, 20), integers(11), integers(4), integers(4)]),
        (nn.CTCLoss(), [floats(50, 20), integers(10), integers(), integers()]),
        (nn.MaxUnpool1d(3, stride=2, padding=1), [floats(2, 4, 8), integers(2, 4, 8)]),
        (nn.MaxUnpool3d(2), [floats(1, 2, 2, 3, 4), integers(1, 2, 2, 3, 4)]),
        (nn.BCELoss(), [floats(50), floats(50)]),
        (nn.BCEWithLogitsLoss(), [floats(50), floats(50)]),
        (nn.KLDivLoss(reduction="batchmean"), [floats(5, 4), floats(5, 4)]),
        (nn.PoissonNLLLoss(log_input=False, full=True), [floats(50), floats(50)]),
        (nn.GaussianNLLLoss(), [floats(50), floats(50), floats(50)]),
        (nn.MultiheadAttention(8, 2), [*[floats(3, 2, 8)] * 3, TensorSpec((2, 3), "bool")]),
    ],
)
def test_the_layer_runs_and_gives_finite_numbers(module, specs):
    torch.manual_seed(0)
    output = module(*filled(module, *specs))
    first = output[0] if isinstance(output, tuple) else output
    assert torch.isfinite(first).all()


def test_unpooled_values_lose_nothing():
    pooled, indices = filled(nn.MaxUnpool2d(2), floats(2, 3, 4, 4), integers(2, 3, 4, 4))
    assert torch.allclose(nn.MaxUnpool2d(2)(pooled, indices).sum(), pooled.sum(), atol=1e-4)
