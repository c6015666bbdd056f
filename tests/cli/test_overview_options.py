"""--depth, --top and --by on the command line, and a help that fits a screen."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from cli import shell

NET = ("analyze", "py:examples/net.py:Net", "--input", "[1,1,28,28]", "--explain", "none")
ROOT = str(Path(__file__).parents[2])


def test_depth_folds_the_tree() -> None:
    done = shell.linscope(*NET, "--depth", "0", cwd=ROOT)
    assert done.code == 0
    assert "Down to depth 0: 3 deeper layers are in the figures of those around; --depth=1 shows all" in done.out
    assert "Down to" not in shell.linscope(*NET, "--depth=1", cwd=ROOT).out


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (("--top", "2"), "body.1 Conv2d"),  # 225,792 of 290,080 MACs
        (("--by", "parameters"), "head Linear"),  # 7,850 of 9,098
        (("--top", "1", "--by", "memory"), "the model Net"),  # what it relu'd and pooled: 65,856 bytes
    ],
)
def test_top_ranks_layers(options: tuple[str, ...], first: str) -> None:
    done = shell.linscope(*NET, *options, cwd=ROOT)
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[next(i for i, line in enumerate(lines) if "by itself" in line) + 1].startswith(first)


def test_a_ranking_has_no_depth() -> None:
    done = shell.linscope(*NET, "--top", "2", "--depth", "1", cwd=ROOT)
    assert done.code == 2
    assert "--depth folds the tree, and --top shows none" in done.err


@pytest.mark.parametrize("option", [("--top", "0"), ("--depth", "-1"), ("--by", "flops")])
def test_wrong_values_are_refused(option: tuple[str, str]) -> None:
    assert shell.linscope(*NET, *option, cwd=ROOT).code == 2


def test_programs_get_every_layer_whatever_people_are_shown() -> None:
    for format in ("csv", "plain", "jsonl", "json"):
        whole = shell.linscope(*NET, "--format", format, cwd=ROOT).out
        assert shell.linscope(*NET, "--format", format, "--top", "1", cwd=ROOT).out == whole
        assert shell.linscope(*NET, "--format", format, "--depth", "0", cwd=ROOT).out == whole


def test_csv_says_what_each_layer_made() -> None:
    done = shell.linscope(*NET, "--format", "csv", cwd=ROOT)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    head = next(row for row in rows if row["path"] == "head")
    assert head["allocated"] == "40"  # ten numbers of four bytes


@pytest.mark.parametrize("command", ["analyze", "compare"])
def test_the_help_fits_a_screen_with_examples_first(command: str) -> None:
    for flag in ("-h", "--help"):
        lines = shell.linscope(command, flag, COLUMNS="80").out.splitlines()
        assert len(lines) <= 40
        assert max(map(len, lines)) <= 80
        assert 0 < next(i for i, line in enumerate(lines) if f"linscope {command}" in line and i) < 8


def test_models_by_name_are_explained_only_where_that_is_asked() -> None:
    target = ("analyze", "py:examples/net.py:Net", "--input", "[1,1,28,28]", "--no-crosscheck")
    assert "Why the weight is transposed" not in shell.linscope(*target, cwd=ROOT).out
    assert "Why the weight is transposed" in shell.linscope(*target, "--explain", "short", cwd=ROOT).out
    assert "Why the weight is transposed" in shell.linscope("analyze", "[32,3,4] -> Linear(4,2)").out


def test_what_attention_adds_has_a_line_of_its_own() -> None:
    done = shell.linscope("analyze", "[2,5,8] -> TransformerEncoderLayer(8,2,16,batch_first=True)", "--explain", "none")
    # 10 tokens through 4·8·8 + 2·8·16 weights; 2 products of 5·5·8 in each of 2 sequences
    assert "attention's own two products 800, all other products 5,120" in done.out


def test_what_the_models_code_writes_past_python_is_not_in_the_document(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "import os\nfrom torch import nn\n\n\nclass Loud(nn.Linear):\n    def __init__(self):\n"
        "        super().__init__(4, 2)\n        os.write(1, b'made\\n')\n\n    def forward(self, x):\n"
        "        os.system('echo run')\n        return super().forward(x)\n"
    )
    done = shell.process("analyze", "py:loud.py:Loud", "--input", "[3,4]", "--json", cwd=str(tmp_path))
    assert done.document["totals"]["macs"] == 24
    assert "made" in done.err and "run" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["resnet18"], "tv:resnet18 or timm:resnet18"),
        (["report.json"], "hf:report.json for a configuration"),
        (["[3,4] -> Linear(4,2)", "-B", "3"], "-B is for models by name"),
        (["[3,4] -> Linear(4,2)", "-T", "3"], "-T is for models by name"),
        (["[3,4] -> Linear(4,2)", "--seed", "9" * 30], "is no seed"),
    ],
)
def test_what_a_target_has_no_use_for_is_told(arguments: list[str], words: str) -> None:
    done = shell.linscope("analyze", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_an_instance_can_be_run_for_evaluation(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\n\nnet = nn.Sequential(nn.Linear(4, 2), nn.Dropout())\n")
    target = ("analyze", "py:net.py:net", "--input", "[3,4]", "--no-crosscheck")
    assert "in training mode" in shell.linscope(*target, cwd=str(tmp_path)).out
    assert "in training mode" not in shell.linscope(*target, "--eval", cwd=str(tmp_path)).out
