"""Write the goldens anew from what the renderers give now. Read the difference before keeping it.

PYTHONPATH=tests python -m render.regenerate_goldens
"""

from __future__ import annotations

from pathlib import Path

from render.golden_cases import cases

GOLDENS = Path(__file__).parents[1] / "data" / "goldens"


def regenerate() -> None:
    GOLDENS.mkdir(parents=True, exist_ok=True)
    for old in GOLDENS.iterdir():
        old.unlink()
    for name, text in cases():
        (GOLDENS / name).write_bytes(text.encode("utf-8"))


if __name__ == "__main__":
    regenerate()
