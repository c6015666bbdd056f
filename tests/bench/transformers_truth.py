"""The models of transformers in ``tests/data/transformers_models.json``, each from its configuration alone."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_rows import Row

import linscope

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
MODELS: list[dict[str, Any]] = json.loads((ROOT / "tests/data/transformers_models.json").read_text(encoding="utf-8"))


def rows() -> Iterable[Row]:
    """A row for each model, at the batch and the length that its MACs are worked out for."""
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            target = f"hf:{configuration(model, Path(folder))}"
            start = time.perf_counter()
            report = linscope.analyze(target, batch=model["batch"], seq_len=model["length"])
            yield Row(
                model["name"] + (f", {model['length']:,} tokens" if model["length"] else ""),
                model["parameters"],
                report.totals.parameters.total,
                model["macs"],
                report.totals.macs,
                report.status,
                time.perf_counter() - start,
            )


def configuration(model: dict[str, Any], folder: Path) -> Path:
    """The file that holds the configuration of ``model``: one of the examples, or one written into ``folder``."""
    if isinstance(model["config"], str):
        return ROOT / model["config"]
    path = folder / f"{model['name']}.json"
    path.write_text(json.dumps(model["config"]), encoding="utf-8")
    return path
