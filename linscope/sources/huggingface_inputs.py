"""What a model of transformers takes: its own signature says which arguments, its configuration how large they are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from linscope.errors import TargetError, UsageError
from linscope.subject import Draw, TensorSpec

TOKENS = 128
"""Tokens of a text where nobody says how many."""

SAMPLES = 16_000
"""Samples of a sound where nobody says how many: a second at the usual rate."""

FRAMES = 1_000
"""Frames of a spectrogram of no fixed length: ten seconds at the usual rate."""

PIXELS = 224
"""Height and width of an image where the configuration has none."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the configuration and the user say about sizes.

    Args:
        config: transformers' configuration of the whole model.
        batch: examples.
        tokens: of a text; None for ``TOKENS``, or as many as the model has positions.
        dtype: of real inputs, by torch's name.
    """

    config: Any
    batch: int
    tokens: int | None
    dtype: str

    def number(self, *names: str) -> int | None:
        """The first of these that the configuration, or one inside it, has as a number."""
        for config in _outside_in(self.config):
            for name in names:
                value = getattr(config, name, None)
                if isinstance(value, int) and not isinstance(value, bool):
                    return value
        return None

    def length(self, *limits: str) -> int:
        """Tokens: as many as asked for, else the usual number, or the model's own limit where that is lower."""
        if self.tokens is not None:
            return self.tokens
        limit = positions(self.config, *limits)
        return min(TOKENS, limit) if limit else TOKENS


Rule = Callable[[Sizes], TensorSpec | None]
"""None where the configuration does not say enough."""

_RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register how large the arguments of these names are."""

    def register(function: Rule) -> Rule:
        _RULES.update(dict.fromkeys(names, function))
        return function

    return register


def inputs_of(model: type[Any], sizes: Sizes, given: frozenset[str]) -> dict[str, Any]:
    """The arguments of a forward of ``model``, by name.

    Args:
        given: arguments that the user gives; they are left out here, and those that they stand in for.

    Raises:
        TargetError: the model wants something that no rule knows.
    """
    if model.forward is nn.Module.forward:
        raise TargetError(
            f"{model.__name__} has no forward: it is there to generate only", hint="name one of its parts"
        )
    parameters = inspect.signature(model.forward).parameters
    if "inputs_embeds" in given:
        given |= {"input_ids"}
    wanted = [name for name in _wanted(model, parameters, sizes.config) if name not in given]
    specs, unknown = {}, []
    for name in wanted:
        spec = _RULES[name](sizes) if name in _RULES else None
        if spec is None:
            unknown.append(name)
        else:
            specs[name] = spec
    if unknown:
        raise TargetError(
            f"{model.__name__} takes {' and '.join(unknown)}, of a size that its configuration does not say",
            hint=" ".join(f'--input "{name}=[...]"' for name in unknown),
        )
    fixed = {"use_cache": False} if "use_cache" in parameters and "use_cache" not in given else {}
    return {**specs, **fixed}


def left_out(model: type[Any], inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Pictures and sounds that the forward takes beside a text, and that it is not given."""
    parameters = inspect.signature(model.forward).parameters
    return tuple(name for name in _MEDIA if name in parameters and name not in inputs and "input_ids" in inputs)


_MEDIA = ("pixel_values", "pixel_values_videos", "input_features", "input_values")


def _wanted(model: type[Any], parameters: Mapping[str, inspect.Parameter], config: Any) -> list[str]:
    """The main input, what has no default, and what goes with them."""
    main = getattr(model, "main_input_name", None)
    required = [
        name
        for name, p in parameters.items()
        if name != "self" and p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    wanted = [main] if isinstance(main, str) and main in parameters else []
    wanted += [
        name for name in required if name not in wanted and not (name == "inputs_embeds" and "input_ids" in wanted)
    ]
    wanted += [
        name
        for name, goes in _COMPANIONS.items()
        if name in parameters and name not in wanted and goes(config, parameters)
    ]
    return wanted


def _is_dual(config: Any, parameters: Mapping[str, inspect.Parameter]) -> bool:
    """Whether text and the other kind go in side by side, not one in the place of tokens of the other."""
    placed = any(
        getattr(config, f"{kind}_token_{what}", None) is not None
        for kind in ("image", "audio", "video")
        for what in ("id", "index")
    )
    return "input_ids" in parameters and not placed


_COMPANIONS: dict[str, Callable[[Any, Mapping[str, inspect.Parameter]], bool]] = {
    "input_ids": lambda config, parameters: (
        "return_loss" in parameters or getattr(config, "text_config", None) is not None
    ),
    "pixel_values": _is_dual,
    "input_features": lambda config, parameters: "return_loss" in parameters and _is_dual(config, parameters),
    "decoder_input_ids": lambda config, parameters: True,
    # OPT, given no mask, makes one of real numbers, and sums it up.
    "attention_mask": lambda config, parameters: config.model_type == "opt",
    "bbox": lambda config, parameters: True,
}


# ── how large ───────────────────────────────────────────────────────────────────────────────────────


@rule("input_ids", "qformer_input_ids")
def _ids(sizes: Sizes) -> TensorSpec | None:
    vocabulary = sizes.number("vocab_size") or 2
    return TensorSpec(
        (sizes.batch, sizes.length()), "int64", None, Draw("integers", min(5, vocabulary - 1), vocabulary)
    )


@rule("decoder_input_ids")
def _decoder_ids(sizes: Sizes) -> TensorSpec | None:
    vocabulary = sizes.number("vocab_size") or 2
    length = sizes.length("max_target_positions")
    return TensorSpec((sizes.batch, length), "int64", None, Draw("integers", min(5, vocabulary - 1), vocabulary))


@rule("attention_mask")
def _mask(sizes: Sizes) -> TensorSpec | None:
    return TensorSpec((sizes.batch, sizes.length()), "int64", None, Draw("integers", 1, 2))


@rule("bbox")
def _boxes(sizes: Sizes) -> TensorSpec | None:
    return TensorSpec((sizes.batch, sizes.length(), 4), "int64", None, Draw("integers", 0, 1))


@rule("pixel_values", "pixel_values_videos")
def _pixels(sizes: Sizes) -> TensorSpec | None:
    channels = sizes.number("num_channels", "in_channels", "in_chans", "num_input_channels") or 3
    height, width = image_size(sizes.config)
    frames = sizes.number("num_frames")
    moving = (frames,) if frames is not None else ()
    return TensorSpec((sizes.batch, *moving, channels, height, width), sizes.dtype)


@rule("input_features")
def _features(sizes: Sizes) -> TensorSpec | None:
    bins, positions = sizes.number("num_mel_bins"), sizes.number("max_source_positions")
    if bins is not None and positions is not None and sizes.number("input_feat_per_channel") is None:
        return TensorSpec((sizes.batch, bins, 2 * positions), sizes.dtype)  # the second convolution halves them
    width = sizes.number("input_feat_per_channel", "feature_projection_input_dim", "input_dim")
    if width is None:
        return None
    return TensorSpec((sizes.batch, FRAMES, width * (sizes.number("input_channels") or 1)), sizes.dtype)


@rule("input_values")
def _sound(sizes: Sizes) -> TensorSpec | None:
    bins, frames = sizes.number("num_mel_bins"), sizes.number("max_length")
    if bins is not None and frames is not None and sizes.number("frequency_stride") is not None:
        return TensorSpec((sizes.batch, frames, bins), sizes.dtype)
    channels = sizes.number("audio_channels") or (1 if sizes.number("codebook_size") is not None else None)
    alone = (channels,) if channels is not None else ()
    return TensorSpec((sizes.batch, *alone, SAMPLES), sizes.dtype)


@rule("past_values")
def _series(sizes: Sizes) -> TensorSpec | None:
    length, channels = sizes.number("context_length"), sizes.number("num_input_channels")
    return None if length is None or channels is None else TensorSpec((sizes.batch, length, channels), sizes.dtype)


def image_size(config: Any) -> tuple[int, int]:
    """Height and width of an image, by the configuration or one inside it."""
    for part in _outside_in(config):
        for name in ("image_size", "img_size", "input_size"):
            value = getattr(part, name, None)
            if isinstance(value, Mapping):
                value = (value.get("height"), value.get("width"))
            if isinstance(value, int) and not isinstance(value, bool):
                return value, value
            if isinstance(value, list | tuple) and len(value) >= 2 and all(isinstance(v, int) for v in value[-2:]):
                return value[-2], value[-1]
    return PIXELS, PIXELS


def positions(config: Any, *names: str) -> int | None:
    """The longest text that the configuration speaks of."""
    for part in _outside_in(config):
        for name in (*names, "max_position_embeddings"):
            value = getattr(part, name, None)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return None


def _outside_in(config: Any) -> list[Any]:
    """The configuration, and those inside it: of the text first, where there is one."""
    inside = [getattr(config, name, None) for name in getattr(config, "sub_configs", None) or ()]
    parts = [part for part in inside if part is not None and part is not config]
    parts.sort(key=lambda part: "text" not in str(getattr(part, "model_type", "")))
    return [config, *(deeper for part in parts for deeper in _outside_in(part))]


def check_length(model: Any, config: Any, asked: int | None) -> None:
    """Refuse more tokens than the model has learned positions for: no look-up fails where there are no values.

    Raises:
        UsageError: there are more.
    """
    limit = positions(config)
    if asked is None or limit is None:
        return
    for name, module in model.named_modules():
        rows, padding = getattr(module, "num_embeddings", None), getattr(module, "padding_idx", None)
        if not isinstance(rows, int) or not ("position" in name or name.endswith("wpe")):
            continue
        # RoBERTa counts positions from the one after its padding's; OPT and BART have two rows more than positions.
        held = min(limit, rows) if padding is None else min(limit, rows - padding - 1)
        if limit <= rows <= limit + 8 and asked > held:
            raise UsageError(
                f"the model has {held:,} learned positions, fewer than {asked:,} tokens", hint=f"-T {held}"
            )
