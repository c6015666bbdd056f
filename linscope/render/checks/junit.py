"""JUnit's XML, in the form that both Jenkins' and the stricter Ant schema take: a suite per file, a case per check."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.checks.words import inert, inert_xml, notes, sentence, summary, title
from linscope.report.checks import ERROR, FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from linscope.render.look import Look
    from linscope.report.checks import CheckRun, Result

INLINE = "linscope check"
"""The suite of checks that are in no file."""


def closing(run: CheckRun, look: Look) -> str:
    lines = _lines(run, ascii_only if look.ascii else visible)
    return "".join(f"{line}\n" for line in lines)


def _lines(run: CheckRun, clean: Callable[[str], str]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<testsuites>"
    ordered = sorted(run.results, key=lambda result: result.origin.file or "")
    for index, (file, results) in enumerate(groupby(ordered, key=lambda result: result.origin.file)):
        yield from _suite(index, file or INLINE, list(results), run, clean)
    yield "</testsuites>"


def _suite(index: int, file: str, results: list[Result], run: CheckRun, clean: Callable[[str], str]) -> Iterator[str]:
    attributes = {
        "name": file,
        "package": "linscope",
        "id": index,
        "timestamp": run.started,
        "hostname": "localhost",
        "tests": len(results),
        "failures": sum(result.status == FAILED for result in results),
        "errors": sum(result.status == ERROR for result in results),
        "skipped": 0,
        "time": f"{sum(result.seconds for result in results):.3f}",
    }
    yield f"  <testsuite{_attributes(attributes, clean)}>"
    yield "    <properties/>"
    for result in results:
        yield from _case(result, file, clean)
    said = [f"{label}: {text}" if label else text for label, text in notes(run)] if index == 0 else []
    yield f"    <system-out>{_escaped(said, clean)}</system-out>"
    yield "    <system-err/>"
    yield "  </testsuite>"


def _case(result: Result, file: str, clean: Callable[[str], str]) -> Iterator[str]:
    own = _attributes({"name": result.name, "classname": file, "time": f"{result.seconds:.3f}"}, clean)
    if not result.exit_code:
        yield f"    <testcase{own}/>"
        return
    tag = "error" if result.status == ERROR else "failure"
    kind = result.error.kind if result.error is not None else result.broken[0].kind
    attributes = _attributes({"type": kind, "message": summary(result)}, clean)
    yield f"    <testcase{own}>"
    yield f"      <{tag}{attributes}>{_escaped(_told(result), clean)}</{tag}>"
    yield "    </testcase>"


def _told(result: Result) -> Iterator[str]:
    if result.origin.file:
        yield f"{result.origin.file}:{result.origin.line or 1}"
    yield result.target
    if result.error is not None:
        yield f"error[{result.error.kind}]: {result.error.message}"
        yield from result.error.details
        if result.error.hint:
            yield f"try: {result.error.hint}"
    for finding in result.broken:
        yield f"{title(finding)}: {sentence(finding)}"
        yield from (f"  {line}" for line in finding.lines)
    if result.message:
        yield result.message


_MEANT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def _attributes(values: dict[str, object], clean: Callable[[str], str]) -> str:
    return "".join(f' {name}="{inert_xml(clean(str(value)).translate(_MEANT))}"' for name, value in values.items())


def _escaped(lines: Iterable[str], clean: Callable[[str], str]) -> str:
    """Lines as the text of an element: what XML cannot hold is spelled out already."""
    return "\n".join(clean(inert(line)).translate(_MEANT) for line in lines)
