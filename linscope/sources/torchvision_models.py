"""``tv:resnet50``: a model of torchvision by its name, without its weights, on inputs of the size it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.sources.named import check_name, refuse_weights, subject_of
from linscope.sources.packages import package
from linscope.subject import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from linscope.subject import Asked, Subject

_LOADING = ("weights", "weights_backbone", "pretrained", "pretrained_backbone")
_SIDE = 224
"""Pixels, where neither the model nor its weights say."""
_FRAMES = 16
"""The length of the clips that most video models were trained on."""
_FLOW = (512, 512)
"""Height and width of the frames that the published figures of RAFT are for."""


def opened(rest: str, asked: Asked) -> Subject:
    """The subject of torchvision's model ``rest``, whatever its task.

    Classification and segmentation take an image [B, 3, H, W], video models a clip [B, 3, T, H, W], optical flow
    two images, and detection a list of images [3, H, W]. The size is the smallest that any weights of the model
    were trained on; a model that was built for one size takes that. No weights are loaded.

    Raises:
        TargetError: torchvision is missing or broken, or has no such model.
        UsageError: arguments that load weights; and as ``named.subject_of``.
    """
    refuse_weights(asked, _LOADING)
    models: Any = package("torchvision", "torchvision").models
    name = rest.lower()
    check_name(name, models.list_models(), "torchvision", asked)
    task = _task(models.get_model_builder(name).__module__)
    none = {"weights_backbone": None} if task in ("detection", "segmentation") else {}
    sides = min(_sides(models.get_model_weights(name)), default=(_SIDE, _SIDE))

    def make() -> nn.Module:
        built: nn.Module = models.get_model(name, weights=None, **none, **asked.arguments)
        return built

    def inputs(model: nn.Module) -> tuple[Any, ...]:
        return _INPUTS.get(task, _images)(model, asked.batch or 1, sides)

    return subject_of(asked, make, inputs)


def _task(module: str) -> str:
    """``detection`` of ``torchvision.models.detection.faster_rcnn``; of a classifier, the name of its file."""
    return module.removeprefix("torchvision.models.").partition(".")[0]


def _sides(weights: Any) -> Iterator[tuple[int, int]]:
    """Height and width of what each of the model's published weights is evaluated on."""
    for entry in weights:
        sizes = getattr(entry.transforms, "keywords", {})  # of a partial; detection and flow take images as they are
        side = sizes.get("crop_size", sizes.get("resize_size"))
        if isinstance(side, int):
            yield side, side
        elif side:
            yield side[0], side[-1]


def _images(model: nn.Module, batch: int, sides: tuple[int, int]) -> tuple[Any, ...]:
    built_for = getattr(model, "image_size", None)  # a vision transformer takes no other
    return (TensorSpec((batch, 3, *((built_for, built_for) if isinstance(built_for, int) else sides))),)


def _clip(model: nn.Module, batch: int, sides: tuple[int, int]) -> tuple[Any, ...]:
    return (TensorSpec((batch, 3, _FRAMES, *sides)),)


def _two_images(model: nn.Module, batch: int, sides: tuple[int, int]) -> tuple[Any, ...]:
    return TensorSpec((batch, 3, *_FLOW)), TensorSpec((batch, 3, *_FLOW))


def _list_of_images(model: nn.Module, batch: int, sides: tuple[int, int]) -> tuple[Any, ...]:
    """Squares of the size that the model itself scales images to."""
    transform: Any = getattr(model, "transform", None)
    fixed = getattr(transform, "fixed_size", None)
    least = getattr(transform, "min_size", sides)
    height, width = fixed or (least[-1], least[-1])
    return ([TensorSpec((3, height, width)) for _ in range(batch)],)


_INPUTS = {"detection": _list_of_images, "video": _clip, "optical_flow": _two_images}
