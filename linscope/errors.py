"""What can go wrong, as data: each error owns its message, its place, its repair and its exit code.

Nothing here prints. A renderer turns an error into text, the command line into an exit code:
0 all well; 1 a check failed or a shape does not fit; 2 usage, notation or configuration;
3 the user's own model failed; 4 a bug in linscope; 130 interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the user's text: characters ``start`` up to, not including, ``end``."""

    text: str
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line of ``start``, counted from 1."""
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """The column of ``start`` in its line, counted from 1."""
        return self.start - (self.text.rfind("\n", 0, self.start) + 1) + 1

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "line": self.line,
            "column": self.column,
            "text": self.text[self.start : self.end][:200],
        }


class LinscopeError(Exception):
    """Every error a user may meet.

    Args:
        message: one sentence that says what is wrong.
        place: where in the user's text; None when no text is to blame.
        details: further facts, one per line (the shapes that met, torch's own words).
        hint: what to write instead.
    """

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        details: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.details = details
        self.hint = hint

    def __str__(self) -> str:
        hint = (f"try: {self.hint}",) if self.hint else ()
        return "\n  ".join((self.message, *self.details, *hint))

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "message": self.message,
            "place": self.place.to_dict() if self.place else None,
            "details": list(self.details),
            "hint": self.hint,
            "exit_code": self.exit_code,
        }


class UsageError(LinscopeError):
    """An option, a value or a combination of them that the command line does not take."""

    kind = "usage"
    exit_code = 2


class OutputError(LinscopeError):
    """A result that cannot be written where it should go."""

    kind = "output"
    exit_code = 2


class ConfigurationError(LinscopeError):
    """A configuration file that cannot be read or holds what it may not."""

    kind = "configuration"
    exit_code = 2


class NotationError(LinscopeError):
    """Text that is no spec: a wrong character, an unknown layer, an argument it does not take."""

    kind = "notation"
    exit_code = 2


class ArgumentError(LinscopeError):
    """A well-formed layer whose constructor refuses the values given."""

    kind = "argument"
    exit_code = 2


class SizeError(LinscopeError):
    """A size beyond what torch can index, or beyond this machine when no cheaper run can answer."""

    kind = "size"
    exit_code = 2


class ValuesError(LinscopeError):
    """A model whose work depends on the values it meets, asked for on shapes alone."""

    kind = "values"
    exit_code = 2


class ShapeError(LinscopeError):
    """A tensor that does not fit the layer it meets."""

    kind = "shape"
    exit_code = 1


class MismatchError(LinscopeError):
    """A shape asserted in the chain that is not the shape that came out."""

    kind = "assertion"
    exit_code = 1


class UncountedError(LinscopeError):
    """Strictness was asked for and some operators have no formula."""

    kind = "uncounted"
    exit_code = 1

    @classmethod
    def of(cls, rows: Sequence[Any]) -> UncountedError:
        """The error that names ``rows``, the operators of a report that have no count."""
        return cls(
            f"{len(rows)} operator{'s' if len(rows) > 1 else ''} without a count",
            details=tuple(
                f"{row.name}: {row.calls} call{'s' if row.calls > 1 else ''} in {', '.join(row.modules) or 'the model'}"
                for row in rows
            ),
            hint="leave --strict out to take the total as a lower bound",
        )


class ModelError(LinscopeError):
    """The user's own model raised."""

    kind = "model"
    exit_code = 3


class LimitError(LinscopeError):
    """A check that took more than it may: time, or memory."""

    kind = "limit"
    exit_code = 3


class TargetError(LinscopeError):
    """What was named could not be loaded: no such file or model, a package that is missing, a file that lies."""

    kind = "target"
    exit_code = 3


class InternalError(LinscopeError):
    """A bug in linscope."""

    kind = "bug"
    exit_code = 4
