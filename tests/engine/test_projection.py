"""How much an operator gives is known before it runs: what is projected is what comes out, or bounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine import projection
from linscope.engine.projection import projected

if TYPE_CHECKING:
    from collections.abc import Callable


class Compared(TorchDispatchMode):
    """Projects every operator before it runs, and keeps what was projected beside what came out, in elements."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, int, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        size, _ = projected(func, args, kwargs)
        result = func(*args, **kwargs)
        tensors = [t for t in (result if isinstance(result, tuple | list) else [result]) if isinstance(t, torch.Tensor)]
        if tensors:
            self.seen.append((func.__name__.partition(".")[0], size // tensors[0].element_size(), tensors[0].numel()))
        return result

    def of(self, name: str) -> list[tuple[int, int]]:
        return [(guess, real) for operator, guess, real in self.seen if operator == name]


x1, x2, x3 = torch.randn(2, 3, 7), torch.randn(2, 3, 6, 7), torch.randn(2, 3, 4, 6, 7)
indices2 = torch.arange(12).reshape(1, 1, 3, 4)
indices3 = torch.arange(24).reshape(1, 1, 2, 3, 4)

EXACT: dict[str, tuple[Callable[[], Any], int]] = {
    # operator: a call of it, and the elements of its result, worked out
    "empty": (lambda: torch.empty(3, 5), 15),
    "zeros": (lambda: torch.ops.aten.zeros([3, 5]), 15),
    "ones": (lambda: torch.ones(3, 5), 15),
    "full": (lambda: torch.full((3, 5), 2.0), 15),
    "rand": (lambda: torch.rand(3, 5), 15),
    "randn": (lambda: torch.randn(3, 5), 15),
    "empty_strided": (lambda: torch.empty_strided((3, 5), (5, 1)), 15),
    "empty_permuted": (lambda: torch.empty_permuted((3, 5), (1, 0)), 15),
    "new_empty": (lambda: x1.new_empty(3, 5), 15),
    "new_zeros": (lambda: x1.new_zeros(3, 5), 15),
    "new_ones": (lambda: x1.new_ones(3, 5), 15),
    "new_full": (lambda: x1.new_full((3, 5), 2.0), 15),
    "randint": (lambda: torch.randint(2, 9, (3, 5), dtype=torch.float32), 15),
    "randperm": (lambda: torch.randperm(15, dtype=torch.float32), 15),
    "linspace": (lambda: torch.linspace(0, 1, 15), 15),
    "arange": (lambda: torch.arange(15.0), 15),
    "eye": (lambda: torch.eye(3, 5), 15),
    "constant_pad_nd": (lambda: F.pad(x2, (1, 2, 3, 0)), 2 * 3 * 9 * 10),  # 6 + 3, 7 + 3
    "reflection_pad1d": (lambda: F.pad(x1, (1, 2), "reflect"), 2 * 3 * 10),
    "reflection_pad2d": (lambda: F.pad(x2, (1, 2, 3, 0), "reflect"), 2 * 3 * 9 * 10),
    "reflection_pad3d": (lambda: F.pad(x3, (1, 2, 3, 0, 1, 1), "reflect"), 2 * 3 * 6 * 9 * 10),
    "replication_pad1d": (lambda: F.pad(x1, (1, 2), "replicate"), 2 * 3 * 10),
    "replication_pad2d": (lambda: F.pad(x2, (1, 2, 3, 0), "replicate"), 2 * 3 * 9 * 10),
    "replication_pad3d": (lambda: F.pad(x3, (1, 2, 3, 0, 1, 1), "replicate"), 2 * 3 * 6 * 9 * 10),
    "upsample_nearest1d": (lambda: F.interpolate(x1, size=20), 2 * 3 * 20),
    "upsample_nearest2d": (lambda: F.interpolate(x2, scale_factor=3), 2 * 3 * 18 * 21),
    "upsample_nearest3d": (lambda: F.interpolate(x3, scale_factor=2), 2 * 3 * 8 * 12 * 14),
    "upsample_linear1d": (lambda: F.interpolate(x1, scale_factor=3, mode="linear"), 2 * 3 * 21),
    "upsample_bilinear2d": (lambda: F.interpolate(x2, size=(9, 5), mode="bilinear"), 2 * 3 * 9 * 5),
    "upsample_bicubic2d": (lambda: F.interpolate(x2, scale_factor=2, mode="bicubic"), 2 * 3 * 12 * 14),
    "upsample_trilinear3d": (lambda: F.interpolate(x3, scale_factor=2, mode="trilinear"), 2 * 3 * 8 * 12 * 14),
    "_adaptive_avg_pool2d": (lambda: F.adaptive_avg_pool2d(x2, (9, 8)), 2 * 3 * 9 * 8),
    "_adaptive_avg_pool3d": (lambda: F.adaptive_avg_pool3d(x3, 5), 2 * 3 * 5 * 5 * 5),
    "adaptive_max_pool2d": (lambda: F.adaptive_max_pool2d(x2, (9, 8)), 2 * 3 * 9 * 8),
    "adaptive_max_pool3d": (lambda: F.adaptive_max_pool3d(x3, 5), 2 * 3 * 5 * 5 * 5),
    "max_unpool2d": (lambda: F.max_unpool2d(torch.randn(1, 1, 3, 4), indices2, 2), 6 * 8),
    "max_unpool3d": (lambda: F.max_unpool3d(torch.randn(1, 1, 2, 3, 4), indices3, 2), 4 * 6 * 8),
    "repeat": (lambda: x1.repeat(2, 1, 4, 1), 2 * 3 * 7 * 8),
    "embedding": (lambda: F.embedding(torch.tensor([[1, 2, 0]]), torch.randn(5, 4)), 3 * 4),
    "im2col": (lambda: F.unfold(x2, (2, 3), dilation=2, padding=1, stride=2), 2 * 3 * 6 * 3 * 3),
    # (6 + 2 - 2 - 1) // 2 + 1 = 3 and (7 + 2 - 4 - 1) // 2 + 1 = 3 blocks of 2·3
    "mm": (lambda: torch.randn(3, 4) @ torch.randn(4, 5), 15),
    "bmm": (lambda: torch.randn(2, 3, 4) @ torch.randn(2, 4, 5), 30),
    "addmm": (lambda: F.linear(torch.randn(3, 4), torch.randn(5, 4), torch.randn(5)), 15),
    "convolution": (lambda: F.conv2d(x2, torch.randn(4, 3, 3, 3), stride=2, padding=1), 2 * 4 * 3 * 4),
    "mul": (lambda: torch.randn(3, 1, 5) * torch.randn(4, 1), 3 * 4 * 5),
}
ONLY_BOUNDED: dict[str, Callable[[], Any]] = {
    "col2im": lambda: F.fold(torch.randn(2, 12, 4), (4, 4), 2, stride=2),  # 2·12·16, as if no block overlapped
    "cat": lambda: torch.cat([x1, x1, x1]),
    "stack": lambda: torch.stack([x1, x1, x1]),
    "_cdist_forward": lambda: torch.cdist(torch.randn(30, 2), torch.randn(40, 2), p=1),
    "tril_indices": lambda: torch.tril_indices(4, 4),
    "triu_indices": lambda: torch.triu_indices(4, 5),
    "randint": lambda: torch.randint(2, 9, (3, 5)),
    "randperm": lambda: torch.randperm(15),
    "arange": lambda: torch.arange(15),
}
ARRIVES_AS_ANOTHER = {"pad": "constant_pad_nd", "adaptive_avg_pool1d": "_adaptive_avg_pool2d"}
"""Composite operators: the tracer meets what they are made of."""


@pytest.fixture
def everything_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "SMALL", 0)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.usefixtures("everything_matters")
def test_a_projection_is_what_comes_out(name: str) -> None:
    call, elements = EXACT[name]
    with torch.no_grad(), Compared() as mode:
        call()
    found = mode.of(name)
    assert found, f"{name} did not run: {[operator for operator, *_ in mode.seen]}"
    assert found == [(elements, elements)] * len(found)


def known(reasons: dict[str, str], names: Any) -> list[Any]:
    """``names`` as parameters, those with a reason expected to fail."""
    marks = {name: pytest.mark.xfail(strict=True, reason=reason) for name, reason in reasons.items()}
    return [pytest.param(name, marks=marks.get(name, ()), id=name) for name in names]


@pytest.mark.parametrize("name", ONLY_BOUNDED)
@pytest.mark.usefixtures("everything_matters")
def test_a_projection_bounds_what_comes_out(name: str) -> None:
    with torch.no_grad(), Compared() as mode:
        ONLY_BOUNDED[name]()
    ((guess, real),) = mode.of(name)
    assert guess >= real


@pytest.mark.parametrize(
    ("call", "elements"),
    [
        (lambda: torch.arange(0.0, 9.0, 2.0), 5),  # 0 2 4 6 8
        (lambda: torch.arange(9.0, 0.0, -3.0), 3),  # 9 6 3
        (lambda: torch.arange(0.0, 1.0, 0.3), 4),  # 0 .3 .6 .9
    ],
)
@pytest.mark.usefixtures("everything_matters")
def test_a_range_is_projected_to_within_one(call: Callable[[], Any], elements: int) -> None:
    with Compared() as mode:
        call()
    ((guess, real),) = mode.of("arange")
    assert real == elements
    assert elements - 1 <= guess <= elements


CONVOLUTIONS = [
    lambda: F.conv1d(x1, torch.randn(4, 3, 3), dilation=2),
    lambda: F.conv2d(x2, torch.randn(6, 1, 3, 2), groups=3, padding=(2, 1)),
    lambda: F.conv3d(x3, torch.randn(4, 3, 2, 2, 2), stride=(1, 2, 3)),
    lambda: F.conv_transpose1d(x1, torch.randn(3, 2, 4), stride=3, output_padding=2),
    lambda: F.conv_transpose2d(x2, torch.randn(3, 2, 3, 2), stride=2, padding=1, groups=3, output_padding=1),
    lambda: F.conv_transpose3d(x3, torch.randn(3, 2, 2, 2, 2), dilation=2),
]


@pytest.mark.parametrize("call", CONVOLUTIONS)
@pytest.mark.usefixtures("everything_matters")
def test_convolutions_of_every_kind_are_projected_exactly(call: Callable[[], Any]) -> None:
    with torch.no_grad(), Compared() as mode:
        call()
    ((guess, real),) = mode.of("convolution")
    assert guess == real


def test_every_rule_has_a_case() -> None:
    assert set(projection._RULES) - set(EXACT) - set(ONLY_BOUNDED) == set(ARRIVES_AS_ANOTHER)


def test_views_and_small_operators_cost_nothing() -> None:
    aten = torch.ops.aten
    assert projected(aten.mm.default, (torch.empty(9, 9), torch.empty(9, 9)), {}) == (0, 0)
    huge = torch.empty(1, 1).expand(1 << 20, 1 << 10)
    assert projected(aten.transpose.int, (huge, 0, 1), {}) == (0, 0)
    assert projected(aten.relu_.default, (huge,), {}) == (0, 0)


def test_a_product_of_views_is_weighed_by_what_it_makes_and_computes() -> None:
    left, right = torch.empty(1, 1).expand(1 << 20, 1 << 10), torch.empty(1, 1).expand(1 << 10, 1 << 12)
    size, work = projected(torch.ops.aten.mm.default, (left, right), {})
    assert size == 4 * 2**32  # 2^20 · 2^12 elements of 4 bytes
    assert work == 2**42  # 2^20 · 2^10 · 2^12
