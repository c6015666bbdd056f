"""What the user's code finds around it while it runs, and nothing of it afterwards. No torch at import."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from linscope.sources.users_code import is_users

if TYPE_CHECKING:
    from types import ModuleType
    from typing import TextIO

    import torch


class Surroundings:
    """The user's code runs inside as if it had been started from ``folder``; entered again and again.

    Inside, ``folder`` is first on ``sys.path``, ``sys.argv`` is bare, what is printed goes to standard error, and
    no bytecode is written beside the user's files. The user's modules that are imported from there are there again
    whenever it is entered, and are gone from ``sys.modules`` outside: two files of the same name, each with
    siblings of the same names, are two. Modules that were there before stay what they were. A default dtype and a
    working directory that the user's code sets hold inside alone, likewise.

    Args:
        folder: where imports look first.
        program: what stands in ``sys.argv``.
    """

    __slots__ = (
        *("_argv", "_before", "_bytecode", "_directory", "_dtype", "_modules", "_out", "_outer_directory"),
        *("_outer_dtype", "_outer_path", "_path", "_program"),
    )

    def __init__(self, folder: str, program: str) -> None:
        self._path = [folder]
        self._program = program
        self._modules: dict[str, ModuleType] = {}
        self._dtype: torch.dtype | None = None
        self._directory: Path | None = None

    def add(self, name: str, module: ModuleType) -> None:
        """Have ``module`` among the user's from now on; called inside."""
        self._modules[name] = sys.modules[name] = module

    def __enter__(self) -> None:
        self._outer_path, self._argv, self._bytecode = list(sys.path), sys.argv, sys.dont_write_bytecode
        self._out: TextIO = sys.stdout
        self._before = dict(sys.modules)
        sys.path[:] = [*self._path, *self._outer_path]
        sys.argv = [self._program]
        sys.dont_write_bytecode = True
        sys.modules.update(self._modules)
        sys.stdout = sys.stderr
        import torch  # not before there is code to run

        self._outer_dtype = torch.get_default_dtype()
        torch.set_default_dtype(self._dtype or self._outer_dtype)
        self._outer_directory = Path.cwd()
        if self._directory is not None:
            os.chdir(self._directory)

    def __exit__(self, *exception: object) -> None:
        import torch

        self._directory = Path.cwd()
        os.chdir(self._outer_directory)
        self._dtype = torch.get_default_dtype()
        torch.set_default_dtype(self._outer_dtype)
        sys.stdout = self._out
        sys.dont_write_bytecode = self._bytecode
        sys.argv = self._argv
        added = (p for p in sys.path if p not in self._outer_path and p not in self._path)  # by the user's code
        self._path += added
        sys.path[:] = self._outer_path
        self._modules = {name: module for name, module in list(sys.modules.items()) if self._is_users(name, module)}
        for name in self._modules:
            del sys.modules[name]
            if name in self._before:
                sys.modules[name] = self._before[name]
        self._before = {}

    def _is_users(self, name: str, module: ModuleType) -> bool:
        """Whether ``module`` came in with the user's code, and is of it."""
        if self._before.get(name) is module:
            return False
        if name in self._modules:
            return True
        file = _file_of(module)
        return file is not None and is_users(file) and any(Path(file).is_relative_to(folder) for folder in self._path)


def _file_of(module: ModuleType) -> str | None:
    """Where ``module`` is: its file, or the folder of a package without a file of its own."""
    own = getattr(module, "__dict__", {})  # past what a lazy module would import when asked
    file: str | None = own.get("__file__")
    return file if file is not None else next(iter(own.get("__path__", ())), None)
