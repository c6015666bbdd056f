"""Heavy checks in processes of their own, several at a time, each with limits on its time and memory.

A process is forked from this one, so that torch is imported once; what hangs, crashes or eats the memory takes a
check down and nothing else. Light checks run here, in between; results come in order.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from linscope.checking.running import failed, run_task
from linscope.errors import LimitError, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.checking.preparing import Task
    from linscope.checking.suite import Manner
    from linscope.checks.baselines import Holding
    from linscope.report.checks import Result

AHEAD = 64
"""Results that are kept back, at most, for one that is slow."""

CHUNK = 1 << 16


@dataclass(slots=True)
class _Child:
    """A check that is running elsewhere; ``result`` once it is known. ``whole``: it has said all it had to say."""

    task: Task
    pid: int
    pipe: int
    start: float
    received: bytearray = field(default_factory=bytearray)
    result: Result | None = None
    whole: bool = False


def can_fork() -> bool:
    """Whether checks can have processes of their own here."""
    return hasattr(os, "fork") and sys.platform != "darwin"  # Accelerate does not survive a fork


def run_watched(ready: deque[tuple[int, Task]], holding: Holding, manner: Manner) -> Iterator[tuple[int, Result]]:
    """The result of each task, in order; heavy ones from ``manner.jobs`` processes at a time. None where there can
    be no such processes."""
    if not can_fork():
        return  # what is left is run here
    import_module("linscope.engine")  # so that every process has torch already
    waiting: deque[tuple[int, _Child | Result]] = deque()
    with _Pool(holding, manner) as pool:
        while ready or waiting:
            begun = False
            if ready and len(waiting) < AHEAD:
                index, task = ready[0]
                if task.light:
                    waiting.append((index, run_task(task, holding)))
                    begun = True
                elif not pool.full:
                    waiting.append((index, pool.start(task)))
                    begun = True
            if begun:
                ready.popleft()
            if pool.busy:
                pool.listen(wait=not begun)
            yield from _known(waiting)


def _known(waiting: deque[tuple[int, _Child | Result]]) -> Iterator[tuple[int, Result]]:
    """The results that need wait for no other any more."""
    while waiting:
        index, item = waiting[0]
        result = item.result if isinstance(item, _Child) else item
        if result is None:
            return
        waiting.popleft()
        yield index, result


class _Pool:
    """The processes that run now."""

    def __init__(self, holding: Holding, manner: Manner) -> None:
        self._holding = holding
        self._manner = manner
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, _Child] = {}
        self._before: Any = None

    def __enter__(self) -> _Pool:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, _interrupt)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
        for child in list(self._running.values()):
            self._end(child)
        self._selector.close()

    @property
    def busy(self) -> bool:
        return bool(self._running)

    @property
    def full(self) -> bool:
        return len(self._running) >= self._manner.jobs

    def start(self, task: Task) -> _Child:
        """A process of its own for ``task``."""
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _work(task, self._holding, self._manner, writing)
        os.close(writing)
        child = _Child(task, pid, reading, time.monotonic())
        self._running[reading] = child
        self._selector.register(reading, selectors.EVENT_READ)
        return child

    def listen(self, *, wait: bool) -> None:
        """Take what they have said; with ``wait``, until one has said something or has run out of time."""
        first = min(child.start for child in self._running.values())
        left = max(first + self._manner.timeout - time.monotonic(), 0) if wait else 0
        for key, _ in self._selector.select(left):
            child = self._running[key.fd]
            data = os.read(child.pipe, CHUNK)
            child.received += data
            if not data:
                child.whole = bool(child.received)
                self._finish(child)
        for child in list(self._running.values()):
            seconds = time.monotonic() - child.start
            if seconds > self._manner.timeout:
                self._end(child)
                child.result = failed(child.task, _late(self._manner.timeout), seconds)

    def _finish(self, child: _Child) -> None:
        """Take the result of a process that has closed its end."""
        status = self._end(child)
        seconds = time.monotonic() - child.start
        if child.whole:
            child.result = pickle.loads(bytes(child.received))
        else:
            child.result = failed(child.task, _death(status, self._manner), seconds)

    def _end(self, child: _Child) -> int:
        """Take a process from those that run; its exit status. One that has said nothing is ended, with all that it
        started."""
        del self._running[child.pipe]
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        ended, status = os.waitpid(child.pid, os.WNOHANG)
        if ended:
            return status
        if not child.whole:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        return os.waitpid(child.pid, 0)[1]


def _interrupt(signal_: int, frame: Any) -> NoReturn:
    """A server that cancels a job says so by SIGTERM: as an interrupt it takes the processes down on its way out."""
    raise KeyboardInterrupt


def _late(timeout: float) -> LimitError:
    return LimitError(
        f"it took more than {timeout:g} second{'' if timeout == 1 else 's'}", hint="--timeout gives it longer"
    )


def _death(status: int, manner: Manner) -> LimitError | ModelError:
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        memory = f"it may use {manner.memory >> 20:,} MiB of memory" if name == "SIGKILL" else None
        return ModelError(f"its process was ended by {name}", hint=memory)
    return ModelError(f"its process left with {os.waitstatus_to_exitcode(status)} and said nothing")


def _work(task: Task, holding: Holding, manner: Manner, writing: int) -> None:
    """What a forked process does: one task; it never returns."""
    code = 1
    try:
        from linscope.engine.threads import alone

        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends this one
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _die_with_parent()
        os.dup2(2, 1)  # what the model's code writes past Python is no result
        alone()
        _limit(manner.memory)
        result = run_task(task, holding)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(result))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _die_with_parent() -> None:
    """Have the system end this process when the one that started it goes, however that goes. Linux alone can."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _limit(memory: int) -> None:
    """Let this process take ``memory`` bytes more than it has."""
    import resource

    has = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = has + memory
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
