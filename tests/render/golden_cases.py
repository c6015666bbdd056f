"""What the goldens hold: file name to the text that belongs in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.sample_errors import ERRORS
from render.samples import SAMPLES

from linscope.render import Look, render, render_error

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = {
    "wide": Look(width=100, operators=True, explain="full"),
    "narrow": Look(width=60),
    "piped": Look(),
    "ascii": Look(width=80, ascii=True),
}
OTHERS = {"plain": "txt", "csv": "csv", "markdown": "md"}
READ_BY_OTHERS = ("linear", "lstm", "uncounted", "told-apart", "hostile")


def cases() -> Iterator[tuple[str, str]]:
    for name, report in SAMPLES.items():
        for variant, look in TABLES.items():
            yield f"{name}.table-{variant}.txt", render(report, "table", look)
    for name in READ_BY_OTHERS:
        for format, suffix in OTHERS.items():
            yield f"{name}.{format}.{suffix}", render(SAMPLES[name], format, Look(explain="full"))
    for name, (error, target) in ERRORS.items():
        for variant, look in (("piped", Look()), ("narrow", Look(width=60)), ("ascii", Look(ascii=True))):
            yield f"{name}.error-{variant}.txt", render_error(error, target, "table", look)
