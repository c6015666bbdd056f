"""The model that linscope.toml checks: pictures of 32 × 32 to ten scores."""

from torch import Tensor, nn

WIDTH = 16


class Net(nn.Module):
    """Two convolutions, each halving the picture, and a linear head.

    Args:
        width: channels of the first convolution; the second has twice as many.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).mean(dim=(2, 3)))
