"""A page that opens in any browser: one file, no network, no scripts, light or dark as the reader has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.language import speaker
from linscope.render.lessons.style import FIGURE, MONO, SANS, colours
from linscope.render.lessons.vector import chain_figure, picture_figure, safe
from linscope.render.lessons.words import SIGNS, groups, heading, outcome, told_on, unrepeated
from linscope.report.lesson import Picture, Prose, Table, Worked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.language import Say
    from linscope.render.lessons.vector import Figure
    from linscope.render.look import Look
    from linscope.report.lesson import Check, Lecture, Lesson, Mistake, Part

_STYLE = f"""{colours(":root")}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 {SANS}; color-scheme: light dark; }}
main {{ max-width: 56rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }}
article + article {{ border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.45rem; margin: 1.2rem 0 .2rem; }}
h3 {{ font-size: 1.05rem; margin: 2.2rem 0 .6rem; }}
code, pre, .worked {{ font-family: {MONO}; font-size: .87rem; }}
.on, nav, .why, figcaption, footer {{ color: var(--muted); }} nav a {{ color: inherit; margin-right: .8em; }}
.claim {{ font-size: 1.12rem; margin: 1rem 0; padding: .8rem 1rem; border-left: 4px solid var(--c);
  background: var(--panel); border-radius: 0 6px 6px 0; }}
.refuted .claim {{ border-color: var(--bad); }}
figure {{ margin: 1.4rem 0; overflow-x: auto; }} figure svg {{ max-width: 100%; height: auto; display: block; }}
figcaption {{ margin-bottom: .5rem; color: var(--text); }}
pre, .worked {{ background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem;
  overflow-x: auto; white-space: pre; margin: .6rem 0; }}
table {{ border-collapse: collapse; margin: .6rem 0; font-size: .95rem; display: block; overflow-x: auto; }}
th, td {{ padding: .35rem .9rem .35rem 0; text-align: left; border-bottom: 1px solid var(--line); }}
th {{ font-weight: 600; color: var(--muted); }} .n {{ text-align: right; font-variant-numeric: tabular-nums; }}
ul {{ list-style: none; padding: 0; margin: .2rem 0 1rem; }}
li {{ padding: .15rem 0 .15rem 1.6em; text-indent: -1.6em; }}
.yes {{ color: var(--good); }} .no {{ color: var(--bad); }}
li .sign {{ display: inline-block; width: 1.6em; text-indent: 0; }}
.gap {{ color: var(--muted); margin-left: .6em; white-space: nowrap; }}
.mistake {{ border: 1px solid var(--line); border-radius: 6px; padding: .2rem 1rem .6rem; margin: .8rem 0; }}
{FIGURE}"""


def rendered(lecture: Lecture, look: Look) -> str:
    """The page; ``look`` has no say in it, since a file has neither width nor colours of a terminal."""
    return "".join(f"{line}\n" for line in _page(lecture))


def _page(lecture: Lecture) -> Iterator[str]:
    say = speaker(lecture.language)
    title = lecture.lessons[0].title if len(lecture.lessons) == 1 else lecture.target
    tag = "zh-Hans" if lecture.language == "zh" else lecture.language
    yield "<!DOCTYPE html>"
    yield f'<html lang="{tag}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{safe(title)} - linscope</title>"
    yield f"<style>\n{_STYLE}</style></head>"
    yield "<body><main>"
    if len(lecture.lessons) > 1:
        yield f"<h1><code>{safe(lecture.target)}</code></h1>"
        links = "".join(f'<a href="#{lesson.name}">{safe(lesson.title)}</a> ' for lesson in lecture.lessons)
        yield f"<nav>{links}</nav>"
    for lesson in unrepeated(lecture):
        yield from _lesson(lesson, say)
    versions = dict(lecture.environment)
    torch = versions.get("torch")
    ran = say("Every number is of this run: seed {seed}, torch {torch}.", seed=lecture.seed, torch=torch)
    yield f"<footer><p>{safe(ran)}</p></footer>"
    yield "</main></body></html>"


def _lesson(lesson: Lesson, say: Say) -> Iterator[str]:
    refuted = ' class="refuted"' if lesson.refuted else ""
    yield f'<article id="{lesson.name}"{refuted}>'
    yield f"<h2>{safe(lesson.title)}</h2>"
    on = f" · {safe(told_on(lesson, say))}" if told_on(lesson, say) else ""
    yield f'<p class="on"><code>{safe(lesson.name)}</code> · <code>{safe(lesson.target)}</code>{on}</p>'
    yield f'<p class="claim">{safe(lesson.claim)}</p>'
    for chain in lesson.chains:
        yield f"<figure>{_svg(chain_figure(chain), chain.text)}</figure>"
    for part in lesson.parts:
        yield from _part(part)
    if lesson.code:
        yield f"<h3>{safe(say('The program that ran: paste it, and it prints the same'))}</h3>"
        yield _pre(lesson.code)
        yield f'<p class="why">{safe(say("prints"))}</p>'
        yield _pre(lesson.prints)
    yield f"<h3>{safe(heading(lesson, say))}</h3>"
    for group in groups(lesson):
        if group.why:
            yield f'<p class="why">{safe(group.why)}</p>'
        yield f"<ul>{''.join(_check(check, say) for check in group.checks)}</ul>"
    if lesson.mistakes:
        yield f"<h3>{safe(say('What people get wrong'))}</h3>"
    for mistake in lesson.mistakes:
        yield _mistake(mistake)
    yield "</article>"


def _part(part: Part) -> Iterator[str]:
    match part:
        case Prose(words):
            yield f"<p>{safe(words)}</p>"
        case Worked(caption, lines):
            if caption:
                yield f"<p>{safe(caption)}</p>"
            yield f'<div class="worked">{_lines(lines)}</div>'
        case Table():
            yield _table(part)
        case Picture():
            caption = f"<figcaption>{safe(part.caption)}</figcaption>"
            yield f"<figure>{caption}{_svg(picture_figure(part), part.caption)}</figure>"


def _svg(figure: Figure, title: str) -> str:
    """A picture in the page, with room for the frames at its edges."""
    wide, high = f"{figure.width + 6:.0f}", f"{figure.height:.0f}"
    size = f'width="{wide}" height="{high}" viewBox="-3 0 {wide} {high}"'
    return f'<svg {size} role="img" aria-label="{safe(title)}">{figure.body}</svg>'


def _table(table: Table) -> str:
    styles = [' class="n"' if is_number else "" for is_number in table.numeric]
    head = "".join(f"<th{s}>{safe(t)}</th>" for s, t in zip(styles, table.columns, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{s}>{safe(cell)}</td>' for s, cell in zip(styles, row, strict=True))}</tr>"
        for row in table.rows
    )
    caption = f"<p>{safe(table.caption)}</p>" if table.caption else ""
    return f"{caption}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _check(check: Check, say: Say) -> str:
    style = {True: "yes", False: "no", None: "gap"}[check.holds]
    told = outcome(check, say)
    gap = f' <span class="gap">{safe(told)}</span>' if told else ""
    return f'<li><span class="sign {style}">{SIGNS[check.holds]}</span><code>{safe(check.statement)}</code>{gap}</li>'


def _mistake(mistake: Mistake) -> str:
    ran = _pre((mistake.ran, *(f"→ {line}" for line in mistake.shown)))
    return (
        f'<div class="mistake"><p><span class="no">✗</span> {safe(mistake.claim)}</p>{ran}'
        f'<p><span class="yes">✓</span> {safe(mistake.instead)}</p></div>'
    )


def _pre(lines: tuple[str, ...]) -> str:
    return f"<pre>{_lines(lines)}</pre>"


def _lines(lines: tuple[str, ...]) -> str:
    return "\n".join(map(safe, lines))
