"""A million texts to the readers of strangers' input: notation, expressions, files of checks, shapes, amounts.

Run it: ``python tests/fuzz/fuzz.py [INPUTS] [SEED]``. Each text must be read, or be an error of ours that names what is
wrong; nothing may raise anything else, take longer than a second, or have Python run, import, open or start anything.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import linscope
from linscope.checking.preparing import prepared
from linscope.checks.amounts import BYTES, COUNTS, amount, share
from linscope.checks.expressions import parse_expression
from linscope.checks.files import from_text
from linscope.checks.reading import plan_of
from linscope.errors import LinscopeError
from linscope.notation import parse
from linscope.notation.bound import bind
from linscope.notation.shapes import parse_shape

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LONGEST = 1.0
"""Seconds that one text may take."""

FORBIDDEN = (
    "exec", "compile", "import", "open", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen",
    "ctypes.dlopen", "socket.connect", "marshal.loads", "pickle.find_class", "os.remove", "os.rename", "os.mkdir",
)  # fmt: skip
"""Audit events of Python's that mean that something ran, or was touched."""

OURS = str(Path(linscope.__file__).parent)

SPECS = (Path(__file__).parents[1] / "data" / "accepted.txt").read_text("utf-8").splitlines()
EXPRESSIONS = [
    "8*B*T",
    "B*(T+1) - 4//3",
    "-B + --T",
    "1_000*heads_2",
    "((B))",
    "B//(T-3)",
    "1.5M",
    "2 MiB",
    "<=100k",
    "2%",
]
FILE = """\
schema = 1
max-increase = "2%"
torch-defaults = false
[[check]]
name = "head"
spec = "[B,T,4] -> Linear(4,2)"
bind = [{B = 32, T = 3}, {B = 1, T = 1}]
output = "[B,T,2]"
params = 8
macs = "8*B*T"
memory = {max = "2 MiB"}
message = '''see
docs'''
[[check]]
target = "py:net.py:Net"
args = {width = 64}
inputs = {x = "[B,3,32,32]", y = ["[2]", {z = "[3]:int64"}]}
bind.B = 1
params = {max = "100k", tolerance = "1%"}
[check.layers]
"features.0" = "[B,64,32,32]"
"""
PIECES = [
    "[", "]", "(", ")", "{", "}", ",", "->", "→", ":", "=", "*", "//", "+", "-", "_", "...", ".", "32", "-1", "1e5",
    "'a'", '"', "'''", '"""', "#", "\\", "\n", "\r", "\0", " ", "\t", "\u202e", "\ud800", "é", "٣", "B", "T",
    "Linear", "nn.ReLU", "Sequential", "[[check]]", "[tool.linscope]", "schema = 1", "spec = ", "target = ",
    "macs = ", "bind = ", "eval", "__import__('os')", "lambda: 0", "py:x.py:X", "9" * 50, "9" * 5000, "(" * 200,
    "[" * 2000, "-" * 100, "a." * 100, "True", "None", "%", "MiB", "1.5M",
]  # fmt: skip


class Tally(NamedTuple):
    """What came of the texts: how many were read and how many refused, the slowest, and whatever must not happen."""

    read: int
    refused: int
    slowest: float
    faults: tuple[str, ...]


def _notation(text: str) -> None:
    spec = parse(text)
    if len(spec.steps) < 50:
        bind(spec, dict.fromkeys(("B", "T"), 2) if "B" in text and "T" in text else {})


def _expression(text: str) -> None:
    expression = parse_expression(text)
    expression.value(dict.fromkeys(expression.names, 7))
    expression.substituted(dict.fromkeys(expression.names, 7))


def _amounts(text: str) -> None:
    amount(text, COUNTS)
    amount(text, BYTES)
    share(text)


def _file(text: str) -> None:
    file = from_text(text, "linscope.toml")
    assert file is not None
    for case in plan_of(file).cases:
        for item in prepared(case, may_run_code=False):
            assert item


READERS: tuple[tuple[Callable[[str], None], list[str], int], ...] = (
    (_notation, SPECS, 8),
    (_expression, EXPRESSIONS, 6),
    (parse_shape, ["[B,...,2]:float32", "[_,10]", "[]"], 2),  # type: ignore[list-item]  # what it gives is not needed
    (_amounts, EXPRESSIONS, 1),
    (_file, [FILE, *FILE.split("[[check]]")], 3),
)
"""The readers, what their texts are made from, and how many of twenty texts go to each."""


def mutated(text: str, chance: random.Random) -> str:
    """``text`` with a few cuts, copies, swaps and strange pieces in it."""
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
        start = chance.randrange(len(text) + 1)
        end = min(start + chance.choice((0, 0, 1, 1, 2, 5, 20)), len(text))
        match chance.randrange(5):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + chance.choice(PIECES) + text[end:]
            case 2:
                text = text[:start] + text[start:end] * chance.choice((2, 3, 50)) + text[end:]
            case 3:
                text = text[:start]
            case _:
                text = text[:start] + chr(chance.randrange(0x110000)) + text[end:]
    return text


def made_up(chance: random.Random) -> str:
    """A text of pieces alone."""
    return "".join(chance.choice(PIECES) for _ in range(chance.randrange(20)))


def fuzz(inputs: int, seed: int = 0, progress: Callable[[int], None] = lambda done: None) -> Tally:
    """Give ``inputs`` texts to the readers."""
    chance = random.Random(seed)
    wheel = [reader for reader in READERS for _ in range(reader[2])]
    watch = _Watch()
    for read, corpus, _ in READERS:  # whatever is imported when it is first needed is imported now
        for text in (*corpus, "Linaer", "x = {", "schema = 1\n[[chekc]]\nspce = 1\n[[check]]\nspec = 'Linaer'"):
            watch.give(read, text, count=False)
    watch.armed = True
    for number in range(inputs):
        read, corpus, _ = chance.choice(wheel)
        text = mutated(chance.choice(corpus), chance) if chance.random() < 0.8 else made_up(chance)
        watch.give(read, text)
        if number % 10_000 == 0:
            progress(number)
    watch.armed = False
    return Tally(watch.read, watch.refused, watch.slowest, tuple(watch.faults))


class _Hang(BaseException):
    """Raised into a reader that takes too long."""


class _Watch:
    """Gives texts to readers and notes what must not happen. Audit hooks cannot be taken away, only disarmed."""

    def __init__(self) -> None:
        self.read = self.refused = 0
        self.slowest = 0.0
        self.faults: list[str] = []
        self.armed = False
        self._events: list[str] = []
        sys.addaudithook(self._heard)
        signal.signal(signal.SIGALRM, self._late)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(OURS):
            return  # the catalogue of layers is data, read when it is first asked for something
        if self.armed and event in FORBIDDEN:
            self._events.append(f"{event} {arguments!r:.200}")

    def _late(self, number: int, frame: FrameType | None) -> None:
        raise _Hang

    def give(self, read: Callable[[str], None], text: str, *, count: bool = True) -> None:
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, 20 * LONGEST)
        try:
            read(text)
            self.read += count
        except LinscopeError as error:
            self.refused += count
            if not error.message or error.exit_code != 2:
                self._fault(read, text, f"{type(error).__name__} {error.message!r}")
        except _Hang:
            self._fault(read, text, "a hang")
        except Exception as error:
            self._fault(read, text, f"{type(error).__name__}: {error}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        took = time.perf_counter() - start
        self.slowest = max(self.slowest, took if count else 0.0)
        if took > LONGEST and count:
            self._fault(read, text, f"{took:.1f} s")
        if self._events:
            self._fault(read, text, self._events.pop())
            self._events.clear()

    def _fault(self, read: Callable[[str], None], text: str, what: str) -> None:
        self.faults.append(f"{getattr(read, '__name__', read)}: {what} on {text!r:.2000}")


def main(inputs: int, seed: int) -> int:
    start = time.perf_counter()
    found = fuzz(inputs, seed, lambda done: print(f"\r{done:,}", end="", file=sys.stderr, flush=True))
    print(
        f"{inputs:,} texts, seed {seed}: {found.read:,} read, {found.refused:,} refused, "
        f"slowest {found.slowest * 1e3:.0f} ms, {len(found.faults)} faults, {time.perf_counter() - start:.0f} s"
    )
    for fault in found.faults[:20]:
        print(fault)
    return bool(found.faults)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [1_000_000, 0][len(numbers) :])))
