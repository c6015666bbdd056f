"""Programs that are exported for tests: models with one thing each that is particular."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.export import Dim

if TYPE_CHECKING:
    from collections.abc import Callable


class Tied(nn.Module):
    """A block in a container, called twice; tied weights; a buffer; a constant; a parameter that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.fc, self.tied = nn.Linear(8, 8), nn.Linear(8, 8, bias=False)
        self.tied.weight = self.fc.weight
        self.drop = nn.Dropout()
        self.unread = nn.Parameter(torch.ones(5))
        self.constant = torch.ones(8)
        self.fc.bias.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.stem(x).mean((2, 3))
        x = self.fc(self.drop(self.tied(self.fc(x)))) * self.constant
        return x @ x.t(), {"again": x + torch.tensor(2.0)}


class Layers(nn.Module):
    """What exported programs have whole: recurrent layers, attention, einsum, bilinear, norms."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.gru = nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True), nn.GRU(12, 8, batch_first=True)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.norms = nn.Sequential(nn.LayerNorm(8), nn.GroupNorm(5, 5), nn.PReLU(), nn.SELU(), nn.ReLU6())
        self.bilinear, self.up = nn.Bilinear(8, 8, 3), nn.ConvTranspose1d(8, 4, 3, groups=2)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.gru(self.lstm(x)[0])[0]
        x = self.norms(self.encoder(self.attention(x, x, x, need_weights=False)[0]))
        mixed = torch.einsum("bij,bkj,bkl->bil", x, x, x)
        return self.bilinear(x, mixed), self.up(x.transpose(1, 2)), torch.softmax(x, -1) * x.square()


class Branches(nn.Module):
    """Two choices: of one both ways cost the same, of the other they do not."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
        self.wide = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.cond(x.sum() > 0, self.a, self.b, (x,))
        return torch.cond(x.sum() > 0, lambda y: self.a(y), lambda y: self.wide(y), (x,))


class NoGrad(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            y = self.fc(x) * 2
        return self.fc(y) + y


class Chosen(nn.Module):
    """As many rows as values decide."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> Any:
        rows = (x[:, 0] > 0).nonzero().squeeze(1)
        return self.fc(x[rows]).relu(), x.masked_fill(x > 0, float("-inf"))


class Scanned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 4))

    def forward(self, xs: torch.Tensor) -> Any:
        from torch._higher_order_ops.scan import scan

        def step(state: torch.Tensor, x: torch.Tensor) -> Any:
            state = (state @ self.weight + x).tanh()
            return state, state + 1

        return scan(step, torch.zeros(2, 4), xs)


class Fed(nn.Module):
    """Nested inputs, one by name, a number and nothing at all."""

    def forward(
        self, tensors: dict[str, Any], number: int, nothing: None = None, *, more: torch.Tensor
    ) -> torch.Tensor:
        return tensors["a"] @ tensors["b"][0] * number + more


class Free(nn.Module):
    """Dimensions that are free, and others that follow from them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, stride=2), nn.Linear(6, 5)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        return self.conv(torch.cat([x, x])), self.fc(y)


TWO, PICTURE = torch.randn(2, 4), torch.randn(2, 3, 16, 16)

PROGRAMS: dict[str, Callable[[], Any]] = {
    "tied": lambda: (Tied(), (PICTURE,), {}, {"x": {0: Dim("batch", min=1, max=64)}}),
    "layers": lambda: (Layers(), (torch.randn(2, 5, 8),), {}, None),
    "branches": lambda: (Branches(), (TWO,), {}, None),
    "no grad": lambda: (NoGrad(), (TWO,), {}, None),
    "chosen": lambda: (Chosen(), (torch.randn(6, 4),), {}, None),
    "scanned": lambda: (Scanned(), (torch.randn(7, 2, 4),), {}, None),
    "fed": lambda: (Fed(), ({"a": torch.ones(3, 4), "b": [torch.ones(4, 5)]}, 2), {"more": torch.ones(5)}, None),
    "free": lambda: (
        Free(),
        (torch.randn(2, 3, 17, 20), torch.randn(9, 6)),
        {},
        {"x": {0: Dim("b"), 2: Dim("h", min=5, max=64)}, "y": {0: Dim("t")}},
    ),
}


FOLDER = TemporaryDirectory()


@cache
def exported(name: str) -> tuple[Path, nn.Module]:
    """A program of ``PROGRAMS`` on disk, and its model. Exporting takes a while: once for all tests."""
    torch.manual_seed(0)
    model, args, kwargs, shapes = PROGRAMS[name]()
    path = Path(FOLDER.name) / f"{name.replace(' ', '-')}.pt2"
    program = torch.export.export(model.eval(), args, kwargs, dynamic_shapes=shapes)
    torch.export.save(program, str(path))
    return path, model
