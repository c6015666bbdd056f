"""The pre-commit hooks and the action, each run in a scratch project as its file states."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())

CHECKS = "schema = 1\n[[check]]\nname = 'head'\nspec = '[3,4] -> Linear(4,2)'\nparams = {}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a file of checks that pass."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "linscope.toml").write_text(CHECKS.format(8))
    (project / "net.py").write_text("")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    return project


def environment(**more: str) -> dict[str, str]:
    """One in which ``linscope`` is what is tested."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    python = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB", "GIT_", "CI"))}
    return {**inherited, "PATH": path, "PYTHONPATH": python, **more}


def run(arguments: list[str], cwd: Path, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        arguments, cwd=cwd, capture_output=True, encoding="utf-8", env=environment(**more), timeout=300, check=False
    )
    return done.returncode, done.stdout + done.stderr


def git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    code, said = run(["git", *identity, *arguments], repository)
    assert code == 0, said


# ── pre-commit ──────────────────────────────────────────────────────────────────────────────────────


def test_the_entry_of_the_hooks(project: Path) -> None:
    assert [(hook["id"], hook["language"], hook["pass_filenames"]) for hook in HOOKS] == [
        ("linscope-check", "python", False), ("linscope-check-system", "system", False),
    ]  # fmt: skip
    for entry in {hook["entry"] for hook in HOOKS}:
        assert run(shlex.split(entry), project)[0] == 0
        (project / "linscope.toml").write_text(CHECKS.format(9))
        code, said = run(shlex.split(entry), project)
        assert code == 1
        assert "expected 9, got 8" in said


def test_a_hook_through_pre_commit(project: Path, tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "init", "-q")
    git(hooks, "add", ".")
    git(hooks, "commit", "-q", "-m", "hooks")
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "linscope-check-system", "--all-files"]
    code, said = run(command, project, PRE_COMMIT_HOME=str(tmp_path / "home"))
    assert code == 0, said
    assert "Passed" in said
    (project / "linscope.toml").write_text(CHECKS.format(9))
    code, said = run(command, project, PRE_COMMIT_HOME=str(tmp_path / "home"))
    assert code == 1
    assert "expected 9, got 8" in said


# ── the action ──────────────────────────────────────────────────────────────────────────────────────

STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


def step(name: str, project: Path, inputs: dict[str, str] | None = None, **more: str) -> tuple[int, str]:
    """One step's shell, as the runner would start it: with the environment that its expressions come to."""
    known = {key: value["default"] for key, value in ACTION["inputs"].items()}
    values = {**known, **(inputs or {})}

    def resolved(text: str) -> str:
        """``text`` with its expressions in figures."""
        text = text.replace("${{ github.action_path }}", str(ROOT))
        return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: values[found[1]], text)

    chosen = STEPS[name]
    script = project.parent / "script.sh"
    script.write_text(chosen["run"])
    folder = project / resolved(chosen.get("working-directory", "."))
    variables = {key: resolved(value) for key, value in chosen["env"].items()}
    return run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)], folder, **variables, **more)


def test_no_expression_stands_in_a_script() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for chosen in STEPS.values():
        assert "${{" not in chosen["run"]
        assert chosen["shell"] == "bash"


def test_the_action_annotates_and_fails(project: Path) -> None:
    assert step("Check", project)[0] == 0
    (project / "linscope.toml").write_text(CHECKS.format(9))
    summary = project / "summary.md"
    code, said = step("Check", project, {"junit": "report.xml"}, GITHUB_STEP_SUMMARY=str(summary))
    assert code == 1
    assert said.startswith("::error file=linscope.toml,line=5,title=head::")
    assert "<failure" in (project / "report.xml").read_text()
    assert "1 failed" in summary.read_text()


def test_what_the_action_is_given(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "linscope.toml").rename(project / "sub" / "linscope.toml")
    assert step("Check", project)[0] == 2
    assert step("Check", project, {"checks": "sub"})[0] == 0
    assert step("Check", project, {"working-directory": "sub", "max-increase": "2%"})[0] == 0
    (project / "sub" / "evil.py").write_text("open('ran', 'w')\n")
    (project / "sub" / "linscope.toml").write_text("schema = 1\n[[check]]\ntarget = 'py:evil.py:N'\ninputs = '[1]'\n")
    assert step("Check", project, {"checks": "sub/linscope.toml", "no-exec": "true"})[0] == 2
    assert not (project / "sub" / "ran").exists()


def test_inputs_are_never_commands(project: Path) -> None:
    for words in ("$(touch owned)", "`touch owned`", '"; touch owned; "', "--help; touch owned"):
        step("Check", project, {"checks": words, "max-increase": words, "no-exec": words, "junit": words})
    assert not (project / "owned").exists()


def test_the_action_installs_itself_unless_told_otherwise(project: Path) -> None:
    fake = project.parent / "bin"
    fake.mkdir()
    (fake / "python").write_text('#!/bin/sh\necho "python $@"\n')
    (fake / "python").chmod(0o755)
    path = os.pathsep.join((str(fake), os.environ["PATH"]))
    assert step("Install linscope", project, PATH=path) == (0, f"python -m pip install --quiet {ROOT}\n")
    assert step("Install linscope", project, {"install": "linscope==1"}, PATH=path)[1].endswith("linscope==1\n")
    assert STEPS["Install linscope"]["if"] == "inputs.install != 'none'"
