"""The benchmarks run and print their ratios; how large those are is for whoever reads them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize(("name", "lines"), [("startup.py", 7), ("warm.py", 6), ("chain.py", 3), ("lessons.py", 8)])
def test_a_benchmark_prints_its_ratios(name: str, lines: int) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / name), "2"], capture_output=True, encoding="utf-8", timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"ms +\d+\.\d\d × +\(at most [\d.]+ ×\)$", done.stdout, re.MULTILINE)) == lines


@pytest.mark.slow
def test_what_many_checks_take_is_told_of_each_kind_of_layer() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "checks.py"), "500"],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\d+\.\d\d × +\(at most 1.5 ×\)$", done.stdout, re.MULTILINE)) == 7
    assert re.search(r"^500 checks in [\d.]+ s and \d+ MiB, 50 checks in", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_what_tracing_costs_is_told_of_every_model_and_kind_of_operator() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "overhead.py"), "2", "--processor-time"],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r" \d+\.\d\d ms(?: +\d+\.\d\d ×){4}$", done.stdout, re.MULTILINE)) == 6
    assert len(re.findall(r" \d+\.\d\d µs(?: +\+ +-?\d+\.\d\d µs){2}$", done.stdout, re.MULTILINE)) == 3
