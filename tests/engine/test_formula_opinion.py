"""The layers' own formulas against what ran: where they speak for all of it, and what is said where they do not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.ao.nn.quantized as nnq
import torch.ao.nn.quantized.dynamic
from engine.user_models import Model
from torch import nn

import linscope

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.report.record import Opinion

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

LINEAR = 3 * 4 * 4


def linear() -> nn.Linear:
    return nn.Linear(4, 4)


def formula(model: Any, inputs: Any = "[3,4]", **options: Any) -> Opinion:
    report = linscope.analyze(model, inputs, **options)
    (found,) = [opinion for opinion in report.crosschecks if opinion.source == "formula"]
    return found


def ensemble(model: Any, x: torch.Tensor) -> torch.Tensor:
    several = {"weight": torch.ones(5, 4, 4), "bias": torch.ones(5, 4)}
    return torch.func.vmap(lambda p: torch.func.functional_call(model.a, p, (x,)))(several)


AGREED: dict[str, tuple[Callable[[], nn.Module], Any, int]] = {
    "a layer under vmap": (lambda: Model(lambda s, x: torch.func.vmap(s.a)(x), a=linear()), "[3,4]", LINEAR),
    "vmap twice": (
        lambda: Model(lambda s, x: torch.func.vmap(torch.func.vmap(s.a))(x), a=linear()),
        "[2,3,4]",
        2 * LINEAR,
    ),
    "a convolution under vmap": (
        lambda: Model(lambda s, x: torch.func.vmap(s.a, in_dims=1)(x), a=nn.Conv2d(2, 3, 3)),
        "[1,5,2,6,6]",
        5 * 16 * 3 * 2 * 9,
    ),
    "many weights under vmap": (lambda: Model(ensemble, a=linear()), "[3,4]", 5 * LINEAR),
    "a layer that vmap does not map": (
        lambda: Model(lambda s, x: torch.func.vmap(lambda y: y + s.a(torch.ones(3, 4)).sum())(x), a=linear()),
        "[7]",
        LINEAR,
    ),
    "weight norm": (lambda: nn.utils.parametrizations.weight_norm(linear()), "[3,4]", LINEAR),
    # uᵀ (W v): 4·4 + 4, twice 4·4 more for the one power iteration of training
    "spectral norm": (lambda: nn.utils.parametrizations.spectral_norm(linear()), "[3,4]", LINEAR + 3 * 16 + 4),
    "spectral norm, evaluating": (
        lambda: nn.utils.parametrizations.spectral_norm(linear()).eval(),
        "[3,4]",
        LINEAR + 16 + 4,
    ),
    "quantized": (
        lambda: torch.ao.quantization.quantize_dynamic(
            nn.Sequential(nn.Linear(4, 2), nn.LSTM(2, 3, num_layers=2, bidirectional=True)), {nn.Linear, nn.LSTM}
        ),
        "[5,2,4]",
        10 * 8 + 10 * 2 * 12 * (2 + 3) + 10 * 2 * 12 * (6 + 3),
    ),
    "quantized cell": (lambda: nnq.dynamic.GRUCell(4, 5), "[2,4]", 2 * 15 * 9),
    "quantized convolution": (lambda: nnq.dynamic.Conv2d(3, 4, 3), "[2,3,8,8]", 2 * 36 * 4 * 27),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("case", AGREED)
def test_it_agrees(case: str) -> None:
    build, inputs, macs = AGREED[case]
    found = formula(build(), inputs)
    assert (found.macs, found.agrees, found.reason) == (macs, True, None)


def test_a_weight_norm_deep_in_a_transformer() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16).eval()
    nn.utils.parametrizations.spectral_norm(layer.linear1)
    assert formula(layer, "[3,2,8]").agrees is True


def test_a_cached_weight_is_computed_once() -> None:
    layer = nn.utils.parametrizations.spectral_norm(linear()).eval()

    def twice(model: Any, x: torch.Tensor) -> torch.Tensor:
        with nn.utils.parametrize.cached():
            return model.a(model.a(x))

    found = formula(Model(twice, a=layer))
    assert (found.macs, found.agrees) == (2 * LINEAR + 20, True)


def test_under_jvp_a_layer_does_more_and_the_reason_is_given() -> None:
    found = formula(Model(lambda s, x: torch.func.jvp(s.a, (x,), (x,)), a=linear()))
    assert (found.macs, found.agrees) == (LINEAR, False)
    assert found.reason == (
        f"Linear a: its formula says {LINEAR}, {3 * LINEAR} ran; under jvp a layer does the work of its derivative, too"
    )


def test_where_several_differ_the_first_is_named() -> None:
    def both(model: Any, x: torch.Tensor) -> Any:
        return torch.func.jvp(lambda y: model.b(model.a(y)), (x,), (x,))

    reason = formula(Model(both, a=linear(), b=linear())).reason
    assert reason is not None
    assert reason.startswith("Linear a and 1 more: its formula says 48, ")


def test_a_spectral_norm_by_a_hook_is_its_callers_work() -> None:
    model = nn.Sequential(nn.utils.spectral_norm(linear())).eval()
    found = formula(model)
    assert (found.macs, found.agrees) == (LINEAR, None)
    assert found.reason == "no formula for Sequential (the spectral norm of 0), which ran 20 MACs"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_layer_is_called_that() -> None:
    found = formula(nn.Sequential(torch.jit.script(linear()), linear()))
    assert (found.macs, found.reason) == (LINEAR, f"no formula for Linear (compiled), which ran {LINEAR} MACs")


def test_a_call_that_raised_is_not_spoken_for() -> None:
    def handling(model: Any, x: torch.Tensor) -> torch.Tensor:
        with contextlib.suppress(RuntimeError):
            model.a(x.double())  # float32 weights: nothing is multiplied
        return model.a(x)

    found = formula(Model(handling, a=linear()))
    assert (found.macs, found.agrees) == (LINEAR, True)


def test_composites_show_their_formula_with_what_they_call() -> None:
    report = linscope.analyze("[2,3,8] -> TransformerEncoderLayer(8,2,16)", crosscheck=False)
    outer, *_ = report.to_dict()["layers"]
    assert outer["derivation"] is None  # nothing of its own
    # S=2, N=3: 4·6·64 + 2·3·2·4·4 + 2·6·8·16
    assert eval(outer["subtree"]["derivation"]) == outer["subtree"]["macs"] == 1_536 + 192 + 1_536
    assert outer["subtree"]["formula"].startswith("N * S * d_model * d_model + ")
    (inner,) = linscope.analyze("[32,3,4] -> Linear(4,2)", crosscheck=False).to_dict()["layers"]
    assert inner["formula"] == inner["subtree"]["formula"] == "N * dim1 * in_features * out_features"
