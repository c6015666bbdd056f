"""The programs of the lessons: pasted as printed they run, and print what the lesson says they print."""

from __future__ import annotations

import code as interactive
import contextlib
import io

import pytest
from explain.lectures import SPECS, cases, lecture, ran, taught

import linscope


@pytest.mark.parametrize(("name", "target"), cases())
def test_a_program_pasted_into_a_file_prints_what_the_lesson_says(name, target):
    lesson = taught(name)
    assert lesson.target == target
    assert lesson.code
    assert ran(lesson.code) == list(lesson.prints)


@pytest.mark.parametrize("target", SPECS)
def test_the_programs_on_other_layers_print_what_their_lessons_say(target):
    for lesson in lecture(target).lessons:
        assert ran(lesson.code) == list(lesson.prints), lesson.name


@pytest.mark.parametrize("name", [name for name, _ in cases()])
def test_a_program_pasted_line_by_line_at_the_prompt_runs(name):
    lesson = taught(name)
    out, err = io.StringIO(), io.StringIO()
    console = interactive.InteractiveConsole({"__name__": "__console__"})
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for line in (*lesson.code, ""):
            console.push(line)
    assert "Traceback" not in err.getvalue() and "SyntaxError" not in err.getvalue(), err.getvalue()
    shown = out.getvalue().splitlines()  # a prompt shows the values of bare expressions as well
    assert [line for line in shown if line in lesson.prints][: len(lesson.prints)] == list(lesson.prints)


@pytest.mark.parametrize("name", [name for name, _ in cases()])
def test_what_a_lesson_compared_is_among_what_its_program_prints(name):
    lesson = taught(name)
    for check in lesson.checks:
        if f"print(gap({check.left}, {check.right}))" in lesson.code:
            assert repr(check.max_difference) in lesson.prints, check.statement
        if check.tolerance is None and check.right == "True":
            assert f"print({check.left})" in lesson.code
    for mistake in lesson.mistakes:
        for line in mistake.shown:
            kind, colon, words = line.partition(": ")
            if colon and kind.endswith("Error"):
                assert words in lesson.prints


@pytest.mark.parametrize("name", [name for name, _ in cases()])
def test_a_program_is_plain_text_without_surprises(name):
    lesson = taught(name)
    for line in lesson.code:
        assert line.isascii() and line == line.rstrip() and "\n" not in line
    assert max(map(len, lesson.code)) <= 100


def test_the_numbers_are_those_of_an_analysis_with_the_same_seed():
    report = linscope.analyze("[32,3,4] -> Linear(4,2)", seed=7)
    assert report.run.seed == 7
    one, other = (linscope.explain("transpose", seed=seed).lesson("transpose") for seed in (7, 8))
    assert "torch.manual_seed(7)" in one.code and "torch.manual_seed(8)" in other.code
    assert one.parts != other.parts
    shown = linscope.analyze("[32,3,4] -> Linear(4,2)", explain="short", seed=7).explanations[0].lines
    assert one.parts[3].lines[-1].split()[-1] == shown[1].split()[-1]


def test_the_readers_own_numbers_are_in_the_program_and_in_the_lesson():
    given = {"x": [[1, 2], [3, 4], [5, 6]], "weights": [[1, 0], [0, 1], [1, 1], [2, -1]]}
    lesson = linscope.explain("transpose", **given).lesson("transpose")
    assert lesson.target == "[3,2] -> Linear(2,4)"
    assert "x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])" in lesson.code
    assert ran(lesson.code) == list(lesson.prints)
    product = lesson.parts[2]
    assert [matrix.size for matrix in product.matrices] == [(3, 2), (2, 4), (3, 4)]
    assert product.matrices[2].numbers == ((1, 2, 3, 0), (3, 4, 7, 2), (5, 6, 11, 4))  # by hand
    assert "y[0, 0] = x[0] · row 0 of weight" in lesson.parts[3].lines
    assert lesson.parts[3].lines[1].strip() == "= 1·1 + 2·0"
