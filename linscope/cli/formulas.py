"""``--formulas FILE``: a file of the user's that teaches operators, run before the analysis."""

from __future__ import annotations

import contextlib
import sys
import traceback
from os.path import abspath, dirname
from types import ModuleType

import click

from linscope import teaching
from linscope.errors import LinscopeError, ModelError

formulas_option = click.option(
    "--formulas", multiple=True, type=click.Path(exists=True, dir_okay=False),
    help="Teaches operators. Its code is run.",
)  # fmt: skip


def run_files(paths: tuple[str, ...]) -> None:
    """Run each file, as Python would; reports then name it. What it prints goes to standard error.

    Raises:
        ModelError: one cannot be read, is no Python, or raises; with its own lines of the traceback.
    """
    for path in paths:
        before = dict(teaching.TAUGHT)
        _run(path)
        teaching.FILES[path] = tuple(sorted(n for n, t in teaching.TAUGHT.items() if before.get(n) is not t))


def _run(path: str) -> None:
    home = dirname(abspath(path))
    if home not in sys.path:
        sys.path.insert(0, home)  # a file may import its neighbours
    module = ModuleType("__linscope_formulas__")
    module.__file__ = path
    sys.modules[module.__name__] = module
    try:
        with open(path, "rb") as file:
            program = compile(file.read(), path, "exec")
        with contextlib.redirect_stdout(sys.stderr):
            exec(program, module.__dict__)
    except (Exception, SystemExit) as error:
        raise _told(path, error) from error


def _told(path: str, error: BaseException) -> ModelError:
    """The error in the user's terms: what was raised, and where in code that is not ours."""
    if isinstance(error, SyntaxError) and error.filename == path:
        line = (error.text or "").strip()
        return ModelError(f"{path} is no Python: {error.msg}", details=(f"{path}:{error.lineno}: {line}",))
    ours = dirname(abspath(teaching.__file__))
    lines = tuple(
        f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if not abspath(frame.filename).startswith(ours) and not frame.filename.startswith("<")
    )
    if isinstance(error, LinscopeError):
        return ModelError(error.message, details=(*lines[-8:], *error.details), hint=error.hint)
    words = str(error).partition("\n")[0][:200]
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return ModelError(f"{path} raised {what}", details=lines[-8:])
