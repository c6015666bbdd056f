"""``hf:FOLDER`` or ``hf:CONFIG.json``: a model of transformers from its configuration alone.

No weights, no network, and no code but transformers' own.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from linscope.errors import LinscopeError, TargetError, UsageError, ValuesError
from linscope.nested import rebuilt
from linscope.notation.suggest import closest
from linscope.report.record import Note
from linscope.sources.failures import explained_model
from linscope.sources.given import arguments_of
from linscope.sources.huggingface.cache import cached_elements
from linscope.sources.huggingface.classes import Architecture, architecture_of, parts_of
from linscope.sources.huggingface.config import Configuration, read
from linscope.sources.huggingface.experts import experts_of
from linscope.sources.huggingface.experts import notes as expert_notes
from linscope.sources.huggingface.inputs import Sizes, check_length, inputs_of, left_out, positions
from linscope.sources.huggingface.library import alone, first_line, library
from linscope.subject import Draw, Subject, TensorSpec

if TYPE_CHECKING:
    from linscope.report.record import Totals
    from linscope.subject import Asked, Failure


def opened(rest: str, asked: Asked) -> Subject:
    """The model that the configuration at ``rest`` describes.

    Raises:
        TargetError: no such file, no configuration, an architecture that transformers does not have, a package
            that is missing. UsageError: a dtype that parameters cannot have.
    """
    if asked.arguments:
        raise UsageError("hf: takes no --arg: the configuration says everything", hint="change a copy of config.json")
    configuration = read(rest)
    with alone():
        architecture = architecture_of(configuration, library())
        dtype = _dtype(asked.dtype, architecture.config)
        sizes = Sizes(architecture.config, 1, asked.length, str(dtype).removeprefix("torch."))
        given = _given(asked, architecture.model, sizes.dtype, sizes.number("vocab_size"))
        sizes = replace(sizes, batch=_batch(asked, given))
        derived = inputs_of(architecture.model, sizes, frozenset(given))
        _check_sizes(asked, given, derived)
        inputs = {**derived, **given}
        tokens = _tokens(inputs) or 0
        cached = cached_elements(architecture.model, architecture.config, sizes.batch, tokens) if tokens else None
    experts = experts_of(architecture.config)
    said = _remarks(configuration, architecture, asked.length, left_out(architecture.model, inputs))

    def build() -> nn.Module:
        return _built(architecture, dtype, asked)

    def arguments(model: nn.Module) -> tuple[tuple[Any, ...], dict[str, Any]]:
        check_length(model, architecture.config, _tokens(inputs))
        return (), inputs

    def notes(model: nn.Module, totals: Totals) -> tuple[Note, ...]:
        return (*said, *expert_notes(model, experts, totals)) if experts is not None else said

    return Subject(
        target=asked.target,
        build=build,
        arguments=arguments,
        training=bool(asked.training),
        owned=True,
        explain=partial(_explained, given),
        notes=notes,
        foreign=True,
        shapes_first=True,
        routed=experts is not None,
        around=alone,
        cached=cached,
    )


def _built(architecture: Architecture, dtype: torch.dtype, asked: Asked) -> nn.Module:
    """A new model, its values as torch draws them; attention fused where the model can, else written out.

    Raises:
        TargetError: the configuration contradicts itself. ValuesError: the construction reads values, and has none.
    """
    try:
        model = _constructed(architecture, dtype, "sdpa")
    except ValueError as error:
        if "scaled_dot_product_attention" not in str(error):
            raise _unbuilt(architecture, error) from error
        try:
            model = _constructed(architecture, dtype, "eager")
        except Exception as again:
            raise _unbuilt(architecture, again) from again
    except Exception as error:
        raise _unbuilt(architecture, error) from error
    if torch.get_default_device().type == "meta":
        _without_values(model)
    return model.train(bool(asked.training))


def _without_values(model: nn.Module) -> None:
    """Some layers make a parameter by ``torch.Tensor(n)``, which is on the CPU whatever is asked: as the others."""
    made: dict[int, nn.Parameter] = {}
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and not parameter.is_meta:
                empty = nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)
                module._parameters[name] = made.setdefault(id(parameter), empty)


def _constructed(architecture: Architecture, dtype: torch.dtype, attention: str) -> nn.Module:
    config = copy.deepcopy(architecture.config)
    model: nn.Module = architecture.model._from_config(config, dtype=dtype, attn_implementation=attention)
    return model


def _unbuilt(architecture: Architecture, error: Exception) -> LinscopeError:
    name, words = architecture.model.__name__, first_line(error)
    if any(sign in words for sign in ("DataDependent", "DynamicOutputShape", "meta tensor")):
        return ValuesError(f"the construction of {name} needs values", details=(words,), hint="--run real has them")
    return TargetError(f"{name} cannot be built from this configuration", details=(words,))


def _dtype(asked: str | None, config: Any) -> torch.dtype:
    """The dtype of the parameters: as asked, as the configuration has it, or torch's own.

    Raises:
        UsageError: no dtype, or one that parameters cannot have.
    """
    found = (
        asked if asked is not None else next((d for p in parts_of(config) if (d := getattr(p, "dtype", None))), None)
    )
    dtype = getattr(torch, found, None) if isinstance(found, str) else found
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        if asked is not None:
            raise UsageError(f"{asked} is no dtype of parameters", hint="float32, bfloat16 or float16")
        return torch.get_default_dtype()
    return dtype


# ── what the user gives ─────────────────────────────────────────────────────────────────────────────


UNSAID = "unsaid"
"""The dtype of a shape that says none."""

_WHOLE = ("_ids", "_mask", "labels", "bbox", "_thw")
"""How the names of arguments end that are whole numbers."""


def _given(asked: Asked, model: type[Any], dtype: str, vocabulary: int | None) -> dict[str, Any]:
    """The inputs that the user names, by argument; those without a name fill the forward's from the first.

    Raises:
        UsageError: an argument that the forward does not have.
    """
    if asked.inputs is None:
        return {}
    args, kwargs = arguments_of(asked.inputs, asked.sizes, usual=UNSAID)
    names = [n for n in inspect.signature(model.forward).parameters if n not in ("self", "kwargs")]
    if len(args) > len(names):
        raise UsageError(f"{model.__name__} takes {len(names)} inputs, {len(args)} are given")
    for name in kwargs:
        if name not in names:
            near = closest(name, names)
            raise UsageError(
                f"{model.__name__} has no input {name[:60]!r}",
                hint=f"did you mean {near[0]}?" if near else f"it has {', '.join(names[:6])}",
            )
    return {
        name: _filled(name, value, dtype, vocabulary)
        for name, value in {**dict(zip(names, args, strict=False)), **kwargs}.items()
    }


def _filled(name: str, value: Any, dtype: str, vocabulary: int | None) -> Any:
    """A shape that says no dtype as what its argument usually is, and token ids as ids that the model has."""
    if not isinstance(value, TensorSpec):
        return rebuilt(value, lambda item: _filled(name, item, dtype, vocabulary))
    draw = value.draw
    if name.endswith("input_ids") and vocabulary is not None:
        draw = Draw("integers", 0, vocabulary)
    elif name.endswith("mask"):
        draw = Draw("integers", 1, 2)  # nothing is hidden
    if value.dtype == UNSAID:
        return replace(value, dtype="int64" if name.endswith(_WHOLE) else dtype, draw=draw)
    return replace(value, draw=draw) if not value.dtype.startswith(("float", "bfloat")) else value


def _check_sizes(asked: Asked, given: dict[str, Any], derived: dict[str, Any]) -> None:
    """Whether -B and -T have a say beside what the user gives.

    Raises:
        UsageError: the inputs say it already, and otherwise.
    """
    tokens = _tokens(given)
    if asked.length is not None and tokens not in (None, asked.length) and not any("ids" in name for name in derived):
        raise UsageError("--input says how many tokens there are, and so does -T", hint="leave one of them out")
    sizes = {next(iter(value.shape)) for value in given.values() if getattr(value, "shape", ())}
    if asked.batch is not None and len(sizes) == 1 and sizes != {asked.batch}:
        raise UsageError("--input says how large the batch is, and so does -B", hint="leave one of them out")


def _explained(given: dict[str, Any], failure: Failure) -> LinscopeError:
    """The error for a forward that raised; token ids of an unusual rank are the likely reason, where there are some."""
    error = explained_model(failure)
    shape = tuple(getattr(given.get("input_ids"), "shape", (1, 1)))
    if len(shape) != 2 and error.hint is None:
        error.hint = f"input_ids=[batch,tokens], which most models take, in place of [{','.join(map(str, shape))}]"
    return error


def _batch(asked: Asked, given: dict[str, Any]) -> int:
    if asked.batch is not None:
        return asked.batch
    sizes = (tuple(value.shape) for value in given.values() if hasattr(value, "shape"))
    return next((shape[0] for shape in sizes if shape), 1)


def _tokens(inputs: dict[str, Any]) -> int | None:
    for name, dimensions in (("input_ids", 2), ("inputs_embeds", 3)):
        shape = tuple(getattr(inputs.get(name), "shape", ()))
        if len(shape) == dimensions:
            return int(shape[1])
    return None


# ── remarks ─────────────────────────────────────────────────────────────────────────────────────────


def _remarks(
    configuration: Configuration, architecture: Architecture, length: int | None, left: tuple[str, ...]
) -> tuple[Note, ...]:
    found = []
    if architecture.chosen is not None:
        found.append(Note("architecture", architecture.chosen, (("class", architecture.model.__name__),)))
    if configuration.remote_code:
        name = architecture.model.__name__
        message = (
            f"auto_map is not followed: no code that a configuration names is run; this is transformers' own {name}"
        )
        found.append(Note("remote-code", message, (("class", name),)))
    if configuration.quantization is not None:
        message = (
            f"the configuration speaks of weights quantized by {configuration.quantization}: the model is counted as "
            "before quantization"
        )
        found.append(Note("quantization", message, (("method", configuration.quantization),)))
    if left:
        message = f"run without {', '.join(left)}, which the model takes as well; --input gives them"
        found.append(Note("left-out", message, (("inputs", left),)))
    limit = positions(architecture.config)
    if length is not None and limit is not None and length > limit:
        message = f"{length:,} tokens are more than the {limit:,} that the configuration speaks of"
        found.append(Note("length", message, (("tokens", length), ("positions", limit))))
    return tuple(found)
