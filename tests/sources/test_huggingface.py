"""Models of transformers from their configurations, against published figures and against real runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from sources.hf_asking import BY_TYPE, asked, noted, saved
from sources.tiny_models import TINY

import linscope
from linscope.sources import huggingface, huggingface_library
from linscope.sources.huggingface_cache import cached_elements
from linscope.subject import Asked

if TYPE_CHECKING:
    from linscope.report.record import Report

ROOT = Path(__file__).parents[2]
PUBLISHED = json.loads((ROOT / "tests/data/transformers_models.json").read_text(encoding="utf-8"))


def worked_out(text: str) -> int:
    assert set(text) <= set("0123456789+-*() "), text
    value = eval(text)
    assert type(value) is int
    return value


# ── published models ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model["name"])
def test_published_models_to_the_last_digit(tmp_path: Path, model: dict[str, Any]) -> None:
    config = model["config"]
    target = f"hf:{ROOT / config}" if isinstance(config, str) else saved(tmp_path, config)
    report = linscope.analyze(target, batch=model["batch"], seq_len=model["length"], crosscheck=False)
    assert worked_out(model["parameters_why"]) == model["parameters"]
    assert worked_out(model["macs_why"]) == model["macs"]
    assert (report.totals.parameters.total, report.totals.macs) == (model["parameters"], model["macs"])
    assert (report.status, report.run.mode) == ("complete", "meta")
    attention = sum(row.macs for row in report.operators if "attention" in row.name or "bmm" in row.name)
    assert attention == worked_out(model["attention_why"])
    if "active" in model:
        assert worked_out(model["active_why"]) == model["active"]
        assert noted(report)["moe"]["active_parameters"] == model["active"]
        assert noted(report)["moe"]["total_parameters"] == model["parameters"]


def test_a_70b_model_has_its_attention_in_a_line_of_its_own() -> None:
    report = linscope.analyze(f"hf:{ROOT / 'examples/llama-3-70b'}", seq_len=4096, crosscheck=False)
    assert {row.name: row.macs for row in report.operators if row.macs} == {
        "aten.mm": 284_679_022_313_472,
        "aten._scaled_dot_product_flash_attention_for_cpu": 80 * 2 * 4096 * 4096 * 8192,
    }
    assert report.totals.parameters.total == 70_553_706_496
    assert report.totals.parameters.bytes == 2 * 70_553_706_496  # the configuration says bfloat16


# ── on shapes as for real ───────────────────────────────────────────────────────────────────────────


def told(report: Report, *, routed: bool) -> Any:
    """What a report says; what depends on where tokens are sent is left out where they are."""
    operators = sorted((row.name, row.calls) for row in report.operators if row.state != "free")
    return (
        report.totals.parameters.total,
        report.totals.macs,
        [(output.name, output.shape, output.dtype) for output in report.outputs],
        *(() if routed else (report.totals.parameters, report.totals.elementwise, operators)),
    )


@pytest.mark.parametrize("config", TINY, ids=lambda config: config["model_type"])
def test_shapes_alone_tell_what_a_real_run_tells(tmp_path: Path, config: dict[str, Any]) -> None:
    shapes, real = asked(tmp_path, config), asked(tmp_path, config, "real")
    assert (shapes.run.mode, real.run.mode) == ("meta", "real")
    routed = "moe" in noted(shapes)
    assert told(shapes, routed=routed) == told(real, routed=routed)
    assert shapes.complete
    assert shapes.totals.macs > 0


@pytest.mark.parametrize("name", ["bert", "llama", "t5", "whisper", "vit", "mixtral"])
def test_attention_written_out_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fused = asked(tmp_path, BY_TYPE[name])
    constructed = huggingface._constructed
    monkeypatch.setattr(huggingface, "_constructed", lambda a, dtype, attention: constructed(a, dtype, "eager"))
    eager = asked(tmp_path, BY_TYPE[name])
    assert any("attention" in row.name for row in fused.operators)
    assert not any("attention" in row.name for row in eager.operators)
    assert (fused.totals.macs, fused.status) == (eager.totals.macs, eager.status)


def test_layers_of_one_set_of_weights_run_each_time(tmp_path: Path) -> None:
    one, two = (asked(tmp_path, {**BY_TYPE["albert"], "num_hidden_layers": n}) for n in (1, 2))
    assert one.totals.parameters.total == two.totals.parameters.total
    layer = 4 * 16 * 32 * 32 + 2 * 16 * 16 * 32 + 2 * 16 * 32 * 48
    assert two.totals.macs - one.totals.macs == layer


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_dtype_is_that_of_parameters_and_inputs(tmp_path: Path, dtype: str) -> None:
    report = asked(tmp_path, BY_TYPE["vit"], dtype=dtype)
    size = getattr(torch, dtype).itemsize
    assert report.totals.parameters.bytes == size * report.totals.parameters.total
    assert {i.dtype for i in (*report.inputs, *report.outputs)} == {dtype}


# ── experts ─────────────────────────────────────────────────────────────────────────────────────────


def test_experts_are_counted_as_often_as_tokens_go_to_them(tmp_path: Path) -> None:
    report = asked(tmp_path, BY_TYPE["mixtral"])
    (products,) = [row for row in report.operators if row.name == "aten._grouped_mm"]
    assert products.macs == 2 * (16 * 2) * 3 * 32 * 48  # layers × tokens to 2 experts × three matrices
    idle = 2 * 2 * 3 * 32 * 48  # layers × experts that a token does not go to
    total = report.totals.parameters.total
    assert noted(report)["moe"] == {
        "experts": 4, "experts_per_token": 2, "active_parameters": total - idle, "total_parameters": total,
    }  # fmt: skip
    assert "even-routing" not in noted(report)  # nothing looked at where tokens went


def test_code_that_looks_where_tokens_go_is_told_evenly_and_says_so(tmp_path: Path) -> None:
    report = asked(tmp_path, BY_TYPE["switch_transformers"])
    assert report.run.mode == "meta"
    assert "even-routing" in noted(report)
    experts = [row for row in report.layers if ".experts.expert_" in row.path and row.type.endswith("DenseActDense")]
    assert [row.input_shapes[0][0] for row in experts] == [4] * 8  # 16 tokens, 4 experts, two layers


# ── the cache ───────────────────────────────────────────────────────────────────────────────────────

CACHED = [c for c in TINY if c["architectures"][0].endswith(("CausalLM", "LMHeadModel")) and c["model_type"] != "mamba"]


@pytest.mark.parametrize("config", CACHED, ids=lambda config: config["model_type"])
def test_the_cache_is_as_large_as_the_one_that_transformers_fills(tmp_path: Path, config: dict[str, Any]) -> None:
    tokens = 6  # within every window
    target = saved(tmp_path, config)
    subject = huggingface.opened(target.removeprefix("hf:"), Asked(target, batch=2, length=tokens))
    with huggingface_library.alone(), torch.no_grad():
        model = subject.build()
        kept = model(input_ids=torch.zeros(2, tokens, dtype=torch.long), use_cache=True)
    held = getattr(kept, "past_key_values", None)
    if held is None:  # a cache of its own, or none
        assert subject.cached is None
        return
    assert subject.cached == sum(layer.keys.numel() + layer.values.numel() for layer in held.layers)


@pytest.mark.parametrize("name", ["bert", "t5", "whisper", "vit", "mamba"])
def test_what_is_no_causal_language_model_has_none(tmp_path: Path, name: str) -> None:
    target = saved(tmp_path, BY_TYPE[name])
    assert huggingface.opened(target.removeprefix("hf:"), Asked(target)).cached is None


def test_a_model_that_keeps_nothing_known_says_nothing() -> None:
    class NoForwardOfTokens:
        def forward(self, pixel_values: torch.Tensor) -> None: ...

    class Config:
        def get_text_config(self, decoder: bool) -> Config:
            return self

    assert cached_elements(NoForwardOfTokens, Config(), 1, 1) is None
