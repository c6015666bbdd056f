"""``pt2:`` of archives that are not what they seem: nothing in them is run, and none of them is believed."""

from __future__ import annotations

import copy
import json
import pickle
import random
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch
from sources.programs import exported
from sources.reading import outcome, read, spoilt

from linscope.report.record import Report
from linscope.sources.exported import archive as archives
from linscope.sources.exported.symbols import UnknownError, size_of, symbol_of, symbols_of

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"


def files_of(name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(exported(name)[0]) as archive:
        return {entry.filename.partition("/")[2]: archive.read(entry) for entry in archive.infolist()}


def packed(path: Path, files: dict[str, bytes], **changed: Any) -> bytes:
    """An archive of these files, those of ``changed`` written as JSON."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"m/{name}", data)
        for name, value in changed.items():
            archive.writestr(f"m/{name}", json.dumps(value))
    return path.read_bytes()


def changed(name: str, file: str, change: Any, tmp_path: Path) -> str | Report:
    """What becomes of a program one of whose JSON files is changed."""
    files = files_of(name)
    data = json.loads(files[file])
    change(data)
    files[file] = json.dumps(data).encode()
    return outcome(tmp_path / "m.pt2", packed(tmp_path / "m.pt2", files), "pt2")


def test_an_archive_of_the_old_kind(tmp_path: Path) -> None:
    path = tmp_path / "old.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", files_of("tied")["models/model.json"])
        archive.writestr("serialized_state_dict.pt", b"\x80\x02 never opened")
        archive.writestr("version", "8.5")
    report = read(f"pt2:{path}")
    assert report.totals.macs == read(f"pt2:{exported('tied')[0]}").totals.macs
    assert "weights-not-opened" in [note.code for note in report.notes]


def test_nothing_but_json_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opens(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a pickle was opened")

    for module, name in ((pickle, "load"), (pickle, "loads"), (pickle, "Unpickler"), (torch, "load")):
        monkeypatch.setattr(module, name, opens)
    assert read(f"pt2:{exported('tied')[0]}").complete


def test_every_other_archive_is_told_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "m.pt2"
    torch.save({"weight": torch.ones(2)}, str(path))
    assert outcome(path, path.read_bytes(), "pt2") == "usage"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data/aotinductor/model/x.so", b"")
    assert outcome(path, path.read_bytes(), "pt2") == "target"
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), str(path))
    assert outcome(path, path.read_bytes(), "pt2") == "usage"
    assert outcome(path, pickle.dumps({}), "pt2") == "usage"
    assert outcome(path, b"", "pt2") == "target"


# ── lies ────────────────────────────────────────────────────────────────────────────────────────────


def first_node(program: Any) -> Any:
    return program["graph_module"]["graph"]["nodes"][0]


LIES = {
    "no graph": (MODEL, lambda p: p.clear()),
    "nodes that are no list": (MODEL, lambda p: p["graph_module"]["graph"].update(nodes=1)),
    "a tensor that is not there": (MODEL, lambda p: p["graph_module"]["graph"]["tensor_values"].pop("x")),
    "a dtype that there is not": (MODEL, lambda p: p["graph_module"]["graph"]["tensor_values"]["x"].update(dtype=77)),
    "a size below zero": (
        MODEL,
        lambda p: p["graph_module"]["graph"]["tensor_values"]["x"]["sizes"].append({"as_int": -1}),
    ),
    "more elements than there can be": (
        MODEL,
        lambda p: p["graph_module"]["graph"]["tensor_values"]["x"]["sizes"].extend([{"as_int": 2**40}] * 2),
    ),
    "a number of more than 64 bits": (MODEL, lambda p: first_node(p)["inputs"][0].update(arg={"as_int": 2**70})),
    "two cases of a union": (MODEL, lambda p: first_node(p)["inputs"][0].update(arg={"as_int": 1, "as_bool": True})),
    "a case that there is not": (MODEL, lambda p: first_node(p)["inputs"][0].update(arg={"as_code": "x"})),
    "a parameter of another size": (WEIGHTS, lambda w: w["config"]["unread"]["tensor_meta"].update(sizes=[])),
    "a parameter beyond its file": (
        WEIGHTS,
        lambda w: w["config"]["unread"]["tensor_meta"].update(storage_offset={"as_int": 9}),
    ),
    "a file that is missing": (WEIGHTS, lambda w: w["config"]["unread"].update(path_name="../weight_0")),
}


@pytest.mark.parametrize(("file", "change"), LIES.values(), ids=LIES)
def test_an_archive_that_lies_is_refused(tmp_path: Path, file: str, change: Any) -> None:
    assert changed("tied", file, change, tmp_path) == "target"


def test_json_that_is_no_json_is_refused(tmp_path: Path) -> None:
    files, path = files_of("tied"), tmp_path / "m.pt2"
    for text in (b"", b"{", b"[" * 100_000, b'{"a": ' * 100_000, b'{"a": 1, "a": 2}', b"\xff", b'{"a": NaN}', b"[]"):
        assert outcome(path, packed(path, {**files, MODEL: text}), "pt2") == "target"


def test_what_inflates_beyond_all_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LONGEST_GRAPH", 1 << 16)
    path = tmp_path / "m.pt2"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"m/{MODEL}", b" " * (1 << 20))
    assert path.stat().st_size < 1 << 13
    assert outcome(path, path.read_bytes(), "pt2") == "target"


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pt2"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"m/{MODEL}", b"{}")
        archive.writestr(f"m/{MODEL}", b"{}")
    assert outcome(path, path.read_bytes(), "pt2") == "target"


@pytest.mark.parametrize(
    "target",
    [
        "torch.ops.aten.from_file.default",
        "torch.ops.os.system.default",
        "torch.ops.aten.__class__.default",
        "torch.nn.functional.relu",
        "math.floor",
        "torch.ops.load_library",
        "os.system",
        "torch.ops..",
        "",
        "torch.ops.mylib.foo.default",
    ],
)
def test_operators_of_others_are_named_and_not_looked_up(tmp_path: Path, target: str) -> None:
    found = changed("tied", MODEL, lambda p: first_node(p).update(target=target), tmp_path)
    assert isinstance(found, Report)
    assert found.totals.macs < read(f"pt2:{exported('tied')[0]}").totals.macs


def test_a_layer_count_that_nobody_has_does_not_go_on_for_ever(tmp_path: Path) -> None:
    def deepen(program: Any) -> None:
        for node in program["graph_module"]["graph"]["nodes"]:
            for argument in node["inputs"]:
                if argument["name"] == "num_layers":
                    argument["arg"] = {"as_int": 2**60}

    found = changed("layers", MODEL, deepen, tmp_path)
    assert isinstance(found, Report)
    assert {"aten.lstm", "aten.gru"} <= {row.name for row in found.uncounted}


def test_whatever_is_done_to_a_file_there_is_an_answer_or_an_error(tmp_path: Path) -> None:
    good = exported("branches")[0].read_bytes()
    kinds = {
        found if isinstance(found, str) else "report"
        for found in (outcome(tmp_path / "m.pt2", data, "pt2") for data in spoilt(good, 200))
    }
    assert {"target", "report"} <= kinds


JUNK = (
    None, -1, 0, 7, 2**62, 2**70, 1.5, "", "x", [], {}, [1], True, "Symbol('s9')", "1**9**9**9", {"as_int": 3},
    {"as_none": True}, {"as_tensor": {"name": "x"}}, "torch.ops.aten.mm.default", "torch.ops.higher_order.cond",
    "torch.ops.aten.layer_norm.default",
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every value inside a JSON text, by the container and the key it stands under."""
    found, waiting = [], [value]
    while waiting:
        inside = waiting.pop()
        for key in inside if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ():
            found.append((inside, key))
            waiting.append(inside[key])
    return found


@pytest.mark.parametrize("name", ["tied", "branches", "free"])
def test_whatever_is_written_into_a_graph_there_is_an_answer_or_an_error(tmp_path: Path, name: str) -> None:
    files, path, chance = files_of(name), tmp_path / "m.pt2", random.Random(0)
    good = json.loads(files[MODEL])
    kinds = set()
    for _ in range(120):
        data = copy.deepcopy(good)
        every = places(data)
        for _ in range(chance.choice((1, 1, 3))):
            inside, key = chance.choice(every)
            inside[key] = copy.deepcopy(chance.choice(JUNK)) if isinstance(inside, dict) or len(inside) > key else None
        found = outcome(path, packed(path, {**files, MODEL: json.dumps(data).encode()}), "pt2")
        kinds.add(found if isinstance(found, str) else "report")
    assert kinds <= {"target", "usage", "report"}
    assert {"target", "report"} <= kinds


# ── sizes as expressions ────────────────────────────────────────────────────────────────────────────

SIZES = {"s0": 7, "s1": 3}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Symbol('s0', positive=True, integer=True)", 7),
        ("s0", 7),
        ("Mul(Integer(2), Symbol('s0', integer=True))", 14),
        ("2*s0 + s1 - 1", 16),
        ("Add(Integer(1), FloorDiv(Add(Symbol('s0'), Integer(-3)), Integer(2)))", 3),
        ("(s0 - 3)//2 + 1", 3),
        ("Max(Integer(1), Min(Symbol('s0'), Symbol('s1')))", 3),
        ("Mod(Symbol('s0'), Symbol('s1'))", 1),
        ("Pow(Symbol('s1'), Integer(2))", 9),
        ("floor(s0/s1)", 2),
        ("ceiling(s0/s1)", 3),
        ("ModularIndexing(Symbol('s0'), Integer(2), Integer(2))", 1),
        ("Mul(Rational(1, 7), Symbol('s0'))", 1),
    ],
)
def test_expressions(text: str, size: int) -> None:
    assert size_of(text, SIZES) == size


@pytest.mark.parametrize(
    "text",
    [
        "", "(", "s2", "s0/s1", "s0//0", "Mod(s0)", "9**9**9**9", "Pow(Integer(10), Pow(Integer(10), Integer(10)))",
        "__import__('os').getcwd()", "Integer.__class__", "[s0]", "lambda: 1", "'s0'", "True", "1.5", "(" * 5000,
        "-" * 9000 + "1", "1" * 9999, "Symbol(s0)", "Symbol()", "x" * 20_000, "s0 if s1 else s0",
    ],
)  # fmt: skip
def test_what_is_no_size_has_none(text: str) -> None:
    with pytest.raises(UnknownError):
        size_of(text, SIZES)


def test_symbols() -> None:
    assert symbol_of("Symbol('s0', integer=True)") == symbol_of("s0") == "s0"
    assert symbol_of("2*s0") is None
    assert symbols_of("Add(Mul(Integer(2), Symbol('s1')), Symbol('s0'))") == ("s0", "s1")
    assert symbols_of("(") == ()
