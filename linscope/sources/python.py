"""``py:package.module:Attr`` and ``py:path/to/file.py:Attr``: a class, a factory or an instance in the user's code.

The only source that runs code of the user's. No torch at import: a file that is not there is told at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.sources.loading import home_of

if TYPE_CHECKING:
    from linscope.subject import Asked, Subject


def opened(rest: str, asked: Asked) -> Subject:
    """The subject that ``rest``, ``MODULE:NAME`` or ``FILE.py:NAME``, stands for; its module is loaded anew.

    Raises:
        UsageError: no name, no inputs, or arguments that the class or the factory does not take.
        TargetError: no such file, module or name; an import that failed; a name that stands for no model.
        NotationError: inputs that are no shapes.
    """
    where, _, name = rest.rpartition(":")
    if not where or not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"{asked.target[:80]} names nothing in a module or a file", hint=f"py:{(where or rest)[:80]}:NAME"
        )
    home = home_of(where)
    from linscope.sources.users_models import subject_of  # imports torch: after everything that can fail without it

    with asked.guard(), home.surroundings:
        return subject_of(home.load(), name, home, asked)
