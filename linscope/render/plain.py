"""Plain lines for grep: the JSON form, a ``key: value`` line for each of its leaves.

Keys are those of the JSON form, joined by dots, with the place in a list as a number: ``layers.0.macs: 768``.
The sentences on conventions stay out, for they would be found under every key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.render.characters import ascii_only, visible
from linscope.render.leaves import leaves
from linscope.render.look import FULL, NONE
from linscope.render.registry import renderer
from linscope.report.serialize import report_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.record import Report


@renderer("plain")
def plain(report: Report, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{line}\n" for line in leaves("", _wanted(report, look), clean))


def _wanted(report: Report, look: Look) -> dict[str, Any]:
    """The JSON form without its conventions, and with as much of the explanations as was asked for."""
    form = report_to_dict(report)
    del form["conventions"]
    if look.explain == NONE:
        form["explanations"] = []
    elif look.explain != FULL:
        form["explanations"] = [{**lesson, "code": []} for lesson in form["explanations"]]
    return form
