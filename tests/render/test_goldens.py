"""Every golden file is what the renderers give; regenerate_goldens.py writes them anew."""

from __future__ import annotations

import pytest
from render.golden_cases import cases
from render.regenerate_goldens import GOLDENS

CASES = dict(cases())


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    assert CASES[name] == (GOLDENS / name).read_bytes().decode("utf-8")


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == set(CASES)
