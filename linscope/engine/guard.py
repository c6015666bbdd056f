"""Keeping an analysis from taking the machine down: every allocation is weighed before it is made.

A run on real tensors goes through ``Allowance.ask`` with what an operator is about to allocate and to compute;
what would not fit raises ``DoesNotFit`` while nothing has been allocated yet, and the caller answers from
shapes alone instead.
"""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.report.memory import readable
from linscope.subject import TensorSpec

if TYPE_CHECKING:
    from linscope.subject import Subject

WORTH_ASKING = 64 * 2**20
"""Bytes below which allocations are only added up: the system is asked again each time they reach this."""

MOST_WORK = 100 * 10**9
"""MACs above which a run on real values would take longer than anyone waits (some seconds on two cores)."""

LARGE = 2**29
"""Bytes of weights and inputs, or elements of inputs times the largest number in the spec, from which a model is
run on shapes before anything of it is allocated."""

DRAWING = 100
"""MACs that take about as long as drawing one random number."""


class DoesNotFit(Exception):  # noqa: N818 - a signal between engine parts, never shown as an error
    """The run on real tensors was given up before it could do harm. The message says why, in words."""


class Allowance:
    """What one real run may still allocate and compute; ``limit_work=False`` asks for memory only."""

    def __init__(self, *, limit_work: bool = True) -> None:
        self._pending = 0
        self._work = 0
        self._limit_work = limit_work
        self._reserve: int | None = None

    def ask(self, size: int, work: int = 0) -> None:
        """Account for ``size`` bytes and ``work`` MACs about to be spent.

        Raises:
            DoesNotFit: when less than half of what was free at first would be left, or the work would be more
                than ``MOST_WORK`` in all.
        """
        self._pending += size
        if self._pending >= WORTH_ASKING:
            free = available_memory()
            if self._reserve is None:
                self._reserve = free // 2
            if self._pending > free - self._reserve:
                raise DoesNotFit(f"a real run would need more than {readable(self._pending)} of memory")
            self._pending = 0
        self._work += work
        if self._limit_work and self._work > MOST_WORK:
            raise DoesNotFit(f"a real run would take more than {MOST_WORK // 10**9} GMACs, or as long to draw")


class _Weighing(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves its subclass hook untyped
    """Leaves tensors without values unfilled: filling them is nothing but time, and loads a compiler at first."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True makes torch import torch._dynamo, a second of start-up

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        in_place = func.__name__.partition(".")[0].endswith("_")
        if in_place and isinstance(args[0], torch.Tensor) and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


class Weight(NamedTuple):
    """What a model is before it is made: bytes of its parameters, buffers and inputs, MACs' worth of drawing
    them, and elements that go in."""

    size: int
    work: int
    fed: int


def weigh(subject: Subject) -> Weight:
    """The weight of what ``subject`` builds and feeds. Nothing is allocated."""
    with torch.device("meta"), _Weighing():  # type: ignore[no-untyped-call]
        model = subject.build()
        specs = _specs_in(subject.arguments(model))
    tensors = {id(t): t for t in (*model.parameters(), *model.buffers()) if not is_lazy(t)}.values()
    fed = sum(prod(spec.shape) for spec in specs)
    size = sum(t.numel() * t.element_size() for t in tensors)
    size += sum(prod(spec.shape) * getattr(torch, spec.dtype).itemsize for spec in specs)
    return Weight(size, DRAWING * (fed + sum(t.numel() for t in tensors)), fed)


def _specs_in(value: Any) -> list[TensorSpec]:
    if isinstance(value, TensorSpec):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [spec for item in value for spec in _specs_in(item)] if isinstance(value, tuple | list) else []


def available_memory() -> int:
    """Bytes that can be allocated without swapping: the least that the system, the control group and the
    process limit allow."""
    limits = [_system_memory(), *_group_memory(), *_process_memory()]
    return max(min(limits), 0)


def _system_memory() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 4 * 2**30


def _group_memory() -> list[int]:
    folder = Path("/sys/fs/cgroup")
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            limit = (folder / most).read_text().strip()
            if limit != "max":
                return [int(limit) - int((folder / used).read_text())]
        except (OSError, ValueError):
            continue
    return []


def _process_memory() -> list[int]:
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return []
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return [limit - pages * os.sysconf("SC_PAGE_SIZE")]
    except (ImportError, OSError, ValueError, IndexError):
        return []
