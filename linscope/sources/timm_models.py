"""``timm:vit_base_patch16_224``: a model of timm by its name, without its weights, on inputs of its own size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError
from linscope.sources.named import check_name, refuse_weights, subject_of
from linscope.sources.packages import package
from linscope.subject import TensorSpec

if TYPE_CHECKING:
    from torch import nn

    from linscope.subject import Asked, Subject

_LOADING = ("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir")
_IMAGE = (3, 224, 224)
"""Channels, height and width, where a model does not say."""


def opened(rest: str, asked: Asked) -> Subject:
    """The subject of timm's model ``rest``, ``architecture`` or ``architecture.tag``, on one image [B, C, H, W].

    Channels and size are those of the model's own configuration, or of its arguments ``in_chans`` and
    ``img_size``. No weights are loaded, and nothing is looked up on the network.

    Raises:
        TargetError: timm is missing or broken, or has no such model.
        UsageError: arguments that load weights; and as ``named.subject_of``.
    """
    refuse_weights(asked, _LOADING)
    if ":" in rest or "/" in rest:
        raise TargetError(
            f"{rest[:80]} would be looked up outside of timm", hint="one of timm's own names: timm:resnet50"
        )
    timm: Any = package("timm", "timm")
    architecture = rest.partition(".")[0]
    check_name(architecture, timm.list_models(), "timm", asked)
    if rest != architecture:
        check_name(rest, timm.list_models(f"{architecture}.*", include_tags=True), "timm", asked)

    def make() -> nn.Module:
        built: nn.Module = timm.create_model(rest, pretrained=False, **asked.arguments)
        return built

    def inputs(model: nn.Module) -> tuple[Any, ...]:
        return (TensorSpec((asked.batch or 1, *_image(model, asked.arguments))),)

    return subject_of(asked, make, inputs)


def _image(model: Any, arguments: Any) -> tuple[int, int, int]:
    """Channels, height and width of what ``model`` takes."""
    configuration = getattr(model, "pretrained_cfg", None) or {}
    channels, height, width = configuration.get("input_size") or _IMAGE
    side = arguments.get("img_size")
    if isinstance(side, int):
        height = width = side
    elif side is not None:
        height, width = side
    return arguments.get("in_chans", channels), height, width
