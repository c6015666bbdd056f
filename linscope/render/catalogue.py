"""What the notation knows, as text: the list of layers, and a card for each."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from linscope.notation.catalogue import (
    CallEntry,
    GuideEntry,
    LayerEntry,
    guide,
    layer,
    layer_names,
    signature_text,
)
from linscope.notation.methods import MethodEntry, method, method_names
from linscope.render.characters import ascii_only

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.render.look import Look

MARGIN = "  "
READABLE = 100
METHODS = "tensor method"
CATEGORIES = (
    "linear", "convolution", "recurrent", "attention", "transformer", "embedding", "normalization", "activation",
    "pooling", "padding", "upsampling", "dropout", "shape", "distance", "loss", "container", "other", METHODS,
)  # fmt: skip


def listing(look: Look) -> str:
    """Every layer and tensor method with its summary, by category."""
    width = min(look.width or READABLE, READABLE)
    groups = _groups()
    widest = max(len(name) for members in groups.values() for name, _ in members)
    lines: list[str] = []
    for category, members in groups.items():
        lines += [
            "",
            f"{MARGIN}{category.capitalize()}s" if category == METHODS else f"{MARGIN}{category.capitalize()}",
        ]
        for name, summary in members:
            lines += _pair(name, summary, widest, width)
    lines += ["", f"{MARGIN}linscope layers NAME shows the signature, the formulas and an example.", ""]
    return _shown("\n".join(lines), look)


def card(entry: CallEntry, about: GuideEntry | None, look: Look) -> str:
    """All about one layer or tensor method."""
    width = min(look.width or READABLE, READABLE)
    lines = ["", *_wrapped(signature_text(entry), width), ""]
    lines += [*_wrapped(_summary(entry, about), width), ""]
    facts = [(label, value) for label, value in _facts(entry, about) if value]
    widest = max((len(label) for label, _ in facts), default=0)
    for label, value in facts:
        lines += _pair(label, value, widest, width)
    return _shown("\n".join([*lines, ""]), look)


def listing_data() -> str:
    """The same list as one JSON document."""
    entries = [(layer(n), guide(n)) for n in layer_names()] + [(method(n), None) for n in method_names()]
    return _document({"layers": [_data(e, g) for e, g in entries if e is not None]})


def card_data(entry: CallEntry, about: GuideEntry | None) -> str:
    """The same card as one JSON document."""
    return _document(_data(entry, about))


def _groups() -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {category: [] for category in CATEGORIES}
    for name in layer_names():
        about = guide(name)
        if about is not None:
            groups.setdefault(about.category, []).append((name, about.summary))
    for name in method_names():
        found = method(name)
        if found is not None:
            groups[METHODS].append((name, found.summary))
    return {category: members for category, members in groups.items() if members}


def _summary(entry: CallEntry, about: GuideEntry | None) -> str:
    if isinstance(entry, MethodEntry):
        return entry.summary
    return about.summary if about else ""


def _facts(entry: CallEntry, about: GuideEntry | None) -> Iterable[tuple[str, str | None]]:
    example = entry.example if isinstance(entry, LayerEntry | MethodEntry) else None
    yield "Kind", METHODS if about is None else about.category
    if about is not None:
        yield "Parameters", about.parameters_formula
        yield "MACs", about.macs_formula
        yield "Where", "; ".join(f"{name} = {meaning}" for name, meaning in about.where)
    yield "Example", f'linscope analyze "{example}"' if example else None
    yield "Note", about.remark if about else None


def _data(entry: CallEntry, about: GuideEntry | None) -> dict[str, Any]:
    return {
        "name": entry.name,
        "signature": signature_text(entry),
        "category": METHODS if about is None else about.category,
        "summary": _summary(entry, about),
        "parameters": about.parameters_formula if about else None,
        "macs": about.macs_formula if about else None,
        "where": dict(about.where) if about else {},
        "example": entry.example if isinstance(entry, LayerEntry | MethodEntry) else None,
        "remark": about.remark if about else None,
    }


def _document(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=MARGIN, subsequent_indent=MARGIN * 2, break_long_words=False)


def _pair(label: str, value: str, widest: int, width: int) -> list[str]:
    """A label and its text side by side, or one under the other where there is no room."""
    hanging = len(MARGIN) + widest + 3
    if width - hanging < 24:
        return [f"{MARGIN}{label}", *(f"{MARGIN}{line}" for line in _wrapped(value, width - len(MARGIN)))]
    folded = textwrap.wrap(value, width - hanging, break_long_words=False) or [""]
    first = f"{MARGIN}{label:<{widest}}   {folded[0]}"
    return [first, *(" " * hanging + line for line in folded[1:])]


def _shown(text: str, look: Look) -> str:
    return "\n".join(map(ascii_only, text.split("\n"))) if look.ascii else text
