"""A model's ``config.json`` read as data: found, parsed, and freed of whatever would load or run anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError
from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 16 * 2**20
"""No configuration is larger."""

MOST_LAYERS = 10_000
"""A configuration that asks for more is a mistake, and would build for hours."""

OF_NO_ACCOUNT = (
    "auto_map", "quantization_config", "attn_implementation", "_attn_implementation", "_attn_implementation_internal",
    "experts_implementation", "_experts_implementation", "_experts_implementation_internal", "use_kernels",
)  # fmt: skip
"""Keys that would fetch or run something, or pick one way of computing the same; left out wherever they stand."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration.

    Args:
        file: the path as the user would write it.
        values: what the file says, without the keys of ``OF_NO_ACCOUNT``.
        model_type: transformers' name of the architecture; None where the file does not say.
        architecture: the class that it was saved from; likewise.
        remote_code: whether it points to code of its own (``auto_map``).
        quantization: the method that its weights are quantized by; None where they are not.
    """

    file: str
    values: Mapping[str, Any]
    model_type: str | None
    architecture: str | None
    remote_code: bool
    quantization: str | None


def read(name: str) -> Configuration:
    """The configuration at ``name``, a JSON file or a folder with a ``config.json``.

    Raises:
        TargetError: there is none, or it is no configuration of a model.
    """
    path = _found(name)
    values = _parsed(path)
    if "weight_map" in values:
        raise TargetError(f"{path} is the index of a checkpoint, not a configuration", hint=f"st:{path}")
    model_type, architectures = values.get("model_type"), values.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else architectures
    model_type = model_type if isinstance(model_type, str) and model_type else None
    architecture = first if isinstance(first, str) and first else None
    if model_type is None and architecture is None:
        raise TargetError(
            f"{path} says neither model_type nor architectures",
            details=(f"it has: {', '.join(map(str, list(values)[:8])) or 'nothing'}",),
            hint='a configuration of transformers has "model_type": "llama", say',
        )
    _check_layers(values, path)
    quantization = values.get("quantization_config")
    method = quantization.get("quant_method", "unnamed") if isinstance(quantization, dict) else None
    remote = isinstance(values.get("auto_map"), dict) and bool(values["auto_map"])
    return Configuration(str(path), _cleaned(values), model_type, architecture, remote, method and str(method)[:40])


def _found(name: str) -> Path:
    path = Path(name).expanduser()
    try:
        if path.is_dir():
            if (path / "config.json").is_file():
                return path / "config.json"
            others = sorted(p.name for p in path.glob("*.json"))[:5]
            raise TargetError(
                f"{name} has no config.json",
                details=(f"it has: {', '.join(others)}",) if others else (),
                hint=f"hf:{path / others[0]}" if others else None,
            )
        if path.is_file():
            return path
        near = closest(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ()
    except OSError as error:
        raise TargetError(f"{name[:200]} cannot be read", details=(error.strerror or str(error),)) from None
    raise TargetError(
        f"there is no file or folder {name[:200]}",
        hint=f"hf:{path.parent / near[0]}"
        if near
        else "hf: reads a configuration on this machine, never the network: download its config.json and name that",
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TargetError(f"{path} is too large for a configuration: {path.stat().st_size:,} bytes")
        values = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TargetError(f"{path} is no text", hint="hf: takes a config.json, or the folder that holds it") from None
    except json.JSONDecodeError as error:
        raise TargetError(
            f"{path} is not JSON", details=(f"{error.msg}, line {error.lineno}, column {error.colno}",)
        ) from None
    except RecursionError:
        raise TargetError(f"{path} is nested too deeply") from None
    except OSError as error:
        raise TargetError(f"{path} cannot be read", details=(error.strerror or str(error),)) from None
    if not isinstance(values, dict):
        raise TargetError(f"{path} is no configuration: its JSON is no object")
    return values


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items() if key not in OF_NO_ACCOUNT}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value


def _check_layers(value: Any, path: Path) -> None:
    """Refuse numbers of layers that nobody means, in the configuration or in one inside it."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, int) and item > MOST_LAYERS and key.endswith(("layers", "layer")):
                raise TargetError(f"{path} asks for {item:,} layers", details=(f"{key}: {item}",))
            _check_layers(item, path)
