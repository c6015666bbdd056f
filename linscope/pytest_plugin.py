"""The pytest plugin: ``linscope.toml`` collected as items with ``--linscope``, and ``assert_shapes`` as a fixture.

Imports nothing of ours, and no torch, until it is used: every run of pytest loads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from linscope.checking.preparing import Task
    from linscope.checks.baselines import Holding
    from linscope.report.checks import CheckRun, Result

NAMES = ("linscope.toml", "pyproject.toml")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("linscope", "shapes, parameters and costs of PyTorch models")
    group.addoption("--linscope", action="store_true", help="Collect the checks of linscope.toml as tests.")


def pytest_configure(config: pytest.Config) -> None:
    """Have the project's own file collected, too, where the arguments do not lead to it."""
    if not config.getoption("linscope"):
        return
    from linscope.checks.files import nearest

    found = nearest(str(config.rootpath))
    if found is None:
        return
    path = Path(found.path)
    named = [Path(config.invocation_params.dir, argument.partition("::")[0]) for argument in config.args]
    if not any(path.is_relative_to(place.resolve()) for place in named):
        config.args.append(str(path))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name not in NAMES or not parent.config.getoption("linscope"):
        return None
    if file_path.name != NAMES[0] and "tool.linscope" not in file_path.read_text("utf-8", "replace"):
        return None
    return CheckFile.from_parent(parent, path=file_path)


class CheckFile(pytest.File):
    """A file of checks."""

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each check and binding.

        Raises:
            CollectError: the file cannot be read, or something in it is wrong.
        """
        from linscope.checking.asking import plan_at
        from linscope.checking.suite import Manner, holding_of, suite_of
        from linscope.errors import LinscopeError

        try:
            plan = plan_at(str(self.path))
            holding = holding_of(plan.baseline, plan.max_increase)
        except LinscopeError as error:
            raise self.CollectError(_error_text(error)) from None
        suite = suite_of(plan.cases, Manner())
        items: list[tuple[int, str, Task | Result]] = [
            *((index, task.name, task) for index, task in suite.ready),
            *((index, result.name, result) for index, result in suite.broken),
        ]
        for _, name, item in sorted(items, key=lambda triple: triple[0]):
            yield CheckItem.from_parent(self, name=name, item=item, holding=holding)


class CheckItem(pytest.Item):
    """One check with one binding."""

    def __init__(self, *, item: Task | Result, holding: Holding, **given: Any) -> None:
        super().__init__(**given)
        self._item = item
        self._holding = holding

    def runtest(self) -> None:
        from linscope.checking.preparing import Task
        from linscope.checking.suite import result_of_one

        item = self._item
        result = result_of_one(item, self._holding) if isinstance(item, Task) else item
        if result.exit_code:
            raise CheckFailure(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CheckFailure):
            return excinfo.value.text()
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        from linscope.checking.preparing import Task

        origin = self._item.case.origin if isinstance(self._item, Task) else self._item.origin
        return self.path, None if origin.line is None else origin.line - 1, self.name


class CheckFailure(Exception):  # noqa: N818 - a signal to the item, shown as what the check found
    """A check that did not pass."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.name)
        self.result = result

    def text(self) -> str:
        """What ``linscope check`` would print."""
        from linscope.render.checks import Renderer, Standing
        from linscope.render.look import Look

        return Renderer("table", Look(None)).told(self.result, Standing(1)).rstrip()


def _error_text(error: Any) -> str:
    from linscope.render.look import Look
    from linscope.render.registry import render_error

    return render_error(error, None, "table", Look(None)).rstrip()


@pytest.fixture
def assert_shapes() -> Callable[..., None]:
    """``linscope.assert_shapes``: ``assert_shapes(net, "[B,3,32,32] -> [B,10]")``."""
    from linscope.checking.shapes import assert_shapes as function

    return function


@pytest.fixture
def linscope_check() -> Callable[..., CheckRun]:
    """``linscope.check``: ``assert linscope_check("[32,3,4] -> Linear(4,2)", macs=768).ok``."""
    from linscope.checking.asking import check

    return check
