"""PyTorch to paste: whole programs on the run's own shapes, that print what the lesson says."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.explain.brief.wording import plus_bias
from linscope.report.evidence import LINEAR

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence

# Elements of a tensor that nobody minds making, to see a lesson.
_PASTEABLE = 1 << 24


def program(e: LinearEvidence, *body: str, define: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The body, and before it what it needs: imports, ``define``, ``x`` of the run's shape, and ``layer``.

    ``layer`` is an ``nn.Linear``, or a ``ByHand`` where the run's was made by hand (``define`` then has to
    define it). Nothing where a tensor would be empty, or too large to be made for a lesson.
    """
    sizes = (prod(e.input_shape), prod(e.output_shape), e.weights)
    if min(sizes) < 1 or max(sizes) > _PASTEABLE:
        return ()
    return (
        "import torch",
        "from torch import nn",
        "",
        *define,
        "torch.manual_seed(0)",
        f"x = torch.randn({', '.join(map(str, e.input_shape))}{dtype(e)})",
        f"layer = {new_linear(e) if e.kind == LINEAR else new_by_hand(e)}",
        *body,
    )


def by_hand(e: LinearEvidence) -> tuple[str, ...]:
    """The class ``ByHand``: the layer as one writes it without ``nn.Linear``."""
    randn = "self.{0} = nn.Parameter(torch.randn({1}" + dtype(e) + "))"
    bias = ("        " + randn.format("bias", "out_features"),) if e.has_bias else ()
    return (
        "class ByHand(nn.Module):",
        "    def __init__(self, in_features, out_features):",
        "        super().__init__()",
        "        " + randn.format("weight", "in_features, out_features"),
        *bias,
        "",
        "    def forward(self, x):",
        f"        return x @ self.weight{plus_bias(e, ' + self.bias')}",
        "",
    )


def needed(e: LinearEvidence) -> tuple[str, ...]:
    """The definition of the run's own layer: none for ``nn.Linear``."""
    return () if e.kind == LINEAR else by_hand(e)


def new_linear(e: LinearEvidence) -> str:
    """``nn.Linear(4, 2, bias=False)``."""
    return f"nn.Linear({e.in_features}, {e.out_features}{'' if e.has_bias else ', bias=False'}{dtype(e)})"


def new_by_hand(e: LinearEvidence) -> str:
    """``ByHand(4, 2)``."""
    return f"ByHand({e.in_features}, {e.out_features})"


def dtype(e: LinearEvidence) -> str:
    """The argument that makes a tensor of the run's dtype, where that is not the default."""
    return "" if e.dtype == "float32" else f", dtype=torch.{e.dtype}"


def difference(one: str, other: str) -> str:
    """The line that prints how far apart two tensors are."""
    return f"print(({one} - {other}).abs().max().item())"


def parameters(module: str, count: int) -> str:
    """The line that asserts how many parameters a module has."""
    return f"assert sum(p.numel() for p in {module}.parameters()) == {count}"
