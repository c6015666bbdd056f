"""Ten published models of different kinds, as cases that every counter can be asked about: real ones, and shapes."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from bench.cases import Built, Case
from model_rows import published
from transformers_truth import MODELS, configuration

from linscope.engine.inputs import Drawer
from linscope.sources.registry import open_source, split
from linscope.subject import Asked, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
TORCHVISION = ("wide_resnet50_2", "mobilenet_v2", "efficientnet_b1", "convnext_tiny", "swin_t")
TRANSFORMERS = ("vit-base-patch16-224", "bert-base-uncased", "gpt2", "t5-small", "qwen2.5-0.5b")
"""The largest takes two gigabytes, and two seconds for a forward on two cores."""


@dataclass(frozen=True, slots=True)
class Known:
    """A model with its published figures.

    Args:
        macs: exact, or the published GMACs (10^9 MACs) to three decimals.
        values: the model and its inputs as real tensors.
        shapes: both on meta.
    """

    name: str
    parameters: int
    macs: int | float
    values: Built
    shapes: Built

    def case(self, built: Built) -> Case:
        """``built`` for a counter: it makes nothing anew, so that asking is all that takes time."""
        return Case(self.name, 0, self.parameters, lambda: built, lambda: (built.model, given(built)))

    def right(self, macs: int | None, parameters: int | None) -> bool:
        """Whether both are the published figures, as far as they were told."""
        return macs is not None and published(self.macs, macs) and parameters in (None, self.parameters)


def given(built: Built) -> Any:
    """The inputs as ``linscope.analyze`` takes them."""
    return {**built.kwargs} if built.kwargs else [*built.args]


def prepare() -> None:
    """Make torchvision import; to be called before anything imports it.

    Raises:
        SystemExit: it is not installed.
    """
    sys.path.insert(0, str(TESTS / "sources"))
    import torchvision_ops

    if not torchvision_ops.available("torchvision"):
        raise SystemExit("torchvision is not installed")


def ten() -> Iterator[Known]:
    """The models, one after the other: two at once may not fit."""
    yield from _of_torchvision()
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            if model["name"] in TRANSFORMERS:
                asked = Asked("", batch=model["batch"], length=model["length"])
                subject = _subject(f"hf:{configuration(model, Path(folder))}", asked)
                yield _known(model["name"], model["parameters"], model["macs"], subject)


def _of_torchvision() -> Iterator[Known]:
    for line in json.loads((TESTS / "data" / "torchvision_models.json").read_text(encoding="utf-8")):
        if line["model"] in TORCHVISION and line["weights"] == "IMAGENET1K_V1":
            subject = _subject(f"tv:{line['model']}", Asked("", inputs=str(line["input"])))
            yield _known(line["model"], line["parameters"], line["gmacs"], subject)


def _subject(target: str, asked: Asked) -> Subject:
    named = split(target)
    assert named is not None
    subject = open_source(*named, asked)
    assert isinstance(subject, Subject)
    return subject


def _known(name: str, parameters: int, macs: int | float, subject: Subject) -> Known:
    return Known(name, parameters, macs, _built(subject, "cpu"), _built(subject, "meta"))


def _built(subject: Subject, device: str) -> Built:
    torch.manual_seed(0)
    with subject.around(), torch.device("meta") if device == "meta" else nullcontext():
        model = subject.build().eval()
        arguments = subject.arguments(model)
    mode = "meta" if device == "meta" else "real"
    args, kwargs = Drawer(mode, torch.device(device), None).materialize(arguments)
    return Built(model, args, kwargs)
