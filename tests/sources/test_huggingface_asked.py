"""What a model of transformers is asked for: its inputs, its class, what is refused, and what is left behind."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch
from sources.hf_asking import BY_TYPE, asked, noted, saved

import linscope
from linscope.errors import ModelError, ShapeError, TargetError, UsageError
from linscope.sources import huggingface_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever reaches for the network fails the test."""
    reached: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: reached.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: reached.append(args))
    yield
    assert not reached


# ── inputs ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "options", "shapes"),
    [
        ("llama", {"seq_len": None}, {"input_ids": (1, 64)}),  # 128, but for the 64 that it speaks of
        ("llama", {"batch": 3, "seq_len": 5}, {"input_ids": (3, 5)}),
        ("llama", {"inputs": "[2,7]"}, {"input_ids": (2, 7)}),
        ("llama", {"inputs": "inputs_embeds=[2,7,32]"}, {"inputs_embeds": (2, 7, 32)}),
        ("llama", {"inputs": {"attention_mask": "[2,16]"}}, {"input_ids": (2, 16), "attention_mask": (2, 16)}),
        ("t5", {}, {"input_ids": (1, 16), "decoder_input_ids": (1, 16)}),
        ("t5", {"inputs": "input_ids=[4,9]"}, {"input_ids": (4, 9), "decoder_input_ids": (4, 16)}),
        ("vit", {"batch": 2}, {"pixel_values": (2, 3, 32, 32)}),
        ("whisper", {}, {"input_features": (1, 8, 40), "decoder_input_ids": (1, 16)}),
        ("clip", {}, {"input_ids": (1, 16), "pixel_values": (1, 3, 32, 32)}),
        ("wav2vec2", {}, {"input_values": (1, 16_000)}),
    ],
)
def test_inputs(tmp_path: Path, name: str, options: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> None:
    report = asked(tmp_path, BY_TYPE[name], **options)
    assert {i.name: i.shape for i in report.inputs} == shapes
    whole = {"input_ids", "decoder_input_ids", "attention_mask"}
    assert all(i.dtype == ("int64" if i.name in whole else "float32") for i in report.inputs)


def test_more_tokens_than_positions_are_refused_where_positions_are_learned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="64 learned positions, fewer than 65 tokens") as refused:
        asked(tmp_path, BY_TYPE["gpt2"], seq_len=65)
    assert refused.value.hint == "-T 64"
    with pytest.raises(UsageError, match="65 learned positions, fewer than 66"):
        asked(tmp_path, BY_TYPE["roberta"], seq_len=66)  # the first of its 66 rows is the padding's
    assert asked(tmp_path, BY_TYPE["roberta"], "real", seq_len=65).complete
    assert asked(tmp_path, BY_TYPE["gpt2"], seq_len=64).complete
    beyond = asked(tmp_path, BY_TYPE["llama"], seq_len=65)
    assert noted(beyond)["length"] == {"tokens": 65, "positions": 64}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"inputs": "pixels=[1,3]"}, UsageError, "has no input 'pixels'"),
        ({"inputs": "input_id=[1,3]"}, UsageError, "has no input 'input_id'"),
        ({"inputs": "input_ids=[2,16]:float32"}, ShapeError, "looks up rows by whole numbers"),
        ({"inputs": "inputs_embeds=[2,16,31]"}, ModelError, "raised RuntimeError at transformer"),
        ({"dtype": "int16"}, UsageError, "int16 is no dtype of parameters"),
        ({"dtype": "flaot32"}, UsageError, "flaot32 is no dtype of parameters"),
    ],
)
def test_inputs_that_do_not_fit(tmp_path: Path, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        asked(tmp_path, BY_TYPE["gpt2"], **options)


# ── which class, and what is refused ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "message", "hint"),
    [
        ({"model_type": "lama", "architectures": None}, "no model_type 'lama'", "did you mean llama?"),
        ({"architectures": ["LlamaForCasualLM"]}, "no architecture 'LlamaForCasualLM'", "LlamaForCausalLM"),
        ({"architectures": ["Trainer"]}, "Trainer is no model", "LlamaForCausalLM"),
        ({"architectures": ["models"]}, "models is no model", "LlamaForCausalLM"),
        ({"hidden_size": 33}, "does not fit LlamaConfig|cannot be built", None),
        ({"hidden_size": "wide"}, "does not fit LlamaConfig", None),
        ({"hidden_act": "sillu"}, "cannot be built", None),
        ({"hidden_size": -8}, "does not fit LlamaConfig|cannot be built", None),
    ],
)
def test_a_configuration_that_builds_nothing(
    tmp_path: Path, changed: dict[str, Any], message: str, hint: str | None
) -> None:
    with pytest.raises(TargetError, match=message) as refused:
        linscope.analyze(saved(tmp_path, BY_TYPE["llama"], **changed))
    assert refused.value.exit_code == 3
    assert hint is None or hint in (refused.value.hint or "")


def test_without_an_architecture_it_is_the_plain_model(tmp_path: Path) -> None:
    config = {name: value for name, value in BY_TYPE["llama"].items() if name != "architectures"}
    report = asked(tmp_path, config)
    assert noted(report)["architecture"] == {"class": "LlamaModel"}
    assert report.layers[0].type == "LlamaModel"


def test_without_a_model_type_the_architecture_says_it(tmp_path: Path) -> None:
    config = {name: value for name, value in BY_TYPE["llama"].items() if name != "model_type"}
    assert asked(tmp_path, config).totals == asked(tmp_path, BY_TYPE["llama"]).totals


CODE = """
from pathlib import Path
Path(__file__).with_name("ran").touch()
class Evil: pass
"""


@pytest.mark.parametrize("native", [True, False])
def test_code_that_a_configuration_names_is_never_run(tmp_path: Path, native: bool) -> None:
    (tmp_path / "evil.py").write_text(CODE)
    remote = {"auto_map": dict.fromkeys(("AutoConfig", "AutoModel", "AutoModelForCausalLM"), "evil.Evil")}
    if native:
        report = asked(tmp_path, {**BY_TYPE["llama"], **remote})
        assert noted(report)["remote-code"] == {"class": "LlamaForCausalLM"}
    else:
        with pytest.raises(TargetError, match="no architecture 'Evil'") as refused:
            asked(tmp_path, {"model_type": "evil", "architectures": ["Evil"], **remote})
        assert "runs no code that a configuration names" in refused.value.details[0]
    assert not (tmp_path / "ran").exists()


def test_quantized_weights_are_counted_as_before(tmp_path: Path) -> None:
    plain = asked(tmp_path, BY_TYPE["llama"])
    report = asked(tmp_path, {**BY_TYPE["llama"], "quantization_config": {"quant_method": "gptq", "bits": 4}})
    assert noted(report)["quantization"] == {"method": "gptq"}
    assert report.totals == plain.totals


# ── nothing left behind ─────────────────────────────────────────────────────────────────────────────


def state() -> tuple[Any, ...]:
    from huggingface_hub import constants

    return (
        {name: os.environ.get(name) for name in huggingface_library.OFFLINE},
        constants.HF_HUB_OFFLINE,
        logging.root.manager.disable,
        logging.getLogger("transformers").level,
        list(warnings.filters),
        torch.get_default_dtype(),
        torch.get_default_device(),
        "torchvision" in sys.modules and sys.modules["torchvision"] is None,
    )


@pytest.mark.parametrize("changed", [{}, {"hidden_act": "sillu"}, {"model_type": "lama", "architectures": None}])
def test_the_process_is_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str], changed: dict[str, Any]) -> None:
    asked(tmp_path, BY_TYPE["bert"])  # whatever importing leaves behind is there now
    before = state()
    capfd.readouterr()
    try:
        asked(tmp_path, {**BY_TYPE["llama"], **changed}, dtype="bfloat16")
    except TargetError:
        assert changed
    assert state() == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_torchvision_that_does_not_import_is_in_nobodys_way(tmp_path: Path) -> None:
    broken = tmp_path / "torchvision"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    target = saved(tmp_path, BY_TYPE["llama"])
    code = f"import linscope; print(linscope.analyze({target!r}, seq_len=16).totals.macs)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == asked(tmp_path, BY_TYPE["llama"]).totals.macs
