"""Prose in a language: English templates stand in the code, what they are in another language in ``zh/``.

Only prose is translated. Keys, codes, flags, layer names, code and numbers are the same in every language.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from linscope.errors import UsageError

ENGLISH = "en"
CHINESE = "zh"
LANGUAGES = (ENGLISH, CHINESE)

Say = Callable[..., str]
"""``say("{count:,} rows", count=96)``: the template in the language, its places filled."""


def speaker(language: str) -> Say:
    """What says a template in ``language``.

    Raises:
        UsageError: there is no such language.
    """
    if language not in LANGUAGES:
        raise UsageError(f"there is no language {language[:20]!r}", hint=", ".join(LANGUAGES))
    return _english if language == ENGLISH else _chinese


def language_of(tag: str | None) -> str | None:
    """The language that a locale's name, or a tag, asks for: ``zh_CN.UTF-8``, ``zh-Hans``; None for one of none."""
    word = (tag or "").replace("-", "_").partition(".")[0].partition("_")[0].lower()
    return word if word in LANGUAGES else None


@cache
def catalogue() -> dict[str, str]:
    """Every English template with its Chinese, from all files of ``zh/``."""
    told: dict[str, str] = {}
    for file in sorted(files("linscope.language").joinpath("zh").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            told.update(json.loads(file.read_text(encoding="utf-8")))
    return told


def _english(template: str, **values: object) -> str:
    return template.format(**values)


def _chinese(template: str, **values: object) -> str:
    return catalogue().get(template, template).format(**values)
