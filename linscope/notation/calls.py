"""What a call takes, and whether a call as written fits it. Pure; the same for layers and tensor methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

POSITIONAL = "positional"
KEYWORD = "keyword"
VAR_POSITIONAL = "var_positional"
VAR_KEYWORD = "var_keyword"
SPREAD = "spread"
"""One sequence that may be written as several arguments: ``view(-1, 48)``, ``view((-1, 48))``."""

STARS = {VAR_POSITIONAL: "*", SPREAD: "*", VAR_KEYWORD: "**"}


# Named tuples, as a dataclass takes a millisecond to define and this module is imported for every error.


class ArgumentEntry(NamedTuple):
    """One argument of a call. ``default`` is Python source, None where there is none.

    ``literal`` is False where the default is no literal and ``default`` only its name (``relu``).
    """

    name: str
    kind: str = POSITIONAL
    default: str | None = None
    literal: bool = True

    @property
    def required(self) -> bool:
        return self.default is None and self.kind not in (VAR_POSITIONAL, VAR_KEYWORD)


class CallEntry(Protocol):
    """Something the notation can call: its arguments in order, and a spec that uses it and runs, if any."""

    @property
    def name(self) -> str: ...

    @property
    def arguments(self) -> tuple[ArgumentEntry, ...]: ...

    @property
    def example(self) -> str | None: ...


class Refusal(NamedTuple):
    """Why a call does not fit, in a sentence, and what to write instead.

    ``position`` (of the positional arguments, from 0) or ``keyword`` is the argument to blame; both are None
    where what is wrong is that one is missing.
    """

    reason: str
    keyword: str | None = None
    position: int | None = None
    hint: str = ""


def call_text(name: str, arguments: Iterable[ArgumentEntry]) -> str:
    """The call as documentation writes it: ``GaussianNLLLoss(*, full=False, eps=1e-06)``."""
    parts: list[str] = []
    for argument in arguments:
        if argument.kind == KEYWORD and "*" not in parts:
            parts.append("*")
        default = "" if argument.default is None else f"={argument.default}"
        parts.append(f"{STARS.get(argument.kind, '')}{argument.name}{default}")
    return f"{name}({', '.join(parts)})"


def check_arguments(entry: CallEntry, positional: int, keywords: Sequence[str]) -> Refusal | None:
    """Why a call of ``entry`` with so many positional arguments and these keywords does not fit, or None."""
    return (
        _too_many(entry, positional)
        or _unknown_keyword(entry, keywords)
        or _given_twice(entry, positional, keywords)
        or _missing(entry, positional, keywords)
    )


def _too_many(entry: CallEntry, positional: int) -> Refusal | None:
    if any(a.kind in (VAR_POSITIONAL, SPREAD) for a in entry.arguments):
        return None
    room = sum(a.kind == POSITIONAL for a in entry.arguments)
    if positional <= room:
        return None
    if not entry.arguments:
        return Refusal(f"{entry.name} takes no arguments", position=0, hint=f"write {entry.name}")
    by_name = [a.name for a in entry.arguments if a.kind == KEYWORD]
    return Refusal(
        f"{entry.name} takes {_at_most(room)} without a name, got {positional}",
        position=room,
        hint=f"give by name: {', '.join(by_name)}" if by_name else f"leave out {_the_last(positional - room)}",
    )


def _unknown_keyword(entry: CallEntry, keywords: Sequence[str]) -> Refusal | None:
    if any(a.kind == VAR_KEYWORD for a in entry.arguments):
        return None
    known = [a.name for a in entry.arguments if a.kind != VAR_POSITIONAL]
    unknown = next((keyword for keyword in keywords if keyword not in known), None)
    if unknown is None:
        return None
    nearest = closest(unknown, known)
    written = unknown if len(unknown) <= 40 else f"{unknown[:37]}..."
    return Refusal(
        f"{entry.name} has no argument {written}",
        keyword=unknown,
        hint=f"did you mean {nearest[0]}?" if nearest else f"it takes {_listed(known) or 'none by name'}",
    )


def _given_twice(entry: CallEntry, positional: int, keywords: Sequence[str]) -> Refusal | None:
    by_position = _filled(entry, positional)
    for index, keyword in enumerate(keywords):
        if keyword in by_position:
            reason = f"{entry.name} is given {keyword} twice, by position and by name"
            return Refusal(reason, keyword=keyword, hint=f"leave out {keyword}=")
        if keyword in keywords[:index]:
            reason = f"{entry.name} is given {keyword} twice"
            return Refusal(reason, keyword=keyword, hint=f"leave out one {keyword}=")
    return None


def _missing(entry: CallEntry, positional: int, keywords: Sequence[str]) -> Refusal | None:
    given = _filled(entry, positional) | set(keywords)
    missing = [a.name for a in entry.arguments if a.required and a.name not in given]
    if not missing:
        return None
    example = entry.example
    return Refusal(
        f"{entry.name} needs {_listed(missing)}",
        hint=f"such as {example}" if example else f"write {entry.name}({', '.join(missing)})",
    )


def _filled(entry: CallEntry, positional: int) -> set[str]:
    """The names of the arguments that so many positional values fill."""
    return {a.name for a in [a for a in entry.arguments if a.kind in (POSITIONAL, SPREAD)][:positional]}


def _at_most(number: int) -> str:
    return {0: "no argument", 1: "one argument"}.get(number, f"at most {number} arguments")


def _the_last(number: int) -> str:
    return "the last" if number == 1 else f"the last {number}"


def _listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
