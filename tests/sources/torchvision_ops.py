"""torchvision where its compiled part cannot load, as in a build for another torch: its models need none of it.

torchvision imports only where ``nms`` and ``qnms`` exist. Where it does not, they are declared here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

import torch

_DECLARED: list[torch.library.Library] = []
"""A library undoes its declarations when it goes."""


def available(package: str) -> bool:
    """Whether ``package``, torchvision or one that builds on it, is installed and imports, with help if need be."""
    if find_spec(package) is None or find_spec("torchvision") is None:
        return False
    try:
        import_module("torchvision")
    except RuntimeError:
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        _declare()
    import_module(package)
    return True


def _declare() -> None:
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", _best_first, "CPU")
    _DECLARED.append(library)
    import_module("torchvision.extension")._has_ops = lambda: True  # else what calls nms refuses to


def _best_first(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """The order of the scores: as if no two boxes overlapped. boxes (N, 4), scores (N,) -> (N,)."""
    return scores.argsort(descending=True)
