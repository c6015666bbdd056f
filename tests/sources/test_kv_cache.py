"""The cache of keys and values, against figures that are published or worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from linscope.sources.kv_cache import kept_by, kv_cache

LLAMA_3_70B = {"num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8, "hidden_size": 8192}
LLAMA_2_7B = {"num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128}
MISTRAL_7B = {
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "hidden_size": 4096,
    "sliding_window": 4096,
}  # fmt: skip
DEEPSEEK_V3 = {
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "hidden_size": 7168,
    "kv_lora_rank": 512, "qk_rope_head_dim": 64, "v_head_dim": 128,
}  # fmt: skip
GPT2 = {"n_layer": 12, "n_head": 12, "n_embd": 768}


@pytest.mark.parametrize(
    ("config", "batch", "length", "size", "expected"),
    [
        (LLAMA_3_70B, 1, 4096, 2, 2 * 80 * 8 * 128 * 4096 * 2),
        (LLAMA_2_7B, 1, 4096, 2, 2 * 2**30),  # 0.5 MiB a token
        (MISTRAL_7B, 1, 1000, 2, 2 * 32 * 8 * 128 * 1000 * 2),
        (MISTRAL_7B, 1, 32768, 2, 2 * 32 * 8 * 128 * 4096 * 2),  # no further back than the window
        ({**MISTRAL_7B, "use_sliding_window": False}, 1, 32768, 2, 2 * 32 * 8 * 128 * 32768 * 2),
        (DEEPSEEK_V3, 1, 1, 2, 70_272),  # "70 KB" a token: 61 layers of 512 + 64 elements of two bytes
        (GPT2, 3, 1024, 4, 3 * 1024 * 12 * 2 * 768 * 4),
        ({**GPT2, "n_layer": 0}, 1, 10, 4, 0),
        ({}, 1, 10, 4, 0),
    ],
)
def test_bytes(config: dict[str, Any], batch: int, length: int, size: int, expected: int) -> None:
    assert kv_cache(config, batch, length, size) == expected


BASE = {"num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 16}
ONE = 2 * 2 * 16
"""Elements of a token in a layer of ``BASE``."""


@pytest.mark.parametrize(
    ("changed", "elements"),
    [
        ({}, 4 * ONE * 100),
        ({"layer_types": ["full_attention", "sliding_attention"] * 2, "sliding_window": 30}, 2 * ONE * (100 + 30)),
        ({"layer_types": ["chunked_attention"] * 3 + ["full_attention"], "attention_chunk_size": 8}, ONE * (24 + 100)),
        ({"layer_types": ["linear_attention"] * 3 + ["full_attention"]}, ONE * 100),
        ({"layers_block_type": ["mamba", "mamba", "attention", "mamba"]}, ONE * 100),
        ({"num_kv_shared_layers": 1}, 3 * ONE * 100),
        ({"cross_attention_layers": [1]}, 3 * ONE * 100),
        ({"num_key_value_heads": [1, 2, 4, 8]}, 2 * 15 * 16 * 100),
        ({"per_layer_config": {"03": {"head_dim": 32}}}, (3 * ONE + 2 * ONE) * 100),
        ({"v_head_dim": 8}, 4 * 2 * (16 + 8) * 100),
        ({"new_decoder_architecture": False, "multi_query": True}, 4 * 2 * 16 * 100),
        ({"new_decoder_architecture": False, "multi_query": False}, 4 * 2 * 8 * 16 * 100),
        ({"kv_lora_rank": 24, "qk_rope_head_dim": 8}, 4 * 32 * 100),
        ({"layer_types": ["indexed_attention"] * 4, "kv_lora_rank": 24, "qk_rope_head_dim": 8, "index_head_dim": 6,
          "indexer_types": ["full", "shared"] * 2}, (4 * 32 + 2 * 6) * 100),
    ],
)  # fmt: skip
def test_layers_that_keep_otherwise(changed: dict[str, Any], elements: int) -> None:
    assert kv_cache({**BASE, **changed}, 1, 100, 1) == elements


@pytest.mark.parametrize(
    "changed",
    [
        {"swa_num_key_value_heads": 4},
        {"kv_lora_rank": 24, "qk_rope_head_dim": 8, "layer_types": ["full_attention", "sliding_attention"] * 2},
    ],
)
def test_what_is_not_known_is_not_said(changed: dict[str, Any]) -> None:
    assert kept_by({**BASE, **changed}) == ()


def test_how_it_comes_about_is_written_out() -> None:
    (kept,) = kept_by(LLAMA_3_70B)
    assert (kept.layers, kept.width, kept.reach, kept.written) == (80, 2048, None, "2 · 8 heads · 128")
    (kept,) = kept_by(DEEPSEEK_V3)
    assert kept.written == "512 latent + 64 rotated"
