"""A checkpoint in several safetensors files: the index that says which tensor is in which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from linscope.errors import TargetError
from linscope.graph.remarks import listed
from linscope.notation.suggest import closest
from linscope.report.record import Note
from linscope.sources.files import NotJsonError, json_of, refuse_other_kinds, size_of, unreadable
from linscope.sources.safetensors.header import Entry, entries_of

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_INDEX = 100_000_000
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tensors of one or several files, and what is remarkable about them."""

    entries: tuple[Entry, ...]
    notes: tuple[Note, ...] = ()


def checkpoint_of(path: Path) -> Checkpoint:
    """What the index at ``path`` names, from the headers of its files, in the order of the index.

    Raises:
        TargetError: the index or a file cannot be read, lies, is missing, or lies outside the index's folder.
    """
    index = _read(path)
    homes = index.get("weight_map")
    if not isinstance(homes, dict) or not all(isinstance(file, str) for file in homes.values()):
        _lies(path, "its weight_map is no table of tensors and files")
    files = {file: _shard(path, file) for file in dict.fromkeys(homes.values())}
    shards = {file: {entry.name: entry for entry in entries_of(shard)} for file, shard in files.items()}
    for name, file in homes.items():
        if name not in shards[file]:
            _lies(path, f"it has {name[:80]!r} in {file}, where it is not")
    entries = tuple(shards[file][name] for name, file in homes.items())
    extra = [name for file, shard in shards.items() for name in shard if homes.get(name) != file]
    return Checkpoint(entries, tuple(_remarks(path, index.get("metadata"), entries, extra)))


def _remarks(path: Path, metadata: Any, entries: tuple[Entry, ...], extra: list[str]) -> list[Note]:
    notes = []
    total = sum(entry.bytes for entry in entries)
    said = metadata.get("total_size") if isinstance(metadata, dict) else None
    if said is not None and said != total:
        told = f"{said:,}" if isinstance(said, int | float) else "no number of"
        message = f"{path.name} gives its tensors {told} bytes, and their headers {total:,}: the headers are right"
        notes.append(Note("index-size", message, (("said", said), ("bytes", total))))
    if extra:
        message = f"in no count, as {path.name} does not name them there: {listed(extra)}"
        notes.append(Note("not-in-index", message, (("names", tuple(extra)),)))
    return notes


def _read(path: Path) -> dict[str, Any]:
    if size_of(path) > LONGEST_INDEX:
        _lies(path, f"it is longer than {LONGEST_INDEX:,} bytes")
    try:
        text = path.read_bytes()
        refuse_other_kinds(path, text[:24], "index")
        index = json_of(text)
    except OSError as error:
        unreadable(path, error)
    except NotJsonError as error:
        _lies(path, f"it is no JSON: {error}")
    if not isinstance(index, dict):
        _lies(path, "it is no table")
    return index


def _shard(path: Path, file: str) -> Path:
    """The file of that name beside the index. Names may not climb; links may point anywhere, as caches have them."""
    parts = PurePosixPath(file).parts
    if not parts or parts[0] == "/" or ".." in parts or any(sign in file for sign in ("\\", ":", "\0")):
        _lies(path, f"it names {file[:80]!r}, which is not in its folder")
    shard = path.parent.joinpath(*parts)
    if not shard.is_file():
        there = [entry.name for entry in path.parent.glob("*.safetensors")]
        near = closest(parts[-1], there)
        beside = f"; {near[0]} is there" if near else ""
        raise TargetError(f"{path} names {file[:80]}, which is missing{beside}", hint="fetch all files of it")
    return shard


def _lies(path: Path, why: str) -> NoReturn:
    raise TargetError(f"{path} is not a sound index of safetensors files", details=(why,))
