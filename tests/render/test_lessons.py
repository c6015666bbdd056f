"""Lessons as text, as a page and as a picture: nothing cut, nothing from elsewhere, one mark for one thing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from explain.lectures import lecture, ran, taught, told

import linscope
from linscope.errors import UsageError
from linscope.explain.registry import NAMES
from linscope.render.characters import cells
from linscope.render.lessons import LECTURE_FORMATS, render_lecture
from linscope.render.lessons.program import folded_code
from linscope.render.look import Look
from linscope.report.lesson import Check, Lecture, Lesson, Matrix, Mistake, Picture, Prose, Table, Worked

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = 'x<script>alert("&")</script>\x1b[31m`|*_\u202e'


def hostile():
    """A lesson in which every text is markup, an escape sequence, or both."""
    matrix = Matrix(HOSTILE, (2, 2), ((1.5, float("nan")), (float("inf"), -2.0)), (HOSTILE, "b"), (), HOSTILE)
    lesson = Lesson(
        name="transpose", target=HOSTILE, layer=HOSTILE, title=HOSTILE, claim=HOSTILE, chains=(),
        parts=(Prose(HOSTILE), Worked(HOSTILE, (HOSTILE,)), Table(HOSTILE, (HOSTILE,), ((HOSTILE,),), (False,)),
               Picture("stored", HOSTILE, (matrix, matrix), 2)),
        code=(HOSTILE,), prints=(HOSTILE,),
        checks=(Check("k", HOSTILE, HOSTILE, HOSTILE, float("inf"), 0.0, False, HOSTILE),),
        mistakes=(Mistake(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE),),
    )  # fmt: skip
    return Lecture(HOSTILE, "en", 0, (lesson,))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [100, 80, 60, 30])
def test_no_line_is_wider_than_the_terminal(width, language):
    for name in NAMES:
        given = told(name, language)
        if width < 60:  # code without a bracket to fold in stays whole there, and the terminal folds it by itself
            given = replace(given, lessons=tuple(replace(lesson, code=()) for lesson in given.lessons))
        text = render_lecture(given, "table", Look(width))
        assert [line for line in text.splitlines() if cells(line) > width] == [], name


def test_nothing_is_cut_where_it_is_narrow():
    """All that stands in the wide form, but for what pictures leave out, stands in the narrow one too."""
    for name in NAMES:
        lesson = taught(name)
        narrow = "".join(render_lecture(told(name), "table", Look(50)).split())
        for words in (
            lesson.claim,
            *(line.partition("  # ")[0] for line in lesson.code),
            *(c.statement for c in lesson.checks),
        ):
            assert "".join(words.split()) in narrow, (name, words)


@pytest.mark.parametrize("name", NAMES)
def test_plain_characters_on_request(name):
    text = render_lecture(told(name), "table", Look(80, ascii=True))
    assert text.isascii() and "\\u" not in text


def test_piped_there_is_no_limit_and_no_colour():
    text = render_lecture(told("transpose"), "table", Look())
    assert "\x1b" not in text and not text.startswith("\n")
    assert "    print(gap(torch.mm(x.reshape(-1, 4), weight.T).reshape(y.shape), y))" in text.splitlines()


def test_the_row_and_the_column_have_one_colour_and_one_mark():
    text = render_lecture(told("transpose"), "table", Look(100, color=True))
    colours = {}
    for number in ("-0.0037", "0.2682", "-0.1926", "0.1341"):
        colours[number] = set(re.findall(r"\x1b\[([0-9;]+)m *" + re.escape(number), text))
    assert colours["-0.0037"] == colours["0.2682"] and len(colours["0.2682"]) == 1  # row a, wherever it stands
    assert colours["-0.1926"] == colours["0.1341"] and len(colours["0.1341"]) == 1
    assert colours["-0.0037"].isdisjoint(colours["-0.1926"])
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    row = next(line for line in plain if line.lstrip().startswith("a ["))
    assert plain[plain.index(row) - 1].split() == ["a", "b"]
    stored, turned = taught("transpose").parts[0].matrices
    assert stored.row_marks == turned.column_marks == ("a", "b")
    assert stored.numbers == tuple(zip(*turned.numbers, strict=True))


def test_the_dimension_that_meets_is_marked_on_both_sides():
    text = render_lecture(told("transpose"), "table", Look(100))
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "[32, 3, 4] @ [4, 2] = [32, 3, 2]" in line)
    marked = [lines[at][i] for i, sign in enumerate(lines[at + 1]) if sign == "^"]
    assert marked == ["4", "4"]


@pytest.mark.parametrize("name", ["transpose", "bmm", "column-vs-row"])
def test_a_picture_shows_the_numbers_of_the_run(name):
    for part in taught(name).parts:
        if isinstance(part, Picture):
            for width in (100, 60, 40, 24):
                text = render_lecture(told(name), "table", Look(width))
                for matrix in part.matrices:
                    assert matrix.name in text
                    assert f"({', '.join(map(str, matrix.size))})" in text


def test_the_columns_of_a_product_stand_one_above_the_other():
    given = linscope.explain("bmm", x=[[1, 2], [3, 4], [5, 6]], weights=[[1, 0], [0, 1], [10, 100]])
    lines = render_lecture(given, "table", Look(100)).splitlines()
    begin = next(i for i, line in enumerate(lines) if "meet at the number" in line)
    above, below = (next(line for line in lines[begin:] if sign in line) for sign in ("weight.T (2, 3)", "[ 1  2 ]"))
    bracket = above.index("]", above.index("["))
    assert below.rindex("]") == bracket and below.rindex("[") == above.index("[")


def test_a_picture_in_a_narrow_terminal_has_fewer_digits_and_says_where_more_follow():
    wide, narrow = (render_lecture(told("transpose"), "table", Look(width)) for width in (100, 30))
    assert "-0.0037" in wide and "…" not in wide
    assert "[ -0.0037 " in wide and "[ -0.0037 " not in narrow
    assert "[ -0.0" in narrow and "…" in narrow


def test_what_one_lesson_showed_the_next_does_not_show_again():
    given = lecture("[32,3,4] -> Linear(4,2)")
    text = render_lecture(given, "table", Look(100))
    assert text.count("y[0, 0, 0] = x[0, 0] · row 0 of weight") == 1
    assert text.count("A row of x and a column of weight.T meet") == 1
    for lesson in given.lessons:
        assert lesson.claim in " ".join(text.split())


def test_which_layer_it_is_stands_where_there_are_others():
    target = "[3,10] -> nn.Linear(10,50) -> ReLU -> nn.Linear(50,2)"
    given = linscope.explain("transpose", target)
    for format in ("table", "markdown", "html", "svg"):
        assert "told on nn.Linear(10, 50)" in render_lecture(given, format, Look()).replace("\\", "")
        assert "told on" not in render_lecture(told("transpose"), format, Look())
    assert "told on" not in render_lecture(told("mlp"), "table", Look())  # it is about all of it


# ── the page ────────────────────────────────────────────────────────────────────────────────────────


class Reader(HTMLParser):
    """Whether tags are closed in order, and what a page refers to."""

    VOID = ("meta", "br", "hr", "img", "link", "rect", "path")

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.refers = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.refers += [value for name, value in attrs if name in ("href", "src", "xlink:href", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_one_file_that_needs_no_other(name, language):
    page = render_lecture(told(name, language), "html", Look())
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.seen and "link" not in reader.seen and "img" not in reader.seen
    assert reader.refers == []
    assert "url(" not in page and "@import" not in page and "http" not in page
    assert "prefers-color-scheme: dark" in page
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in page
    assert '<meta charset="utf-8">' in page


def test_a_page_of_many_lessons_leads_to_each():
    page = render_lecture(lecture("[32,3,4] -> Linear(4,2)"), "html", Look())
    reader = Reader()
    reader.feed(page)
    for lesson in lecture("[32,3,4] -> Linear(4,2)").lessons:
        assert f"#{lesson.name}" in reader.refers
        assert f'<article id="{lesson.name}">' in page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_one_file_of_well_formed_graphics(name, language):
    text = render_lecture(told(name, language), "svg", Look())
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert "prefers-color-scheme: dark" in text
    assert "url(" not in text and "@import" not in text and "href" not in text and "<script" not in text
    assert re.findall(r"https?://[^\"' ]+", text) == ["http://www.w3.org/2000/svg"]
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter(f"{SVG}text"):
        assert 0 <= float(element.get("y")) <= height
        assert float(element.get("x")) <= width
        if element.get("text-anchor") == "end" and "mono" in element.get("class"):
            assert float(element.get("x")) >= 0.6 * float(element.get("font-size")) * cells(element.text)


def test_the_picture_gives_what_belongs_together_one_colour_and_one_letter():
    root = ET.fromstring(render_lecture(told("transpose"), "svg", Look()))
    letters = [element for element in root.iter(f"{SVG}text") if element.text in ("a", "b")]
    assert {(element.text, element.get("class")) for element in letters} == {
        ("a", "mono bold ta"),
        ("b", "mono bold tb"),
    }
    assert len(letters) == 2 + 2 + 2 + 2  # the weight's rows, its transpose's columns twice, y's columns
    cells_of = [element.get("class") for element in root.iter(f"{SVG}rect")]
    assert cells_of.count("fa") == cells_of.count("fb") == 4 + 4 + 4 + 3


def test_every_colour_is_there_in_light_and_in_dark():
    text = render_lecture(told("transpose"), "svg", Look())
    used = set(re.findall(r"var\(--([a-z-]+)\)", text))
    light, dark = re.findall(r"svg \{ (--[^}]*)\}", text)
    for table in (light, dark):
        assert used <= set(re.findall(r"--([a-z-]+):", table))


# ── what is hostile, refuted or unknown ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("format", LECTURE_FORMATS)
def test_no_text_is_taken_for_markup_or_obeyed(format):
    text = render_lecture(hostile(), format, Look(80))
    assert "\x1b" not in text and "\u202e" not in text
    if format in ("html", "svg"):
        assert "<script" not in text
    if format == "svg":
        ET.fromstring(text)


@pytest.mark.parametrize("format", ["table", "markdown", "html", "svg"])
def test_what_did_not_hold_is_plain_to_see(format):
    text = render_lecture(hostile(), format, Look(80))
    assert "✗" in text
    assert 'class="refuted"' in text or format != "html"


def test_what_was_not_compared_says_so():
    given = linscope.explain("transpose", "[1000000,1000000] -> Linear(1000000,1000000)")
    text = render_lecture(given, "table", Look(100))
    assert "Not checked: the tensors are too large to run here" in text
    assert "✓" not in text and "– x @ weight.T = y   not compared" in text


@pytest.mark.parametrize("format", LECTURE_FORMATS)
def test_every_format_ends_with_a_newline(format):
    text = render_lecture(told("transpose"), format, Look())
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_an_unknown_format_is_an_error_that_names_them():
    with pytest.raises(UsageError, match="'csv'") as raised:
        render_lecture(told("transpose"), "csv", Look())
    assert raised.value.hint == ", ".join(LECTURE_FORMATS)


def test_markdown_has_the_program_in_a_fence():
    text = render_lecture(told("transpose"), "markdown", Look())
    assert "```python\nimport torch\n" in text
    assert "| `weight.T` | (4, 2) | (1, 4) |" in text
    assert text.count("```") % 2 == 0


# ── programs ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [80, 60, 44])
@pytest.mark.parametrize("name", NAMES)
def test_a_program_copied_from_a_narrow_screen_still_runs(name, width):
    lesson = taught(name)
    text = render_lecture(told(name), "table", Look(width, ascii=True))
    begin = text.index("    import torch")
    shown = text[begin:].partition("\n    prints  ")[0].splitlines()
    program = tuple(line.removeprefix("    ") for line in shown)
    assert ran(program) == list(lesson.prints)


def test_code_folds_only_within_brackets():
    line = "    print(gap(f(x, y), 'a b'))  # a remark"
    assert list(folded_code(line, 80)) == [line]
    assert list(folded_code(line, 20)) == ["    # a remark", "    print(gap(f(x,", "        y), 'a b'))"]
    assert list(folded_code("one, other = first, second", 10)) == ["one, other = first, second"]
