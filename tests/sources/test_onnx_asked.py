"""``onnx:`` of what it is asked for, and of files that are not what they seem."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from sources.onnx_texts import CASES, graph, held
from sources.reading import outcome, read, spoilt

from linscope.errors import ShapeError, TargetError, UsageError
from linscope.report.record import Report

if TYPE_CHECKING:
    from pathlib import Path

onnx = pytest.importorskip("onnx")
parser = pytest.importorskip("onnx.parser")


def saved(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "model.onnx"
    onnx.save(parser.parse_model(text), str(path))
    return path


def report_on(tmp_path: Path, text: str, **asked: Any) -> Report:
    return read(f"onnx:{saved(tmp_path, text)}", **asked)


# ── what is asked ───────────────────────────────────────────────────────────────────────────────────

OPEN = graph("float[batch,seq_len] x, float[batch,?] z", "float[a,b] y", [held("w", 3, 5)], "y = MatMul(x, w)")


def refused(tmp_path: Path, text: str, **asked: Any) -> UsageError:
    with pytest.raises(UsageError) as error:
        report_on(tmp_path, text, **asked)
    return error.value


def test_dimensions_left_open_are_listed(tmp_path: Path) -> None:
    error = refused(tmp_path, OPEN)
    assert "batch, seq_len and dimensions without a name of z" in error.message
    assert error.details == ("x is [batch,seq_len]", "z is [batch,?]")
    assert error.hint == '-d batch=1 -d seq_len=1 --input "z=[1,1]"'


def test_batch_and_length_go_by_the_names_of_dimensions(tmp_path: Path) -> None:
    report = report_on(tmp_path, OPEN, batch=4, length=3, inputs={"z": "[4,9]"})
    assert [(given.name, given.shape) for given in report.inputs] == [("x", (4, 3)), ("z", (4, 9))]
    assert report.totals.macs == 4 * 3 * 5


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"sizes": {"bacth": 1}}, "no input of the graph has a dimension bacth"),
        ({"inputs": "v=[1,2]"}, "no input 'v'"),
        ({"inputs": "x=[1,2,3]"}, "is not like it"),
        ({"inputs": "x=[1,3]:int64"}, "float32 in this graph"),
        ({"inputs": ["[1,3]", "[1,3]", "[1,3]"]}, "too many"),
        ({"inputs": "x=[1,3]", "batch": 2}, "batch is 1 and 2 at once"),
        ({"inputs": [object()]}, "shape"),
        ({"dtype": "float16"}, "takes no dtype"),
        ({"arguments": {"width": 3}}, "takes no arguments"),
        ({"training": True}, "takes no mode"),
    ],
)
def test_what_the_graph_does_not_take_is_said(tmp_path: Path, asked: dict[str, Any], words: str) -> None:
    assert words in str(refused(tmp_path, OPEN, **asked))


def test_a_fixed_size_is_fixed(tmp_path: Path) -> None:
    assert "is [2,3] in this graph: 4 is not 2" in str(refused(tmp_path, CASES["gemm"].body, inputs="[4,3]"))
    assert "fixed" in str(refused(tmp_path, CASES["gemm"].body, batch=4))
    assert report_on(tmp_path, CASES["gemm"].body, batch=2).totals.macs == 30
    assert "cannot be told" in str(refused(tmp_path, CASES["gemm"].body, length=4))


def test_inputs_that_begin_differently_need_a_name(tmp_path: Path) -> None:
    text = graph("float[N,3] x, float[M,3] z", "float[a,b] y", [], "y = Concat<axis=0>(x, z)")
    assert refused(tmp_path, text, batch=2).hint == "say which by its name: -d N=2"


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ("y = MatMul(x, w)", "Incompatible dimensions"),
        ("s = Constant<value = int64[2] {4,2}>() y = Reshape(x, s)", "another number of elements"),
    ],
)
def test_sizes_that_do_not_fit_name_the_node(tmp_path: Path, nodes: str, words: str) -> None:
    with pytest.raises(ShapeError, match=words) as error:
        report_on(tmp_path, graph("float[2,4] x", "float[a,b] y", [held("w", 3, 5)], nodes.replace("{4,2}", "{4,3}")))
    assert "[2, 4]" in str(error.value)


# ── hostile files ───────────────────────────────────────────────────────────────────────────────────

FUNCTIONS = "\n".join(
    f'<domain: "local", opset_import: ["" : 23, "local" : 1]>\nf{level} (x) => (y) {{ t = {inner}(x) y = {inner}(t) }}'
    for level, inner in ((n, f"local.f{n + 1}" if n < 30 else "Relu") for n in range(31))
)

HOSTILE = {
    "functions that double": graph("float[2] x", "float[2] y", [], "y = local.f0(x)") + "\n" + FUNCTIONS,
    "a function that calls itself": graph("float[2] x", "float[2] y", [], "y = local.f(x)")
    + '\n<domain: "local", opset_import: ["local" : 1]>\nf (x) => (y) { y = local.f(x) }',
    "a name that nothing gives": graph("float[2] x", "float[2] y", [], "y = Add(x, z)"),
    "an output that nothing gives": graph("float[2] x", "float[2] z", [], "y = Relu(x)"),
    "more elements than there can be": graph(
        "float[2] x",
        "float[a,b,c] y",
        [],
        "s = Constant<value = int64[3] {4611686018427387904,4,2}>() y = Expand(x, s)",
    ),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_means_harm_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TargetError):
        report_on(tmp_path, text)


def test_values_that_are_too_large_are_not_worked_out(tmp_path: Path) -> None:
    nodes = "a = Constant<value_int = 0>() b = Constant<value_int = 1000000000000>() c = Constant<value_int = 1>()"
    text = graph("float[2] x", "int64[n] y", [], f"{nodes} y = Range(a, b, c)")
    assert report_on(tmp_path, text).outputs[0].shape == (10**12,)


def with_weight(**fields: Any) -> bytes:
    model = parser.parse_model(CASES["gemm"].body)
    weight = model.graph.initializer[0]
    weight.ClearField("float_data")
    for name, value in fields.items():
        setattr(weight, name, value)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    "data",
    [
        with_weight(raw_data=b"\0" * 59),
        with_weight(raw_data=b"\0" * 64),
        with_weight(raw_data=b"\0" * 60, data_type=99),
        with_weight(raw_data=b"\0" * 60, data_type=0),
        with_weight(),
        b"\x08\x0a",
        b"not a model at all",
        b"",
    ],
)
def test_a_file_that_lies_is_refused(tmp_path: Path, data: bytes) -> None:
    assert outcome(tmp_path / "m.onnx", data, "onnx") == "target"


def test_weights_in_other_files_are_never_opened(tmp_path: Path) -> None:
    model = parser.parse_model(CASES["gemm"].body)
    weight = model.graph.initializer[0]
    weight.ClearField("float_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "../../../../dev/zero"), ("length", "9223372036854775807")):
        weight.external_data.add(key=key, value=value)
    report = outcome(tmp_path / "m.onnx", model.SerializeToString(), "onnx")
    assert isinstance(report, Report)
    assert (report.totals.macs, report.totals.parameters.total) == (30, 20)


def test_whatever_is_done_to_a_file_there_is_an_answer_or_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path, CASES["lstm in both directions"].body)
    kinds = {
        found if isinstance(found, str) else "report"
        for found in (outcome(path, data, "onnx") for data in spoilt(path.read_bytes(), 400))
    }
    assert {"target", "report"} <= kinds


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    assert outcome(tmp_path / "m.onnx", pickle.dumps([1]), "onnx") == "usage"


@pytest.mark.parametrize("raises", [ImportError("no"), RuntimeError("built for another python")])
def test_a_package_that_is_broken_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Exception
) -> None:
    from linscope.sources.onnx import loading

    path = saved(tmp_path, CASES["gemm"].body)

    def fails(name: str) -> Any:
        raise raises

    monkeypatch.setattr(loading, "import_module", fails)
    with pytest.raises(TargetError, match="onnx does not import") as error:
        read(f"onnx:{path}")
    assert 'pip install "linscope[onnx]"' in (error.value.hint or "")
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(TargetError, match="not installed"):
        read(f"onnx:{path}")
