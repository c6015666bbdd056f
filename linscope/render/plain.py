"""Plain lines for grep: the JSON form, a ``key: value`` line for each of its leaves.

Keys are those of the JSON form, joined by dots, with the place in a list as a number: ``layers.0.macs: 768``.
The sentences on conventions stay out, for they would be found under every key.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from linscope.render.characters import ascii_only, visible
from linscope.render.look import FULL, NONE
from linscope.render.registry import renderer
from linscope.report.serialize import report_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.render.look import Look
    from linscope.report.record import Report


@renderer("plain")
def plain(report: Report, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{line}\n" for line in _leaves("", _wanted(report, look), clean))


def _wanted(report: Report, look: Look) -> dict[str, Any]:
    """The JSON form without its conventions, and with as much of the explanations as was asked for."""
    form = report_to_dict(report)
    del form["conventions"]
    if look.explain == NONE:
        form["explanations"] = []
    elif look.explain != FULL:
        form["explanations"] = [{**lesson, "code": []} for lesson in form["explanations"]]
    return form


def _leaves(key: str, value: Any, clean: Callable[[str], str]) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(f"{key}.{clean(name)}" if key else name, inner, clean)
    elif isinstance(value, list) and _has_text(value):
        for index, inner in enumerate(value):
            yield from _leaves(f"{key}.{index}", inner, clean)
    else:
        yield f"{key}: {clean(value) if isinstance(value, str) else json.dumps(value)}"


def _has_text(items: list[Any]) -> bool:
    """Whether a list wants a line for each of its items; shapes and lists of them stay on one."""
    return any(isinstance(item, dict | str) for item in items)
