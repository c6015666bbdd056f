"""Work in a process of its own: what it prints, patches, breaks or hangs in stays there."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Failed:
    """Work that came to nothing, and why: the name of an exception, or ``crashed``, or ``out of time``."""

    why: str


def alone(work: Callable[[], Result], seconds: float) -> Result | Failed:
    """What ``work`` gives in a copy of this process, within ``seconds``. The copy itself costs milliseconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)
    answer = _read(reading, time.monotonic() + seconds)
    os.close(reading)
    os.kill(child, signal.SIGKILL)  # no more than a reminder to one that has answered
    os.waitpid(child, 0)
    if answer is None:
        return Failed("out of time")
    return pickle.loads(answer) if answer else Failed("crashed")


def _work(work: Callable[[], object], writing: int) -> NoReturn:
    """The life of the copy: it works, writes what came of it, and is gone, without a word on the terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        answer = work()
    except BaseException as error:  # a program under test may raise what it likes
        answer = Failed(type(error).__name__)
    with os.fdopen(writing, "wb") as pipe:
        pickle.dump(answer, pipe)
    os._exit(0)


def _read(pipe: int, deadline: float) -> bytes | None:
    """All that comes until the other end closes; None where the time is up before."""
    parts = []
    while select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
        part = os.read(pipe, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None
