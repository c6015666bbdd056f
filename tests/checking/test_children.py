"""Heavy checks in processes of their own: what hangs, crashes or eats the memory takes one check down."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from linscope.checking.children import can_fork
from linscope.checking.suite import Manner, holding_of, run_suite, suite_of
from linscope.checks.inline import case_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.report.checks import CheckRun

pytestmark = pytest.mark.skipif(not can_fork(), reason="no processes can be forked here")

MODELS = """
import os, signal, subprocess, sys, time, torch
from torch import nn

class Model(nn.Module):
    def __init__(self, what):
        super().__init__()
        self.what = what
        self.layer = nn.Linear(4, 2)

    def forward(self, x):
        if self.what == "sleep":
            time.sleep(60)
        if self.what == "spin":
            while True: pass
        if self.what == "leave":
            os._exit(7)
        if self.what == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "eat":
            eaten = [bytearray(2**24) for _ in range(2**10)]
        if self.what == "start":
            subprocess.run(["sleep", "60"])
        if self.what == "print":
            print("::error::printed")
        if self.what == "exit":
            sys.exit(3)
        return self.layer(x)
"""


def run(tmp_path: Path, *whats: str, **manner: object) -> CheckRun:
    (tmp_path / "models.py").write_text(MODELS)
    cases = [
        case_of(
            f"py:{tmp_path}/models.py:Model", name=f"{index} {what}", figures={"params": 10},
            options={"inputs": "[3,4]", "args": {"what": what}},
        )
        for index, what in enumerate(whats)
    ]  # fmt: skip
    settings = Manner(**{"jobs": 2, "timeout": 20.0, **manner})  # type: ignore[arg-type]  # what each test says
    told: list[str] = []
    found = run_suite(
        suite_of(cases, settings), holding_of(None, Fraction(0)), settings, lambda result: told.append(result.name)
    )
    assert told == [case.name for case in cases], "results stream in order"
    return found


def test_each_takes_only_itself_down(tmp_path: Path) -> None:
    found = run(tmp_path, "fine", "leave", "crash", "exit", "print", "fine", jobs=3)
    assert [result.status for result in found.results] == ["passed", "error", "error", "error", "passed", "passed"]
    messages = [result.error.message if result.error else "" for result in found.results]
    assert messages[1] == "its process left with 7 and said nothing"
    assert messages[2] == "its process was ended by SIGKILL"
    assert found.exit_code == 3


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    start = time.monotonic()
    found = run(tmp_path, "sleep", "spin", "start", "fine", jobs=4, timeout=4.0)
    assert time.monotonic() - start < 30
    assert [result.status for result in found.results] == ["error", "error", "error", "passed"]
    for result in found.results[:3]:
        assert result.error is not None and result.error.kind == "limit"
        assert result.error.message == "it took more than 4 seconds"


def test_what_eats_the_memory_is_stopped(tmp_path: Path) -> None:
    (result, fine) = run(tmp_path, "eat", "fine", memory=2**30).results
    assert result.status == "error"
    assert result.error is not None and "memory" in result.error.message.lower() + str(result.error.details).lower()
    assert fine.status == "passed"


def test_light_checks_run_here_in_between(tmp_path: Path) -> None:
    specs = ["[2,4] -> Linear(4,2)", "[4,5000] -> Linear(5000,5000)", "[2,4] -> Linear(4,3)"]
    manner = Manner(jobs=1)
    suite = suite_of([case_of(spec) for spec in specs], manner)
    assert [task.light for _, task in suite.ready] == [True, False, True]
    found = run_suite(suite, holding_of(None, Fraction(0)), manner)
    assert [result.target for result in found.results] == specs
    assert found.ok


def test_a_job_that_is_cancelled_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import os, time\nfrom pathlib import Path\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
        "    def forward(self, x):\n        Path('pid').write_text(str(os.getpid()))\n        time.sleep(300)\n"
    )
    command = [sys.executable, "-m", "linscope", "check", "py:net.py:Net", "--input", "[1,4]", "--timeout", "200"]
    job = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = int(_eventually(lambda: (tmp_path / "pid").read_text() if (tmp_path / "pid").exists() else ""))
    job.send_signal(signal.SIGTERM)
    assert job.communicate(timeout=60) is not None  # nobody holds its streams any more
    assert job.returncode == 130
    _eventually(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text())


def _eventually(found: Callable[[], Any]) -> Any:
    for _ in range(600):
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError("it never came to that")
