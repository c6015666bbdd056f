"""Torch's own messages, said in terms of the layer: for modules without a diagnosis of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match
from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.wording import count, show_inputs

if TYPE_CHECKING:
    from torch import nn

Translate = Callable[[Match[str], Any, str], Diagnosis]
"""(what matched, module, inputs as the notation writes them) -> the same in our words."""

_TRANSLATIONS: list[tuple[re.Pattern[str], Translate]] = []


def translate(module: nn.Module, shapes: Shapes, dtypes: Dtypes, error: Exception) -> Diagnosis | None:
    """The first translation that knows the message, or None."""
    text, given = str(error), show_inputs(shapes, dtypes)
    for pattern, function in _TRANSLATIONS:
        match = pattern.search(text)
        if match is not None:
            return function(match, module, given)
    return None


def _says(pattern: str) -> Callable[[Translate], Translate]:
    def register(function: Translate) -> Translate:
        _TRANSLATIONS.append((re.compile(pattern, re.DOTALL), function))
        return function

    return register


@_says(r"(?:forward|initialize_parameters)\(\) missing \d+ required positional arguments?: (.+)")
def _missing(match: Match[str], module: Any, given: str) -> Diagnosis:
    names = ", ".join(re.findall(r"'(\w+)'", match[1]))
    return Diagnosis(f"{{layer}} needs more inputs: {names}", (f"in: {given}",), instead="one shape for each input")


@_says(r"(?:forward|initialize_parameters)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) w")
def _too_many(match: Match[str], module: Any, given: str) -> Diagnosis:
    taken, got = int(match[1]) - 1, int(match[2]) - 1
    return Diagnosis(f"{{layer}} takes {count(taken, 'input')}, got {got}", (f"in: {given}",))


@_says(r"forward\(\) got an unexpected keyword argument '(\w+)'")
def _unexpected(match: Match[str], module: Any, given: str) -> Diagnosis:
    return Diagnosis(f"{{layer}} has no input named {match[1]}", (f"in: {given}",))


@_says(r'missing the required "forward" function|should not be called')
def _not_callable(match: Match[str], module: Any, given: str) -> Diagnosis:
    return Diagnosis("{layer} only holds layers or parameters and cannot be called", (f"in: {given}",))


@_says(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)")
def _matrices(match: Match[str], module: Any, given: str) -> Diagnosis:
    rows, inner, needed, columns = match.groups()
    return Diagnosis(
        f"{{layer}} multiplies [{rows},{inner}] by [{needed},{columns}], and {inner} is not {needed}",
        (f"in: {given}   the inner sizes of a matrix product must be equal",),
    )


@_says(r"Expected size for first two dimensions of batch2 tensor to be: \[(.*?)\] but got: \[(.*?)\]")
def _batched_matrices(match: Match[str], module: Any, given: str) -> Diagnosis:
    wanted, got = (sizes.replace(" ", "") for sizes in match.groups())
    return Diagnosis(
        f"{{layer}} multiplies batches of matrices: the second must begin with [{wanted}], got [{got}]",
        (f"in: {given}   bmm never broadcasts",),
    )


@_says(r"Expected (\d)D \(unbatched\) or (\d)D \(batched\) input to \w+, but got input of size: .*?\[(.*?)\]")
def _ranks(match: Match[str], module: Any, given: str) -> Diagnosis:
    unbatched, batched, got = match.groups()
    sizes = got.replace(" ", "")
    return Diagnosis(
        f"{{layer}} expects {unbatched} dimensions, or {batched} with a batch, got [{sizes}]",
        (f"in: {given}",),
    )


@_says(r"padded input size per channel: \((.*?)\)\. Kernel size: \((.*?)\)")
def _kernel(match: Match[str], module: Any, given: str) -> Diagnosis:
    padded, kernel = (sizes.replace(" x ", "×") for sizes in match.groups())
    return Diagnosis(f"{{layer}} has a kernel of {kernel}, larger than its padded input of {padded}", (f"in: {given}",))


@_says(r"Given input size.*?: \((.*?)\)\. Calculated output size.*?: \((.*?)\)\. Output size is too small")
def _small(match: Match[str], module: Any, given: str) -> Diagnosis:
    return Diagnosis(
        f"{{layer}} has a window larger than its input: {match[1]} would become {match[2]}",
        (f"in: {given}",),
    )


@_says(r"[Dd]imension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\)")
def _dimension(match: Match[str], module: Any, given: str) -> Diagnosis:
    low, high, got = (int(number) for number in match.groups())
    return Diagnosis(
        f"{{layer}} asks for dimension {got}, and the input has {count(high + 1, 'dimension')}",
        (f"in: {given}   dimensions {low} to {high}",),
    )


@_says(r"shape '\[(.*?)\]' is invalid for input of size (\d+)")
def _view(match: Match[str], module: Any, given: str) -> Diagnosis:
    sizes = match[1].replace(" ", "")
    return Diagnosis(
        f"{{layer}} cannot arrange {int(match[2]):,} numbers as [{sizes}]",
        (f"in: {given}   the product of the sizes must be {int(match[2]):,}",),
    )


@_says(r"view size is not compatible with input tensor's size and stride")
def _strides(match: Match[str], module: Any, given: str) -> Diagnosis:
    return Diagnosis(
        "{layer} cannot view numbers that do not lie in this order in memory",
        (f"in: {given}",),
        instead="reshape, which copies where it must",
    )


@_says(r"input\.dim\(\) = (\d+) is not equal to len\(dims\) = (\d+)")
def _order(match: Match[str], module: Any, given: str) -> Diagnosis:
    return Diagnosis(
        f"{{layer}} orders {count(int(match[2]), 'dimension')}, and the input has {match[1]}",
        (f"in: {given}",),
    )


@_says(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)")
def _broadcast(match: Match[str], module: Any, given: str) -> Diagnosis:
    first, second, dim = match.groups()
    return Diagnosis(
        f"{{layer}} combines tensors that do not broadcast: {first} and {second} in dimension {dim}",
        (f"in: {given}   sizes must be equal, or one of them 1",),
    )


@_says(r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got size (\d+)")
def _concatenate(match: Match[str], module: Any, given: str) -> Diagnosis:
    dim, wanted, got = match.groups()
    return Diagnosis(
        f"{{layer}} joins tensors along dimension {dim}, whose other sizes differ: {wanted} and {got}",
        (f"in: {given}",),
    )


@_says(r"input's size at dim=(\d+) to match num_features \((\d+)\), but got: (\d+)")
def _features(match: Match[str], module: Any, given: str) -> Diagnosis:
    dim, wanted, got = match.groups()
    return Diagnosis(
        f"{{layer}} expects {count(int(wanted), 'channel')} in dimension {dim}, got {got}", (f"in: {given}",)
    )


@_says(r"Expected more than 1 (?:value per channel|spatial element) when training, got input size .*?(\[.*\])")
def _one_value(match: Match[str], module: Any, given: str) -> Diagnosis:
    return Diagnosis(
        "{layer} normalises over more than one value, and each channel has only one",
        (f"in: {given}   the mean of one number is that number, and its variance is 0",),
        instead="a larger batch or more positions"
        + (", or evaluation mode" if getattr(module, "track_running_stats", False) else ""),
    )


@_says(r"index out of range in self|not in the valid range \[0, \d+\)")
def _index(match: Match[str], module: Any, given: str) -> Diagnosis:
    rows = getattr(module, "num_embeddings", None)
    if rows is None:
        return Diagnosis("{layer} is asked for an index that its table does not have", (f"in: {given}",))
    return Diagnosis(
        f"{{layer}} has rows 0 to {rows - 1}, and an index is none of them",
        (f"in: {given}   num_embeddings {rows}",),
        instead=f"indices below {rows}, or a larger num_embeddings",
    )


@_says(r"[Tt]arget (-?\d+) is out of bounds|[Tt]arget out of range|Target values should be in \[0, (\d+)\]")
def _class(match: Match[str], module: Any, given: str) -> Diagnosis:
    which = f"class {match[1]}" if match[1] else "a class"
    return Diagnosis(
        f"{{layer}} is given {which}, which the input has no score for",
        (f"in: {given}",),
        instead="class indices from 0 up to, not including, the number of classes",
    )
