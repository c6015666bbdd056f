"""The numbers of a transformers configuration that its cache of keys and values depends on."""

from __future__ import annotations

import inspect
from typing import Any

from linscope.sources.kv_cache import READ, kept_by


def cached_elements(model: type[Any], config: Any, batch: int, length: int) -> int | None:
    """Elements of keys and values that ``model`` keeps after ``length`` tokens of each of ``batch`` sequences.

    None for what is no causal language model, keeps something else, or keeps it in a way that is not known here.
    """
    text = config.get_text_config(decoder=True)
    parameters = inspect.signature(model.forward).parameters
    generates = getattr(model, "can_generate", None)
    if "past_key_values" not in parameters or "input_ids" not in parameters or not (generates and generates()):
        return None
    reads_both_ways = hasattr(text, "add_cross_attention") and getattr(text, "is_decoder", None) is False
    if getattr(config, "is_encoder_decoder", False) or reads_both_ways:
        return None
    elements = sum(kept.elements(batch, length) for kept in kept_by(numbers_of(text)))
    return elements or None


def numbers_of(config: Any) -> dict[str, Any]:
    """The configuration's numbers, by the names that every architecture has them under."""
    named = {name: getattr(config, name) for name in READ if hasattr(config, name)}
    named.pop("per_layer_config", None)  # as an attribute it is a configuration for each layer
    return {**config.to_dict(), **named}
