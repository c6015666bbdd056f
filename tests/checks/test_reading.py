"""Files of checks: what they say, and that every mistake is told with its line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linscope.checks.files import TomlFile, from_text, load, nearest
from linscope.checks.headers import header_lines
from linscope.checks.reading import plan_of
from linscope.checks.schema import configuration_schema
from linscope.checks.toml_places import places_of
from linscope.errors import ConfigurationError, LinscopeError

if TYPE_CHECKING:
    from linscope.checks.cases import Plan

WHOLE = """\
schema = 1
torch-defaults = false
max-increase = "2%"

[[check]]
name = "head"
spec = "[B,T,4] -> Linear(4,2)"
bind = [{B = 32, T = 3}, {B = 1, T = 1}]
output = "[B,T,2]"
params = 8
macs = "8*B*T"
memory = {max = "2 MiB"}
message = "see docs/head.md"

[[check]]
target = "py:net.py:Net"
args = {width = 64}
inputs = {x = "[B,3,32,32]"}
bind = {B = 1}
layers = {"features.0" = "[B,64,32,32]"}
params = {max = "100k", tolerance = "1%"}
train = false
"""


def file_of(text: str, name: str = "linscope.toml") -> TomlFile:
    file = from_text(text, name)
    assert file is not None
    return file


def plan(text: str) -> Plan:
    return plan_of(file_of(text))


def test_what_a_whole_file_says() -> None:
    head, net = plan(WHOLE).cases
    assert (head.name, head.target, head.message) == ("head", "[B,T,4] -> Linear(4,2)", "see docs/head.md")
    assert head.bindings == ((("B", 32), ("T", 3)), (("B", 1), ("T", 1)))
    assert [budget.kind for budget in head.budgets] == ["parameters", "macs", "memory"]
    assert (head.origin.file, head.origin.line) == ("linscope.toml", 5)
    assert head.origin_of("macs").line == 11
    assert head.notation_only
    assert net.name == "py:net.py:Net(width=64)"
    assert net.options == {"args": {"width": 64}, "inputs": {"x": "[B,3,32,32]"}, "train": False}
    assert net.layers[0][0] == "features.0"
    assert (net.origin.line, net.origin_of("layers").line) == (15, 20)
    assert plan(WHOLE).max_increase * 50 == 1


def test_the_schema_takes_it() -> None:
    jsonschema.validate(tomllib.loads(WHOLE), configuration_schema())


def test_the_file_in_the_readme_is_read() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    text = readme.partition("```toml\n")[2].partition("```")[0]
    assert len(plan(text).cases) == 2
    jsonschema.validate(tomllib.loads(text), configuration_schema())


def test_a_part_of_pyproject_counts_from_its_own_lines() -> None:
    text = "[project]\nname = 'x'\n\n[tool.linscope]\nschema = 1\n\n[[tool.linscope.check]]\nspec = '[3] -> ReLU'\n"
    (case,) = plan_of(file_of(text, "pyproject.toml")).cases
    assert case.origin.line == 7
    assert case.origin_of("spec").line == 8


HEAD = "schema = 1\n[[check]]\n"
RELU = f"{HEAD}spec = '[3] -> ReLU'\n"
MODEL = f"{HEAD}target = 'tv:x'\n"

# (text, the message's beginning, what is marked, the hint)
WRONG = [
    (f"{HEAD}spce = '[3] -> ReLU'\n", "3: unknown key 'spce'", "spce", "did you mean spec?"),
    ("schema = 1\n[[chekc]]\n", "2: unknown key 'chekc'", "[[chekc]]", "did you mean check?"),
    ("schema = 2\n", "1: this version knows schema 1", "2", "schema = 1"),
    ("[[check]]\nspec = '[3] -> ReLU'\n", "1: the file does not say which schema", None, "schema = 1"),
    ("schema = 1\ncheck = 3\n", "2: checks are an array", "check", "[[check]]"),
    (f"{HEAD}name = 'a'\n", "2: a check needs a spec or a target", "[[check]]", "spec ="),
    (f"{HEAD}spec = 'a'\ntarget = 'b'\n", "4: a check has a spec or", "target", "spec ="),
    (f"{HEAD}spec = 3\n", "3: spec is a text, not 3", "3", 'spec = "..."'),
    (f"{RELU}macs = 'B**2'\n", "4: macs: a number", "*", "3*3"),
    (f"{RELU}macs = {{mxa = 3}}\n", "4: macs has an unknown limit", "3", "did you mean max?"),
    (f"{RELU}macs = {{max = 3, exact = 3}}\n", "4: macs needs a limit", "{max = 3, exact = 3}", "max"),
    (f"{RELU}macs = {{max = 3, tolerance = 3}}\n", "4: macs: tolerance is a percentage", "3", "2%"),
    (f"{RELU}params = true\n", "4: params is a whole number", "true", "max"),
    (f"{RELU}params = '3X'\n", "4: params: there is no unit X", "X", "one of k"),
    (f"{RELU}output = '[B,'\n", "4: output: this shape is not closed", "[B,", "]"),
    (f"{RELU}bind = {{B = 'x'}}\n", "4: B is a size", "'x'", "B = 32"),
    (f"{RELU}bind = [{{B = 1}}, {{B = 1}}]\n", "4: bind has the same sizes", "[{B = 1}, {B = 1}]", "leave"),
    (f"{RELU}args = {{a = 1}}\n", "4: args is for a target", "args", "leave"),
    (f"{MODEL}batch = 0\n", "4: batch is a whole number from 1", "0", "schema"),
    (f"{MODEL}[check.layers]\na.b = '[3]'\n", "5: the layer a has a shape", "a", "in quotes"),
    ("schema = 1\nmax-increase = 2\n", "2: max-increase is a percentage", "2", "2%"),
    ("schema = 1\nbaseline = 2\n", "2: baseline is the name of a file", "2", "linscope-baseline.json"),
    ("torch-defaults = 2\n", "1: torch-defaults is true or false", "2", "true"),
    (f"{RELU}name = 'a'\n[[check]]\nname = 'a'\nspec = 'b'\n", "6: two checks are called 'a'", "name", "its own"),
]


@pytest.mark.parametrize(("text", "message", "marked", "hint"), WRONG, ids=[words[:40] for _, words, *_ in WRONG])
def test_a_mistake_is_told_with_its_line(text: str, message: str, marked: str | None, hint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        plan(text)
    error = raised.value
    assert error.message.startswith(f"linscope.toml:{message}")
    assert hint in (error.hint or "")
    assert (None if error.place is None else text[error.place.start : error.place.end]) == marked


def test_all_mistakes_are_told_at_once() -> None:
    text = "schema = 1\n" + "[[check]]\nspce = 'x'\n" * 30
    with pytest.raises(ConfigurationError) as raised:
        plan(text)
    assert len(raised.value.details) == 21
    assert raised.value.details[0].startswith("linscope.toml:2: a check needs a spec")
    assert raised.value.details[-1] == "and 39 more"


def test_checks_without_a_name_of_their_own_are_numbered() -> None:
    same = "[[check]]\nspec = '[3] -> ReLU'\n"
    assert [case.name for case in plan(f"schema = 1\n{same}{same}").cases] == ["[3] -> ReLU #1", "[3] -> ReLU #2"]


def test_a_header_within_a_text_is_none() -> None:
    text = (
        "schema = 1\n[[check]]\nspec = '[3] -> ReLU'\nmessage = '''\n[[check]]\n'''\n[[check]]\nspec = '[4] -> ReLU'\n"
    )
    file = file_of(text)
    assert header_lines(file, 2) == [2, 7]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ", "is no TOML"),
        ("a = " + "9" * 5000, "is no TOML"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        (".".join("a" * 100) + " = 1", "more than 64 dots"),
    ],
)
def test_what_is_no_toml(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        from_text(text, "linscope.toml")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))
    latin = tmp_path / "linscope.toml"
    latin.write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(str(latin))
    assert load(str(latin), lenient=True) is None


def test_the_nearest_file_is_found_upwards(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.linscope]\nschema = 1\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nlinscope = 1\n")
    found = nearest(str(below))
    assert found is not None and found.path == str(tmp_path / "pyproject.toml")
    (tmp_path / "a" / "linscope.toml").write_text("schema = 1\n")
    found = nearest(str(below))
    assert found is not None and found.path == str(tmp_path / "a" / "linscope.toml")


# ── places, for any TOML ────────────────────────────────────────────────────────────────────────────

keys = st.sampled_from(["a", "b-c", '"a.b"', "'x y'", "check", "9"])
scalars = st.sampled_from(
    [
        "1",
        "-0.5",
        "true",
        "1979-05-27T07:32:00Z",
        "'it # s'",
        '"a\\"b"',
        '"""\nx = 1\n[[check]]\n"""',
        "'''a''b'''",
        '""',
    ]
)


def _values(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arrays = st.lists(inner, max_size=3).map(lambda items: f"[ {', '.join(items)} ]")
    folded = st.lists(inner, max_size=3).map(lambda items: "[\n" + "".join(f"  {item}, # x\n" for item in items) + "]")
    tables = st.lists(st.tuples(keys, inner), max_size=3, unique_by=lambda pair: pair[0]).map(
        lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs if "\n" not in value) + "}"
    )
    return arrays | folded | tables


documents = st.lists(
    st.tuples(st.sampled_from(["", "[{}]\n", "[[{}]]\n"]), st.lists(keys, min_size=1, max_size=3).map(".".join),
              keys, st.recursive(scalars, _values, max_leaves=6), st.sampled_from(["", " # c", "\n", "\r\n"])),
    max_size=5,
).map(lambda lines: "".join(f"{head.format(p)}{k} = {value}{end}\n" for head, p, k, value, end in lines))  # fmt: skip


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every path in a document."""
    found = {path} if path else set()
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found.union(*(paths(inner, (*path, key)) for key, inner in pairs))


@given(documents)
@settings(max_examples=200, deadline=None)
def test_every_key_of_any_document_has_its_place(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    places = places_of(text)
    assert {*places.keys, *places.values} == paths(document)
    for path, span in places.values.items():
        written = text[slice(*span)]
        value: Any = document
        for key in path:
            value = value[key]
        assert tomllib.loads(f"x = {written}") == {"x": value}


# ── any text ────────────────────────────────────────────────────────────────────────────────────────

values = st.sampled_from(
    ["1", "true", "'[3] -> ReLU'", "'8*B'", "'8**B'", "{max = '1M'}", "{max = 1, tolerance = '1%'}", "{B = 3}", "[]",
     "[{B = 1}, {B = 2}]", "'[B,2]'", "'2%'", "{a = '[3]'}", "1.5", "'py:x.py:X'", "['[3]', '[4]']", "9" * 20]
)  # fmt: skip
all_keys = st.sampled_from(
    ["name", "spec", "target", "bind", "output", "params", "macs", "memory", "layers", "message", "args", "inputs",
     "batch", "seq-len", "dtype", "train", "spce", "schema", "baseline", "max-increase"]
)  # fmt: skip
tables = st.lists(st.tuples(all_keys, values), max_size=6, unique_by=lambda pair: pair[0])
files = st.lists(tables, max_size=3).map(
    lambda found: (
        "schema = 1\n"
        + "".join("[[check]]\n" + "".join(f"{key} = {value}\n" for key, value in table) for table in found)
    )
)


def plan_or_error(text: str) -> Plan | None:
    try:
        return plan_of(file_of(text))
    except LinscopeError as error:
        assert isinstance(error, ConfigurationError)
        assert error.message
        if error.place is not None:
            assert 0 <= error.place.start <= error.place.end <= len(text)
        return None


@given(files)
@settings(max_examples=200, deadline=None)
def test_what_is_read_is_what_the_published_schema_takes(text: str) -> None:
    """Whatever is read is valid; what is valid may still hold a text that is no spec, shape or expression."""
    read = plan_or_error(text)
    valid = not list(jsonschema.Draft202012Validator(configuration_schema()).iter_errors(tomllib.loads(text)))
    assert valid or read is None


@given(st.text() | files.flatmap(lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut])))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_plan_or_an_error(text: str) -> None:
    plan_or_error(text)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(configuration_schema())
    assert json.dumps(configuration_schema())
