"""The fuzz run, of a size that a test can have; and that it sees what it looks for."""

from __future__ import annotations

import signal
import time

import pytest
from fuzz import fuzz as fuzzing

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="hangs are told by a timer")


def test_some_texts() -> None:
    found = fuzzing.fuzz(3_000, seed=1)
    assert found.faults == ()
    assert found.read > 100 and found.refused > 100


@pytest.mark.slow
def test_many_texts() -> None:
    assert fuzzing.fuzz(200_000, seed=2).faults == ()


def test_it_sees_what_it_looks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluates(text: str) -> None:
        eval("1 + 1")

    def hangs(text: str) -> None:
        time.sleep(1)

    def breaks(text: str) -> None:
        raise IndexError(text)

    monkeypatch.setattr(fuzzing, "LONGEST", 0.01)
    for reader, words in ((evaluates, "exec"), (hangs, "a hang"), (breaks, "IndexError")):
        monkeypatch.setattr(fuzzing, "READERS", ((reader, ["x"], 1),))
        assert any(words in fault for fault in fuzzing.fuzz(1).faults)
