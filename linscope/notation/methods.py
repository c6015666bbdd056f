"""The tensor methods the notation knows, in lower case: those that rearrange, reduce or map one tensor."""

from __future__ import annotations

from typing import NamedTuple

from linscope.notation.calls import KEYWORD, POSITIONAL, SPREAD, ArgumentEntry


class MethodEntry(NamedTuple):
    """A method of a tensor: what it does in a sentence, and a spec that uses it and runs."""

    name: str
    arguments: tuple[ArgumentEntry, ...]
    summary: str
    example: str


def method(name: str) -> MethodEntry | None:
    """The method of exactly that name, or None."""
    if name not in _METHODS:
        return None
    signature, example, summary = _METHODS[name]
    return MethodEntry(name, _arguments(signature), summary, example)


def method_names() -> tuple[str, ...]:
    """Every name that ``method`` knows, sorted."""
    return tuple(sorted(_METHODS))


def _arguments(signature: str) -> tuple[ArgumentEntry, ...]:
    """The arguments that ``signature`` writes as Python does; ``*size`` is integers that may be spread."""
    positional, _, by_name = signature.partition("*, ")
    kinds = [(part, POSITIONAL) for part in _parts(positional)] + [(part, KEYWORD) for part in _parts(by_name)]
    return tuple(_argument(part, kind) for part, kind in kinds)


def _parts(signature: str) -> list[str]:
    return [part for part in signature.split(", ") if part]


def _argument(written: str, kind: str) -> ArgumentEntry:
    name, _, default = written.partition("=")
    if name.startswith("*"):
        return ArgumentEntry(name[1:], SPREAD)
    return ArgumentEntry(name, kind, default or None)


_METHODS: dict[str, tuple[str, str, str]] = {}


def _add(name: str, signature: str, example: str, summary: str) -> None:
    _METHODS[name] = (signature, example, summary)


# ── Rearranging ─────────────────────────────────────────────────────────────────────────────────────

_add("flatten", "start_dim=0, end_dim=-1", "[2,3,4] -> flatten(1)", "Merges neighbouring dimensions into one.")
_add("unflatten", "dim, sizes", "[2,12] -> unflatten(1, (3,4))", "Splits one dimension into several.")
_add("view", "*size", "[2,3,16] -> view(-1, 48)", "Reads the same memory in another shape; -1 is what is left.")
_add("reshape", "*shape", "[2,3,16] -> reshape(2, -1)", "Another shape: a view where one can be, else a copy.")
_add("permute", "*dims", "[2,3,4] -> permute(0, 2, 1)", "Puts the dimensions in the given order.")
_add("transpose", "dim0, dim1", "[2,3,4] -> transpose(1, 2)", "Swaps two dimensions.")
_add("swapaxes", "axis0, axis1", "[2,3,4] -> swapaxes(1, 2)", "Swaps two dimensions, as transpose does.")
_add("swapdims", "dim0, dim1", "[2,3,4] -> swapdims(1, 2)", "Swaps two dimensions, as transpose does.")
_add("t", "", "[3,4] -> t", "Swaps the two dimensions of a matrix.")
_add("movedim", "source, destination", "[2,3,4] -> movedim(2, 0)", "Moves a dimension to another place.")
_add("moveaxis", "source, destination", "[2,3,4] -> moveaxis(2, 0)", "Moves a dimension to another place.")
_add("unsqueeze", "dim", "[3,4] -> unsqueeze(0)", "Adds a dimension of size 1.")
_add("squeeze", "dim=None", "[1,3,1,4] -> squeeze(0)", "Removes a dimension of size 1, or all of them.")
_add(
    "expand",
    "*size",
    "[3,1] -> expand(3, 4)",
    "Repeats dimensions of size 1 without copying; -1 keeps a size.",
)
_add("repeat", "*repeats", "[3,4] -> repeat(2, 1)", "Copies the tensor so many times along each dimension.")
_add(
    "tile",
    "*dims",
    "[3,4] -> tile(2, 1)",
    "Copies the tensor so many times along each of the last dimensions.",
)
_add("contiguous", "", "[3,4] -> t -> contiguous", "Copies into row-major memory, unless it lies so already.")
_add("narrow", "dim, start, length", "[3,10] -> narrow(1, 2, 5)", "Keeps a range of one dimension.")
_add(
    "select",
    "dim, index",
    "[2,3,4] -> select(1, 0)",
    "Keeps one index of a dimension and drops the dimension.",
)
_add("flip", "*dims", "[3,4] -> flip(0, 1)", "Reverses the order along dimensions.")
_add("roll", "shifts, dims=None", "[3,4] -> roll(1, 0)", "Shifts along dimensions; what falls off re-enters.")
_add("diagonal", "offset=0, dim1=0, dim2=1", "[4,4] -> diagonal", "The diagonal of two dimensions.")
_add("tril", "diagonal=0", "[4,4] -> tril", "Keeps the lower triangle of a matrix and zeroes the rest.")
_add("triu", "diagonal=0", "[4,4] -> triu", "Keeps the upper triangle of a matrix and zeroes the rest.")
_add("chunk", "chunks, dim=0", "[3,8] -> chunk(2, 1)", "Cuts a dimension into so many parts: a tuple.")
_add("split", "split_size, dim=0", "[3,8] -> split(4, 1)", "Cuts a dimension into parts of a size: a tuple.")
_add("unbind", "dim=0", "[2,3,4] -> unbind(0)", "Cuts a dimension into its indices and drops it: a tuple.")

# ── Reducing ────────────────────────────────────────────────────────────────────────────────────────

_add("mean", "dim=None, keepdim=False, *, dtype=None", "[2,3,4] -> mean(dim=1)", "The mean.")
_add("sum", "dim=None, keepdim=False, *, dtype=None", "[2,3,4] -> sum(-1)", "The sum.")
_add("prod", "dim=None, keepdim=False, *, dtype=None", "[2,3,4] -> prod(-1)", "The product.")
_add("amax", "dim=(), keepdim=False", "[2,3,4] -> amax((1,2))", "The maximum.")
_add("amin", "dim=(), keepdim=False", "[2,3,4] -> amin((1,2))", "The minimum.")
_add(
    "max",
    "dim=None, keepdim=False",
    "[2,3,4] -> max(1)",
    "The maximum; with dim, a tuple of maxima and indices.",
)
_add(
    "min",
    "dim=None, keepdim=False",
    "[2,3,4] -> min(1)",
    "The minimum; with dim, a tuple of minima and indices.",
)
_add("argmax", "dim=None, keepdim=False", "[2,10] -> argmax(-1)", "The index of the maximum.")
_add("argmin", "dim=None, keepdim=False", "[2,10] -> argmin(-1)", "The index of the minimum.")
_add("std", "dim=None, *, correction=1, keepdim=False", "[2,3,4] -> std(-1)", "The standard deviation.")
_add("var", "dim=None, *, correction=1, keepdim=False", "[2,3,4] -> var(-1)", "The variance.")
_add("norm", "p='fro', dim=None, keepdim=False, dtype=None", "[2,3,4] -> norm(2, -1)", "The p-norm.")
_add("logsumexp", "dim, keepdim=False", "[2,10] -> logsumexp(-1)", "The logarithm of the sum of exponentials.")
_add("all", "dim=None, keepdim=False", "[2,3]:bool -> all(-1)", "Whether all elements are true.")
_add("any", "dim=None, keepdim=False", "[2,3]:bool -> any(-1)", "Whether any element is true.")

# ── Mapping ─────────────────────────────────────────────────────────────────────────────────────────

_add("softmax", "dim, dtype=None", "[2,10] -> softmax(-1)", "Turns scores into probabilities that add up to 1.")
_add("log_softmax", "dim, dtype=None", "[2,10] -> log_softmax(-1)", "The logarithm of the softmax.")
_add("cumsum", "dim, *, dtype=None", "[2,10] -> cumsum(-1)", "The sum of all elements up to each one.")
_add("cumprod", "dim, *, dtype=None", "[2,10] -> cumprod(-1)", "The product of all elements up to each one.")
_add("clamp", "min=None, max=None", "[3,4] -> clamp(0, 6)", "Clips values to a range.")
_add("relu", "", "[3,4] -> relu", "Sets negative values to 0.")
_add("sigmoid", "", "[3,4] -> sigmoid", "Squeezes values into the range from 0 to 1.")
_add("tanh", "", "[3,4] -> tanh", "Squeezes values into the range from -1 to 1.")
_add("exp", "", "[3,4] -> exp", "The exponential.")
_add("log", "", "[3,4] -> exp -> log", "The natural logarithm.")
_add("abs", "", "[3,4] -> abs", "The absolute value.")
_add("neg", "", "[3,4] -> neg", "The negative.")
_add("square", "", "[3,4] -> square", "The square.")
_add("sqrt", "", "[3,4] -> square -> sqrt", "The square root.")
_add("to", "dtype", "[3,4] -> to(float64)", "Converts to a dtype.")
for _dtype in ("float", "double", "half", "bfloat16", "short", "int", "long", "bool"):
    _add(_dtype, "", f"[3,4] -> {_dtype}", f"Converts to {_dtype}.")
