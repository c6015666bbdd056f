"""Who counts right on how many of the truth tables. Run it: ``python tests/bench/peers.py [--store] [--readme]``.

Every counter is asked about every case, each time in a process of its own. It takes some minutes, and the packages
of ``pip install -e ".[test,peers]"``.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch._dynamo  # here once, and not in each of thousands of processes

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.alone import Failed, alone
from bench.cases import cases
from bench.counters.registry import load
from bench.standings import EXACT, STORED, Answer, Line, Standings, from_json, table, to_json, with_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.cases import Case
    from bench.counters.registry import Counter

README = Path(__file__).parents[2] / "README.md"
SECONDS = 60.0
"""What one counter may take for one case."""


def asked(counter: Counter, case: Case) -> Answer:
    """What the counter says of the case."""
    said = alone(lambda: counter.count(case), SECONDS)
    return Answer(failure=said.why) if isinstance(said, Failed) else Answer(said.macs, said.parameters, said.warned)


def ask(counters: dict[str, Counter], wanted: str) -> Standings:
    """What all the counters say of the cases with ``wanted`` in their names."""
    torch.set_num_threads(1)  # a process with threads of torch's cannot be copied
    lines = []
    chosen = [case for case in cases() if wanted in case.name]
    for at, case in enumerate(chosen, 1):
        if sys.stderr.isatty():
            print(f"\r{at} of {len(chosen)}", end="", file=sys.stderr)
        said = tuple(asked(counter, case) for counter in counters.values())
        lines.append(Line(case.name, case.macs, case.parameters, said))
    versions = {name: counter.version for name, counter in counters.items()}
    return Standings(versions, {"torch": torch.__version__, "Python": platform.python_version()}, tuple(lines))


def details(found: Standings, counter: int) -> Iterator[str]:
    """A line for each case that the counter has not right: how, what there is, what it said."""
    for line in found.lines:
        how, said = line.on_macs(counter), line.said[counter]
        if how != EXACT or not (line.on_parameters(counter) or said.parameters is None):
            answer = said.failure or f"{said.macs} MACs, {said.parameters} parameters"
            yield f"{how}: {line.case}: {line.macs} MACs, {line.parameters} parameters; it said: {answer}"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Who counts right on how many of the truth tables.")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the cases with this in their names")
    parser.add_argument("--stored", action="store_true", help="ask nobody: show what is stored")
    parser.add_argument("--details", metavar="COUNTER", help="list the cases that this one has not right")
    parser.add_argument("--store", action="store_true", help=f"keep all answers in {STORED.name}")
    parser.add_argument("--readme", action="store_true", help="put the table of the stored answers into the README")
    options = parser.parse_args(arguments)
    if options.store and (options.only or options.stored):
        parser.error("what is stored is new, and of all cases")
    found = from_json(STORED.read_text(encoding="utf-8")) if options.stored else ask(load(), options.only)
    print(table(found))
    if options.details:
        print(*details(found, list(found.versions).index(options.details)), sep="\n")
    if options.store:
        STORED.write_text(to_json(found), encoding="utf-8")
    if options.readme:
        stored = from_json(STORED.read_text(encoding="utf-8"))
        README.write_text(with_block(README.read_text(encoding="utf-8"), stored), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
