"""Files that are read as data: found, or missed with a name that is near; told from pickles; read within bounds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from linscope.errors import TargetError, UsageError
from linscope.notation.suggest import closest
from linscope.sources.registry import PICKLES, pickled

if TYPE_CHECKING:
    from collections.abc import Collection

    from linscope.subject import Asked

MOST_NEIGHBOURS = 1000
"""Entries of a folder that are looked through for a name that is near."""

LFS_POINTER = b"version https://git-lfs"
PICKLE = b"\x80"
ZIP = b"PK\x03\x04"
"""What torch.save writes around a pickle."""


def found(text: str, scheme: str, *, folders: bool = False) -> Path:
    """The file that ``text`` names; a folder, too, where ``folders``.

    Raises:
        TargetError: there is none, or it is neither a file nor a folder.
    """
    try:
        path = Path(text).expanduser()
        if path.is_file() or (folders and path.is_dir()):
            return path
        is_there, is_folder, is_link = path.exists(), path.is_dir(), path.is_symlink()
    except (OSError, ValueError, RuntimeError) as error:
        raise TargetError(f"{text[:80]!r} is no name of a file", details=(_reason(error),)) from None
    if is_folder:
        raise TargetError(f"{text[:80]} is a folder", hint=f"name the file in it: {scheme}:{text[:80]}/FILE")
    if is_there:
        raise TargetError(f"{text[:80]} is not a regular file")
    if is_link:
        raise TargetError(f"{text[:80]} is a link that leads to no file")
    near = closest(path.name, _neighbours(path.parent))
    hint = f"did you mean {scheme}:{path.with_name(near[0])}?" if near else None
    raise TargetError(f"there is no file {text[:200]}", hint=hint)


def _neighbours(folder: Path) -> list[str]:
    try:
        return [entry.name for _, entry in zip(range(MOST_NEIGHBOURS), folder.iterdir(), strict=False)]
    except OSError:
        return []


def refuse_other_kinds(path: Path, start: bytes, kind: str) -> None:
    """Say so where a file that should be of ``kind`` is, by its first bytes, a pickle, or stands in for the file.

    Raises:
        UsageError: a pickle. TargetError: a Git LFS pointer, or nothing at all.
    """
    if not start:
        raise TargetError(f"{path} is empty")
    if start.startswith(LFS_POINTER):
        raise TargetError(
            f"{path} is a Git LFS pointer, which stands in for the {kind}", hint="fetch the file itself: git lfs pull"
        )
    zipped = start.startswith(ZIP) and path.suffix.lower() in PICKLES
    if zipped or (start[:1] == PICKLE and start[1:2] in b"\x02\x03\x04\x05"):
        raise pickled(path.name)


def size_of(path: Path) -> int:
    """Bytes of a file.

    Raises:
        TargetError: it cannot be looked at.
    """
    try:
        return path.stat().st_size
    except OSError as error:
        unreadable(path, error)


def unreadable(path: Path, error: Exception) -> NoReturn:
    """Raise that a file cannot be read.

    Raises:
        TargetError: always.
    """
    raise TargetError(f"{path} cannot be read", details=(_reason(error),)) from None


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).partition("\n")[0]


class NotJsonError(ValueError):
    """Text that is no JSON, or says something twice."""


def json_of(text: bytes) -> Any:
    """JSON as data, nothing in it twice, and no numbers that JSON has not.

    Raises:
        NotJsonError: for any other text whatever.
    """
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except NotJsonError:
        raise
    except UnicodeDecodeError:
        raise NotJsonError("it is not UTF-8") from None
    except RecursionError:
        raise NotJsonError("it is nested too deeply") from None
    except ValueError as error:
        raise NotJsonError(str(error)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise NotJsonError(f"it has {counts.most_common(1)[0][0][:80]!r} twice")
    return table


def _no_number(text: str) -> NoReturn:
    raise NotJsonError(f"it has {text} for a number")


SAID = {
    "inputs": "inputs",
    "arguments": "arguments for a constructor",
    "sizes": "sizes of dimensions",
    "batch": "a batch size",
    "length": "a sequence length",
    "dtype": "a dtype",
    "training": "a mode to run in",
}
"""What may be asked of a source, in words."""


def takes_only(asked: Asked, taken: Collection[str], why: str) -> None:
    """Refuse what is asked of a file that it has no use for.

    Args:
        taken: the fields of ``asked`` that mean something here.
        why: the reason for the others, in a sentence.

    Raises:
        UsageError: something else is asked.
    """
    for field, words in SAID.items():
        value = getattr(asked, field)
        if field not in taken and value is not None and value != {}:
            raise UsageError(f"{asked.target[:80]} takes no {words.removeprefix('a ')}: {why}", hint="leave that out")
