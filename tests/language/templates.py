"""Every sentence that the code can say, read off its source: the templates that a catalogue has to have."""

from __future__ import annotations

import ast
from pathlib import Path

import linscope

ROOT = Path(linscope.__file__).parent


def templates() -> dict[str, str]:
    """Each template with the file that says it.

    Raises:
        AssertionError: a template that is put together when it is said, and so in no catalogue.
    """
    found: dict[str, str] = {}
    for path in sorted((*ROOT.glob("explain/*.py"), *ROOT.glob("render/lessons/*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "say":
                (first,) = node.args
                if ast.unparse(first).endswith(".title"):
                    continue  # of a lesson: its decorator has it
                assert isinstance(first, ast.Constant) and isinstance(first.value, str), f"{path.name}: {node.lineno}"
                found[first.value] = path.stem
            if name == "lesson" and node.keywords and node.keywords[0].arg == "title":
                title = node.keywords[0].value
                assert isinstance(title, ast.Constant)
                found[title.value] = path.stem
    return found
