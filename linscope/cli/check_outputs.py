"""Where the results of checks go: to several places, each in its own format, as they come."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from linscope.cli import streams
from linscope.cli.options import SUFFIXES, Output
from linscope.errors import OutputError, UsageError
from linscope.render.checks import CHECK_FORMATS, Renderer, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from linscope.report.checks import CheckRun, Result

ENDINGS = {**SUFFIXES, ".xml": "junit"}
del ENDINGS[".csv"]

SUMMARY = "GITHUB_STEP_SUMMARY"
ROOTS = {"github": "GITHUB_WORKSPACE", "gitlab": "CI_PROJECT_DIR"}
"""The variables that say where the paths of a format start."""


def paired(given: Sequence[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """Formats and files in the order they were given, as pairs: a file is that of the format before it.

    Args:
        given: ``("format", "junit")`` and ``("output", "report.xml")``.

    Raises:
        UsageError: a file of no format and no ending that tells one, or two formats for standard output.
    """
    pairs: list[tuple[str, str | None]] = []
    early: list[str] = []
    for what, value in given:
        if what == "format":
            pairs.append((value, early.pop(0) if early else None))
        elif pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], value)
        else:
            early.append(value)
    pairs += [(_by_ending(path), path) for path in early]
    shown = [format for format, path in pairs if path is None]
    if len(shown) > 1:
        raise UsageError(f"{' and '.join(shown)} cannot share standard output", hint=f"--format {shown[0]} -o FILE")
    twice = next((path for _, path in pairs if path and [p for _, p in pairs].count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"two formats go to {twice}", hint="give each its own file")
    return pairs if shown else [("table", None), *pairs]


def _by_ending(path: str) -> str:
    ending = os.path.splitext(path)[1].lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"no format goes with the ending {ending!r} of the file",
            hint=f"--format {CHECK_FORMATS[0]} -o {path}, or one of {', '.join(ENDINGS)}",
        )
    return ENDINGS[ending]


@dataclass(slots=True)
class Place:
    """One format and where it goes; a file is written once all of it is there. ``before`` is called before anything
    is written to standard output."""

    renderer: Renderer
    output: Output
    before: Callable[[], None]
    pieces: list[str] = field(default_factory=list)

    def put(self, text: str) -> None:
        if not text:
            return
        if self.output.path is None:
            self.before()
            streams.write(sys.stdout, text)
        else:
            self.pieces.append(text)

    def close(self) -> None:
        if self.output.path is not None:
            self.output.write("".join(self.pieces))


class Places:
    """All places at once."""

    def __init__(self, pairs: Sequence[tuple[str, str | None]], before: Callable[[], None], *, ascii: bool) -> None:
        self._places = []
        for format, path in pairs:
            output = Output(format, path, ascii)
            self._places.append(Place(Renderer(format, output.look()), output, before))
        self._failed = 0
        self._total = 0

    def open(self, total: int) -> None:
        self._total = total
        for place in self._places:
            place.put(place.renderer.opening(total))

    def tell(self, result: Result) -> None:
        standing = Standing(self._total, self._failed)
        for place in self._places:
            place.put(place.renderer.told(result, standing))
        self._failed += result.exit_code != 0

    def close(self, run: CheckRun) -> None:
        """Write what is left, all files, and the summary of the step where there is one.

        Raises:
            OutputError: a file cannot be written; the others are.
        """
        errors = []
        for place in self._places:
            place.put(place.renderer.closing(_rebased(run, place.renderer.format)))
            try:
                place.close()
            except OutputError as error:
                errors.append(error)
        try:
            _summarise(run)
        except OutputError as error:
            errors.append(error)
        if errors:
            raise errors[0]


def _summarise(run: CheckRun) -> None:
    path = os.environ.get(SUMMARY)
    if not path:
        return
    text = Renderer("markdown", Output("markdown", path, False).look()).whole(run)
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise OutputError(f"{SUMMARY} cannot be written: {error.strerror or error}") from error


def _rebased(run: CheckRun, format: str) -> CheckRun:
    """The run with the names of its files as the CI server has them: from the root of the project on."""
    root = os.environ.get(ROOTS.get(format, ""), "")
    if not root:
        return run
    names: dict[str, str] = {}
    for result in run.results:
        file = result.origin.file
        if file is not None and file not in names:
            path = os.path.relpath(file, root) if os.path.isabs(root) else file
            names[file] = file if path.startswith("..") else path.replace(os.sep, "/")
    if all(name == file for file, name in names.items()):
        return run
    results = (
        replace(result, origin=replace(result.origin, file=names.get(result.origin.file or "", result.origin.file)))
        for result in run.results
    )
    return replace(run, results=tuple(results))
