"""Progress: one line on a terminal, after a second, gone before anything else is written; elsewhere nothing."""

from __future__ import annotations

import io
import sys

import pytest

from linscope.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "patience", "shown"), [(Terminal, 0, True), (Terminal, 60, False), (io.StringIO, 0, False)]
)
def test_what_is_shown_where(
    stream: type[io.StringIO], patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = stream()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setattr(progress, "BETWEEN", 0)
    told = progress.Progress(10_000)
    for number in range(1_234):
        told.count(failed=number in (3, 4))
    told.clear()
    said = stderr.getvalue()
    assert bool(said) is shown
    if shown:
        assert said.endswith("\r\x1b[K1,234 of 10,000, 2 failed\r\x1b[K")
