"""The README cannot go stale: its commands are run, and what they print is compared to the letter."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAIN = 'linscope analyze "[32,3,4] -> Linear(4,2)"'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(command: str) -> str:
    """What a terminal would show of the command, without a terminal's width."""
    settings = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING")
    inherited = {name: value for name, value in os.environ.items() if name not in settings}
    path = os.pathsep.join((str(Path(sys.executable).parent), inherited.get("PATH", "")))
    done = subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**inherited, "PATH": path, "LINSCOPE_LANG": "en"},
        timeout=120,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.partition("\n")[0][:60])
def test_a_command_prints_what_the_readme_shows(block: str) -> None:
    command, _, shown = block.partition("\n")
    assert command.startswith("$ ")
    if " hf:" in command and find_spec("transformers") is None:
        pytest.skip("transformers is not installed")
    assert run(command.removeprefix("$ ")).rstrip("\n") == shown.rstrip("\n")


def test_the_two_commands_stand_in_the_readme() -> None:
    install, test = (block.strip() for block in blocks("sh"))
    assert install == f"pip install -c .ci/constraints.txt . && {MAIN}"
    assert test == 'pip install -c .ci/constraints.txt -e ".[test]" && pytest'
    assert any(block.startswith(f"$ {MAIN}\n") for block in blocks("console"))
    assert test in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_python_of_the_readme_gives_what_it_shows() -> None:
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert results.attempted >= 6
    assert results.failed == 0


def test_every_spec_in_the_readme_is_read() -> None:
    from linscope.notation import parse

    specs = re.findall(r"^\| `(.*? -> .*?)` \|", README, re.MULTILINE)
    assert len(specs) >= 10
    for spec in specs:
        parse(spec)


def test_every_format_and_command_in_the_readme_exists() -> None:
    from linscope.cli.main import COMMANDS
    from linscope.render.registry import FORMATS

    assert f"--format {'|'.join(FORMATS)}" in README
    for command in COMMANDS:
        assert f"linscope {command}" in README


def test_the_constraints_pin_torch() -> None:
    pins = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    assert "torch==2.13.0" in pins
