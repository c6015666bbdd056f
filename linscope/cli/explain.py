"""``linscope explain``: a lesson, or all that a spec has in it, as text, as a picture or as a page."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from linscope.cli import streams, values
from linscope.cli.complete import complete_lesson, complete_spec
from linscope.cli.options import SUFFIXES, Output, analysis, format_of, run_options, target_options
from linscope.errors import MismatchError, UsageError
from linscope.language import LANGUAGES, language_of
from linscope.render.lessons import LECTURE_FORMATS

_SUFFIXES = {
    **{ending: format for ending, format in SUFFIXES.items() if format in LECTURE_FORMATS},
    ".html": "html",
    ".htm": "html",
    ".svg": "svg",
}
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


@click.command("explain")
@click.argument("lesson", required=False, shell_complete=complete_lesson)
@click.argument("spec", required=False, shell_complete=complete_spec)
@click.option("--list", "list_", is_flag=True, help="List the lessons.")
@click.option(
    "--x", metavar="NUMBERS", help='What goes into the linear layer, in your own numbers: "[[1,2],[3,4],[5,6]]".'
)
@click.option("--weights", metavar="NUMBERS", help="Its weight, as it is stored: a row per output, (out, in).")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the prose.  [default: LINSCOPE_LANG, locale]")
@target_options
@run_options
@click.option("--format", "format_", type=click.Choice(LECTURE_FORMATS), help="How to print it.  [default: table]")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Write into a file; its ending names the format: lesson.svg, lesson.html, lesson.md, ...",
)
@click.option("--ascii", "ascii_", is_flag=True, help="Plain characters only.")
def command(
    lesson: str | None,
    spec: str | None,
    list_: bool,
    x: str | None,
    weights: str | None,
    lang: str | None,
    format_: str | None,
    as_json: bool,
    output: str | None,
    ascii_: bool,
    **given: Any,
) -> int:
    """What the numbers mean: lessons on your own shapes, told on a program that ran, to paste and run.

    \b
    linscope explain "[32,3,4] -> Linear(4,2)"
    linscope explain transpose
    linscope explain bmm --x "[[1,2],[3,4],[5,6]]"
    linscope explain attention "[2,128,64] -> MultiheadAttention(64,4,batch_first=True)" -o attention.html
    linscope explain --list

    A SPEC teaches all lessons that apply to it; a LESSON is told on its own example unless a SPEC is given.
    Where something that a lesson compares does not hold, it says so, and the exit code is 1.
    """
    place = Output(format_of(format_, as_json=as_json, output=output, suffixes=_SUFFIXES), output, ascii_)
    language = _language(lang, place)
    if list_:
        if lesson is not None:
            raise UsageError("--list takes no lesson", hint="leave one of them out")
        place.write(_listed(place, language))
        return 0
    from linscope.lecture import explain

    own = {"x": values.tensor("--x", x), "weights": values.tensor("--weights", weights)}
    lecture = explain(lesson, spec, language=language, **own, **analysis(**given))
    from linscope.render.lessons import render_lecture

    place.write(render_lecture(lecture, place.format, place.look()))
    if not lecture.refuted:
        return 0
    if not place.is_document:
        names = ", ".join(told.name for told in lecture.refuted)
        raise MismatchError(f"not everything held on this run: {names}", hint="read what was compared, above")
    return MismatchError.exit_code


def _listed(place: Output, language: str) -> str:
    from linscope.explain.registry import offers
    from linscope.language import speaker
    from linscope.render.lessons.listing import listing

    return listing(offers(speaker(language)), language, place.format, place.look())


def _language(asked: str | None, place: Output) -> str:
    """The language of the option, of LINSCOPE_LANG, or of the locale: of the last two where its signs can be shown.

    Raises:
        UsageError: a language that there is not, or one asked for by the option that cannot be shown.
    """
    plain = place.ascii or (place.path is None and streams.look_of(sys.stdout).ascii)
    if asked is not None:
        if asked != "en" and plain and not place.is_document:
            raise UsageError(f"{asked} cannot be written in plain characters", hint="--lang en, or a stream in UTF-8")
        return asked
    chosen = os.environ.get("LINSCOPE_LANG")
    found = language_of(chosen or next((value for name in _LOCALE if (value := os.environ.get(name))), None))
    if chosen and found is None:
        raise UsageError(f"LINSCOPE_LANG is {chosen[:20]!r}", hint=f"one of {', '.join(LANGUAGES)}")
    return "en" if found is None or plain else found
