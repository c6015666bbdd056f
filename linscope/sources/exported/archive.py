"""The archive of an exported program: a zip file, of which only the JSON in it is read, within bounds.

``<root>/archive_format`` says ``pt2``; ``<root>/models/<name>.json`` is the graph;
``<root>/data/weights/<name>_weights_config.json`` says which of the files beside it holds which parameter. Up to
torch 2.7 it was ``serialized_exported_program.json``, with a pickle for the parameters, which stays shut.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from linscope.errors import TargetError
from linscope.sources.files import NotJsonError, json_of, refuse_other_kinds, unreadable
from linscope.sources.registry import pickled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONGEST_GRAPH = 1 << 28
"""Bytes of JSON; the graph of a large language model takes some tens of millions."""

MOST_FILES = 1_000_000
"""Files in an archive."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    RuntimeError,
    OverflowError,
)
"""How the zip reader says that an archive is none, is cut short, is encrypted, or is packed in a way of its own."""

OLD_GRAPH = "serialized_exported_program.json"


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive says.

    Args:
        program: the graph, with its signature.
        payloads: for every parameter, buffer and constant, what is said of it; empty in an archive of the old kind.
        sizes: bytes of the files that hold them, by the names that the payloads have for them.
    """

    program: dict[str, Any]
    payloads: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)


def archive_at(path: Path) -> Archive:
    """What the archive says, as JSON has it.

    Raises:
        TargetError: it is no archive, is cut short, lies, or holds no graph. UsageError: it is a pickle.
    """
    try:
        with path.open("rb") as file:
            refuse_other_kinds(path, file.read(24), "exported program")
        with zipfile.ZipFile(path) as opened:
            return _Reader(path, opened).read()
    except OSError as error:
        unreadable(path, error)
    except BROKEN as error:
        unsound(path, str(error).partition("\n")[0] or "it is cut short")


def unsound(path: Path, why: str) -> NoReturn:
    """Raise that an archive cannot be believed.

    Raises:
        TargetError: always.
    """
    raise TargetError(f"{path} is not a sound exported program", details=(why,))


class _Reader:
    """One archive, open."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        entries = archive.infolist()
        if len(entries) > MOST_FILES:
            unsound(path, f"it has more than {MOST_FILES:,} files")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = _inside(entry.filename)
            if name in self._entries:
                unsound(path, f"it has {name[:80]!r} twice")
            self._entries[name] = entry

    def read(self) -> Archive:
        if OLD_GRAPH in self._entries:
            return Archive(self._json(OLD_GRAPH))
        models = [name for name in self._entries if name.startswith("models/") and name.endswith(".json")]
        if not models:
            self._no_graph()
        chosen = "models/model.json" if "models/model.json" in models else models[0]
        if len(models) > 1 and chosen != "models/model.json":
            unsound(self._path, f"it holds {len(models)} models, and none is called model")
        model = chosen.removeprefix("models/").removesuffix(".json")
        weights = self._payloads(f"data/weights/{model}_weights_config.json")
        constants = self._payloads(f"data/constants/{model}_constants_config.json")
        sizes = {
            name.rpartition("/")[2]: entry.file_size
            for name, entry in self._entries.items()
            if name.startswith(("data/weights/", "data/constants/"))
        }
        return Archive(self._json(chosen), {**constants, **weights}, sizes)

    def _payloads(self, name: str) -> dict[str, Any]:
        if name not in self._entries:
            return {}
        payloads = self._json(name).get("config")
        if not isinstance(payloads, dict):
            unsound(self._path, f"{name} has no config")
        return payloads

    def _json(self, name: str) -> dict[str, Any]:
        entry = self._entries[name]
        if entry.file_size > LONGEST_GRAPH:
            unsound(self._path, f"{name} has {entry.file_size:,} bytes, more than {LONGEST_GRAPH:,}")
        with self._archive.open(entry) as file:
            text = file.read(LONGEST_GRAPH + 1)  # whatever size the entry claims
        if len(text) > LONGEST_GRAPH:
            unsound(self._path, f"{name} has more bytes than it says")
        try:
            data = json_of(text)
        except NotJsonError as error:
            unsound(self._path, f"{name} is no JSON: {error}")
        if not isinstance(data, dict):
            unsound(self._path, f"{name} is no table")
        return data

    def _no_graph(self) -> NoReturn:
        """Say what else it is, where that can be told."""
        if any(name.startswith("data/aotinductor/") for name in self._entries):
            raise TargetError(
                f"{self._path} holds compiled code and no graph", hint="export the model with torch.export.save"
            )
        if any(name.endswith(".pkl") for name in self._entries):
            raise pickled(self._path.name)
        unsound(self._path, "there is no graph of a model in it")


def _inside(name: str) -> str:
    """A file's name without the root folder that all of them share; the old kind has none."""
    root, slash, rest = name.partition("/")
    return rest if slash and root not in ("models", "data") else name
