"""A model beyond any memory, in a fresh process. Run it: ``python tests/bench/size.py [ROUNDS]``.

Llama-3-70B at 4,096 tokens from its configuration: how long it takes beyond the imports of torch and transformers,
and how much memory the process has at most. Both commands import the same modules of transformers: the package
itself imports next to nothing, and leaves that to whoever first names a class.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "examples" / "llama-3-70b" / "config.json"
TOKENS = 4096
MOST_SECONDS, MOST_BYTES = 2.0, 1.5e9

IMPORTS = """
import sys
import torch
try:
    import torchvision
except Exception:  # one that does not import is none
    sys.modules["torchvision"] = None
from transformers import LlamaConfig, LlamaForCausalLM
"""
ANALYSIS = """
import resource, sys
import linscope
report = linscope.analyze("hf:" + sys.argv[1], seq_len=int(sys.argv[2]))
print(report.to_json())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
products = {row.name: row.macs for row in report.operators if row.macs}
print(report.status, report.totals.parameters.total, peak, products, sep="\\t", file=sys.stderr)
"""


def main(rounds: int) -> None:
    wall, processor, peaks, last = [], [], [], ""
    for _ in range(rounds):
        bare, _ = timed(IMPORTS)
        whole, last = timed(ANALYSIS)
        wall.append(whole[0] - bare[0])
        processor.append(whole[1] - bare[1])
        peaks.append(int(last.split("\t")[2]))
    status, parameters, _, products = last.strip().split("\t")
    print(f"Llama-3-70B, {TOKENS:,} tokens: {status}, {int(parameters):,} parameters, MACs {products}")
    print(
        f"{statistics.median(wall):.2f} s beyond the imports of torch and transformers (at most {MOST_SECONDS:g} s), "
        f"{statistics.median(processor):.2f} s of the processor"
    )
    print(f"{max(peaks) / 1e9:.2f} GB resident at most (at most {MOST_BYTES / 1e9:g} GB)")


def timed(code: str) -> tuple[tuple[float, float], str]:
    """Seconds by the clock and of the processor that a new process takes for ``code``, and its last word."""
    before, start = spent(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(CONFIG), str(TOKENS)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    seconds = (time.perf_counter() - start, spent() - before)
    return seconds, (done.stderr.strip().splitlines() or [""])[-1]


def spent() -> float:
    """Processor time of all child processes so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
