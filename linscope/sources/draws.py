"""How inputs are filled so that the layer that receives them runs for real: indices in range, targets that
are classes, probabilities that are probabilities.

One rule for each layer that is particular about it; everything else takes standard normals, and whole numbers
small enough for any embedding inside.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import prod
from typing import Any

import torch
from torch import nn

from linscope.subject import NORMAL, Draw, TensorSpec

Given = Mapping[str, TensorSpec]
"""What the layer receives, by the names of its forward's arguments."""

Rule = Callable[[Any, Given], Mapping[str, Draw]]
"""From the layer and what it receives, the draws of those arguments that are particular."""

FALLBACK_HIGH = 10
"""Whole numbers stay below it where nothing says how large they may be."""

MOST_VALUES = 2**16
"""Draws are written out value by value up to so many; a hostile size must not fill the memory."""

UNIT = Draw("uniform", 0, 1)
AROUND_ONE = Draw("uniform", 0.5, 1.5)
NONE_MASKED = Draw("integers", 0, 1)

_RULES: dict[str, Rule] = {}


def draws_for(module: nn.Module, specs: Sequence[TensorSpec]) -> tuple[Draw, ...]:
    """How to fill each of ``specs`` for ``module``, in their order.

    A spec goes to the argument it names; those without a name fill the forward's arguments from the first.
    Of a ``Sequential``, a chain (anything whose ``steps`` are modules) or a ``DataParallel``, the first
    torch.nn layer inside decides.
    """
    receiver = _receiver(module)
    rule = _rule_of(type(receiver))  # type: ignore[arg-type]  # mypy takes the class for an instance
    if rule is None and not any(_is_integer(spec) for spec in specs):
        return (NORMAL,) * len(specs)
    names = _names(receiver, specs) if rule else [None] * len(specs)
    particular = rule(receiver, {n: s for n, s in zip(names, specs, strict=True) if n}) if rule else {}
    fallback = _fallback_high(module) if any(_is_integer(spec) for spec in specs) else FALLBACK_HIGH
    return tuple(
        _within_dtype(particular.get(name or "") or _ordinary(spec, fallback), spec)
        for name, spec in zip(names, specs, strict=True)
    )


def rule(*layers: str) -> Callable[[Rule], Rule]:
    """Register a rule for classes of torch.nn: by name, as not every torch has every one of them."""

    def register(function: Rule) -> Rule:
        _RULES.update(dict.fromkeys(layers, function))
        return function

    return register


# ── Who receives the inputs, and by which names ─────────────────────────────────────────────────────


def _receiver(module: nn.Module) -> nn.Module:
    """The first torch.nn layer that the inputs reach, or ``module`` where there is none."""
    if _is_torchs(type(module).__module__) and not isinstance(module, nn.Sequential | nn.DataParallel):
        return module
    return next((m for m in _in_order(module) if _is_torchs(type(m).__module__)), module)


@cache
def _is_torchs(module: str) -> bool:
    return module.startswith("torch.nn.")


def _in_order(module: nn.Module) -> Iterator[nn.Module]:
    """The layers of nested chains and sequences, in the order in which they run."""
    inside = _steps(module)
    if inside is None:
        yield module
        return
    for step in inside:
        yield from _in_order(step)


def _steps(module: nn.Module) -> Sequence[nn.Module] | None:
    """What a container runs one after the other; None for a layer."""
    if isinstance(module, nn.DataParallel):
        return [module.module]
    # On the class: nn.Module looks an attribute it lacks up in three dicts, and raises.
    steps = module if isinstance(module, nn.Sequential) else _own_steps(module)
    return [step for step in steps if isinstance(step, nn.Module)] or None


def _own_steps(module: nn.Module) -> Iterable[Any]:
    steps = module.steps if hasattr(type(module), "steps") else module.__dict__.get("steps", ())
    return steps if isinstance(steps, Iterable) and not isinstance(steps, str | torch.Tensor) else ()


@cache
def _rule_of(kind: type[nn.Module]) -> Rule | None:
    """The rule of the nearest torch.nn class that ``kind`` is or inherits from."""
    own = (c.__name__ for c in kind.__mro__ if c.__module__.startswith("torch.nn."))
    return next((_RULES[name] for name in own if name in _RULES), None)


def _names(module: nn.Module, specs: Sequence[TensorSpec]) -> list[str | None]:
    """The argument of the forward that each spec goes to; None where there are more specs than arguments."""
    arguments = iter(inspect.signature(module.forward).parameters)
    return [spec.name or next(arguments, None) for spec in specs]


# ── What is drawn where no rule says otherwise ──────────────────────────────────────────────────────


def _ordinary(spec: TensorSpec, high: int) -> Draw:
    return Draw("integers", 0, high) if _is_integer(spec) else NORMAL


def _fallback_high(module: nn.Module) -> int:
    """The size of the smallest embedding table inside: an index below it is in range of all of them."""
    tables = [m.num_embeddings for m in module.modules() if isinstance(m, nn.Embedding | nn.EmbeddingBag)]
    return min(tables, default=FALLBACK_HIGH)


def _is_integer(spec: TensorSpec) -> bool:
    dtype: torch.dtype = getattr(torch, spec.dtype)
    return not (dtype.is_floating_point or dtype.is_complex or dtype == torch.bool)


def _within_dtype(draw: Draw, spec: TensorSpec) -> Draw:
    """``draw`` cut to the whole numbers that its dtype holds."""
    if draw.kind != "integers" or not _is_integer(spec):
        return draw
    return replace(draw, high=min(draw.high, torch.iinfo(getattr(torch, spec.dtype)).max))


# ── The rules ───────────────────────────────────────────────────────────────────────────────────────


def _below(high: int) -> Draw:
    return Draw("integers", 0, high)


def _constant(value: int) -> Draw:
    return Draw("integers", value, value + 1)


def _classes(target: TensorSpec | None, count: int) -> Draw:
    """A class index for each target, or, where the target is not of whole numbers, probabilities."""
    return UNIT if target is None or not _is_integer(target) else _below(count)


@rule("Embedding")
def _embedding(layer: nn.Embedding, given: Given) -> Mapping[str, Draw]:
    return {"input": _below(layer.num_embeddings)}


@rule("EmbeddingBag")
def _embedding_bag(layer: nn.EmbeddingBag, given: Given) -> Mapping[str, Draw]:
    draws = {"input": _below(layer.num_embeddings)}
    if "input" in given and "offsets" in given:
        bags = prod(given["offsets"].shape)
        draws["offsets"] = _starts(prod(given["input"].shape), bags, closed=layer.include_last_offset)
    return draws


def _starts(length: int, bags: int, *, closed: bool) -> Draw:
    """Where ``bags`` equal bags start among ``length`` indices; ``closed`` adds where the last one ends."""
    if bags > MOST_VALUES:
        return _constant(0)  # every bag but the last is empty, which is as good an increasing sequence
    parts = max(bags - 1 if closed else bags, 1)
    return Draw("values", values=tuple(index * length // parts for index in range(bags)))


@rule("CrossEntropyLoss", "NLLLoss")
def _class_scores(layer: nn.Module, given: Given) -> Mapping[str, Draw]:
    shape = given["input"].shape if "input" in given else ()
    classes = shape[1] if len(shape) > 1 else prod(shape)  # (N, C, ...) or (C,)
    return {"target": _classes(given.get("target"), classes)}


@rule("MultiMarginLoss", "MultiLabelMarginLoss")
def _margins(layer: nn.Module, given: Given) -> Mapping[str, Draw]:
    shape = given["input"].shape if "input" in given else ()
    return {"target": _below(prod(shape[-1:]))}  # (N, C) or (C,)


@rule("AdaptiveLogSoftmaxWithLoss")
def _adaptive(layer: nn.AdaptiveLogSoftmaxWithLoss, given: Given) -> Mapping[str, Draw]:
    return {"target_": _below(layer.n_classes)}


@rule("LinearCrossEntropyLoss")
def _linear_cross_entropy(layer: Any, given: Given) -> Mapping[str, Draw]:
    return {"target": _classes(given.get("target"), layer.num_classes)}


@rule("CTCLoss")
def _ctc(layer: nn.CTCLoss, given: Given) -> Mapping[str, Draw]:
    if not {"log_probs", "targets"} <= given.keys():
        return {}
    scores, targets = (
        given["log_probs"].shape,
        given["targets"].shape,
    )  # (T, N, C) and (N, S), or (T, C), (S,)
    low, high = (1, prod(scores[-1:])) if layer.blank == 0 else (0, layer.blank)  # a target is never blank
    draws = {
        "targets": Draw("integers", low, high) if low < high else _constant(0),
        "input_lengths": _constant(prod(scores[:1])),
        "target_lengths": _constant(prod(targets[-1:])),
    }
    if len(scores) == 3 and len(targets) == 1:  # the targets of all sequences, one after the other
        draws["target_lengths"] = _shared_out(targets[0], scores[1])
    return draws


def _shared_out(total: int, parts: int) -> Draw:
    """``parts`` lengths, as equal as can be, that add up to ``total``."""
    each, over = divmod(total, max(parts, 1))
    if not over or parts > MOST_VALUES:
        return _constant(each)
    return Draw("values", values=(each + 1,) * over + (each,) * (parts - over))


@rule("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
def _unpooling(layer: Any, given: Given) -> Mapping[str, Draw]:
    windows = list(zip(layer.kernel_size, layer.stride, layer.padding, strict=True))
    sizes = given["input"].shape[-len(windows) :] if "input" in given else ()
    if len(sizes) < len(windows):
        return {}
    # What pooling with these windows would have come from: (size - 1) * stride - 2 * padding + kernel.
    places = prod(
        (n - 1) * stride - 2 * padding + kernel for n, (kernel, stride, padding) in zip(sizes, windows, strict=True)
    )
    distinct = 0 < prod(sizes) <= places
    return {"indices": Draw("permutation", 0, places, len(windows)) if distinct else _below(places)}


@rule("BCELoss")
def _probabilities(layer: nn.Module, given: Given) -> Mapping[str, Draw]:
    return {"input": UNIT, "target": UNIT}


@rule("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss")
def _probable_targets(layer: nn.Module, given: Given) -> Mapping[str, Draw]:
    return {"target": UNIT}


@rule("KLDivLoss")
def _divergence(layer: nn.KLDivLoss, given: Given) -> Mapping[str, Draw]:
    return {} if layer.log_target else {"target": UNIT}


@rule("PoissonNLLLoss")
def _rates(layer: nn.PoissonNLLLoss, given: Given) -> Mapping[str, Draw]:
    return {"target": AROUND_ONE} if layer.log_input else {"log_input": AROUND_ONE, "target": AROUND_ONE}


@rule("GaussianNLLLoss")
def _variances(layer: nn.Module, given: Given) -> Mapping[str, Draw]:
    return {"var": AROUND_ONE}


@rule(
    *("MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerEncoderLayer"),
    *("TransformerDecoder", "TransformerDecoderLayer"),
)
def _attention(layer: nn.Module, given: Given) -> Mapping[str, Draw]:
    """Nothing masked: a row left without a key would be the softmax of nothing, which is NaN."""
    return {n: NONE_MASKED for n, s in given.items() if n.endswith("mask") and s.dtype == "bool"}
