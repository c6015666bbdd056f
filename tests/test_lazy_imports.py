"""What must not import torch does not, seen in a fresh process; and the test that sees it can fail."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
sys.argv = ["linscope", *{arguments!r}]
import linscope.cli.main as main
code = main.outcome(sys.argv[1:])
heavy = [name for name in ("torch", "thop", "numpy", "rich") if name in sys.modules]
print("HEAVY", code, *heavy, file=sys.stderr)
"""


def imported(*arguments: str) -> tuple[int, set[str]]:
    """The exit code, and which of torch, thop, numpy and rich the command imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=list(arguments))],
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("HEAVY")]
    _, code, *names = line.split()
    return int(code), set(names)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["analyze", "--help"], 0),
        (["layers"], 0),
        (["layers", "Linear"], 0),
        (["schema"], 0),
        (["completion", "bash"], 0),
        (["analyze", "[32,3,4] -> Linaer(4,2)"], 2),
        (["analyze", "[32,3,4] -> Linear(4)"], 2),
        (["analyze", "[B,3,4] -> Linear(4,2)"], 2),
        (["analyze", "[32,3,4 -> Linear(4,2)", "--json"], 2),
        (["analyze", "[3] -> ReLU", "--no-such-option"], 2),
        (["explain", "--help"], 0),
        (["explain", "--list", "--json"], 0),
        (["explain", "--list"], 0),
        (["explain", "transpos"], 2),
        (["explain", "transpose", "--x", "[[1,2],[3]]"], 2),
        (["explain", "attention", "--x", "[[1,2]]"], 2),
        (["explain", "transpose", "[32,3,4] -> Linaer(4,2)"], 2),
        (["analyse"], 2),
        (["check", "--help"], 0),
        (["check", "[3] -> Linaer"], 2),
        (["check", "[3] -> ReLU", "--macs", "8**B"], 2),
        (["schema", "configuration"], 0),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_no_torch_where_no_tensor_is_made(arguments: list[str], code: int) -> None:
    assert imported(*arguments) == (code, set())


def test_the_probe_sees_torch_where_it_is_imported() -> None:
    code, heavy = imported("analyze", "[32,3,4] -> Linear(4,2)")
    assert code == 0
    assert {"torch", "thop"} <= heavy


def test_importing_the_package_imports_no_torch() -> None:
    program = "import sys, linscope; linscope.parse('[3] -> ReLU'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=120, check=False).returncode == 0


def test_an_analysis_does_not_import_the_compiler() -> None:
    """torch._dynamo takes a second, and is imported by the first dispatch mode that does not decline it."""
    program = "import sys, linscope; linscope.analyze('[3,4] -> Linear(4,2)'); sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=120, check=False).returncode == 0
