"""The ways to name a model: one registry, scheme -> the file that opens it. Nothing is imported until asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from linscope.report.record import Report
    from linscope.subject import Asked, Subject

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*):(?!\\)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """One way to name a model, as ``scheme:rest``.

    Args:
        scheme: what stands before the colon.
        home: the module of this package whose ``opened(rest, asked)`` gives a Subject to run, or, where there is
            nothing to run, the Report itself.
        takes: what stands after the colon.
        summary: what it names, in a few words.
        example: a target that shows it.
        runs_code: whether opening it runs code of the user's.
    """

    scheme: str
    home: str
    takes: str
    summary: str
    example: str
    runs_code: bool = False


SOURCES: dict[str, Source] = {
    source.scheme: source
    for source in (
        Source(
            "py",
            "python",
            "MODULE:NAME or FILE.py:NAME",
            "a class, a factory or an instance in your own code",
            "py:net.py:Net",
            runs_code=True,
        ),
        Source("tv", "torchvision_models", "NAME", "a model of torchvision", "tv:resnet50"),
        Source("timm", "timm_models", "NAME", "a model of timm", "timm:vit_base_patch16_224"),
        Source("hf", "huggingface", "FOLDER or CONFIG.json", "a transformers model from its configuration", "hf:gpt2/"),
        Source(
            "st", "safetensors", "FILE", "the parameters in a safetensors file, from its header", "st:m.safetensors"
        ),
        Source("onnx", "onnx", "FILE", "an ONNX graph, read as data", "onnx:model.onnx"),
        Source("pt2", "exported", "FILE", "an exported program (torch.export), read as data", "pt2:model.pt2"),
    )
}


def split(target: str) -> tuple[Source, str] | None:
    """The source that ``target`` names and what it says of it; None for what is notation.

    Raises:
        UsageError: a scheme that nobody has, or a name after a scheme that is missing.
    """
    found = _SCHEME.fullmatch(target.strip())
    if found is None:
        return _bare_file(target.strip())
    scheme, rest = found[1].lower(), found[2].strip()
    source = SOURCES.get(scheme)
    if source is None:
        nearest = closest(scheme, tuple(SOURCES))
        hint = f"did you mean {nearest[0]}:{rest[:60]}?" if nearest else f"one of {', '.join(f'{s}:' for s in SOURCES)}"
        raise UsageError(f"there is no source {scheme[:40]}:", hint=hint)
    if not rest:
        raise UsageError(f"{scheme}: names nothing", hint=f"{scheme}: takes {source.takes}, such as {source.example}")
    return source, rest


_PLAIN_NAME = re.compile(r"[a-z][a-z_]{0,60}\d[a-z0-9_]{0,60}")
"""A model as torchvision and timm call theirs: ``resnet50``, ``vit_b_16``."""

_BY_SUFFIX = {".safetensors": "st", ".onnx": "onnx", ".pt2": "pt2"}
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl")


def _bare_file(target: str) -> tuple[Source, str] | None:
    """A file by its name alone, where its ending says what it is."""
    if "[" in target or "->" in target:
        return None
    ending = target[target.rfind(".") :].lower() if "." in target else ""
    if ending in _BY_SUFFIX:
        return SOURCES[_BY_SUFFIX[ending]], target
    if ending in PICKLES:
        raise pickled(target)
    shown = target[:80]
    if _PLAIN_NAME.fullmatch(target):
        raise UsageError(f"{shown} is no spec, and names no source", hint=f"tv:{shown} or timm:{shown}, for instance")
    if target.endswith(".py") or ".py:" in target:
        raise UsageError(f"{target[:80]} is no spec", hint=f"py:{target[:80]}{'' if '.py:' in target else ':CLASS'}")
    return None


def refuse_json(target: str) -> None:
    """A file by its name alone that may be a configuration, or a saved report: those are compared, not analysed.

    Raises:
        UsageError: it is one.
    """
    if target.strip().lower().endswith(".json") and "[" not in target:
        shown = target.strip()[:80]
        hint = f"hf:{shown} for a configuration; linscope compare reads saved reports"
        raise UsageError(f"{shown} is no spec", hint=hint)


def pickled(name: str) -> UsageError:
    """The refusal of a pickled file, with its reason and the way out."""
    return UsageError(
        f"{name[:80]} is a pickle, and opening a pickle runs whatever code is in it",
        hint="name the class that it belongs to (py:net.py:Net), save its tensors as .safetensors (st:), or export it "
        "with torch.export.save (pt2:)",
    )


def open_source(source: Source, rest: str, asked: Asked) -> Subject | Report:
    """What ``source`` makes of ``rest``.

    Raises:
        LinscopeError: each source's own; UsageError where code would run and may not.
    """
    if source.runs_code and not asked.may_run_code:
        raise UsageError(
            f"{source.scheme}: runs the code that it names, and --no-exec forbids that",
            hint="leave --no-exec out for code that you trust",
        )
    opened: Subject | Report = import_module(f"linscope.sources.{source.home}").opened(rest, asked)
    return opened
