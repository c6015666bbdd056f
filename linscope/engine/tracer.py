"""The dispatch mode that sees every operator, and the frames that say which module it ran for.

Counting happens here and nowhere else: functional calls, bare parameters and ``@`` arrive as modules do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine.formulas.registry import elements
from linscope.engine.frames import Frame, OperatorTally
from linscope.engine.handling import HANDLINGS, handling_of
from linscope.engine.projection import projected
from linscope.report.record import ELEMENTWISE, FREE
from linscope.subject import Failure

if TYPE_CHECKING:
    from linscope.engine.guard import Allowance


Watcher = Callable[[Frame, list[Any], Any], None]
"""Looks at a finished call with its input tensors and its output, while they are still there."""


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves its subclass hook untyped
    """Counts what runs while it is entered.

    Args:
        allowance: asked before every operator; None where nothing is allocated (shapes alone).
        watch: called at the end of every module call.
    """

    supports_higher_order_operators = True

    def __init__(self, allowance: Allowance | None, watch: Watcher | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.root = Frame("", None, 1)
        self.operators: dict[str, OperatorTally] = {}
        self._failures: list[Failure] = []
        self._tallies: dict[int, OperatorTally] = {}
        self._stack = [self.root]
        self._calls: dict[str, int] = {}
        self._allowance = allowance
        self._watch = watch

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True makes torch import torch._dynamo, a second of start-up

    # ── operators ───────────────────────────────────────────────────────────────────────────────────

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if kwargs is None:
            kwargs = {}
        tally = self._tallies.get(id(func))  # operators live for ever, and hash slowly
        if tally is None:
            tally = self._tally(func)
        if tally.is_composite:
            opened = self._opened(func, args, kwargs)
            if opened is not NotImplemented:
                return opened
        if tally.allocates and self._allowance is not None:
            size, work = projected(func, args, kwargs)
            if size or work:
                self._allowance.ask(size, work)
        result = func(*args, **kwargs)
        tally.calls += 1
        if tally.state == FREE:
            return result
        frame = self._stack[-1]
        if tally.formula is not None:
            derivation = tally.formula(args, kwargs, result)
            macs = derivation.count
            frame.macs += macs
            frame.derivations.append(derivation)
            tally.macs += macs
            tally.derivations[derivation] = tally.derivations.get(derivation, 0) + 1
        elif tally.state == ELEMENTWISE:
            touched = elements(args, kwargs, result)
            frame.elements += touched
            tally.elements += touched
        else:
            tally.modules[frame.path] = None
        return result

    def _tally(self, func: Any) -> OperatorTally:
        """The tally that the calls of ``func`` go to; overloads of one operator share it."""
        handling = HANDLINGS.get(id(func)) or handling_of(func)
        tally = self.operators.get(handling.name)
        if tally is None:
            tally = OperatorTally(handling)
            if not handling.is_composite:
                self.operators[handling.name] = tally
        self._tallies[id(func)] = tally
        return tally

    def _opened(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A composite operator (as inference mode delivers them) run as the operators it is made of.

        Not of nested tensors: what their composites are made of takes none.
        """
        if any(isinstance(a, torch.Tensor) and a.is_nested for a in args):
            return NotImplemented
        with self:
            return func.decompose(*args, **kwargs)

    # ── modules ─────────────────────────────────────────────────────────────────────────────────────

    def traced(self, path: str, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        """``forward`` with a frame around it. The stack holds whatever the forward raises."""

        def run(*args: Any, **kwargs: Any) -> Any:
            call = self._calls[path] = self._calls.get(path, 0) + 1
            frame = Frame(path, module, call)
            taken = frame.takes(args, kwargs)
            self._stack[-1].children.append(frame)
            self._stack.append(frame)
            depth = len(self._stack)
            try:
                output = forward(*args, **kwargs)
            except Exception as error:
                self._note_failure(frame, error)
                raise
            finally:
                del self._stack[depth - 1 :]
            frame.gives(output)
            if self._watch is not None:
                self._watch(frame, taken, output)
            return output

        run.__wrapped__ = forward  # type: ignore[attr-defined]  # inspect.signature follows it
        return run

    def failed(self, error: Exception) -> tuple[Failure, ...]:
        """The calls that ``error``, which the model let out, went through, the innermost first."""
        if self._failures and self._failures[0].error is error:
            return tuple(self._failures)
        return (Failure("", None, (), (), error),)

    def _note_failure(self, frame: Frame, error: Exception) -> None:
        """Keep the calls of the exception that is under way; one that the model handled is forgotten."""
        if self._failures and self._failures[0].error is not error:
            self._failures.clear()
        self._failures.append(Failure(frame.path, frame.module, frame.input_shapes, frame.input_dtypes, error))
