"""What a terminal shows while an analysis takes its time: a line on standard error, and at the end nothing of it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cli import shell

from linscope.cli import waiting
from linscope.cli.waiting import Waiting
from linscope.progress import unheard

if TYPE_CHECKING:
    from pathlib import Path

pty = pytest.importorskip("pty")

SLOW = """
import time
from torch import nn

class Slow(nn.Module):
    def forward(self, x):
        time.sleep({seconds})
        return x + 1

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.slow = Slow()

    def forward(self, x):
        return self.slow(self.first(x))
"""


class Shown(NamedTuple):
    code: int
    out: str
    err: str


def at_a_terminal(*arguments: str, cwd: Path, interrupt_at: str | None = None, **environment: str) -> Shown:
    """Standard error is a terminal and standard output a pipe; interrupted once ``interrupt_at`` is to be read."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in shell.PLAIN}
    process = subprocess.Popen(
        [sys.executable, "-m", "linscope", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=cwd,
        env={**inherited, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
        if interrupt_at is not None and interrupt_at.encode() in said:
            process.send_signal(signal.SIGINT)
            interrupt_at = None
    os.close(ours)
    out, _ = process.communicate(timeout=120)
    return Shown(process.returncode, out.decode(), said.decode())


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(SLOW.format(seconds=1.5))
    return tmp_path


def screen(said: str) -> str:
    """What is to be seen in the end of a line that was rewritten."""
    return said.rpartition("\x1b[K")[2].strip("\r\n")


TARGET = ("analyze", "py:net.py:Net", "--input", "[1,4]", "--json")


def test_a_terminal_sees_what_is_going_on_and_nothing_of_it_is_left(slow: Path) -> None:
    shown = at_a_terminal(*TARGET, cwd=slow)
    assert shown.code == 0
    assert re.search(r"\d s   running slow \(Slow\), 2 operators", shown.err)
    assert "\n" not in shown.err
    assert shown.err.endswith(waiting.WIPED)
    assert json.loads(shown.out)["totals"]["macs"] == 16


def test_a_comparison_says_which_side_it_is_at(slow: Path) -> None:
    shown = at_a_terminal("compare", "py:net.py:Net", "py:net.py:Net", *TARGET[2:], cwd=slow)
    assert "before: running slow" in shown.err and "after: running slow" in shown.err
    assert screen(shown.err) == ""
    assert json.loads(shown.out)["identical"]


def test_an_interrupt_wipes_the_line_and_leaves_with_130(slow: Path) -> None:
    (slow / "net.py").write_text(SLOW.format(seconds=60))
    shown = at_a_terminal(*TARGET, cwd=slow, interrupt_at="running slow")
    assert shown.code == 130
    assert screen(shown.err) == "interrupted"


def test_an_error_comes_in_the_place_of_the_line(slow: Path) -> None:
    (slow / "net.py").write_text(SLOW.format(seconds=1.5).replace("return x + 1", "raise ValueError('no')"))
    shown = at_a_terminal(*TARGET[:-1], cwd=slow)
    assert shown.code == 3
    assert screen(shown.err).startswith("\x1b[1;31merror[model]")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}])
def test_a_terminal_that_cannot_rewrite_a_line_gets_none(slow: Path, environment: dict[str, str]) -> None:
    assert at_a_terminal(*TARGET, cwd=slow, **environment).err == ""


def test_a_pipe_gets_nothing(slow: Path) -> None:
    assert shell.process(*TARGET, cwd=str(slow)).err == ""


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_no_thread_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    before = threading.active_count()
    with Waiting(Terminal()) as progress:
        assert threading.active_count() == before + 1
        progress(lambda: "working")
    assert threading.active_count() == before
    assert Waiting(io.StringIO()).__enter__() is unheard
    assert threading.active_count() == before


def test_what_takes_less_than_a_second_is_not_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with Waiting(terminal) as progress:
        progress(lambda: "working")
    assert terminal.getvalue() == ""


def lines(telling: object, monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    monkeypatch.setattr(waiting, "EVERY", 0.01)
    with Waiting(terminal) as progress:
        progress(telling)
        time.sleep(0.1)
    return terminal.getvalue()


def test_nothing_that_is_told_commands_the_terminal_or_runs_over_its_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    said = lines(lambda: "running \x1b[2J" + "x" * 500, monkeypatch, Terminal())
    assert "\x1b[2J" not in said
    assert max(map(len, said.split(waiting.WIPED))) <= 80


def test_asked_in_the_midst_of_a_change_it_shows_what_was_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["running a"])

    def telling() -> str:
        for answer in answers:
            return answer
        raise RuntimeError("dictionary changed size during iteration")

    assert "running a" in lines(telling, monkeypatch, Terminal())


def test_a_terminal_that_went_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError("gone")

    lines(lambda: "running", monkeypatch, Gone())
