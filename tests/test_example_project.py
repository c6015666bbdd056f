"""The sample project passes as it is; with its model widened, every format names what failed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from linscope.checks.baselines import load
from linscope.render.checks import CHECK_FORMATS

SAMPLE = Path(__file__).parents[1] / "examples" / "check"
WORKFLOW = SAMPLE / ".github" / "workflows" / "shapes.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__")))


def run(project: Path, *arguments: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB", "CI", "COLUMNS"))}
    done = subprocess.run(
        [sys.executable, "-m", "linscope", "check", *arguments],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        env={**kept, "PYTHONUTF8": "1"},
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def every_format(project: Path, code: int) -> dict[str, str]:
    """What each format says, all of one run."""
    arguments = [word for format in CHECK_FORMATS for word in ("--format", format, "-o", f"out.{format}")]
    assert run(project, *arguments)[0] == code
    return {format: (project / f"out.{format}").read_text("utf-8") for format in CHECK_FORMATS}


def test_it_passes_as_it_is(project: Path) -> None:
    said = every_format(project, 0)
    assert "3 checks: all passed" in said["table"]
    assert json.loads(said["gitlab"]) == []
    assert "::error" not in said["github"]


def test_the_baseline_is_the_one_that_would_be_written(project: Path) -> None:
    shipped = (project / "linscope-baseline.json").read_bytes()
    assert run(project, "--write-baseline", "linscope-baseline.json")[0] == 0
    assert (project / "linscope-baseline.json").read_bytes() == shipped
    assert set(load(str(project / "linscope-baseline.json"))) == {"head [B=1]", "head [B=64]", "net"}


def test_a_wider_model_is_named_in_every_format(project: Path) -> None:
    model = project / "net.py"
    model.write_text(model.read_text().replace("WIDTH = 16", "WIDTH = 24"))
    said = every_format(project, 1)
    for format, text in said.items():
        assert "features.0" in text or format == "gitlab", format
        assert "net" in text and "11,578" in text, format  # 24·27 + 24 + 48·216 + 48 + 10·48 + 10
    assert "✗ net   linscope.toml:19" in said["table"]
    assert "grew: features.2 Conv2d from 589,824 to 1,327,104 (+125%), [2,32,8,8] → [2,48,8,8]" in said["table"]
    results = json.loads(said["json"])["results"]
    assert [result["status"] for result in results] == ["passed", "passed", "failed"]
    assert said["github"].startswith("::error file=linscope.toml,line=19,title=net::py:net.py:Net%0ALayer features.0")
    failure = ElementTree.fromstring(said["junit"]).find(".//testcase[@name='net']/failure")
    assert failure is not None and "Parameters: expected at most 6,000, got 11,578" in (failure.text or "")
    (issue,) = json.loads(said["gitlab"])
    assert issue["location"] == {"path": "linscope.toml", "lines": {"begin": 19}}
    assert "#### ✗ `net` (`linscope.toml:19`)" in said["markdown"]


def test_the_workflow_runs_what_the_project_has(project: Path) -> None:
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["check"]["steps"]
    (command,) = [step["run"] for step in steps if "linscope check" in step.get("run", "")]
    assert run(project, *command.split()[2:])[0] == 0
    assert "<testsuites>" in (project / "shapes.xml").read_text()
