"""A diagnosis while it is put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from linscope import subject

if TYPE_CHECKING:
    from linscope.engine.diagnosis.steps import Step

Shapes = tuple[tuple[int, ...], ...]
Dtypes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis(subject.Diagnosis):
    """What the engine hands on, with the ways to add a repair. Whatever repair it names works."""

    details: tuple[str, ...] = ()

    def preceded_by(self, step: Step | None) -> Diagnosis:
        """The same with a step to insert, if there is one."""
        return self if step is None else replace(self, before=step.text, before_when=step.when)

    def or_else(self, instead: str | None) -> Diagnosis:
        """The same with a repair in words, where there is none in code."""
        return self if self.arguments or self.before else replace(self, instead=instead)
