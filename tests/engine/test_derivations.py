"""Counts from attributes and shapes alone, each against a number worked out by hand beside it."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from engine.derivation_cases import CASES, encoder_layer
from torch import nn

import linscope
from linscope.engine.derivations.none import NO_CONTRACTION
from linscope.engine.derivations.registry import derive, registered_names
from linscope.report.derivation import Derivation, Factor

PUBLIC = {
    name
    for name, cls in vars(nn).items()
    if inspect.isclass(cls) and issubclass(cls, nn.Module) and not name.startswith("_")
}


def shapes_of(value: Any) -> tuple[tuple[int, ...], ...]:
    if isinstance(value, torch.Tensor):
        return (tuple(value.shape),)
    if isinstance(value, tuple | list):
        return tuple(shape for item in value for shape in shapes_of(item))
    return ()


def derived(module: nn.Module, *inputs: Any) -> Derivation | None:
    """The derivation of a real call: tuples of sizes become tensors, anything else goes in as it is."""
    arguments = [torch.rand(i) if isinstance(i, tuple) and all(type(s) is int for s in i) else i for i in inputs]
    with torch.no_grad():
        result = module(*arguments)
    return derive(module, shapes_of(arguments), shapes_of(result))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", CASES)
def test_count(case: str) -> None:
    build, inputs, count = CASES[case]
    found = derived(build().eval(), *inputs)
    assert found is not None
    assert found.count == count
    assert eval(found.numbers()) == count


def test_the_product_as_written() -> None:
    found = derived(nn.Linear(4, 2), (32, 3, 4))
    assert found is not None
    assert found.pretty() == "32 · 3 × (4 · 2)"
    assert found.numbers() == "32 * 3 * 4 * 2"
    assert found.names() == "N * dim1 * in_features * out_features"


def test_a_vector_has_no_rows() -> None:
    found = derived(nn.Linear(2, 3), (2,))
    assert found is not None
    assert found.pretty() == "2 · 3"
    assert found.terms[0].rows == ()


def test_factors_of_a_convolution() -> None:
    found = derived(nn.Conv2d(4, 8, 3, padding=1, groups=2), (1, 4, 6, 6))
    assert found is not None
    (term,) = found.terms
    assert term.rows == (Factor("N", 1), Factor("H_out", 6), Factor("W_out", 6))
    assert term.weights == (
        Factor("out_channels", 8),
        Factor("in_channels/groups", 2),
        Factor("kH", 3),
        Factor("kW", 3),
    )
    assert found.names() == "N * H_out * W_out * out_channels * (in_channels/groups) * kH * kW"


def test_the_six_parts_of_attention() -> None:
    found = derived(nn.MultiheadAttention(8, 2), *((3, 2, 8),) * 3)
    assert found is not None
    assert {term.label: term.product for term in found.terms} == {
        "query projection": 384,  # 6·64
        "key projection": 384,
        "value projection": 384,
        "Q Kᵀ": 144,  # 2·2 heads, 3·3 pairs of 4
        "attention × V": 144,
        "output projection": 384,
    }


def test_a_stack_writes_equal_layers_once() -> None:
    layer = derived(encoder_layer(), (3, 2, 8))
    stack = derived(nn.TransformerEncoder(encoder_layer(batch_first=True), 6), (2, 3, 8))
    assert layer is not None
    assert stack is not None
    assert len(stack.terms) == len(layer.terms)
    assert all(term.rows[0] == Factor("num_layers", 6) for term in stack.terms)


def test_keywords_in_the_other_order_do_not_mislead_the_transformer() -> None:
    model = nn.Transformer(8, 2, 2, 1, 16, batch_first=True)
    src, tgt = (2, 5, 8), (2, 3, 8)
    one, other = derive(model, (src, tgt), (tgt,)), derive(model, (tgt, src), (tgt,))
    assert one is not None
    assert one == other


# ── Where there is no formula ───────────────────────────────────────────────────────────────────────


class Renamed(nn.Linear):
    """Adds nothing to the computation."""


class Scaled(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(super().forward(x))


class Standardised(nn.Conv1d):
    def _conv_forward(self, x: Any, weight: Any, bias: Any) -> Any:
        return super()._conv_forward(x, weight @ torch.eye(weight.shape[-1]), bias)


class Linear(nn.Module):
    """The name of a torch class, and nothing of it."""

    in_features, out_features = 4, 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def patched() -> nn.Module:
    layer = nn.Linear(4, 4)
    layer.forward = lambda x: x
    return layer


def adapted() -> nn.Module:
    layer = encoder_layer()
    layer.linear1 = nn.Sequential(nn.Linear(8, 2), nn.Linear(2, 16))
    return layer


def test_a_subclass_that_only_renames_is_covered() -> None:
    found = derived(Renamed(4, 2), (3, 4))
    assert found is not None
    assert found.count == 24


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (Scaled(4, 4), (3, 4)),
        (Standardised(3, 4, 3), (2, 3, 10)),
        (Linear(), (3, 4)),
        (patched(), (3, 4)),
        (adapted(), (3, 2, 8)),
        (encoder_layer(activation=lambda x: x @ torch.eye(16)), (3, 2, 8)),
        (nn.Sequential(nn.Linear(4, 4)), (3, 4)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_no_formula(module: nn.Module, shape: tuple[int, ...]) -> None:
    assert derived(module, shape) is None


def test_weights_that_are_computed_anew_are_not_the_layers_work() -> None:
    normed = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2), n_power_iterations=3)
    found = derived(normed, (3, 4))
    assert found is not None
    assert found.count == 24
    (computed,) = normed.parametrizations.weight
    weight = ((2, 4),)
    training, evaluating = derive(computed, weight, weight), derive(computed.eval(), weight, weight)
    assert training is not None
    assert evaluating is not None
    # each iteration W v and Wᵀ u, then uᵀ (W v): 3·2·8 + 8 + 2
    assert (training.count, evaluating.count) == (58, 10)


def test_the_spectral_norm_of_a_convolution_is_that_of_a_matrix() -> None:
    normed = nn.utils.parametrizations.spectral_norm(nn.ConvTranspose2d(2, 3, 4)).eval()  # along dimension 1
    found = derive(normed.parametrizations.weight[0], ((2, 3, 4, 4),), ((2, 3, 4, 4),))
    assert found is not None
    assert found.count == 3 * (2 * 4 * 4) + 3


def test_a_vector_is_only_divided_by_its_norm() -> None:
    layer = nn.utils.parametrizations.spectral_norm(nn.LayerNorm(4))
    assert derive(layer.parametrizations.weight[0], ((4,),), ((4,),)) == Derivation()


def test_adaptive_softmax_depends_on_the_targets() -> None:
    layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10])
    assert derived(layer, (3, 16), torch.zeros(3, dtype=torch.int64)) is None


def test_a_transformer_around_something_custom() -> None:
    whole = nn.Transformer(8, 2, 1, 1, 16, custom_encoder=patched())
    assert derive(whole, ((5, 2, 8), (3, 2, 8)), ((3, 2, 8),)) is None


@pytest.mark.parametrize("inputs", [(), ((),), ((3, 5),)])
@pytest.mark.parametrize("module", [nn.Linear(4, 2), nn.LSTM(4, 2), nn.GRUCell(4, 2), nn.Bilinear(4, 4, 2)])
def test_shapes_that_do_not_belong_to_the_layer(module: nn.Module, inputs: tuple[tuple[int, ...], ...]) -> None:
    assert derive(module, inputs, ((3, 2),)) is None


@pytest.mark.parametrize(
    ("module", "shape"),
    [(nn.ReLU(), (2, 3)), (nn.BatchNorm1d(3), (2, 3)), (nn.MaxPool2d(2), (1, 4, 4)), (nn.Flatten(), (2, 3, 4))],
)
def test_no_contraction_is_a_derivation_without_terms(module: nn.Module, shape: tuple[int, ...]) -> None:
    assert derived(module, shape) == Derivation()


def test_a_distance_of_the_users_own_is_unknown() -> None:
    inputs = ((3, 4),) * 3
    assert derived(nn.TripletMarginWithDistanceLoss(), *inputs) == Derivation()
    by_hand = nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a @ b.T).sum(1))
    assert derived(by_hand, *inputs) is None


# ── What is covered, and what is written about it ───────────────────────────────────────────────────

CONTAINERS = {"Container", "DataParallel", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList"}
ABSTRACT = {"RNNBase", "RNNCellBase"}


def test_every_layer_of_torch_has_an_entry() -> None:
    assert PUBLIC - registered_names() == {*CONTAINERS, *ABSTRACT, "Sequential"}


@pytest.fixture(scope="module")
def formulas() -> dict[str, dict[str, str]]:
    written = Path(linscope.__file__).parent / "notation" / "formulas.json"
    return dict(json.loads(written.read_text(encoding="utf-8")))


def test_formulas_are_written_for_every_layer(formulas: dict[str, dict[str, str]]) -> None:
    assert set(formulas) == PUBLIC
    assert all(set(entry) - {"where"} == {"parameters", "macs"} and all(entry.values()) for entry in formulas.values())


def test_formulas_are_zero_where_nothing_is_contracted(formulas: dict[str, dict[str, str]]) -> None:
    parameters_only = {"ParameterList", "ParameterDict"}
    assert {name for name, entry in formulas.items() if entry["macs"] == "0"} == NO_CONTRACTION | parameters_only
