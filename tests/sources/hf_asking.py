"""Asking linscope for models of transformers from configurations written on the spot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sources.tiny_models import TINY

import linscope

if TYPE_CHECKING:
    from pathlib import Path

    from linscope.report.record import Report

pytest.importorskip("transformers")

BY_TYPE = {config["model_type"]: config for config in TINY}


def saved(folder: Path, config: dict[str, Any], **changed: Any) -> str:
    """The target that names ``config``, written into ``folder``."""
    path = folder / "config.json"
    path.write_text(json.dumps({**config, **changed}), encoding="utf-8")
    return f"hf:{path}"


def asked(folder: Path, config: dict[str, Any], run: str = "auto", **options: Any) -> Report:
    return linscope.analyze(saved(folder, config), run=run, crosscheck=False, **{"seq_len": 16, **options})


def noted(report: Report) -> dict[str, dict[str, Any]]:
    """The data of the report's notes, by their codes."""
    return {note.code: dict(note.data) for note in report.notes}
