"""The pytest plugin in a project of its own, found by its entry point as pytest finds it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRY_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]

NET = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, width=8):
        super().__init__(nn.Conv2d(3, width, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))
"""
CHECKS = """
schema = 1
[[check]]
name = "head"
spec = "[B,T,4] -> Linear(4,2)"
bind = [{B = 32, T = 3}, {B = 1, T = 1}]
macs = "8*B*T"

[[check]]
name = "net"
target = "py:net.py:Net"
inputs = "[2,3,32,32]"
output = "[2,10]"
params = WANTED
"""
TESTS = """
import linscope

def test_shapes(assert_shapes):
    from net import Net
    assert_shapes(Net(), "[B,3,32,32] -> [B,10]")
    linscope.assert_shapes(Net(), "[B,3,H,W] -> [B,10]")

def test_that_fails(assert_shapes):
    from net import Net
    assert_shapes(Net(), "[B,3,32,32] -> [B,11]")

def test_costs(linscope_check):
    assert linscope_check("[32,3,4] -> Linear(4,2)", macs=768, params=8).ok
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a model, its tests and its checks; and the plugin as an installed package would offer it."""
    info = tmp_path / "site" / "linscope_plugin-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: linscope-plugin\nVersion: 1\n")
    lines = "".join(f"{name} = {home}\n" for name, home in ENTRY_POINTS.items())
    (info / "entry_points.txt").write_text(f"[pytest11]\n{lines}")
    project = tmp_path / "project"
    (project / "tests").mkdir(parents=True)
    (project / "net.py").write_text(NET)
    (project / "tests" / "test_net.py").write_text(TESTS)
    (project / "linscope.toml").write_text(CHECKS.replace("WANTED", str(8 * 28 + 90)))
    (project / "pytest.ini").write_text("[pytest]\ntestpaths = tests\npythonpath = .\n")
    return project


def run(project: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of pytest in ``project``."""
    found = [str(project.parent / "site"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, found)), "COLUMNS": "100"},
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_checks_are_items_and_the_fixtures_are_there(project: Path) -> None:
    code, said = run(project, "-v", "--linscope")
    assert code == 1
    for name in (
        "linscope.toml::head [B=32, T=3] PASSED",
        "linscope.toml::head [B=1, T=1] PASSED",
        "linscope.toml::net PASSED",
    ):
        assert name in said
    assert "test_shapes PASSED" in said and "test_costs PASSED" in said
    assert re.search(r"AssertionError: shapes with B = 2\n.*Net\n.*expected \[2, 11\], got \[2, 10\]", said)
    assert "since 3 Linear: [2, 8] → [2, 10]" in said
    assert "1 failed, 5 passed" in said


def test_a_check_that_fails_says_what_the_command_would(project: Path) -> None:
    (project / "linscope.toml").write_text(CHECKS.replace("WANTED", "313"))
    code, said = run(project, "--linscope", "linscope.toml")
    assert code == 1
    assert "Parameters   expected 313, got 314" in said
    assert "got: 0 Conv2d: weight (8, 3, 3, 3) + bias (8,) = 224" in said
    assert "linscope.toml::net" in said
    assert "1 failed, 2 passed" in said


def test_a_file_with_a_mistake_is_an_error_of_collection(project: Path) -> None:
    (project / "linscope.toml").write_text("schema = 1\n[[check]]\nspce = 'x'\n")
    code, said = run(project, "--linscope")
    assert code == 2
    assert "linscope.toml:3: unknown key 'spce'" in said
    assert "did you mean spec?" in said


def test_without_the_option_nothing_is_collected(project: Path) -> None:
    code, said = run(project, "--collect-only", ".")
    assert code == 0
    assert "test_costs" in said
    assert "linscope.toml" not in said


def test_a_part_of_pyproject_is_collected_too(project: Path) -> None:
    (project / "linscope.toml").unlink()
    (project / "pyproject.toml").write_text(
        "[tool.linscope]\nschema = 1\n[[tool.linscope.check]]\nspec = '[3] -> Linaer'\n"
    )
    code, said = run(project, "-v", "--linscope", "-k", "Linaer")
    assert code == 1
    assert "pyproject.toml::[3] -> Linaer FAILED" in said


def test_torch_is_not_imported_until_it_is_used(project: Path) -> None:
    (project / "tests" / "test_net.py").write_text(
        "import sys\n\ndef test_none():\n"
        "    assert 'torch' not in sys.modules\n    assert 'linscope.api' not in sys.modules\n"
    )
    (project / "linscope.toml").write_text("schema = 1\n[[check]]\nspec = '[3] -> Linaer'\n")
    assert run(project)[0] == 0
    code, said = run(project, "--linscope")
    assert code == 1
    assert "did you mean Linear?" in said
    assert "1 failed, 1 passed" in said
