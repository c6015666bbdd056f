"""The main job, from the command line: the issue's table, every format, every wrong input."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import jsonschema
import pytest
from cli.shell import linscope, process

from linscope.report.schema import schema

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = schema()

ANSWERS = [
    # spec, output shape, parameters, MACs: each worked out by hand beside it
    ("[32,3,4] -> Linear(4,2)", [32, 3, 2], 8, 768),  # 4·2; 32·3·4·2
    ("[32,3,4] -> nn.Linear(4,2)", [32, 3, 2], 10, 768),  # and 2 biases, which are additions
    ("[32,3,4] -> Parameter(4,2)", [32, 3, 2], 8, 768),
    ("[2,3,4,4] -> Linear(4,5)", [2, 3, 4, 5], 20, 480),  # 4·5; 2·3·4 rows · 20
    ("[4,3] -> Linear(3,2,bias=True)", [4, 2], 8, 24),  # 3·2 + 2; 4·6
    ("[2] -> Linear(2,3)", [3], 6, 6),
    # 10·50 + 50 + 50·2 + 2; 3·(500 + 100)
    ("[3,10] -> Linear(10,50,bias=True) -> ReLU -> Linear(50,2,bias=True)", [3, 2], 652, 1_800),
    ("[32,3,4] -> Flatten -> Linear(12,6)", [32, 6], 72, 2_304),  # 12·6; 32·72
    # 64·3·7·7; 112·112·9,408
    ("[1,3,224,224] -> Conv2d(3,64,7,stride=2,padding=3,bias=False)", [1, 64, 112, 112], 9_408, 118_013_952),
    # 1000·64 + 4·32·(64 + 32 + 2); 2·128·4·32·(64 + 32)
    ("[2,128]:int64 -> Embedding(1000,64) -> LSTM(64,32,batch_first=True)", [2, 128, 32], 76_544, 3_145_728),
    # 4·64·64 + 4·64 + 2·64·128 + 128 + 64 + 4·64; 2·(4·16·64² + 2·16²·64 + 2·16·64·128)
    ("[2,16,64] -> TransformerEncoderLayer(64,4,128,batch_first=True)", [2, 16, 64], 33_472, 1_114_112),
    ("[32,5],[32,7] -> Bilinear(5,7,3)", [32, 3], 108, 4_032),  # 5·7·3 + 3; 32·3·(5·7 + 7)
    ("[0,3,4] -> Linear(4,2)", [0, 3, 2], 8, 0),
]


def test_the_answers_are_right_in_one_run_of_many_lines() -> None:
    done = linscope("analyze", "-", "--format", "jsonl", stdin="\n".join(spec for spec, *_ in ANSWERS) + "\n")
    assert (done.code, done.err) == (0, "")
    documents = [json.loads(line) for line in done.out.splitlines()]
    assert len(documents) == len(ANSWERS)
    for document, (spec, shape, parameters, macs) in zip(documents, ANSWERS, strict=True):
        jsonschema.validate(document, SCHEMA)
        assert document["target"] == spec
        assert document["outputs"][0]["shape"] == shape
        assert document["totals"]["parameters"]["total"] == parameters
        assert document["totals"]["macs"] == macs
        assert document["totals"]["flops"] == 2 * macs
        assert document["completeness"] == {"status": "complete", "uncounted": []}
        assert document["run"]["mode"] == "real"
        assert sum(layer["macs"] for layer in document["layers"]) == macs
        assert sum(operator["macs"] for operator in document["operators"]) == macs
        assert sum(layer["parameters"]["total"] for layer in document["layers"]) == parameters
        opinions = {o["source"]: o for o in document["crosschecks"]}
        assert opinions["formula"]["macs"] == opinions["operators"]["macs"] == macs
        for opinion in opinions.values():
            assert opinion["agrees"] or opinion["reason"]


def test_the_json_of_the_main_example_has_the_keys_that_tools_rely_on() -> None:
    done = linscope("analyze", "[32,3,4] -> Linear(4,2)", "--json")
    document = done.document
    jsonschema.validate(document, SCHEMA)
    assert document["schema_version"] == "1.0"
    assert document["tool"]["name"] == "linscope"
    assert document["inputs"] == [{"name": None, "shape": [32, 3, 4], "dtype": "float32"}]
    assert document["outputs"] == [{"name": None, "shape": [32, 3, 2], "dtype": "float32"}]
    (layer,) = document["layers"]
    assert (layer["path"], layer["type"], layer["call"]) == ("0", "Linear", 1)
    assert layer["input_shapes"] == [[32, 3, 4]]
    assert layer["output_shapes"] == [[32, 3, 2]]
    assert layer["parameters"]["shapes"] == {"weight": [2, 4]}
    assert (layer["macs"], layer["flops"], layer["derivation"]) == (768, 1_536, "32 * 3 * 4 * 2")
    counted = [o for o in document["operators"] if o["state"] == "counted"]
    assert [(o["name"], o["calls"], o["macs"]) for o in counted] == [("aten.mm", 1, 768)]
    assert document["totals"]["parameters"]["bytes"] == 32
    assert [n["code"] for n in document["notes"]] == ["bias-free"]
    assert document["notes"][0]["message"] == ("bias-free by notation, nn.Linear's default bias would add 2: 10")
    assert document["run"] == {"mode": "real", "device": "cpu", "training": False, "seed": 0, "why": None}
    assert {o["source"]: o["macs"] for o in document["crosschecks"]} == {
        "formula": 768, "operators": 768, "thop": 768,
    }  # fmt: skip


WRONG = [
    # arguments, exit code, kind, words of the message, words of the hint
    (["[32,3,5] -> Linear(4,2)"], 1, "shape", "Linear(4,2) expects 4 features", "Linear(5,2)"),
    (["[32,3,4] -> Linear(4,2) -> BatchNorm1d(2)"], 1, "shape", "dimension 1", "BatchNorm1d(3)"),
    (["[] -> Linear(4,2)"], 1, "shape", "dimension", "[4]"),
    (["[2,10,512], [2,20,512] -> Transformer"], 1, "shape", "batch", "batch_first=True"),
    (["[2,3] -> Embedding(10,4)"], 1, "shape", "got float32", "[2,3]:int64"),
    (["[3,4] -> Linear(4,2) -> [3,3]"], 1, "assertion", "[3,3] was asserted, and [3,2] came out", "[3,2]"),
    (["[2,4] -> ReLU -> [2,4]:int64"], 1, "assertion", "[2,4]:float32 came out", "float32"),
    (["[2,4] -> view(3,3)"], 1, "shape", "view", ""),
    (["[32,3,4] -> Linaer(4,2)"], 2, "notation", "Linaer", "Linear"),
    (["[32,3,4] -> Linear(4,2,bais=True)"], 2, "notation", "bais", "bias"),
    (["[32,3,4] -> Linear(4)"], 2, "notation", "out_features", "Linear(4,2)"),
    (["[32,3,4 -> Linear(4,2)"], 2, "notation", "not closed", "]"),
    (["[32,3,-4] -> ReLU"], 2, "notation", "negative", "4"),
    ([""], 2, "notation", "empty", "[32,3,4] -> Linear(4,2)"),
    (["x" * 100_000], 2, "notation", "input", "[32,3,4]"),
    (["[1] -> " + "Sequential(" * 10_000], 2, "notation", "levels deep", "flatter"),
    ([f"[{10**30}] -> ReLU"], 2, "notation", "beyond", "2^63"),
    (["[3] -> Linear(__import__('os'),2)"], 2, "notation", "__import__", ""),
    (["[B,3,4] -> Linear(4,2)"], 2, "notation", "B has no size", "-d B=32"),
    (["[B,3,4] -> Linear(4,2)", "-d", "B=32", "-d", "C=3"], 2, "usage", "no dimension called C", "[C,3,4]"),
    (["[B,3,4] -> Linear(4,2)", "-d", "B"], 2, "usage", "NAME=SIZE", "-d B=32"),
    (["[2,3,4] -> Conv2d(3,64,7,groups=2)"], 2, "argument", "Conv2d", "linscope layers Conv2d"),
    (["[2,3] -> Linear(3,_)"], 2, "notation", "out_features", "number"),
    (["[3] -> Linear(1000000000000000,1000000000000000)"], 2, "size", "beyond", "2^63"),
    (["[3] -> ReLU", "--formt", "json"], 2, "usage", "--formt", "--format"),
    (["[3] -> ReLU", "--format", "xml"], 2, "usage", "xml", ""),
    (["[3] -> ReLU", "[4] -> ReLU"], 2, "usage", "takes one line", "--format jsonl"),
    (["-"], 2, "usage", "takes one line", "--format jsonl"),
    (["[9223372036854775807] -> ReLU"], 2, "size", "more than torch can index", "2^63"),
    (["[3037000500,3037000500] -> ReLU"], 2, "size", "more than torch can index", "2^63"),
    (["[1,000,4] -> ReLU"], 2, "notation", "leading zeros", "1,000 is 1000"),
    (["[3,4] -> Linear(4,2,bias=false)"], 2, "notation", "false", "False"),
    (["[3,5], [3,5], [3,5] -> GaussianNLLLoss", "--run", "meta"], 2, "values", "needs values", "--run real"),
    (["[2,3] -> cumsum(0)", "--strict"], 1, "uncounted", "without a count", "--strict"),
    ([], 2, "usage", "SPEC", "--help"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "message", "hint"), WRONG, ids=lambda v: str(v)[:40] if isinstance(v, list) else ""
)
def test_a_wrong_input_gets_one_clear_error(
    arguments: list[str], code: int, kind: str, message: str, hint: str
) -> None:
    done = linscope("analyze", *arguments, "--json")
    assert done.code == code
    assert done.err == ""
    document = done.document
    jsonschema.validate(document, SCHEMA)
    error = document["error"]
    assert error["kind"] == kind
    assert error["exit_code"] == code
    assert message in error["message"]
    assert hint in (error["hint"] or "")


def test_an_error_for_people_points_at_its_place() -> None:
    done = linscope("analyze", "[32,3,5] -> Linear(4,2)")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error[shape]: Linear(4,2) expects 4 features in the last dimension, got 5\n"
        "  [32,3,5] -> Linear(4,2)\n"
        "              ^^^^^^^^^^^\n"
        "  in: [32,3,5]   last dimension 5, in_features 4\n"
        "  try: Linear(5,2)\n"
    )


def test_a_hundred_thousand_characters_are_not_echoed() -> None:
    done = linscope("analyze", "[32,3,4] -> " + "x" * 100_000)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert len(done.err) < 2_000


def test_several_targets_keep_their_order_and_errors_their_place() -> None:
    done = linscope("analyze", "[3] -> ReLU", "[3] -> Relu6", "[4] -> Tanh", "--format", "jsonl")
    first, second, third = (json.loads(line) for line in done.out.splitlines())
    assert first["target"] == "[3] -> ReLU" and third["target"] == "[4] -> Tanh"
    assert second["target"] == "[3] -> Relu6"
    assert second["error"]["hint"] == "did you mean ReLU6?"
    assert done.code == 2


@pytest.mark.parametrize("ending", ["json", "csv", "md", "txt"])
def test_a_file_takes_its_format_from_its_ending(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"report.{ending}"
    done = linscope("analyze", "[32,3,4] -> Linear(4,2)", "-o", str(path))
    assert (done.code, done.out, done.err) == (0, "", "")
    text = path.read_text(encoding="utf-8")
    assert "768" in text
    if ending == "json":
        jsonschema.validate(json.loads(text), SCHEMA)


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    done = linscope("analyze", "[3] -> ReLU", "-o", str(tmp_path / "no" / "such" / "folder.json"))
    assert done.code == 2
    assert "cannot be written" in done.err


def test_named_dimensions_are_bound_from_outside_and_outside_wins() -> None:
    done = linscope("analyze", "[B=2,T,4] -> Linear(4,2) -> [B,T,2]", "-d", "B=5", "--dim", "T=7", "--json")
    assert done.document["outputs"][0]["shape"] == [5, 7, 2]


def test_the_seed_makes_a_run_repeatable() -> None:
    spec = "[32,3,4] -> Linear(4,2)"
    runs = [linscope("analyze", spec, "--seed", seed).out for seed in ("1", "1", "2")]
    assert runs[0] == runs[1] != runs[2]


def test_torch_defaults_by_option_and_by_configuration(tmp_path: Path) -> None:
    spec = "[32,3,4] -> Linear(4,2)"

    def parameters(*options: str) -> int:
        return linscope("analyze", spec, "--json", *options, cwd=str(tmp_path)).document["totals"]["parameters"][
            "total"
        ]

    assert parameters() == 8
    assert parameters("--torch-defaults") == 10
    (tmp_path / "pyproject.toml").write_text("[tool.linscope]\ntorch-defaults = true\n")
    assert parameters() == 10
    assert parameters("--no-torch-defaults") == 8
    (tmp_path / "linscope.toml").write_text("torch-defaults = false\n")
    assert parameters() == 8
    (tmp_path / "linscope.toml").write_text("torch-default = false\n")
    done = linscope("analyze", spec, cwd=str(tmp_path))
    assert done.code == 2
    assert "did you mean torch-defaults?" in done.err


def test_explanations_can_be_left_out_and_filled_out() -> None:
    short = linscope("analyze", "[32,3,4] -> Linear(4,2)").out
    none = linscope("analyze", "[32,3,4] -> Linear(4,2)", "--explain", "none").out
    full = linscope("analyze", "[32,3,4] -> Linear(4,2)", "--explain", "full").out
    assert "Why the weight is transposed" in short
    assert "transposed" not in none
    assert len(full) > len(short)
    assert "import torch" in full


@pytest.mark.parametrize("width", ["100", "60", "40"])
@pytest.mark.parametrize("format", ["table", "plain", "markdown", "csv"])
def test_piped_output_has_no_escape_codes_and_no_cut_cells(width: str, format: str) -> None:
    done = linscope(
        "analyze", "[2,16,64] -> TransformerEncoderLayer(64,4,128,batch_first=True)", "--format", format, COLUMNS=width
    )
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "…" not in done.out
    folded = re.sub(r"[\s|]", "", done.out)
    for needed in ("33,472" if format in ("table", "markdown") else "33472", "linear2"):
        assert needed in folded or (needed == "33472" and format == "csv")  # rows only: whoever reads it adds up
    if format == "table":
        assert all(len(line) <= int(width) for line in done.out.splitlines())


def test_ascii_streams_get_ascii() -> None:
    done = process("analyze", "[32,3,4] → Linear(4,2)", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    assert "->" in done.out and "ok" in done.out
    wrong = process("analyze", "[32,3,5] → Linear(4,2)", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert wrong.code == 1
    assert wrong.err.isascii()


def test_colour_when_forced_and_not_when_forbidden() -> None:
    spec = "[32,3,4] -> Linear(4,2)"
    assert "\x1b[" in linscope("analyze", spec, FORCE_COLOR="1").out
    assert "\x1b" not in linscope("analyze", spec, FORCE_COLOR="1", NO_COLOR="1").out


def test_a_closed_pipe_is_quiet() -> None:
    command = f'{sys.executable} -m linscope analyze "[32,3,4] -> Linear(4,2)" | head -n 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    help_ = f"{sys.executable} -m linscope --help | head -n 0"
    done = subprocess.run(["bash", "-c", help_], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_an_interrupt_exits_130_without_a_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "linscope", "analyze", "-", "--format", "jsonl"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a script's background jobs ignore it
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("[3] -> ReLU\n" + "[3] -> ReLU\n" * 2_000)
    process.stdin.flush()
    assert process.stdout.readline()  # it runs: torch is imported and the first answer is out
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_nothing_typed_takes_the_machine_down() -> None:
    started = time.monotonic()
    done = linscope("analyze", "[1000000,1000000] -> Linear(1000000,1000000)", "--json")
    assert done.code == 0
    document = done.document
    assert document["run"]["mode"] == "meta"
    assert document["totals"]["macs"] == 10**18
    assert "shapes alone" in document["notes"][0]["message"]
    assert "--run real" in document["notes"][0]["message"]
    forced = linscope("analyze", "[1000000,1000000] -> Linear(1000000,1000000)", "--json", "--run", "real")
    assert forced.code == 2
    assert forced.document["error"]["kind"] == "size"
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    "spec",
    [
        "[1,1,10] -> ConstantPad1d(100000000000,0.0)",
        "[1,1,8,8] -> Upsample(scale_factor=1000000)",
        "[1000000,1] -> expand(1000000,1000000) -> contiguous",
        "[1,100000] -> repeat(10000000,1)",
        "[4]:int64 -> Embedding(1000000000,100000)",
        "[1,1,4] -> Conv1d(1,100000000,3,padding=100000000)",
        "[1,1,64,64] -> AdaptiveAvgPool2d(10000000)",
        "[100000,100000],[100000,100000] -> Bilinear(100000,100000,100000)",
        "[2,4] -> (Linear(4,4000000)->Linear(4000000,4)) * 4000",
    ],
)
def test_what_is_too_large_is_answered_from_shapes_or_refused(spec: str) -> None:
    done = linscope("analyze", spec, "--json", "--explain", "none", "--no-crosscheck")
    assert done.code in (0, 2), done.document
    assert done.document.get("run", {}).get("mode") in ("meta", None)
