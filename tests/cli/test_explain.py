"""``linscope explain`` as a command: formats, files, languages, and what it says where it is used wrongly."""

from __future__ import annotations

import json

import pytest
from cli.shell import linscope, process

from linscope.explain.registry import NAMES

CHINESE = "权重为什么要转置"


def test_a_lesson_by_name_and_a_spec_by_itself():
    lesson = linscope("explain", "transpose")
    assert (lesson.code, lesson.err) == (0, "")
    assert "Why the weight is transposed" in lesson.out
    all_of_them = linscope("explain", "[32,3,4] -> Linear(4,2)")
    assert (all_of_them.code, all_of_them.err) == (0, "")
    assert "11 lessons; of 78 comparisons on this run 78 held" in " ".join(all_of_them.out.split())
    assert "✓ transpose: nn.Linear(4, 2) keeps one row of weights per output" in " ".join(all_of_them.out.split())
    on_another = linscope("explain", "transpose", "[5,7] -> nn.Linear(7,3)")
    assert "[5, 7] @ [7, 3] = [5, 3]" in on_another.out


def test_the_list_names_every_lesson():
    done = linscope("explain", "--list")
    assert (done.code, done.err) == (0, "")
    assert all(f"  {name} " in done.out for name in NAMES)
    for format in ("plain", "markdown", "jsonl"):
        assert all(name in linscope("explain", "--list", "--format", format).out for name in NAMES)
    assert linscope("explain", "--list", "--format", "svg").code == 2
    assert linscope("explain", "--list", "transpose").code == 2


def test_numbers_of_ones_own_in_either_bracket():
    for x in ("[[1,2],[3,4],[5,6]]", "((1, 2), (3, 4), (5, 6))"):
        done = linscope("explain", "transpose", "--x", x, "--weights", "[[1,0],[0,1],[1,1]]", "--json")
        assert done.document["target"] == "[3,2] -> Linear(2,3)"


@pytest.mark.parametrize(("ending", "begins"), [
    ("svg", "<svg"), ("html", "<!DOCTYPE html>"), ("htm", "<!DOCTYPE html>"), ("md", "### "), ("json", "{"),
    ("jsonl", "{"), ("txt", "  Why"),
])  # fmt: skip
def test_a_file_by_its_ending(tmp_path, ending, begins):
    path = tmp_path / f"lesson.{ending}"
    done = linscope("explain", "transpose", "-o", str(path))
    assert (done.code, done.out, done.err) == (0, "", "")
    assert path.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["transpos"], 2, "did you mean transpose?"),
        ([], 2, "nothing is named"),
        (["attention", "[3,4] -> Linear(4,2)"], 2, "attention is about MultiheadAttention"),
        (["[3] -> ReLU"], 2, "there is no lesson on"),
        (["[32,3,5] -> Linear(4,2)"], 1, "expects 4 features in the last dimension, got 5"),
        (["[32,3,4 -> Linear(4,2)"], 2, "error[notation]"),
        (["transpose", "--x", "abc"], 2, "--x takes numbers in brackets"),
        (["transpose", "--x", "[[1,2],[3"], 2, "--x takes numbers in brackets"),
        (["transpose", "--x", "__import__('os')"], 2, "--x takes numbers in brackets"),
        (["transpose", "--x", "[" * 3000], 2, "--x takes numbers in brackets"),
        (["transpose", "--x", "[[1,2],[3]]"], 2, "--x is ragged"),
        (["transpose", "[3,4] -> Linear(4,2)", "--x", "[[1,2]]"], 2, "takes [3, 4] here"),
        (["transpose", "[3,4] -> Linear(4,2)", "--weights", "[[1,2]]"], 2, "stores (out, in) = (2, 4)"),
        (["transpose", "--format", "csv"], 2, "'csv'"),
        (["transpose", "-o", "lesson.pdf"], 2, "'.pdf'"),
        (["transpose", "-o", "/no/such/folder/lesson.svg"], 2, "cannot be written"),
        (["transpose", "--lang", "fr"], 2, "'fr'"),
        (["transpose", "--lang", "zh", "--ascii"], 2, "cannot be written in plain characters"),
        (["transpose", "a", "b"], 2, "unexpected extra argument"),
        (["py:nothing.py:Net", "--no-exec"], 2, "--no-exec forbids"),
    ],
)
def test_wrong_usage_is_one_clear_error(arguments, code, words):
    done = linscope("explain", *arguments)
    assert (done.code, done.out) == (code, "")
    assert words in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_an_error_is_a_document_where_one_was_asked_for():
    done = linscope("explain", "transpos", "--json")
    assert done.code == 2
    assert done.document["error"]["hint"] == "did you mean transpose?"
    both = linscope("explain", "transpose", "--json", "--format", "svg")
    assert both.code == 2 and "contradict" in both.document["error"]["message"]


def test_the_language_of_the_option_of_the_environment_and_of_the_locale():
    assert CHINESE in linscope("explain", "transpose", "--lang", "zh").out
    assert CHINESE in linscope("explain", "transpose", LINSCOPE_LANG="zh_CN").out
    assert CHINESE in linscope("explain", "transpose", LC_ALL="zh_CN.UTF-8", LINSCOPE_LANG="").out
    assert CHINESE not in linscope("explain", "transpose", "--lang", "en", LINSCOPE_LANG="zh").out
    assert CHINESE not in linscope("explain", "transpose", LINSCOPE_LANG="en", LC_ALL="zh_CN.UTF-8").out
    assert CHINESE not in linscope("explain", "transpose", LC_ALL="fr_FR.UTF-8", LINSCOPE_LANG="").out
    wrong = linscope("explain", "transpose", LINSCOPE_LANG="fr")
    assert (wrong.code, wrong.out) == (2, "") and "LINSCOPE_LANG is 'fr'" in wrong.err


def test_a_locale_whose_signs_cannot_be_shown_is_told_in_english():
    done = process("explain", "transpose", LC_ALL="zh_CN", PYTHONIOENCODING="ascii", LINSCOPE_LANG="")
    assert done.code == 0 and done.out.isascii() and "Why the weight is transposed" in done.out


def test_names_and_keys_are_the_same_in_chinese():
    one, other = (linscope("explain", "flatten", "--lang", lang, "--json").document for lang in ("en", "zh"))
    assert other["language"] == "zh"
    assert set(one["lessons"][0]) == set(other["lessons"][0])
    for key in ("lesson", "target", "layer", "code", "prints", "holds"):
        assert one["lessons"][0][key] == other["lessons"][0][key]


def test_what_does_not_hold_is_an_error(monkeypatch):
    from torch import nn

    monkeypatch.setattr(nn.Linear, "forward", lambda self, x: nn.functional.linear(x, 2 * self.weight, self.bias))
    done = linscope("explain", "transpose")
    assert done.code == 1
    assert "This did not hold on this run" in done.out
    assert "not everything held on this run: transpose" in done.err
    document = linscope("explain", "transpose", "--json")
    assert (document.code, document.err) == (1, "")
    assert document.document["holds"] is False


def test_a_seed_makes_other_numbers_and_the_same_ones_again():
    one, other, again = (linscope("explain", "transpose", "--seed", seed).out for seed in ("1", "2", "1"))
    assert one == again != other


def test_a_lesson_in_a_process_of_its_own_is_the_same():
    done = process("explain", "bmm", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == linscope("explain", "bmm", "--json").document
