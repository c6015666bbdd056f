"""Reports saved to a file: ``linscope analyze --json > before.json``, read back as data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from linscope.errors import TargetError, UsageError
from linscope.report.record import SCHEMA_VERSION

ENDING = ".json"
HOW = "linscope analyze TARGET -o report.json"


def is_saved(target: str) -> bool:
    """Whether ``target`` is the path of a saved report and not a spec, nor the name of a model.

    A path ends in ``.json``, or is that of something to be read, such as the ``/dev/fd/63`` that a shell puts for
    ``<(linscope analyze ... --json)``.
    """
    named_so = target.lower().endswith(ENDING)
    if named_so and "[" not in target and "->" not in target:
        return True
    return (named_so or os.sep in target) and _is_there(Path(target))


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):
        return False  # a name that no file can have


def load(path: str) -> dict[str, Any]:
    """The report in the file at ``path``.

    Raises:
        TargetError: the file cannot be read.
        UsageError: it holds no report of this major version.
    """
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise TargetError(f"{path[:200]} cannot be read: {_reason(error)}", hint=HOW) from error
    try:
        form = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path[:200]} is no JSON: {_fault(content, error)}", hint=HOW) from error
    return checked(form, path)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _fault(content: bytes, error: Exception) -> str:
    if not content.strip():
        return "it is empty"
    if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
        return f"there is more after its end, in line {error.lineno}; one report is compared"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def checked(form: Any, name: str) -> dict[str, Any]:
    """``form``, where it is a report that this version reads; ``name`` is how the message calls it.

    Raises:
        UsageError: it is something else, or of another major version.
    """
    if not isinstance(form, dict) or _writer(form) != "linscope":
        raise UsageError(f"{name} is no report of linscope", hint=_instead(form, name))
    if isinstance(form.get("error"), dict):
        error = form["error"]
        raise UsageError(
            f"{name} holds an error and no report",
            details=(f"error[{error.get('kind')}]: {error.get('message')}",),
            hint="mend that, and save the report again",
        )
    version = str(form.get("schema_version"))
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise UsageError(
            f"{name} is of version {version[:20]}, and this linscope reads {SCHEMA_VERSION}",
            hint="save it again with this version",
        )
    if "totals" in form and "layers" in form and "target" not in form and "after" in form:
        raise UsageError(f"{name} is a comparison, not a report", hint="compare the reports that it was made of")
    return form


def _writer(form: dict[str, Any]) -> Any:
    tool = form.get("tool")
    return tool.get("name") if isinstance(tool, dict) else None


def _instead(form: Any, name: str) -> str:
    if isinstance(form, dict) and ("model_type" in form or "architectures" in form):
        return f"for a transformers model by its configuration hf:{name}"
    return HOW
