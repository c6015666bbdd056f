"""An ONNX file as the message it is. What lies in other files is never opened: sizes are all that is asked of it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

from linscope.errors import TargetError
from linscope.sources.files import refuse_other_kinds, size_of, unreadable

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

LARGEST = 2**31
"""Bytes of one message; weights beyond that lie in files of their own."""

INSTALL = 'pip install "linscope[onnx]"'

TEXT, MESSAGE = 9, 11
"""Types of fields, by protobuf's numbers."""

STANDARD = ("", "ai.onnx")
"""The two names of the domain of standard operators."""


def library() -> ModuleType:
    """The package onnx.

    Raises:
        TargetError: it is not installed, or does not import.
    """
    if find_spec("onnx") is None:
        raise TargetError("onnx: needs the package onnx, which is not installed", hint=INSTALL)
    try:
        package = import_module("onnx")
        for part in ("shape_inference", "numpy_helper", "defs", "helper"):
            import_module(f"onnx.{part}")
    except Exception as error:  # whatever a broken installation raises
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
        raise TargetError("onnx does not import", details=(reason,), hint=f"{INSTALL} installs one that does") from None
    return package


def model_at(path: Path) -> Any:
    """The ``ModelProto`` in a file.

    Raises:
        TargetError: it cannot be read, or is no ONNX model. UsageError: it is a pickle.
    """
    onnx = library()
    if size_of(path) > LARGEST:
        unsound(path, "it has more than 2 GiB, the most that a file may; weights go into files beside it")
    try:
        text = path.read_bytes()
    except OSError as error:
        unreadable(path, error)
    refuse_other_kinds(path, text[:24], "ONNX file")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(text)
    except Exception as error:  # protobuf's own errors differ from one of its backends to the next
        unsound(path, f"protobuf: {str(error).partition(chr(10))[0][:200]}")
    if not model.HasField("graph") or not model.graph.node or not model.opset_import:
        unsound(path, "it has no graph, or does not say which operators it is written in")
    if not _is_text(model):
        unsound(path, "its names are no text")
    return model


def _is_text(message: Any) -> bool:
    """Whether all that should be text in a message is; protobuf gives what is not UTF-8 as bytes."""
    waiting = [message]
    while waiting:
        for about, value in waiting.pop().ListFields():
            if about.type == TEXT:
                if not all(isinstance(one, str) for one in ((value,) if isinstance(value, str | bytes) else value)):
                    return False
            elif about.type == MESSAGE:
                waiting.extend((value,) if hasattr(value, "ListFields") else value)
    return True


def unsound(path: Path, why: str) -> NoReturn:
    """Raise that a file cannot be believed.

    Raises:
        TargetError: always.
    """
    raise TargetError(f"{path} is not a sound ONNX file", details=(why,))


def opsets_of(imports: Any) -> dict[str, int]:
    """The version of each domain, the standard one under the empty name."""
    return {"" if one.domain in STANDARD else one.domain: one.version for one in imports}
