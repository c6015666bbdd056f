"""``config.json`` as data: nothing of transformers is needed to read it, or to refuse it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import linscope
from linscope.errors import TargetError, UsageError
from linscope.sources import huggingface_library
from linscope.sources.huggingface_config import MOST_BYTES, read

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str | bytes | dict[str, Any], name: str = "config.json") -> Path:
    path = folder / name
    content = json.dumps(text) if isinstance(text, dict) else text
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello", "is not JSON"),
        ('{"model_type": "llama",', "is not JSON"),
        (b"\x80\x02\xff", "is no text"),
        ("[1, 2]", "its JSON is no object"),
        ("{}", "says neither model_type nor architectures"),
        ('{"model_type": 3}', "says neither model_type nor architectures"),
        ('{"weight_map": {"a": "b"}}', "is the index of a checkpoint"),
        ('{"model_type": "llama", "num_hidden_layers": 1000000000}', "asks for 1,000,000,000 layers"),
        ('{"model_type": "x", "text_config": {"num_layers": 1000000000}}', "asks for 1,000,000,000 layers"),
        ("[" * 100_000, "is n"),  # no JSON, or nested too deeply
    ],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        read(str(written(tmp_path, content)))


def test_a_file_beyond_all_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(TargetError, match="too large"):
        read(str(path))


def test_a_name_that_is_not_there_gets_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, {"model_type": "llama"})
    with pytest.raises(TargetError, match="there is no file") as refused:
        read(str(tmp_path / "confg.json"))
    assert refused.value.hint == f"hf:{tmp_path / 'config.json'}"


def test_a_name_on_the_hub_is_not_fetched() -> None:
    with pytest.raises(TargetError, match="there is no file") as refused:
        linscope.analyze("hf:meta-llama/Meta-Llama-3-70B")
    assert refused.value.exit_code == 3
    assert "never the network" in (refused.value.hint or "")


def test_a_folder_without_one_says_what_it_has(tmp_path: Path) -> None:
    written(tmp_path, {"model_type": "llama"}, "other.json")
    with pytest.raises(TargetError, match=r"has no config\.json") as refused:
        read(str(tmp_path))
    assert refused.value.hint == f"hf:{tmp_path / 'other.json'}"


def test_what_would_fetch_or_run_something_is_left_out(tmp_path: Path) -> None:
    found = read(
        str(
            written(
                tmp_path,
                {
                    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8,
                    "auto_map": {"AutoModel": "evil.Evil"}, "_attn_implementation": "someone/kernel",
                    "quantization_config": {"quant_method": "gptq"},
                    "text_config": {"hidden_size": 4, "attn_implementation": "someone/kernel", "auto_map": {"a": "b"}},
                },
            )
        )
    )  # fmt: skip
    assert found.values == {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8,
        "text_config": {"hidden_size": 4},
    }  # fmt: skip
    assert (found.model_type, found.architecture) == ("llama", "LlamaForCausalLM")
    assert (found.remote_code, found.quantization) == (True, "gptq")


def test_a_folder_is_read_as_its_configuration(tmp_path: Path) -> None:
    path = written(tmp_path, {"model_type": "llama"})
    assert read(str(tmp_path)) == read(str(path))


def test_without_transformers_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_library, "find_spec", lambda name: None)
    with pytest.raises(TargetError, match="not installed") as refused:
        linscope.analyze(f"hf:{written(tmp_path, {'model_type': 'llama'})}")
    assert refused.value.hint == 'pip install "linscope[hf]"'


def test_a_package_that_does_not_import_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise RuntimeError("no such symbol\nand a hundred lines more\nof this")

    monkeypatch.setattr(huggingface_library, "find_spec", lambda name: name == "transformers" or None)
    monkeypatch.setattr(huggingface_library, "import_module", broken)
    with pytest.raises(TargetError, match="does not import") as refused:
        linscope.analyze(f"hf:{written(tmp_path, {'model_type': 'llama'})}")
    assert refused.value.details == ("RuntimeError: no such symbol and a hundred lines more",)


def test_the_configuration_says_everything(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="takes no --arg"):
        linscope.analyze(f"hf:{written(tmp_path, {'model_type': 'llama'})}", args={"hidden_size": 3})
