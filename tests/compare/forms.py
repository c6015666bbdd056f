"""Reports in their JSON form, made by hand: as little of each as a comparison reads."""

from __future__ import annotations

from math import prod
from typing import Any


def row(
    path: str,
    type: str = "Linear",
    *,
    written: str | None = None,
    depth: int = 0,
    call: int = 1,
    shapes: dict[str, list[int]] | None = None,
    into: list[int] | None = None,
    out: list[int] | None = None,
    macs: int = 0,
    elementwise: int = 0,
    dtype: str = "float32",
    width: int = 4,
) -> dict[str, Any]:
    """A call of a layer; its parameters are those of ``shapes``, ``width`` bytes each."""
    total = sum(map(prod, (shapes or {}).values()))
    return {
        "path": path,
        "type": type,
        "call": call,
        "depth": depth,
        "written": written or type,
        "input_shapes": [into or [1]],
        "output_shapes": [out or [1]],
        "output_dtypes": [dtype],
        "parameters": {"total": total, "trainable": total, "bytes": width * total, "shapes": shapes or {}},
        "macs": macs,
        "elementwise": elementwise,
    }


def linear(path: str, i: int, o: int, rows: int = 5, **further: Any) -> dict[str, Any]:
    """A bias-free Linear(i, o) on ``rows`` rows: i·o weights, rows·i·o multiply-accumulates."""
    return row(
        path, written=f"Linear({i}, {o})", shapes={"weight": [o, i]}, into=[rows, i], out=[rows, o],
        macs=rows * i * o, **further,
    )  # fmt: skip


def form(
    *rows: dict[str, Any],
    uncounted: list[dict[str, Any]] | None = None,
    memory: dict[str, Any] | None = None,
    lazy: int = 0,
    target: str = "a model",
) -> dict[str, Any]:
    """The report of ``rows``, its totals their sums."""

    def summed(key: str) -> int:
        return sum(row["parameters"][key] for row in rows)

    return {
        "schema_version": "1.0",
        "tool": {"name": "linscope", "version": "0.1.0"},
        "target": target,
        "inputs": [{"name": None, "shape": [5, 4], "dtype": "float32"}],
        "outputs": [{"name": None, "shape": [5, 2], "dtype": "float32"}],
        "layers": list(rows),
        "totals": {
            "parameters": {
                "total": summed("total"), "trainable": summed("trainable"), "bytes": summed("bytes"), "lazy": lazy,
            },
            "buffers": {"total": 0, "bytes": 0},
            "macs": sum(row["macs"] for row in rows),
            "elementwise": sum(row["elementwise"] for row in rows),
        },
        "completeness": {"status": "lower_bound" if uncounted else "complete", "uncounted": uncounted or []},
        "run": {"mode": "real", "device": "cpu", "training": False, "seed": 0, "why": None},
        "environment": {"torch": "2.13.0"},
        **({} if memory is None else {"memory": memory}),
    }  # fmt: skip


def fft(*modules: str, calls: int = 1) -> list[dict[str, Any]]:
    """An operator without a count."""
    return [{"name": "aten._fft_r2c", "calls": calls, "modules": list(modules)}]
