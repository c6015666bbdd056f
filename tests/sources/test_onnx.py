"""``onnx:``: shapes, parameters and MACs of a graph that nobody runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sources.onnx_texts import CASES, Case, graph
from sources.reading import adds_up, read

from linscope.report.record import ELEMENTWISE, FREE, UNCOUNTED, Report

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


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_counts_that_were_worked_by_hand(tmp_path: Path, case: Case) -> None:
    report = report_on(tmp_path, case.body, **case.asked)
    assert report.totals.macs == case.macs
    assert report.totals.parameters.total == case.parameters
    assert report.totals.buffers == case.buffers
    assert sorted({row.name for row in report.uncounted}) == sorted(case.uncounted)
    assert report.complete is not bool(case.uncounted)
    assert adds_up(report)


def test_it_goes_with_the_schema(tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    from linscope.report.schema import schema

    Draft202012Validator(schema()).validate(report_on(tmp_path, CASES["gemm"].body).to_dict())


def test_torch_is_not_imported(tmp_path: Path) -> None:
    target = f"onnx:{saved(tmp_path, CASES['gemm'].body)}"
    code = (
        "import sys; sys.path.insert(0, 'tests'); from sources.reading import read; "
        f"read({target!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────


def named(*nodes: tuple[str, str, list[str], list[str]], metadata: dict[str, dict[str, str]] | None = None) -> Any:
    """A model of these nodes, (operator, name, inputs, outputs), on x (2, 3) and w (3, 3)."""
    made = [onnx.helper.make_node(kind, goes_in, comes_out, name=name) for kind, name, goes_in, comes_out in nodes]
    for node in made:
        for key, value in (metadata or {}).get(node.name, {}).items():
            node.metadata_props.add(key=key, value=value)
    tensor = onnx.helper.make_tensor_value_info
    weight = onnx.helper.make_tensor("w", 1, [3, 3], [1.0] * 9)
    inside = onnx.helper.make_graph(made, "net", [tensor("x", 1, [2, 3])], [tensor("y", 1, [2, 3])], [weight])
    return onnx.helper.make_model(inside, opset_imports=[onnx.helper.make_opsetid("", 20)])


def rows_of(tmp_path: Path, model: Any) -> list[tuple[str, str, int, int]]:
    path = tmp_path / "model.onnx"
    onnx.save(model, str(path))
    return [(row.path, row.type, row.depth, row.macs) for row in read(f"onnx:{path}").layers]


def test_a_row_for_every_node_under_the_layers_of_its_name(tmp_path: Path) -> None:
    model = named(
        ("MatMul", "/layer1/layer1.0/fc/MatMul", ["x", "w"], ["a"]),
        ("Relu", "/layer1/layer1.0/Relu", ["a"], ["b"]),
        ("MatMul", "/layer1/layer1.1/fc/MatMul", ["b", "w"], ["c"]),
        ("Relu", "", ["c"], ["d"]),
        ("Relu", "", ["d"], ["y"]),
    )
    assert rows_of(tmp_path, model) == [
        ("", "net", 0, 0),
        ("layer1", "Module", 1, 0),
        ("layer1.0", "Module", 2, 0),
        ("layer1.0.fc", "Module", 3, 0),
        ("layer1.0.fc.MatMul", "MatMul", 4, 18),
        ("layer1.0.Relu", "Relu", 3, 0),
        ("layer1.1", "Module", 2, 0),
        ("layer1.1.fc", "Module", 3, 0),
        ("layer1.1.fc.MatMul", "MatMul", 4, 18),
        ("Relu", "Relu", 1, 0),
        ("Relu_1", "Relu", 1, 0),
    ]


def test_what_torch_writes_beside_a_node_names_its_modules(tmp_path: Path) -> None:
    beside = {
        "pkg.torch.onnx.name_scopes": "['', 'blocks', 'blocks.0', 'linear']",
        "pkg.torch.onnx.class_hierarchy": "['n.Net', 'torch.nn.Sequential', 'n.Block', 'aten.linear']",
    }
    model = named(("MatMul", "node_linear_3", ["x", "w"], ["y"]), metadata={"node_linear_3": beside})
    assert rows_of(tmp_path, model)[1:] == [
        ("blocks", "Sequential", 1, 0),
        ("blocks.0", "Block", 2, 0),
        ("blocks.0.MatMul", "MatMul", 3, 18),
    ]


@pytest.mark.parametrize("written", ["__import__('os').getcwd()", "[" * 500, "['a', 1]", "'a'", "['']" + " " * 30_000])
def test_what_is_written_beside_a_node_is_never_run(tmp_path: Path, written: str) -> None:
    model = named(("MatMul", "m", ["x", "w"], ["y"]), metadata={"m": {"pkg.torch.onnx.name_scopes": written}})
    assert rows_of(tmp_path, model)[1:] == [("m", "MatMul", 1, 18)]


def test_a_weight_is_shared_where_it_is_read_again(tmp_path: Path) -> None:
    report = report_on(tmp_path, CASES["a weight that two nodes read"].body)
    assert [(row.parameters.total, row.parameters.shared) for row in report.layers] == [(0, 0), (9, 0), (0, 9)]
    assert report.totals.parameters.shared == 9


def test_a_layer_knows_what_goes_in_and_what_comes_out(tmp_path: Path) -> None:
    model = named(("MatMul", "/fc/MatMul", ["x", "w"], ["a"]), ("Relu", "/fc/Relu", ["a"], ["y"]))
    path = tmp_path / "model.onnx"
    onnx.save(model, str(path))
    row = read(f"onnx:{path}").calls_of("fc")[0]
    assert (row.input_shapes, row.output_shapes, row.output_dtypes) == (((2, 3),), ((2, 3),), ("float32",))


def test_where_a_count_comes_from(tmp_path: Path) -> None:
    report = report_on(tmp_path, CASES["conv in groups"].body)
    row = report.layers[-1]
    assert row.derivation is not None
    assert row.derivation.names() == "batch * H_out * W_out * out_channels * (in_channels/groups) * kH * kW"
    assert row.derivation.numbers() == "2 * 3 * 3 * 8 * 2 * 3 * 3"


# ── operators ───────────────────────────────────────────────────────────────────────────────────────


def test_every_standard_operator_is_decided() -> None:
    from linscope.sources.onnx.control import CONTROLS
    from linscope.sources.onnx.formulas.registry import _STATES, FORMULAS

    schemas = {(s.domain, s.name) for s in onnx.defs.get_all_schemas()}
    names = {name if not domain else f"{domain}.{name}" for domain, name in schemas}
    undecided = names - set(FORMULAS) - set(_STATES) - set(CONTROLS)
    assert undecided <= {"SequenceMap", "Aten", "ATen"}


def test_no_operator_is_decided_twice() -> None:
    from linscope.sources.onnx.formulas.registry import FORMULAS
    from linscope.sources.onnx.formulas.states import ELEMENTWISE_NAMES, FREE_NAMES, KNOWN_UNCOUNTED

    groups = [set(FORMULAS), set(FREE_NAMES), set(ELEMENTWISE_NAMES), set(KNOWN_UNCOUNTED)]
    assert sum(map(len, groups)) == len(set().union(*groups))


@pytest.mark.parametrize(
    ("nodes", "state"),
    [
        ("y = Dropout(x)", FREE),
        ("r = Constant<value = float {0.5}>() t = Constant<value = bool {1}>() y = Dropout(x, r, t)", ELEMENTWISE),
        ("y = Relu(x)", ELEMENTWISE),
        ("y = Transpose(x)", FREE),
        ("y = Det(x)", UNCOUNTED),
    ],
)
def test_states(tmp_path: Path, nodes: str, state: str) -> None:
    report = report_on(tmp_path, graph("float[3,3] x", "float y", [], nodes))
    assert report.operators[0].state == state
    assert report.totals.elementwise == (9 if state == ELEMENTWISE else 0)


# ── against linscope's own count of the model that was exported ─────────────────────────────────────


def test_it_agrees_with_the_model_that_was_exported(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    import linscope

    nn = torch.nn

    class Net(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=4))
            self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
            self.rnn = nn.LSTM(4, 6, bidirectional=True, batch_first=True)
            self.head = nn.Linear(12, 5)

        def forward(self, x: Any) -> Any:
            x = self.up(self.stem(x)).flatten(2).transpose(1, 2)
            x = self.attention(x, x, x, need_weights=False)[0]
            y = self.head(self.rnn(x)[0])
            return y @ y.transpose(1, 2)

    model, x = Net().eval(), torch.randn(2, 3, 17, 17)
    path = tmp_path / "net.onnx"
    axes = {"x": {0: "batch"}}
    try:
        torch.onnx.export(model, (x,), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes, opset_version=17)
    except Exception as error:
        pytest.skip(f"torch's exporter does not run here: {error}")
    report = read(f"onnx:{path}", batch=3)
    own = linscope.analyze(model, "[3,3,17,17]", crosscheck=False)
    assert report.complete
    assert report.totals.macs == own.totals.macs
    assert report.totals.parameters.total == own.totals.parameters.total
    assert report.outputs[0].shape == own.outputs[0].shape
    assert report.calls_of("stem.0")[0].subtree_macs == own.calls_of("stem.0")[0].macs
