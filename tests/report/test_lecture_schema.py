"""Every JSON form of a lecture is what the published schema says, and the schema refuses what is not."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest
from cli.shell import linscope as run
from explain.lectures import SPECS, lecture, told

from linscope.explain.registry import NAMES
from linscope.report.lesson import LECTURE_SCHEMA_VERSION
from linscope.report.lesson_form import lecture_schema, lecture_to_dict

VALIDATOR = jsonschema.Draft202012Validator(lecture_schema())


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(lecture_schema())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_lesson_validates(name, language):
    form = told(name, language).to_dict()
    VALIDATOR.validate(form)
    assert json.loads(json.dumps(form, allow_nan=False)) == form
    assert (form["schema_version"], form["language"], form["holds"]) == (LECTURE_SCHEMA_VERSION, language, True)


@pytest.mark.parametrize("target", SPECS[::4])
def test_every_lecture_validates(target):
    VALIDATOR.validate(lecture_to_dict(lecture(target)))


def test_what_the_command_prints_validates():
    line = ("bmm", "--format", "jsonl")
    for arguments in (("transpose", "--json"), ("--list", "--json"), ("transpos", "--json"), line):
        VALIDATOR.validate(run("explain", *arguments).document)
    assert run("schema", "lecture").document == lecture_schema()


def test_the_schema_refuses_what_is_not_a_lecture():
    form = told("transpose").to_dict()
    for path, value in (
        (("language",), "fr"),
        (("lessons", 0, "holds"), "yes"),
        (("lessons", 0, "verified", 0, "max_difference"), -1),
        (("lessons", 0, "parts", 0, "kind"), "drawing"),
        (("lessons", 0, "title"), None),
        (("surplus",), 1),
    ):
        broken = copy.deepcopy(form)
        place = broken
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        assert not VALIDATOR.is_valid(broken), path
    for key in form:
        assert not VALIDATOR.is_valid({name: value for name, value in form.items() if name != key}), key
