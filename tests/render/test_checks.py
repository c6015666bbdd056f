"""The formats of checks: what CI servers take, and that nothing of the user's is taken for anything else."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render.junit import faults

from linscope.errors import NotationError, Place
from linscope.render.checks import CHECK_FORMATS, Renderer, Standing
from linscope.render.look import Look
from linscope.report.checks import ERROR, FAILED, PASSED, CheckRun, Finding, Origin, Result

LOOK = Look(None)


def result(
    name: str = "head", status: str = FAILED, line: int | None = 4, file: str | None = "linscope.toml"
) -> Result:
    error = NotationError("no layer", place=Place("[2] -> Linaer", 7, 13), details=("one",), hint="two")
    found = Finding(
        "macs", "768", "960", False, value=960, least=768, most=768, lines=("expected: 8*B*T = 8*32*3 = 768", "got: x")
    )
    return Result(
        name, "[2] -> Linear(2,3)", Origin(file, line), status, (("B", 32),),
        findings=() if status == ERROR else (found,) if status == FAILED else (Finding("macs", "768", "768", True),),
        error=error if status == ERROR else None, message="see docs", seconds=0.25,
    )  # fmt: skip


def run(*results: Result, **more: object) -> CheckRun:
    return CheckRun(results, seconds=1.5, started="2026-01-31T12:00:00", **more)  # type: ignore[arg-type]


def text(format: str, *results: Result, look: Look = LOOK, **more: object) -> str:
    return Renderer(format, look).whole(run(*results, **more))


ALL = (result("good", PASSED), result("bad"), result("ugly", ERROR), result("inline", FAILED, None, None))


# ── JUnit ───────────────────────────────────────────────────────────────────────────────────────────


def test_junit_is_what_ci_servers_take() -> None:
    written = text("junit", *ALL, baseline="b.json", stale=("old",))
    assert faults(written) == []
    root = ElementTree.fromstring(written)
    assert {suite.get("name"): [suite.get(key) for key in ("tests", "failures", "errors")] for suite in root} == {
        "linscope check": ["1", "1", "0"], "linscope.toml": ["3", "1", "1"],
    }  # fmt: skip
    failure = root.find(".//testcase[@name='bad']/failure")
    assert failure is not None and failure.get("message") == "MACs: expected 768, got 960"
    assert failure.text is not None and failure.text.splitlines()[0] == "linscope.toml:4"
    assert "  expected: 8*B*T = 8*32*3 = 768" in failure.text


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("<testsuite/>", "the root is testsuite"),
        ("<testsuites><testcase/></testsuites>", "testcase within testsuites"),
        ('<testsuites><testsuite name="a"/></testsuites>', "testsuite has no tests"),
        ('<testsuites><testsuite name="a" tests="x"/></testsuites>', "tests is 'x'"),
        ('<testsuites what="1"/>', "testsuites has what"),
    ],
)
def test_the_test_sees_what_they_do_not_take(broken: str, words: str) -> None:
    assert any(words in fault for fault in faults(broken))


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────────

COMMAND = re.compile(r"::(error|warning|notice) (?:[a-z]+=[^,:\n]*,?)*::[^\n]*")


def test_github_annotations_carry_file_and_line() -> None:
    lines = text("github", *ALL).splitlines()
    assert lines[0] == (
        "::error file=linscope.toml,line=4,title=bad::[2] -> Linear(2,3)%0AMACs: expected 768, got 960"
        "%0A  expected: 8*B*T = 8*32*3 = 768%0A  got: x%0Asee docs"
    )
    assert lines[2].startswith("::error title=inline::")
    assert lines[-1] == "4 checks: 1 passed, 2 failed, 1 error"


@pytest.mark.parametrize(("failing", "annotations"), [(9, 9), (10, 10), (11, 10), (1000, 10)])
def test_github_shows_ten_of_a_step(failing: int, annotations: int) -> None:
    written = text("github", *(result(str(index)) for index in range(failing)))
    assert written.count("::error") == annotations
    if failing > 10:
        assert f"{failing - 9:,} more checks did not pass" in written


def test_github_is_told_of_the_baseline() -> None:
    written = text("github", result("good", PASSED), baseline="b.json", stale=("old",), fresh=("good",))
    assert "::warning file=b.json,title=linscope check::Stale: old in b.json" in written
    assert "::notice file=b.json,title=linscope check::New: good" in written


# ── GitLab ──────────────────────────────────────────────────────────────────────────────────────────


def test_gitlab_issues() -> None:
    issues = json.loads(text("gitlab", *ALL))
    assert [issue["severity"] for issue in issues] == ["major", "critical", "major"]
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert re.fullmatch("[0-9a-f]{64}", issue["fingerprint"])
        assert issue["location"]["path"] and issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert json.loads(text("gitlab", ALL[0])) == []


# ── people ──────────────────────────────────────────────────────────────────────────────────────────


def test_of_many_failures_the_first_are_told_in_full() -> None:
    written = text("table", *(result(str(index)) for index in range(100)))
    assert written.count("see docs") == 20
    assert written.count("expected 768, got 960") == 100
    assert len(written.splitlines()) < 20 * 7 + 80 + 10


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("ascii", [False, True])
def test_the_table_stays_within_the_width(width: int, ascii: bool) -> None:
    written = text(
        "table", *ALL, result("x" * 200, ERROR), look=Look(width, ascii=ascii), baseline="b.json", stale=("old",) * 30
    )
    assert max(map(len, written.splitlines())) <= width
    assert written.isascii() is ascii


def test_what_cannot_be_told_says_so() -> None:
    open_ended = Finding("macs", "768", "at least 700", None, value=700)
    written = text("table", Result("a", "a", Origin(), FAILED, findings=(open_ended,)))
    assert "expected 768, got at least 700: it cannot be told whether that holds" in written


def test_markdown_is_short_enough_for_a_summary() -> None:
    assert len(text("markdown", *(result("x" * 5_000) for _ in range(10_000))).encode()) < 2**20


# ── injection ───────────────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "::error file=x::owned", "\n::set-output name=a::b", "  ::add-mask::x", "##[error]owned",
    "a##vso[task.setvariable]b",
    "\r::stop-commands::x", "%0A::error::x", "<script>alert(1)</script>", "]]><failure/>", "&lt;", "` `` ```", "|a|b|",
    "[x](javascript:1)", "\x1b[31mred\x1b[0m", "\u202e", "\ud800", "\x00\x0b\ufffe",
    "\u2028::error::x", "@everyone #1", "a,line=9::x",
]  # fmt: skip
hostile = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=4).map("".join)


def poisoned(words: str) -> tuple[Result, ...]:
    """Results with ``words`` wherever a user's text may stand."""
    found = Finding("layer", words, words, False, path=words, lines=(words, f"got: {words}"))
    fine = Finding("output", words, words, True)
    error = NotationError(words, place=Place(words, 0, len(words)), details=(words,), hint=words)
    origin = Origin(words, 3)
    return (
        Result(words, words, origin, FAILED, findings=(found,), message=words),
        Result(f"a {words}", words, origin, ERROR, error=error, message=words),
        Result(words, words, origin, PASSED, findings=(fine,), tighten=(words,), remarks=(words,)),
    )


@given(hostile)
@settings(max_examples=150, deadline=None)
def test_nothing_of_the_users_is_a_command_to_a_ci_server(words: str) -> None:
    results = poisoned(words)
    for format in CHECK_FORMATS:
        for width in (None, 40):
            written = text(format, *results, look=Look(width), baseline=words, stale=(words,), fresh=(words,))
            assert "##[" not in written and "##vso[" not in written
            for line in re.split(r"[\n\r\u2028\u2029\x0b\x0c]", written):
                if line.lstrip().startswith("::"):
                    assert format == "github"
                    assert COMMAND.fullmatch(line)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", written)
    annotations = text("github", *results).splitlines()
    assert sum(line.startswith("::error ") for line in annotations) == 2


@given(hostile)
@settings(max_examples=150, deadline=None)
def test_nothing_of_the_users_is_markup(words: str) -> None:
    results = poisoned(words)
    assert faults(text("junit", *results, baseline=words, stale=(words,))) == []
    root = ElementTree.fromstring(text("junit", *results))
    assert [len(root.findall(f".//{tag}")) for tag in ("testcase", "failure", "error")] == [3, 1, 1]
    for format in ("json", "gitlab"):
        json.loads(text(format, *results))
    for line in text("jsonl", *results).splitlines():
        json.loads(line)
    for line in text("markdown", *results).splitlines():
        bare = re.sub(r"(`+)(?:(?!\1).)*?\1(?!`)", "", line)  # code spans hold no markup
        assert not re.search(r"(?<!\\)<(?!br>)", bare), line
        assert not re.search(r"(?<!\\)\]\(", bare), line


def test_a_renderer_told_bit_by_bit_is_the_whole() -> None:
    renderer = Renderer("jsonl", LOOK)
    bits = [renderer.opening(4), *(renderer.told(one, Standing(4)) for one in ALL), renderer.closing(run(*ALL))]
    assert "".join(bits) == text("jsonl", *ALL)
