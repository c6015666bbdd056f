"""From a lecture to its JSON form, and the published schema of that form (``lecture.schema.json``)."""

from __future__ import annotations

from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING, Any

from linscope.report.lesson import LECTURE_SCHEMA_VERSION, Picture, Prose, Table, Worked

if TYPE_CHECKING:
    from linscope.report.lesson import Chain, Check, Lecture, Lesson, Matrix, Mistake, Offer, Part


def lecture_to_dict(lecture: Lecture) -> dict[str, Any]:
    """The JSON form of a lecture, ready for ``json.dumps(..., allow_nan=False)``."""
    return {
        **_envelope(),
        "target": lecture.target,
        "language": lecture.language,
        "seed": lecture.seed,
        "holds": not lecture.refuted,
        "lessons": [_lesson(lesson) for lesson in lecture.lessons],
        "environment": dict(lecture.environment),
    }


def offers_to_dict(offers: tuple[Offer, ...], language: str) -> dict[str, Any]:
    """The JSON form of the list of lessons."""
    listed = [{"name": offer.name, "title": offer.title, "example": offer.example} for offer in offers]
    return {**_envelope(), "language": language, "offers": listed}


def lecture_schema_text() -> str:
    """The schema as it is shipped: JSON text, JSON Schema draft 2020-12."""
    return files("linscope.report").joinpath("lecture.schema.json").read_text(encoding="utf-8")


def lecture_schema() -> dict[str, Any]:
    """The schema as data, a new dict at each call."""
    import json

    loaded: dict[str, Any] = json.loads(lecture_schema_text())
    return loaded


def _envelope() -> dict[str, Any]:
    # Deferred: the package's front page imports from here.
    from linscope import __version__

    return {"schema_version": LECTURE_SCHEMA_VERSION, "tool": {"name": "linscope", "version": __version__}}


def _lesson(lesson: Lesson) -> dict[str, Any]:
    return {
        "lesson": lesson.name,
        "target": lesson.target,
        "layer": lesson.layer,
        "title": lesson.title,
        "claim": lesson.claim,
        "holds": not lesson.refuted,
        "chains": [_chain(chain) for chain in lesson.chains],
        "parts": [_part(part) for part in lesson.parts],
        "code": list(lesson.code),
        "prints": list(lesson.prints),
        "verified": [_check(check) for check in lesson.checks],
        "mistakes": [_mistake(mistake) for mistake in lesson.mistakes],
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "text": chain.text,
        "contracted": [{"start": start, "end": end} for start, end in chain.marks],
        "note": chain.note,
    }


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Prose(text):
            return {"kind": "prose", "text": text}
        case Worked(caption, lines):
            return {"kind": "worked", "caption": caption, "lines": list(lines)}
        case Table(caption, columns, rows, numeric):
            titles = [{"title": title, "numeric": is_number} for title, is_number in zip(columns, numeric, strict=True)]
            return {"kind": "table", "caption": caption, "columns": titles, "rows": [list(row) for row in rows]}
        case Picture(kind, caption, matrices, contracted):
            drawn = [_matrix(matrix) for matrix in matrices]
            return {"kind": kind, "caption": caption, "contracted": contracted, "matrices": drawn}


def _matrix(matrix: Matrix) -> dict[str, Any]:
    return {
        "name": matrix.name,
        "shape": list(matrix.size),
        "numbers": [[number if isfinite(number) else None for number in row] for row in matrix.numbers],
        "row_marks": list(matrix.row_marks),
        "column_marks": list(matrix.column_marks),
        "note": matrix.note,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "key": check.key,
        "statement": check.statement,
        "left": check.left,
        "right": check.right,
        "max_difference": _finite(check.max_difference),
        "tolerance": _finite(check.tolerance),
        "holds": check.holds,
        "why": check.why,
    }


def _mistake(mistake: Mistake) -> dict[str, Any]:
    return {
        "claim": mistake.claim,
        "ran": mistake.ran,
        "shown": list(mistake.shown),
        "instead": mistake.instead,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
