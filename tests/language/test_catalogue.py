"""The catalogue has every sentence, no other, and fills the same places; and the prose is in the language asked for."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from string import Formatter

import pytest
from explain.lectures import taught
from language.templates import templates

from linscope.errors import UsageError
from linscope.explain.registry import NAMES, offers
from linscope.language import LANGUAGES, language_of, speaker
from linscope.language.speaking import catalogue

CJK = re.compile(r"[\u4e00-\u9fff]")
SENTENCES = templates()
TABLES = {
    file.name: json.loads(file.read_text(encoding="utf-8"))
    for file in files("linscope.language").joinpath("zh").iterdir()
    if file.name.endswith(".json")
}


def places(template: str) -> set[tuple[str | None, str | None]]:
    return {(name, spec) for _, name, spec, _ in Formatter().parse(template) if name is not None}


def test_the_catalogue_has_every_sentence_and_no_other():
    assert sorted(set(SENTENCES) - set(catalogue())) == []
    assert sorted(set(catalogue()) - set(SENTENCES)) == []
    assert len(SENTENCES) > 300


def test_no_sentence_is_in_two_files():
    keys = [key for table in TABLES.values() for key in table]
    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []


@pytest.mark.parametrize("template", SENTENCES)
def test_the_same_places_are_filled(template):
    assert places(catalogue()[template]) == places(template)


@pytest.mark.parametrize("template", SENTENCES)
def test_a_sentence_is_in_chinese_with_chinese_punctuation(template):
    told = catalogue()[template]
    bare = re.sub(r"\{[^}]*\}|[A-Za-z0-9_.()·×ᵀ|²Σ√=@,+ -]", "", told)
    if bare or " " in template:
        assert CJK.search(told) or not re.search(r"[a-z]{4}", re.sub(r"\{[^}]*\}", "", template))
    assert not re.search(r"[\u4e00-\u9fff]\s*[,;!?](?!\d)", told), "a mark of another alphabet after Chinese"
    assert told == told.strip()
    if template.endswith(".") and not template.endswith("..."):
        assert told.endswith("。")
    if template.endswith(":"):
        assert told.endswith("：")


def test_what_is_no_prose_stays():
    """Names of code in a sentence are in its translation, too."""
    names = re.compile(r"(?:nn|torch|weight|layer|norm|net|conv)\.[A-Za-z_.]+|\b(?:in|out)_features\b")
    for template, told in catalogue().items():
        for name in names.findall(template):
            assert name.rstrip(".") in told, (name, told)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_in_chinese_is_the_same_lesson(name):
    one, other = (taught(name, language) for language in LANGUAGES)
    assert CJK.search(other.title) and CJK.search(other.claim)
    assert (one.code, one.prints, one.name, one.target) == (other.code, other.prints, other.name, other.target)
    assert [(c.key, c.left, c.right, c.max_difference, c.holds) for c in one.checks if c.right != "nothing"] == [
        (c.key, c.left, c.right, c.max_difference, c.holds) for c in other.checks if c.right != "nothing"
    ]
    assert [chain.text for chain in one.chains if chain.marks] == [chain.text for chain in other.chains if chain.marks]
    numbers = [re.findall(r"\d[\d,.]*\d|\d", lesson.claim) for lesson in (one, other)]
    assert sorted(set(numbers[0])) == sorted(set(numbers[1]))
    for check in other.checks:
        assert CJK.search(check.why)
    for mistake in other.mistakes:
        assert CJK.search(mistake.claim) and CJK.search(mistake.instead)


def test_the_list_of_lessons_is_in_the_language():
    for one, other in zip(offers(speaker("en")), offers(speaker("zh")), strict=True):
        assert (one.name, one.example) == (other.name, other.example)
        assert CJK.search(other.title) and not CJK.search(one.title)


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh_CN.UTF-8", "zh"), ("zh-Hans", "zh"), ("zh", "zh"), ("ZH_TW", "zh"), ("en_GB.UTF-8", "en"), ("en", "en"),
     ("fr_FR.UTF-8", None), ("C.UTF-8", None), ("", None), (None, None), ("zhuang", None)],
)  # fmt: skip
def test_a_locale_names_a_language(tag, language):
    assert language_of(tag) == language


def test_there_is_no_other_language():
    with pytest.raises(UsageError, match="'fr'") as raised:
        speaker("fr")
    assert raised.value.hint == "en, zh"
