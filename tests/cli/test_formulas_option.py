"""``--formulas FILE``: the file is run, the report says so, and what goes wrong in it is told as the user's."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from cli import shell

from linscope import teaching

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nothing_taught")

RUNNING_SUM = """
    import linscope
    print("loading")

    @linscope.formula("aten::cumsum")
    def additions(x, dim, *, dtype=None):
        return {"elements": x.numel()}
"""


def write(path: Path, source: str) -> str:
    path.write_text(textwrap.dedent(source))
    return str(path)


def test_a_file_of_formulas(tmp_path: Path) -> None:
    path = write(tmp_path / "sums.py", RUNNING_SUM)
    spec = "[2,10] -> cumsum(-1)"
    assert shell.linscope("analyze", spec, "--strict").code == 1
    done = shell.process("analyze", spec, "--strict", "--formulas", path, "--json")
    assert (done.code, done.document["totals"]["macs"]) == (0, 20)
    assert done.err == "loading\n"  # standard output is the document's
    notes = {note["code"]: note["message"] for note in done.document["notes"]}
    assert notes["formulas-file"] == f"ran {path}, which decided aten::cumsum"
    assert notes["taught"] == "decided by other code than linscope's: aten::cumsum (sums.py:5)"


def test_several_files_which_may_import_their_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "neighbour", raising=False)
    write(tmp_path / "neighbour.py", RUNNING_SUM)
    first = write(tmp_path / "first.py", "import neighbour\n")
    second = write(tmp_path / "second.py", "")
    done = shell.linscope("analyze", "[2,10] -> cumsum(-1)", "--formulas", first, "--formulas", second, "--json")
    assert done.document["totals"]["macs"] == 20
    files = [note["message"] for note in done.document["notes"] if note["code"] == "formulas-file"]
    assert files == [f"ran {first}, which decided aten::cumsum", f"ran {second}, which decided nothing"]


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("import linscope\nx = 1 / 0\n", "raised ZeroDivisionError: division by zero", ":2 in <module>: x = 1 / 0"),
        ("def f(:\n    pass\n", "is no Python: invalid syntax", ":1: def f(:"),
        ("import sys\nsys.exit(5)\n", "raised SystemExit: 5", ":2 in <module>: sys.exit(5)"),
        ("import nowhere_to_be_found\n", "raised ModuleNotFoundError: No module named", ":1 in <module>: import"),
        ('import linscope\nlinscope.free("cumsum")\n', "'cumsum' names no operator", ":2 in <module>: linscope.free"),
        ('import linscope\nlinscope.free("aten::mm")\n', "aten::mm is already decided: counted", ""),
        (
            'import linscope\nlinscope.formula("aten::cumsum")(lambda x: x.no)\n',
            "the formula of aten::cumsum raised AttributeError",
            ":2 in <lambda>",
        ),
    ],
)
def test_an_error_in_the_file_is_the_users(tmp_path: Path, source: str, message: str, line: str) -> None:
    path = write(tmp_path / "broken.py", source)
    done = shell.linscope("analyze", "[2,10] -> Linear(10,2) -> cumsum(-1)", "--formulas", path)
    assert done.code == 3
    assert done.out == ""
    assert message in done.err
    assert line in done.err
    assert "Traceback" not in done.err
    assert "linscope/" not in done.err


def test_a_file_that_is_not_there() -> None:
    done = shell.linscope("analyze", "[3] -> ReLU", "--formulas", "nowhere.py")
    assert done.code == 2
    assert "nowhere.py" in done.err


def test_help_says_that_the_file_is_run() -> None:
    assert "Its code is run." in " ".join(shell.linscope("analyze", "--help").out.split())


def test_no_file_is_run_where_no_code_may_be(tmp_path: Path) -> None:
    path = write(tmp_path / "sums.py", RUNNING_SUM)
    done = shell.linscope("analyze", "[2,10] -> cumsum(-1)", "--formulas", path, "--no-exec")
    assert done.code == 2
    assert "loading" not in done.err
    assert teaching.TAUGHT == {}
