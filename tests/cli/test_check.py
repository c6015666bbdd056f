"""``linscope check`` as a person and a CI server meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from cli.shell import Done, linscope, process

from linscope.cli.check_outputs import paired
from linscope.errors import UsageError
from linscope.render.checks import CHECK_FORMATS
from linscope.report.checks_form import checks_schema

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "[32,3,4] -> Linear(4,2) -> [32,3,2]"
FILE = """\
schema = 1

[[check]]
name = "head"
spec = "[B,T,4] -> Linear(4,2)"
bind = [{B = 32, T = 3}, {B = 1, T = 1}]
output = "[B,T,2]"
macs = "8*B*T"

[[check]]
name = "tail"
spec = "[2,8] -> Linear(8,3)"
params = 25
message = "see docs/tail.md"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "linscope.toml").write_text(FILE)
    (tmp_path / "sub").mkdir()
    return tmp_path


def check(*arguments: str, cwd: Path | None = None, stdin: str = "", **environment: str) -> Done:
    return linscope("check", *arguments, cwd=str(cwd) if cwd else None, stdin=stdin, **environment)


def test_an_inline_check() -> None:
    done = check(SPEC, "--params", "8", "--macs", "768")
    assert (done.code, done.err) == (0, "")
    assert "✓ [32,3,4] -> Linear(4,2) -> [32,3,2]   [32, 3, 2], 8 parameters, 768 MACs" in done.out
    assert "1 check: passed" in done.out
    done = check(SPEC, "--params", "8", "--macs", "<=700")
    assert (done.code, done.err) == (1, "")
    assert "expected at most 700, got 768" in done.out


def test_several_specs_and_standard_input() -> None:
    lines = "# a remark\n[2,4] -> Linear(4,2)\n\n[3,4] -> Linear(4,2)\n"
    done = check("-", SPEC, "--params", "8", stdin=lines)
    assert done.code == 0
    assert "3 checks: all passed" in done.out
    done = check("-", stdin="\n# nothing\n")
    assert done.code == 2
    assert "there is no spec on standard input" in done.err


def test_everything_is_run_before_it_leaves() -> None:
    done = check("[2] -> Linaer", "[2,5] -> Linear(4,2)", "py:none.py:N", SPEC, "--json", "--params", "8")
    form = done.document
    assert [result["status"] for result in form["results"]] == ["error", "failed", "error", "passed"]
    assert done.code == form["summary"]["exit_code"] == 3


def test_what_cannot_be_read_is_told_first_and_in_its_place(project: Path) -> None:
    done = check(SPEC, "[2] -> Linaer", "--format", "jsonl")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line.get("target") for line in lines] == ["[2] -> Linaer", SPEC, None]
    assert [result["target"] for result in check(SPEC, "[2] -> Linaer", "--json").document["results"]] == [
        SPEC, "[2] -> Linaer",
    ]  # fmt: skip


def test_the_nearest_file_is_checked(project: Path) -> None:
    for place in (project, project / "sub"):
        done = check(cwd=place)
        assert done.code == 1
        assert "✓ head [B=32, T=3]" in done.out
        assert "✗ tail" in done.out and "see docs/tail.md" in done.out
    assert "linscope.toml:13" in check(cwd=project).out
    for given in (str(project / "linscope.toml"), str(project)):
        assert "3 checks: 2 passed, 1 failed" in check(given).out


def test_a_part_of_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.linscope]\nschema = 1\ntorch-defaults = true\n[[tool.linscope.check]]\nspec = '[4] -> Linear(4,2)'\n"
        "params = 10\n"
    )
    done = check(cwd=tmp_path)
    assert done.code == 0
    assert "10 parameters" in done.out


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        (None, "there is no linscope.toml here or above", None),
        ("schema = 1\n", "linscope.toml has no check", None),
        ("schema = 1\n[[check]]\nspce = '[3] -> ReLU'\n", "linscope.toml:3: unknown key 'spce'", "3 | spce"),
        ("schema = 1\n[[check]\n", "is no TOML", "2 | [[check]"),
        ("schema = 1\n[[check]]\nspec = '[3] -> ReLU'\nmacs = '8**B'\n", "linscope.toml:4: macs:", "4 | macs = '8**B'"),
    ],
)
def test_a_configuration_that_is_none(tmp_path: Path, text: str | None, words: str, place: str | None) -> None:
    if text is not None:
        (tmp_path / "linscope.toml").write_text(text)
    done = check(cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert place is None or place in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--params", "8"], "--params is for a spec"),
        ([SPEC, "--params", "8**2"], "a number or a name belongs before '*'"),
        ([SPEC, "--expect", "3"], "a shape starts with ["),
        ([SPEC, "--max-increase", "2"], "no percentage"),
        ([SPEC, "--max-memory", "much"], "--max-memory takes an amount"),
        ([SPEC, "--timeout", "nan"], "no number of seconds"),
        ([SPEC, "--timeout", "inf"], "not in the range"),
        ([SPEC, "--format", "json", "--format", "junit"], "cannot share standard output"),
        ([SPEC, "-o", "report.what"], "no format goes with the ending"),
        ([SPEC, "--format", "xml"], "'xml' is not one of"),
        ([SPEC, "--baseline", "none.json"], "none.json cannot be read"),
        ([SPEC, "none.toml"], "none.toml cannot be read"),
    ],
)
def test_wrong_usage(project: Path, arguments: list[str], words: str) -> None:
    done = check(*arguments, cwd=project)
    assert done.code == 2
    assert words in done.err + done.out


def test_each_format_with_its_own_file(project: Path) -> None:
    arguments = [word for format in CHECK_FORMATS for word in ("--format", format, "-o", f"out.{format}")]
    done = check(*arguments, cwd=project)
    assert done.code == 1
    assert "✗ tail" in done.out, "and the table on standard output"
    for format in CHECK_FORMATS:
        assert "tail" in (project / f"out.{format}").read_text()
        single = check("--format", format, cwd=project)
        assert single.code == 1, "the exit code never depends on the format"


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        ([], [("table", None)]),
        ([("format", "json")], [("json", None)]),
        ([("format", "junit"), ("output", "a.xml")], [("table", None), ("junit", "a.xml")]),
        ([("output", "a.xml"), ("format", "junit")], [("table", None), ("junit", "a.xml")]),
        ([("output", "a.xml")], [("table", None), ("junit", "a.xml")]),
        (
            [("format", "github"), ("format", "json"), ("output", "a"), ("output", "b.md")],
            [("github", None), ("json", "a"), ("markdown", "b.md")],
        ),
    ],
)
def test_which_file_belongs_to_which_format(given: Any, pairs: Any) -> None:
    assert paired(given) == pairs


def test_one_file_for_two_formats_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="two formats go to a"):
        paired([("format", "json"), ("output", "a"), ("format", "junit"), ("output", "a")])


def test_every_json_is_valid(project: Path) -> None:
    validator = jsonschema.Draft202012Validator(checks_schema())
    validator.check_schema(checks_schema())
    documents = [
        check("--json", cwd=project).document,
        check("[2] -> Linaer", SPEC, "--json").document,
        check("--json", "--params", "8").document,
        check(SPEC, "--json", "--no-such-option").document,
        *(json.loads(line) for line in check("--format", "jsonl", cwd=project).out.splitlines()),
    ]
    for document in documents:
        validator.validate(document)
    assert linscope("schema", "checks").document == checks_schema()


def test_a_baseline_is_written_held_and_tightened(project: Path) -> None:
    text = (project / "linscope.toml").read_text().replace("params = 25", "")
    (project / "linscope.toml").write_text(text)
    done = check("--write-baseline", "linscope-baseline.json", cwd=project)
    assert done.code == 0
    assert "written to linscope-baseline.json" in done.out
    first = (project / "linscope-baseline.json").read_bytes()
    done = check(cwd=project)
    assert done.code == 0
    assert "Stale" not in done.out and "Tighten" not in done.out
    check("--write-baseline", "linscope-baseline.json", cwd=project)
    assert (project / "linscope-baseline.json").read_bytes() == first

    (project / "linscope.toml").write_text(text.replace("Linear(8,3)", "Linear(8,4)"))
    done = check(cwd=project)
    assert done.code == 1
    assert "grew: 0 Linear from 24 to 32 (+33.3%), [2,3] → [2,4]" in done.out
    assert check("--max-increase", "33%", cwd=project).code == 1
    assert check("--max-increase", "34%", cwd=project).code == 0
    (project / "linscope.toml").write_text('max-increase = "34%"\n' + text.replace("Linear(8,3)", "Linear(8,4)"))
    assert check(cwd=project).code == 0

    (project / "linscope.toml").write_text(text.replace("Linear(8,3)", "Linear(8,2)").replace('"head"', '"top"'))
    done = check(cwd=project)
    assert done.code == 0
    assert "Stale     head [B=1, T=1], head [B=32, T=3] in linscope-baseline.json: no such check any more" in done.out
    assert "New       top [B=32, T=3], top [B=1, T=1]: not in linscope-baseline.json yet" in done.out
    assert "Tighten   tail: parameters shrank from 24 to 16 (−33.3%)" in done.out


def test_a_step_summary_is_added_where_there_is_one(project: Path) -> None:
    summary = project / "summary.md"
    summary.write_text("before\n")
    done = check("--format", "github", cwd=project, GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1
    text = summary.read_text()
    assert text.startswith("before\n### linscope: 3 checks: 2 passed, 1 failed\n")
    assert "| ✓ | `head [B=32, T=3]` |" in text


def test_annotations_name_files_from_the_root_of_the_repository(project: Path) -> None:
    deep = project / "sub"
    (project / "linscope.toml").rename(deep / "linscope.toml")
    done = check("--format", "github", cwd=deep, GITHUB_WORKSPACE=str(project))
    assert done.out.startswith("::error file=sub/linscope.toml,line=13,title=tail::")
    done = check("--format", "gitlab", cwd=deep, CI_PROJECT_DIR=str(project))
    assert done.document[0]["location"] == {"path": "sub/linscope.toml", "lines": {"begin": 13}}


def test_code_of_a_stranger_is_not_run(project: Path) -> None:
    (project / "evil.py").write_text("open('ran', 'w')\n")
    (project / "linscope.toml").write_text("schema = 1\n[[check]]\ntarget = 'py:evil.py:N'\ninputs = '[1]'\n")
    done = check("--no-exec", cwd=project)
    assert done.code == 2
    assert "--no-exec forbids that" in done.out
    assert not (project / "ran").exists()


HELP_LINES = 24


def test_the_help_fits_a_screen_and_shows_examples_first() -> None:
    done = process("check", "--help", COLUMNS="80")
    lines = done.out.rstrip("\n").split("\n")
    assert len(lines) <= HELP_LINES
    assert max(map(len, lines)) <= 80
    assert "linscope check " in lines[2]
    from linscope.cli.check import command

    for parameter in command.params:
        if parameter.name != "targets":
            assert parameter.opts[-1] in done.out or parameter.opts[0] in done.out, parameter.opts


def test_progress_is_for_terminals(project: Path) -> None:
    assert process("check", cwd=str(project)).err == ""


@pytest.mark.parametrize("arguments", [["[2] -> Linaer"], ["--params", "8"], ["--help"], ["none.toml"]])
def test_torch_is_not_imported_where_no_check_can_run(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys, linscope.cli.main as main; code = main.outcome(sys.argv[1:]); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", *arguments],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_many_checks_stay_readable(tmp_path: Path) -> None:
    checks = [
        f"[[check]]\nspec = '[{index + 1},4] -> Linear(4,2)'\nparams = {9 if index % 10 == 7 else 8}\n"
        for index in range(600)
    ]
    (tmp_path / "linscope.toml").write_text("schema = 1\n" + "".join(checks))
    done = check(cwd=tmp_path)
    assert done.code == 1
    assert "600 checks: 540 passed, 60 failed" in done.out
    assert "✓" not in done.out
    lines = done.out.splitlines()
    assert len(lines) < 120
    assert sum("linscope.toml:" in line for line in lines) == 60


def test_a_baseline_says_what_it_leaves_out(project: Path) -> None:
    done = check("[2,4] -> Linear(4,2)", "[2] -> Linaer", "--write-baseline", "b.json", cwd=project)
    assert done.code == 2
    assert "written to b.json, without 1 that could not be told" in done.out
    assert list(json.loads((project / "b.json").read_text())["checks"]) == ["[2,4] -> Linear(4,2)"]


@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS"])
def test_an_error_is_no_command_to_a_ci_server(variable: str, project: Path) -> None:
    (project / "linscope.toml").write_text("schema = 1\n'##[error]x' = 1\n[[check]]\nspec = '[3] -> ReLU'\n")
    done = check(cwd=project, **{variable: "true"})
    assert done.code == 2
    assert "# #[error]x" in done.err and "##[" not in done.err
    assert not any(line.lstrip().startswith("::") for line in done.err.splitlines())
