"""transformers, imported and used without the network, without noise, and whatever else is broken."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")
"""Environment variables that keep Hugging Face's libraries from the network."""

INSTALL = 'pip install "linscope[hf]"'


def library() -> ModuleType:
    """The package transformers; to be called within ``alone``.

    Raises:
        TargetError: it is not installed, or does not import.
    """
    if find_spec("transformers") is None:
        raise TargetError("hf: needs the package transformers, which is not installed", hint=INSTALL)
    try:
        with _without_broken_torchvision():
            package = import_module("transformers")
            import_module("transformers.models.auto.configuration_auto")
            import_module("transformers.modeling_utils")
    except Exception as error:
        raise TargetError(
            "transformers does not import", details=(first_line(error),), hint=f"{INSTALL} installs one that does"
        ) from error
    return package


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Inside, nothing of Hugging Face's reaches the network or writes to the terminal; all is put back afterwards."""
    if find_spec("huggingface_hub") is None:
        yield  # then there is no transformers either
        return
    constants: Any = import_module("huggingface_hub.constants")
    before = {name: os.environ.get(name) for name in OFFLINE}
    was_offline = constants.HF_HUB_OFFLINE
    os.environ.update(dict.fromkeys(OFFLINE, "1"))
    constants.HF_HUB_OFFLINE = True  # it read the environment when it was imported
    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            yield
    finally:
        constants.HF_HUB_OFFLINE = was_offline
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def first_line(error: BaseException) -> str:
    """What an error says, in a line; of those that say it in several, the second says what was wrong."""
    words = " ".join(line.strip() for line in str(error).strip().splitlines()[:2])[:300]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _without_broken_torchvision() -> Iterator[None]:
    """transformers takes a torchvision that is installed for one that works, and fails with it where it does not."""
    if "torchvision" in sys.modules or find_spec("torchvision") is None or _imports("torchvision"):
        yield
        return
    sys.modules["torchvision"] = None  # type: ignore[assignment]  # as Python marks what cannot be imported
    try:
        questions: Any = import_module("transformers.utils.import_utils")
        if hasattr(questions, "_torchvision_available"):
            questions._torchvision_available = False  # as versions before 5 remember it
        for name in ("is_torchvision_available", "is_torchvision_v2_available"):
            question: Any = getattr(questions, name, None)
            if hasattr(question, "cache_clear"):
                question.cache_clear()  # it may have been asked before
                question()  # and remembers the answer
        yield
    finally:
        del sys.modules["torchvision"]


def _imports(name: str) -> bool:
    try:
        import_module(name)
    except Exception:
        return False
    return True
