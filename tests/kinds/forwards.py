"""Forwards under a mode of their own, and forwards that call their children in unusual ways."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from kinds.expression import Of

__all__ = [
    "Autocast",
    "AveragedModel",
    "Checkpointed",
    "Decorated",
    "Hooked",
    "Inferring",
    "InferringInside",
    "Mistaken",
    "NoGrad",
    "Of",
    "OwnFunction",
    "PastCalls",
    "Regularised",
    "Segments",
    "mlp",
    "nn",
]


def mlp(size: int, hidden: int, out: int) -> nn.Sequential:
    """Two Linears with a ReLU between."""
    return nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, out))


class NoGrad(nn.Module):
    """A forward decorated with ``no_grad``."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    @torch.no_grad()
    def forward(self, *inputs: Any) -> Any:
        return self.body(*inputs)


class Inferring(nn.Module):
    """A forward decorated with ``inference_mode``, which delivers composite operators whole."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    @torch.inference_mode()
    def forward(self, *inputs: Any) -> Any:
        return self.body(*inputs)


class InferringInside(nn.Module):
    """A frozen encoder run in inference mode within a forward that is not."""

    def __init__(self, encoder: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            features = self.encoder(x)
        return self.head(features.clone())


class Decorated(nn.Module):
    """Gradients on, off and on again, by decorators of its methods."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.teacher = nn.Linear(size, size)
        self.student = nn.Linear(size, size)

    @torch.no_grad()
    def target(self, x: torch.Tensor) -> torch.Tensor:
        return self.teacher(x)

    @torch.enable_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.mse_loss(self.student(x), self.target(x))


class Checkpointed(nn.Module):
    """A block that keeps no activations, under either implementation."""

    def __init__(self, block: nn.Module, *, reentrant: bool) -> None:
        super().__init__()
        self.block = block
        self.reentrant = reentrant

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return checkpoint(self.block, x, use_reentrant=self.reentrant)


class Segments(nn.Module):
    """A stack checkpointed in segments."""

    def __init__(self, stack: nn.Sequential, segments: int) -> None:
        super().__init__()
        self.stack = stack
        self.segments = segments

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return checkpoint_sequential(self.stack, self.segments, x, use_reentrant=False)


class PastCalls(nn.Module):
    """Children whose forward is called, not they; once by its class, once by its weight alone."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.a = nn.Linear(size, size)
        self.b = nn.Linear(size, size)
        self.c = nn.Linear(size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.a.forward(x)
        x = nn.Linear.forward(self.b, x)
        return F.linear(x, self.c.weight, self.c.bias)


class Hooked(nn.Module):
    """Hooks that work: one before the child multiplies its input, one after multiplies its output."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, size)
        self.mix = nn.Parameter(torch.randn(size, size))
        self.layer.register_forward_pre_hook(lambda module, inputs: (inputs[0] @ self.mix,))
        self.layer.register_forward_hook(lambda module, inputs, output: output @ self.mix)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


class Mistaken(nn.Module):
    """A first try that does not fit and raises, and a second that does."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(size, size), nn.Linear(size + 1, size))
        self.second = nn.Linear(size, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        try:
            return self.first(x)
        except RuntimeError:
            return self.second(x)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return x @ weight

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, weight = ctx.saved_tensors
        return grads[0] @ weight.T, x.T @ grads[0]


class OwnFunction(nn.Module):
    """A product inside an ``autograd.Function``."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Product.apply(x, self.weight)


class Autocast(nn.Module):
    """A body run in bfloat16, whatever its parameters are."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.body(x)


class Regularised(nn.Module):
    """More work in training than in evaluation: an auxiliary head that only training asks."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(size, size), nn.BatchNorm1d(size), nn.Dropout(0.5))
        self.head = nn.Linear(size, 2)
        self.auxiliary = nn.Linear(size, 3)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.body(x)
        return (self.head(x), self.auxiliary(x)) if self.training else self.head(x)
