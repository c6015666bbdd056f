"""Parameters that are shared, frozen, unused or not there yet, and modules used more than once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

__all__ = [
    "Again",
    "Chosen",
    "Frozen",
    "Head",
    "Listed",
    "Names",
    "Siamese",
    "TiedLists",
    "Transposed",
    "Unrolled",
    "Unused",
    "nn",
]


class Head(nn.Module):
    """A language model in small: an embedding whose table is the weight of the head as well."""

    def __init__(self, words: int, size: int, *, tied: bool = True, functional: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.body = nn.Linear(size, size)
        self.head = None if functional else nn.Linear(size, words, bias=False)
        if tied and self.head is not None:
            self.head.weight = self.embedding.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = torch.tanh(self.body(self.embedding(tokens)))
        return F.linear(x, self.embedding.weight) if self.head is None else self.head(x)


class Transposed(nn.Module):
    """An autoencoder whose decoder is the encoder's weight transposed."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(size, hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.encoder(x).relu() @ self.encoder.weight


class Again(nn.Module):
    """One module called several times in a row."""

    def __init__(self, layer: nn.Module, times: int = 2) -> None:
        super().__init__()
        self.layer = layer
        self.times = times

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(self.times):
            x = self.layer(x)
        return x


class Names(nn.Module):
    """One module under two names, called by both."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.first = layer
        self.second = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


class TiedLists(nn.Module):
    """Two stacks whose second layers are one and the same object."""

    def __init__(self, size: int) -> None:
        super().__init__()
        shared = nn.Linear(size, size)
        self.left = nn.Sequential(nn.Linear(size, size), shared)
        self.right = nn.Sequential(nn.Linear(size, size), shared)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.left(x) + self.right(x)


class Siamese(nn.Module):
    """One encoder for two inputs of different lengths."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.encoder(x).sum(0) - self.encoder(y).sum(0)


class Unrolled(nn.Module):
    """A cell called once for every step of x (steps, batch, size)."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = None
        for step in x:
            state = self.cell(step, state)
        return state[0] if isinstance(state, tuple) else state


class Frozen(nn.Module):
    """A backbone whose parameters are frozen, in part or in full, under a head that is trained."""

    def __init__(self, size: int, *, biases_only: bool = False) -> None:
        super().__init__()
        self.backbone = nn.Linear(size, size)
        self.head = nn.Linear(size, 2)
        for name, parameter in self.backbone.named_parameters():
            parameter.requires_grad_(biases_only and name == "bias")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x))


class Unused(nn.Module):
    """Layers and parameters that no forward ever meets: they are parameters all the same."""

    def __init__(self, size: int, unused: nn.Module) -> None:
        super().__init__()
        self.used = nn.Linear(size, size)
        self.unused = unused
        self.spare = nn.Parameter(torch.zeros(size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.used(x)


class Listed(nn.Module):
    """Parameters in a ParameterList and a ParameterDict, layers in a ModuleList and a ModuleDict."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weights = nn.ParameterList([torch.randn(size, size) for _ in range(3)])
        self.named = nn.ParameterDict({"scale": torch.ones(size), "mix": torch.randn(size, size)})
        self.layers = nn.ModuleList([nn.Linear(size, size) for _ in range(2)])
        self.heads = nn.ModuleDict({"a": nn.Linear(size, 2), "b": nn.Linear(size, 5)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for weight in self.weights:
            x = x @ weight
        x = x * self.named["scale"] @ self.named["mix"]
        for layer in self.layers:
            x = layer(x)
        return self.heads["a"](x)  # the other head is for another day


class Chosen(nn.Module):
    """One of several layers, chosen by an argument that is no tensor."""

    def __init__(self, size: int, outs: tuple[int, ...]) -> None:
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(size, out) for out in outs])

    def forward(self, x: torch.Tensor, which: int) -> torch.Tensor:
        return self.heads[which](x)
