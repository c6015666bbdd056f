"""What a causal language model keeps of the tokens it has read: the keys and values of every attention layer.

Plain arithmetic on a configuration's numbers. No torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_KEPT_HEADS = ("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num")
_WIDTH = ("hidden_size", "n_embd", "d_model", "dim")
_HEAD = ("head_dim", "kv_channels")

READ = (
    *_LAYERS, *_HEADS, *_KEPT_HEADS, *_WIDTH, *_HEAD, "layer_types", "layers_block_type", "num_kv_shared_layers",
    "sliding_window", "use_sliding_window", "attention_chunk_size", "kv_lora_rank", "qk_rope_head_dim", "v_head_dim",
    "index_head_dim", "indexer_types", "multi_query", "new_decoder_architecture", "cross_attention_layers",
    "per_layer_config",
)  # fmt: skip
"""What is read of a configuration, by transformers' names."""

_BEYOND = ("swa_", "num_sliding_")
"""How numbers begin that change what sliding layers keep, and that are not worked out here."""

_WITHOUT = ("linear", "mamba", "recurrent", "conv", "moe", "mlp")
"""Kinds of layers, by how their names begin, that keep no keys and values; some keep a state of a fixed size, which
is in none of these figures."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Layers that keep alike.

    Args:
        layers: how many.
        width: elements kept of one token in one of them.
        reach: the tokens back to which they keep; None for all.
        written: the width as a product, for people.
    """

    layers: int
    width: int
    reach: int | None
    written: str

    def elements(self, batch: int, length: int) -> int:
        """Elements kept after ``length`` tokens of each of ``batch`` sequences."""
        tokens = length if self.reach is None else min(length, self.reach)
        return self.layers * self.width * tokens * batch


def kv_cache(config: Mapping[str, Any], batch: int, length: int, bytes_per_element: int) -> int:
    """Bytes of the cache after ``length`` tokens.

    2 (keys and values) × layers × key-value heads × head_dim × tokens × batch × bytes. A layer with a sliding
    window or chunks keeps no more tokens than those. Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434,
    section 2.1) keeps kv_lora_rank + qk_rope_head_dim elements per token and layer instead.

    Args:
        config: the numbers of the (text) configuration, under transformers' names, defaults filled in.
        batch: sequences.
        length: tokens of each.
        bytes_per_element: of the dtype that it is kept in.
    """
    return sum(kept.elements(batch, length) for kept in kept_by(config)) * bytes_per_element


def kept_by(config: Mapping[str, Any]) -> tuple[Kept, ...]:
    """What each layer keeps, those that keep alike together; empty where nothing is kept, or it is not known what."""
    layers = _first(config, _LAYERS)
    if layers is None or any(key.startswith(_BEYOND) for key in config):
        return ()
    kinds = _kinds(config, layers)
    if "sliding_attention" in kinds and (_is_latent(config) or "v_head_dim" in config):
        return ()  # two ways of attention in one model, and no saying how wide the other is
    crossed = config.get("cross_attention_layers") or ()  # they look at an image, and at no token
    own = {int(index): values for index, values in (config.get("per_layer_config") or {}).items()}
    counts: dict[tuple[int, int | None, str], int] = {}
    for index, kind in enumerate(kinds):
        if kind.startswith(_WITHOUT) or index in crossed:
            continue
        numbers = {**config, **own.get(index, {})}
        width, written = _width(numbers, kind, index)
        if width:
            key = (width, _reach(numbers, kind), written)
            counts[key] = counts.get(key, 0) + 1
    return tuple(Kept(count, width, reach, written) for (width, reach, written), count in counts.items())


def _kinds(config: Mapping[str, Any], layers: int) -> list[str]:
    """The kind of each layer that keeps something of its own, by transformers' names."""
    named = config.get("layer_types") or config.get("layers_block_type")
    if isinstance(named, list | tuple) and len(named) == layers:
        kinds = [str(kind) for kind in named]
    else:
        windowed = config.get("sliding_window") and config.get("use_sliding_window") is not False
        kinds = ["sliding_attention" if windowed else "full_attention"] * layers
    borrowed = config.get("num_kv_shared_layers")  # the last layers read what earlier ones keep
    return kinds[: layers - borrowed] if isinstance(borrowed, int) and borrowed > 0 else kinds


def _reach(config: Mapping[str, Any], kind: str) -> int | None:
    key = {"sliding_attention": "sliding_window", "chunked_attention": "attention_chunk_size"}.get(kind)
    return _first(config, (key,)) if key else None


def _is_latent(config: Mapping[str, Any]) -> bool:
    return _first(config, ("kv_lora_rank",)) is not None and _first(config, ("qk_rope_head_dim",)) is not None


def _width(config: Mapping[str, Any], kind: str, index: int) -> tuple[int, str]:
    """Elements per token of one layer, and how they come about."""
    if _is_latent(config):
        parts = {"latent": "kv_lora_rank", "rotated": "qk_rope_head_dim"}
        if kind == "indexed_attention" and _nth(config, "indexer_types", index) != "shared":
            parts["to look them up"] = "index_head_dim"
        sizes = {what: _first(config, (name,)) or 0 for what, name in parts.items()}
        return sum(sizes.values()), " + ".join(f"{size:,} {what}" for what, size in sizes.items())
    heads, width = _first(config, _HEADS, index), _first(config, _WIDTH)
    kept, size = _kept_heads(config, index, heads), _first(config, _HEAD, index)
    if size is None and width is not None and heads:
        size = width // heads
    if kept is None or size is None:
        return 0, ""
    values = _first(config, ("v_head_dim",)) or size
    if values == size:
        return 2 * kept * size, f"2 · {kept:,} heads · {size:,}"
    return kept * (size + values), f"{kept:,} heads · ({size:,} + {values:,})"


def _kept_heads(config: Mapping[str, Any], index: int, heads: int | None) -> int | None:
    """Heads that have keys and values of their own."""
    if "new_decoder_architecture" in config and not config["new_decoder_architecture"]:  # a Falcon of the first kind
        return 1 if config.get("multi_query") else heads
    return _first(config, _KEPT_HEADS, index) or heads


def _nth(config: Mapping[str, Any], name: str, index: int) -> Any:
    values = config.get(name)
    return values[index] if isinstance(values, list | tuple) and index < len(values) else None


def _first(config: Mapping[str, Any], names: tuple[str, ...], index: int = 0) -> int | None:
    """The first of these numbers that the configuration has; of a list, the one of the layer at ``index``."""
    for name in names:
        value = config.get(name)
        if isinstance(value, list | tuple) and index < len(value):
            value = value[index]
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
