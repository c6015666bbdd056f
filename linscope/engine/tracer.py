"""The dispatch mode that sees every operator, and the frames that say which module it ran for.

Counting happens here and nowhere else: functional calls, bare parameters and ``@`` arrive as modules do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from types import GeneratorType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine.compiling import CompilersAside
from linscope.engine.complex_convolution import ComplexConvolutions
from linscope.engine.formulas.registry import verify
from linscope.engine.frames import Frame, OperatorTally
from linscope.engine.handling import HANDLINGS, argument_at, handling_of
from linscope.engine.masking import of_operator
from linscope.engine.projection import projected
from linscope.engine.scripted import unseen
from linscope.errors import LinscopeError
from linscope.report.record import ELEMENTWISE, FREE, UNCOUNTED
from linscope.subject import Failure

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Elements, Formula
    from linscope.engine.guard import Allowance
    from linscope.engine.handling import Handling
    from linscope.engine.liveness import Liveness
    from linscope.engine.opening import Opener

    Case = tuple[OperatorTally | None, Formula | None, Elements | None, Opener | None, bool, Handling | None, bool]
    """How one overload is handled; the tally is None where each call decides to which it goes."""


Watcher = Callable[[Frame, list[Any], Any], None]
"""Looks at a finished call with its input tensors and its output, while they are still there."""


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves its subclass hook untyped
    """Counts what runs while it is entered.

    Args:
        allowance: asked before every operator; None where nothing is allocated (shapes alone).
        watch: called at the end of every module call.
        keep: called with every argument that an operator is about to write to.
        read: called with the arguments of every operator.
        alive: told of every tensor that an operator makes.
    """

    supports_higher_order_operators = True

    def __init__(
        self,
        allowance: Allowance | None,
        watch: Watcher | None = None,
        keep: Callable[[Any], None] | None = None,
        read: Callable[[tuple[Any, ...], dict[str, Any]], None] | None = None,
        alive: Liveness | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.root = Frame("", None, 1)
        self.operators: dict[str, OperatorTally] = {}
        self._failures: list[Failure] = []
        self._cases: dict[int, Case] = {}
        self._stack = [self.root]
        self._calls: dict[str, int] = {}
        self._allowance = allowance
        self._watch = watch
        self._keep = keep
        self._read = read
        self._alive = alive
        self._aside = CompilersAside()
        self._complex = ComplexConvolutions()
        self._broken: LinscopeError | None = None
        self._depth = 0
        verify()

    def __enter__(self) -> Tracer:
        if not self._depth:
            self._aside.__enter__()
        self._depth += 1
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        self._depth -= 1
        if not self._depth:
            self._aside.__exit__()
            if error is None and self._broken is not None:  # the model caught it, but the count is wrong
                raise self._broken

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True makes torch import torch._dynamo, a second of start-up

    # ── operators ───────────────────────────────────────────────────────────────────────────────────

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if kwargs is None:
            kwargs = {}
        case = self._cases.get(id(func))  # operators live for ever, and hash slowly
        if case is None:
            case = self._cases[id(func)] = self._case(func)
        tally, formula, inside, opens, allocates, writes, makes = case
        if opens is not None and not _holds_nested(args):  # nothing is made of operators that take nested tensors
            return opens(self, args, kwargs)
        if allocates and self._allowance is not None:
            size, work = projected(func, args, kwargs)
            if size or work:
                self._allowance.ask(size, work)
        if writes is not None and self._keep is not None:
            for place in writes.writes:
                self._keep(argument_at(place, args, kwargs))
            for place, flag in writes.updates:
                if argument_at(flag, args, kwargs) is not False:
                    self._keep(argument_at(place, args, kwargs))
        if self._read is not None:
            self._read(args, kwargs)
        result = func(*args, **kwargs)
        if tally is None:
            tally = self._tally_of(func, args, result)
        tally.calls += 1
        frame = self._stack[-1]
        if makes and self._alive is not None:
            frame.allocated += self._alive.made(result, frame)
        if tally.state == FREE:
            return result
        if formula is not None:
            try:
                derivation = formula(args, kwargs, result)
            except Exception as error:
                self._note_lost(error, tally, frame)
                return result
            macs = derivation.count
            if tally.name == "aten.convolution" and self._complex.completes(args, derivation):
                # One in the place of three: the first two, which are the last that this frame ran, are taken back.
                del frame.derivations[-2:]
                frame.macs -= 2 * macs
                tally.macs -= 2 * macs
                tally.derivations[derivation] -= 2
            frame.macs += macs
            frame.derivations.append(derivation)
            tally.macs += macs
            if tally.attends:
                frame.attention.append(of_operator(func, args, kwargs))
            tally.derivations[derivation] = tally.derivations.get(derivation, 0) + 1
        if inside is not None and tally.state != UNCOUNTED:
            touched = inside(args, kwargs, result)
            frame.elements += touched
            tally.elements += touched
        elif formula is None:
            tally.modules[frame.path] = None
        return result

    def _case(self, func: Any) -> Case:
        """What to do with ``func``, and the tally that its calls go to; overloads of one operator share that."""
        handling = HANDLINGS.get(id(func)) or handling_of(func)
        waits = handling.opens is not None or handling.on_integers  # to be seen in the report only if it counts there
        tally = None if waits else self._tally(handling.name, handling.state)
        return (
            tally,
            handling.formula,
            handling.inside,
            handling.opens,
            handling.allocates,
            handling if handling.writes or handling.updates else None,
            handling.makes,
        )

    def _tally(self, name: str, state: str, key: str | None = None) -> OperatorTally:
        key = key or name
        tally = self.operators.get(key)
        if tally is None:
            tally = self.operators[key] = OperatorTally(name, state)
        return tally

    def _tally_of(self, func: Any, args: tuple[Any, ...], result: Any) -> OperatorTally:
        """Where the call looks decides: a composite that was not opened counts as a whole, and an operator without
        a count only keeps books where it works on integers alone. The report has both kinds by one name."""
        handling = handling_of(func)
        if handling.on_integers and _is_whole(args[0]) and _is_whole(result):
            return self._tally(handling.name, ELEMENTWISE, f"{handling.name} of integers")
        return self._tally(handling.name, handling.state)

    # ── modules ─────────────────────────────────────────────────────────────────────────────────────

    def traced(self, path: str, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        """``forward`` with a frame around it. The stack holds whatever the forward raises."""
        hidden = unseen(module)

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
            for name in hidden:
                self._note_unseen(name, frame)
            if isinstance(output, GeneratorType):
                return self._resumed(frame, output)
            frame.gives(output)
            if self._watch is not None:
                self._watch(frame, taken, output)
            return output

        run.__wrapped__ = forward  # type: ignore[attr-defined]  # inspect.signature follows it
        return run

    def _resumed(self, frame: Frame, generator: Generator[Any, None, None]) -> Iterator[Any]:
        """A forward that yields runs piece by piece, whenever someone asks for the next; each within its frame."""
        while True:
            self._stack.append(frame)
            depth = len(self._stack)
            try:
                item = next(generator)
            except StopIteration:
                return
            finally:
                del self._stack[depth - 1 :]
            frame.gives(item)
            yield item

    def _note_unseen(self, name: str, frame: Frame) -> None:
        tally = self._tally(name, UNCOUNTED)
        tally.calls += 1
        tally.modules[frame.path] = None

    def _note_lost(self, error: Exception, tally: OperatorTally, frame: Frame) -> None:
        """A call that its formula could not count: a formula of the user's says so, ours leaves it uncounted."""
        if isinstance(error, LinscopeError):
            self._broken = error
            raise error
        tally.calls -= 1
        lost = self._tally(tally.name, UNCOUNTED, f"{tally.name} without a count")
        lost.calls += 1
        lost.modules[frame.path] = None

    def whereabouts(self) -> str:
        """Which layer runs, and how many operators have run so far; for other threads to ask."""
        calls = sum(tally.calls for tally in tuple(self.operators.values()))
        frame = self._stack[-1]
        layer = f"{frame.path} ({type(frame.module).__name__})" if frame.path else "the model"
        return f"running {layer}, {calls:,} operators"

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


def _holds_nested(args: tuple[Any, ...]) -> bool:
    return any(isinstance(a, torch.Tensor) and a.is_nested for a in args)


def _is_whole(value: Any) -> bool:
    """Whether the tensor, or the first of a tuple, holds integers or bools."""
    tensor = value[0] if isinstance(value, tuple) else value
    return not (tensor.is_floating_point() or tensor.is_complex())
