"""Plain lines for grep: the JSON form, a ``key: value`` line for each of its leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.checks.words import inert
from linscope.render.leaves import leaves
from linscope.report.checks_form import run_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.checks import CheckRun


def closing(run: CheckRun, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{inert(line)}\n" for line in leaves("", run_to_dict(run), clean))
