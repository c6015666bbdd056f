"""The wheel as a user has it: built, installed where nothing else is, and asked from another directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import linscope

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with what is installed: nothing is fetched."""
    pytest.importorskip("hatchling", reason="nothing to build the wheel with")
    folder = tmp_path_factory.mktemp("built")
    done = _run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(ROOT))
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("linscope-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "here"
    done = _run(*PIP, "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    assert done.returncode == 0, done.stderr
    return folder


def _run(*command: str, cwd: Path | None = None, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "FORCE_COLOR")}
    env = {**inherited, "PYTHONUTF8": "1", **({"PYTHONPATH": str(path)} if path is not None else {})}
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=cwd, env=env, timeout=300, check=False)


def _linscope(installed: Path, cwd: Path, *arguments: str) -> str:
    """What the installed command prints."""
    done = _run(sys.executable, str(installed / "bin" / "linscope"), *arguments, cwd=cwd, path=installed)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_everything_in_the_package_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = ROOT / "linscope"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == expected


def test_the_installed_package_is_the_one_that_answers(installed: Path, tmp_path: Path) -> None:
    done = _run(sys.executable, "-c", "import linscope; print(linscope.__file__)", cwd=tmp_path, path=installed)
    assert Path(done.stdout.strip()).is_relative_to(installed)


def test_a_model_of_ones_own_from_another_directory(installed: Path, tmp_path: Path) -> None:
    target = f"py:{ROOT / 'examples' / 'net.py'}:Net"
    told = _linscope(installed, tmp_path, "analyze", target, "--input", "[1,1,28,28]")
    assert "9,098" in told and "290,080" in told
    report = json.loads(_linscope(installed, tmp_path, "analyze", target, "--input", "[1,1,28,28]", "--json"))
    assert (report["totals"]["parameters"]["total"], report["totals"]["macs"]) == (9_098, 290_080)
    assert report["tool"]["version"] == linscope.__version__
    assert list(tmp_path.iterdir()) == []


def test_what_it_reads_of_its_own_is_there(installed: Path, tmp_path: Path) -> None:
    for document in ("report", "comparison"):
        assert json.loads(_linscope(installed, tmp_path, "schema", document))["$schema"]
    assert linscope.__version__ in _linscope(installed, tmp_path, "--version")
    assert "out_channels" in _linscope(installed, tmp_path, "layers", "Conv2d")
    assert "analyze" in _linscope(installed, tmp_path, "--help")
