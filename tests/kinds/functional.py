"""Modules and functions through ``torch.func``, and gradients taken inside a forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, jvp, stack_module_state, vjp, vmap

from kinds.expression import Of

__all__ = [
    "Called",
    "Descent",
    "Energy",
    "Ensemble",
    "Jacobian",
    "Mapped",
    "Of",
    "PerSample",
    "Product",
    "Pulled",
    "Pushed",
    "Slope",
    "Trained",
    "nn",
    "torch",
]

Function = Callable[..., torch.Tensor]


class Product(nn.Module):
    """``function(x, weight)`` mapped over leading dimensions that its operands do not know of."""

    def __init__(self, function: Function, weight: tuple[int, ...], *in_dims: Any, **how: Any) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.randn(weight))
        self.in_dims = in_dims
        self.how = how

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return vmap(self.function, in_dims=self.in_dims, **self.how)(x, self.weight)


class Mapped(nn.Module):
    """A module mapped over the first dimension of its inputs, several times deep."""

    def __init__(self, body: nn.Module, depth: int = 1, **how: Any) -> None:
        super().__init__()
        self.body = body
        self.depth = depth
        self.how = how

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        function: Function = self.body
        for _ in range(self.depth):
            function = vmap(function, **self.how)
        return function(*inputs)


class Ensemble(nn.Module):
    """Models of one shape run as one, their parameters stacked; on the same input, or on one each."""

    def __init__(self, models: list[nn.Module], *, shared: bool) -> None:
        super().__init__()
        self.skeleton = models[0]
        self.shared = shared
        stacked, _ = stack_module_state(models)
        self.names = list(stacked)
        self.stacked = nn.ParameterList([value.detach() for value in stacked.values()])
        self.skeleton.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def one(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
            return functional_call(self.skeleton, state, (x,))

        state = dict(zip(self.names, self.stacked, strict=True))
        return vmap(one, in_dims=(0, None if self.shared else 0))(state, x)


class Called(nn.Module):
    """``functional_call`` with other values in the place of the parameters, or with its own."""

    def __init__(self, body: nn.Module, *, own: bool = False) -> None:
        super().__init__()
        self.body = body
        self.own = own

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = dict(self.body.named_parameters())
        if not self.own:
            state = {name: value * 0.5 for name, value in state.items()}
        return functional_call(self.body, state, (x,))


class Energy(nn.Module):
    """The gradient of a scalar by its input, taken inside the forward, which may turn gradients on itself."""

    def __init__(self, body: nn.Module, *, enabling: bool) -> None:
        super().__init__()
        self.body = body
        self.enabling = enabling

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.enabling:
            with torch.enable_grad():
                return self.slope(x)
        return self.slope(x)

    def slope(self, x: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_(True)
        return torch.autograd.grad(self.body(x).sum(), x)[0]


class Slope(nn.Module):
    """``torch.func.grad`` of a module by its input."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return grad(lambda x: self.body(x).sum())(x)


class PerSample(nn.Module):
    """The gradient for each sample by itself: ``vmap`` over ``grad``."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return vmap(grad(lambda x: self.body(x).sum()))(x)


class Pushed(nn.Module):
    """Forward differentiation: the value and its change along a direction."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor, direction: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return jvp(self.body, (x,), (direction,))


class Pulled(nn.Module):
    """Backward differentiation: the value, and a covector pulled back."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor, covector: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        value, pull = vjp(self.body, x)
        return value, pull(covector)[0]


class Jacobian(nn.Module):
    """The whole Jacobian, row by row at once."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return jacrev(self.body)(x)


class Descent(nn.Module):
    """One step of gradient descent on a weight of its own, inside the forward: a fast-weight layer."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, out))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            weight = self.weight.detach().requires_grad_(True)
            loss = (x @ weight - y).pow(2).sum()
            (slope,) = torch.autograd.grad(loss, weight)
        return x @ (weight - 0.1 * slope)


class Trained(nn.Module):
    """A whole backward pass inside the forward; the gradient that it leaves in a copy of the weight comes out."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            weight = self.weight.detach().requires_grad_(True)
            (x @ weight).sum().backward()
        assert weight.grad is not None
        return weight.grad
