"""torchvision's classification models against their published figures.

Run it: ``python tests/bench/torchvision_truth.py``. First those of ``tests/data/torchvision_models.json``, then every
other one, against the metadata of its own weights.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_rows import HEAD, Row

import linscope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TESTS = Path(__file__).parents[1]
DATA = TESTS / "data" / "torchvision_models.json"

AS_PUBLISHED = {"googlenet": {"aux_logits": False}}
"""Arguments that make of a model what its weights are for."""


def rows() -> Iterator[Row]:
    """A row for each entry of the data, then one for each further classification model."""
    sys.path.insert(0, str(TESTS / "sources"))
    import torchvision_ops

    if not torchvision_ops.available("torchvision"):
        raise SystemExit("torchvision is not installed")
    told = json.loads(DATA.read_text(encoding="utf-8"))
    for line in told:
        name = f"{line['model']} {line['weights'].removeprefix('IMAGENET1K_')}"
        yield _row(name, line["model"], line["parameters"], line["gmacs"], f"{line['input']}", {})
    yield from _others({line["model"] for line in told})


def _others(told: set[str]) -> Iterable[Row]:
    from torchvision import models

    for name in models.list_models(module=models):
        if name not in told:
            published = min((weights.meta for weights in models.get_model_weights(name)), key=lambda meta: meta["_ops"])
            arguments = AS_PUBLISHED.get(name, {})
            yield _row(name, name, published["num_params"], published["_ops"], None, arguments)


def _row(name: str, model: str, parameters: int, gmacs: float, inputs: str | None, args: dict[str, Any]) -> Row:
    start = time.perf_counter()
    report = linscope.analyze(f"tv:{model}", inputs, args=args)
    totals, status = report.totals, "complete" if report.complete else "lower_bound"
    return Row(name, parameters, totals.parameters.total, gmacs, totals.macs, status, time.perf_counter() - start)


def main() -> int:
    warnings.simplefilter("ignore")
    print(HEAD)
    wrong = 0
    for row in rows():
        print(row.line(), flush=True)
        wrong += not row.right
    print(f"{wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
