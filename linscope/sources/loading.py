"""The module that a ``py:`` target names, loaded from a file or by its dotted name. No torch at import."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from linscope.errors import TargetError
from linscope.notation.suggest import closest
from linscope.sources.files import found
from linscope.sources.surroundings import Surroundings
from linscope.sources.users_code import lines_of, raised

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class Home:
    """Where a target's code is, found but not run yet.

    Args:
        written: the file or the module, as the user wrote it.
        surroundings: to be entered around all code of the user's.
        imports: gives the module; called within the surroundings.
    """

    written: str
    surroundings: Surroundings
    imports: Callable[[], ModuleType]

    def load(self) -> ModuleType:
        """The module, its code run; called within the surroundings.

        Raises:
            TargetError: there is no such module, or it failed to import: the details are the user's own traceback.
        """
        try:
            return self.imports()
        except (Exception, SystemExit) as error:
            if isinstance(error, ModuleNotFoundError) and self._is_missing(error):
                raise _no_module(self.written, str(error.name)) from error
            raise TargetError(
                f"{self.written} failed to import", details=raised(error), hint=_cure(error, self.written)
            ) from error

    def _is_missing(self, error: ModuleNotFoundError) -> bool:
        """Whether the module itself is not there, or a package that it is said to be in: not one that it needs."""
        return f"{self.written}.".startswith(f"{error.name}.") and not lines_of(error)


def home_of(written: str) -> Home:
    """Where the code of ``FILE.py`` or ``package.module`` is. Nothing of the user's runs.

    Raises:
        TargetError: there is no such file; or the name is neither a file's nor a module's.
    """
    return _file(written) if written.endswith(".py") else _module(written)


def _file(written: str) -> Home:
    path = found(written, "py").absolute()
    surroundings = Surroundings(str(path.parent), str(path))

    def imports() -> ModuleType:
        # A file may have the name of a module that others import: theirs stays what it is.
        name = f"{path.stem}_" if path.stem in sys.modules or path.stem in sys.stdlib_module_names else path.stem
        spec = spec_from_loader(name, SourceFileLoader(name, str(path)))
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        surroundings.add(name, module)
        spec.loader.exec_module(module)
        return module

    return Home(written, surroundings, imports)


def _module(written: str) -> Home:
    if not all(part.isidentifier() for part in written.split(".")):
        raise TargetError(
            f"{written[:80]} is the name of neither a module nor a Python file",
            hint="package.module, or path/to/file.py",
        )
    return Home(written, Surroundings(str(Path.cwd()), written), lambda: import_module(written))


def _no_module(written: str, missing: str) -> TargetError:
    """The error for ``written``, of which ``missing`` is as much as is not there; called within the surroundings."""
    package, _, name = missing.rpartition(".")
    nearest = closest(name, sorted(_modules_in(package)))
    best = f"{package}.{nearest[0]}".lstrip(".") if nearest else None
    nor = f", nor {written[:80]}" if missing != written else ""
    return TargetError(
        f"there is no module {missing[:80]}{nor}",
        details=("looked for in the working directory, and among what is installed",),
        hint=f"did you mean {best}{written.removeprefix(missing)}?" if best else None,
    )


def _modules_in(package: str) -> set[str]:
    """The names of the modules in ``package``, or, where that is empty, of all that can be imported."""
    if package:
        return {module.name for module in iter_modules(getattr(sys.modules.get(package), "__path__", ()))}
    folders = {entry.name for entry in Path().iterdir() if entry.is_dir()}  # packages without a file of their own
    return folders | {module.name for module in iter_modules()}


def _cure(error: BaseException, written: str) -> str | None:
    """What to do about an import that failed, where that is plain."""
    if isinstance(error, ImportError) and "relative import" in str(error) and written.endswith(".py"):
        return "a file of a package is named as a module: py:package.module:NAME, from the folder that holds package"
    if isinstance(error, SystemExit):
        return 'put what should only run as a script under: if __name__ == "__main__":'
    return None
