"""The look of pages and pictures: one set of colours for light and for dark, chosen by the reader's own setting."""

from __future__ import annotations

MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"
SANS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', sans-serif"

_LIGHT = {
    "page": "#ffffff", "panel": "#f6f7f9", "line": "#d5d9e0", "text": "#1c2330", "muted": "#5b6575",
    "meet": "#b3261e", "meet-soft": "#fbe3e1", "good": "#1a7f37", "bad": "#b3261e",
    "a": "#0b6e4f", "a-soft": "#d7f0e6", "b": "#7a3e9d", "b-soft": "#ecdff5",
    "c": "#0b5cad", "c-soft": "#d9e8f8", "d": "#9a5b00", "d-soft": "#f8e7cc",
}  # fmt: skip
_DARK = {
    "page": "#14171c", "panel": "#1d2229", "line": "#3a424e", "text": "#e6e9ee", "muted": "#a0aab8",
    "meet": "#ff9d94", "meet-soft": "#4a2320", "good": "#5fd38a", "bad": "#ff9d94",
    "a": "#6fdcb4", "a-soft": "#17392e", "b": "#d9a9f5", "b-soft": "#372145",
    "c": "#86bdf5", "c-soft": "#15304d", "d": "#f2c078", "d-soft": "#41300f",
}  # fmt: skip

FIGURE = """
.t { fill: var(--text); } .m { fill: var(--muted); } .meet { fill: var(--meet); font-weight: 700; }
.mono { font-family: MONO; } .sans { font-family: SANS; } .bold { font-weight: 600; }
.box { fill: var(--panel); stroke: var(--line); } .soft { fill: var(--meet-soft); }
.rule { stroke: var(--muted); fill: none; stroke-width: 1.5; }
.pick { stroke: var(--meet); fill: none; stroke-width: 2.4; }
.brace { stroke: var(--meet); fill: none; stroke-width: 1.8; }
.fa { fill: var(--a-soft); stroke: var(--a); } .ta { fill: var(--a); } .fb { fill: var(--b-soft); stroke: var(--b); }
.tb { fill: var(--b); } .fc { fill: var(--c-soft); stroke: var(--c); } .tc { fill: var(--c); }
.fd { fill: var(--d-soft); stroke: var(--d); } .td { fill: var(--d); } .good { fill: var(--good); }
.bad { fill: var(--bad); }
""".replace("MONO", MONO).replace("SANS", SANS)
"""Classes of the pictures; a colour never stands alone: what has one has a letter as well."""


def colours(selector: str) -> str:
    """The colours as variables of ``selector``, light unless the reader prefers dark."""
    light, dark = (_declared(selector, table) for table in (_LIGHT, _DARK))
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def _declared(selector: str, table: dict[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in table.items())} }}"
