"""An allowance is kept, a model is weighed unbuilt, and what the system says of its memory is understood."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from torch import nn

from linscope.engine import guard
from linscope.engine.guard import Allowance, DoesNotFit, available_memory, weigh
from linscope.subject import Subject, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable

# ── The allowance ───────────────────────────────────────────────────────────────────────────────────


def test_half_of_what_is_free_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "available_memory", lambda: 10 * 2**30)
    Allowance().ask(5 * 2**30)
    with pytest.raises(DoesNotFit, match=r"5\.0 GiB of memory"):
        Allowance().ask(5 * 2**30 + 1)


def test_small_requests_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    free = [200 * 2**20]
    monkeypatch.setattr(guard, "available_memory", lambda: free[0])
    allowance = Allowance()
    for _ in range(3):  # each 30 MiB: the third makes 90, which is worth asking about, and within the half of 200
        allowance.ask(30 * 2**20)
    free[0] -= 90 * 2**20
    allowance.ask(30 * 2**20)
    with pytest.raises(DoesNotFit):  # 60 more would leave less than the half kept back at first
        allowance.ask(34 * 2**20)


def test_the_system_is_not_asked_about_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "available_memory", lambda: pytest.fail("asked"))
    Allowance().ask(guard.WORTH_ASKING - 1)


def test_work_is_limited_unless_a_real_run_was_asked_for() -> None:
    Allowance(limit_work=False).ask(0, 10 * guard.MOST_WORK)
    allowance = Allowance()
    allowance.ask(0, guard.MOST_WORK)
    with pytest.raises(DoesNotFit, match="100 GMACs"):
        allowance.ask(0, 1)


def made(build: Callable[[], nn.Module], *shapes: tuple[int, ...]) -> Subject:
    """The subject that ``build`` makes, fed with tensors of these shapes."""
    inputs = tuple(map(TensorSpec, shapes))
    return Subject("", build, lambda model: (inputs, {}), training=None, owned=True, explain=lambda failure: None)


def test_a_model_is_weighed_without_being_built() -> None:
    # 4 bytes of 10^6 · 10^6 weights and 10^6 biases, and a buffer-and-parameter set of 4 + 1 (BatchNorm: int64 count)
    def build() -> nn.Module:
        return nn.Sequential(nn.Linear(10**6, 10**6), nn.BatchNorm1d(5))

    size, work, fed = weigh(made(build, (7, 10**6)))
    assert fed == 7 * 10**6
    assert size == 4 * (10**12 + 10**6) + 4 * 4 * 5 + 8 + 4 * fed
    assert work == guard.DRAWING * (10**12 + 10**6 + 4 * 5 + 1 + fed)


def test_shared_parameters_are_weighed_once_and_lazy_ones_not_at_all() -> None:
    def build() -> nn.Module:
        layer = nn.Linear(10, 10, bias=False)
        again = nn.Linear(10, 10, bias=False)
        again.weight = layer.weight
        return nn.Sequential(layer, again, nn.LazyLinear(10**9, bias=False))

    assert weigh(made(build)) == (400, guard.DRAWING * 100, 0)


# ── What the system says ────────────────────────────────────────────────────────────────────────────


class Files:
    """Stands in for the files of a system, and for its limit on the process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: dict[str, str] = {}
        monkeypatch.setattr(Path, "read_text", lambda path: self._read(str(path)))
        self._patch = monkeypatch
        self.process_limit(resource.RLIM_INFINITY)

    def _read(self, path: str) -> str:
        if path not in self.texts:
            raise FileNotFoundError(path)
        return self.texts[path]

    def process_limit(self, limit: int) -> None:
        self._patch.setattr(resource, "getrlimit", lambda which: (limit, limit))


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    found = Files(monkeypatch)
    found.texts["/proc/meminfo"] = "MemTotal:  16000 kB\nMemAvailable:   8000 kB\n"
    return found


def test_the_systems_word_is_taken(files: Files) -> None:
    assert available_memory() == 8_000 * 1_024


def test_the_control_groups_word_is_taken_where_it_is_less(files: Files) -> None:
    files.texts["/sys/fs/cgroup/memory.max"] = "1000000\n"
    files.texts["/sys/fs/cgroup/memory.current"] = "400000\n"
    assert available_memory() == 600_000
    files.texts["/sys/fs/cgroup/memory.max"] = "max\n"
    assert available_memory() == 8_000 * 1_024


def test_an_older_control_group_is_read_too(files: Files) -> None:
    files.texts["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "3000000\n"
    files.texts["/sys/fs/cgroup/memory/memory.usage_in_bytes"] = "1000000\n"
    assert available_memory() == 2_000_000


def test_the_limit_of_the_process_counts_its_address_space(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 4_096)
    files.texts["/proc/self/statm"] = "100 50 10 1 0 20 0\n"
    files.process_limit(1_000_000)
    assert available_memory() == 1_000_000 - 100 * 4_096


def test_no_word_at_all_is_no_reason_to_fail(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.texts.clear()
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_PAGE_SIZE": 4_096, "SC_PHYS_PAGES": 1_000}[name])
    assert available_memory() == 4_096 * 1_000 // 2
    files.texts["/proc/meminfo"] = "nonsense"
    files.texts["/sys/fs/cgroup/memory.max"] = "nonsense"
    assert available_memory() == 4_096 * 1_000 // 2


def test_less_than_nothing_is_nothing(files: Files) -> None:
    files.texts["/sys/fs/cgroup/memory.max"] = "100"
    files.texts["/sys/fs/cgroup/memory.current"] = "200"
    assert available_memory() == 0
