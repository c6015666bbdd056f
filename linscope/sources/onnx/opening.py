"""``onnx:``: a graph, counted as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError
from linscope.graph.reading import Reading, report_on
from linscope.graph.remarks import listed
from linscope.graph.steps import Scope
from linscope.report.record import Note, TensorInfo
from linscope.sources.files import found, takes_only
from linscope.sources.onnx.feeding import fed, inputs_of
from linscope.sources.onnx.holding import CONVENTION, held_of
from linscope.sources.onnx.loading import library, model_at, opsets_of, unsound
from linscope.sources.onnx.names import Names
from linscope.sources.onnx.walking import Found, Place, Walker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.report.record import Report
    from linscope.sources.onnx.names import Known
    from linscope.subject import Asked


def opened(rest: str, asked: Asked) -> Report:
    """The graph in the file that ``rest`` names. Dimensions that it leaves open are those of ``asked``: inputs, named
    sizes, the batch, the length of the sequence.

    Raises:
        TargetError: no such file, one that is cut short or lies, or no package onnx. UsageError: a pickle, an option
            that makes no sense here, a dimension left open or a size that the graph does not take. ShapeError: sizes
            that do not fit an operator.
    """
    takes_only(asked, ("inputs", "sizes", "batch", "length"), "an ONNX graph is what it was exported as")
    path = found(rest, "onnx")
    model = model_at(path)
    inputs = inputs_of(model.graph)
    feed = fed(inputs, asked)
    onnx = library()
    names = Names("")
    for name, value in feed.values.items():
        names.define(name, value)
    walker = Walker(onnx, model, feed.sizes)
    root = Scope("", model.graph.name.partition("\n")[0][:60] or "Graph")
    try:
        outputs = walker.walk(model.graph, Place(names, (root,), opsets_of(model.opset_import)))
    except RecursionError:
        unsound(path, "its graphs are nested too deeply")
    except TargetError as error:
        unsound(path, "; ".join((error.message, *error.details)))
    told = walker.found
    return report_on(
        Reading(
            target=asked.target,
            inputs=tuple(
                TensorInfo(value.sizes, value.dtype, name)
                for name, value in feed.values.items()
                if value.sizes is not None and value.dtype is not None
            ),
            outputs=tuple(_outputs(model.graph, outputs)),
            goes_in=tuple(feed.values),
            comes_out=tuple(one.name for one in outputs),
            steps=tuple(told.steps),
            tensors={**told.tensors, **_tensors(feed.values)},
            held=held_of(list(told.kept.values())),
            training=told.learns,
            notes=(CONVENTION, *_unsized(told, outputs)),
            versions=_versions(onnx, model),
        )
    )


def _tensors(values: Any) -> dict[str, TensorInfo]:
    return {
        name: TensorInfo(value.sizes, value.dtype)
        for name, value in values.items()
        if value.sizes is not None and value.dtype is not None
    }


def _outputs(graph: Any, outputs: tuple[Known, ...]) -> Iterator[TensorInfo]:
    for one, known in zip(graph.output, outputs, strict=True):
        if known.value.sizes is not None and known.value.dtype is not None:
            yield TensorInfo(known.value.sizes, known.value.dtype, one.name)


def _unsized(told: Found, outputs: tuple[Known, ...]) -> Iterator[Note]:
    """That sizes were not known, where that leaves something out."""
    missing = [one.name for one in outputs if one.value.sizes is None]
    if told.unsized or missing:
        left_out = (*told.unsized, *(f"output {name}" for name in missing))
        yield Note(
            "sizes-unknown",
            f"sizes that values decide are not known here: elements or outputs leave out {listed(left_out)}",
            (("operators", tuple(told.unsized)), ("outputs", tuple(missing))),
        )


def _versions(onnx: Any, model: Any) -> tuple[tuple[str, str | None], ...]:
    producer = " ".join(filter(None, (model.producer_name[:40], model.producer_version[:40])))
    return (("onnx", str(onnx.__version__)), *((("exported by", producer),) if producer else ()))
