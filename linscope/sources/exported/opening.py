"""``pt2:``: an exported program as a graph to be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.record import Note
from linscope.sources.exported.archive import archive_at, unsound
from linscope.sources.exported.program import graph_of
from linscope.sources.files import found, takes_only

if TYPE_CHECKING:
    from linscope.graph import Graph
    from linscope.subject import Asked

TIED = Note(
    "weights-not-opened",
    "the weights of such an older archive are a pickle, which stays shut: tied parameters are counted under each name",
)


def opened(rest: str, asked: Asked) -> Graph:
    """The program in the archive that ``rest`` names. Sizes that were exported as dynamic are those of ``asked``
    (inputs, named sizes, the batch), else those of the example it was exported with.

    Raises:
        TargetError: no such file, or one that is cut short, lies or holds no graph. UsageError: a pickle, an option
            that makes no sense here, or a size that the program does not take.
    """
    takes_only(asked, ("inputs", "sizes", "batch"), "an exported program is what it was exported as")
    path = found(rest, "pt2")
    archive = archive_at(path)
    try:
        graph = graph_of(path, archive, asked)
    except RecursionError:
        unsound(path, "its blocks are nested too deeply")
    if archive.payloads or not graph.held:
        return graph
    from dataclasses import replace

    return replace(graph, notes=(*graph.notes, TIED))
