"""``tv:``: torchvision's models against their published figures, on inputs of their own size, without weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli.shell import linscope as command
from sources import torchvision_ops

import linscope
from linscope.errors import LinscopeError, ModelError, ShapeError, TargetError, UsageError

if TYPE_CHECKING:
    from linscope.report.record import Report

TESTS = Path(__file__).parents[1]
PUBLISHED = json.loads((TESTS / "data" / "torchvision_models.json").read_text(encoding="utf-8"))
FEW = [line for line in PUBLISHED if line["model"] in ("resnet18", "swin_t", "regnet_x_400mf", "inception_v3")]


@pytest.fixture
def torchvision() -> None:
    if not torchvision_ops.available("torchvision"):
        pytest.skip("torchvision is not installed")


needs = pytest.mark.usefixtures("torchvision")


def ran(name: str, inputs: Any = None, **options: Any) -> Report:
    return linscope.analyze(f"tv:{name}", inputs, crosscheck=False, **options)


def failed(name: str, inputs: Any = None, **options: Any) -> LinscopeError:
    with pytest.raises(LinscopeError) as caught:
        ran(name, inputs, **options)
    return caught.value


def figures(report: Report) -> tuple[int, str]:
    assert report.complete
    return report.totals.parameters.total, f"{report.totals.macs / 1e9:.3f}"


# ── the numbers ─────────────────────────────────────────────────────────────────────────────────────


@needs
@pytest.mark.parametrize("line", FEW, ids=lambda line: line["model"])
def test_the_published_figures_come_out_on_inputs_of_the_models_own_size(line: dict[str, Any]) -> None:
    report = ran(line["model"])
    assert list(report.inputs[0].shape) == line["input"]
    assert figures(report) == (line["parameters"], f"{line['gmacs']:.3f}")


@needs
@pytest.mark.slow
def test_the_published_figures_of_every_classification_model_come_out() -> None:
    script = TESTS / "bench" / "torchvision_truth.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" yes\n") > len(PUBLISHED)


@needs
@pytest.mark.parametrize(
    ("name", "arguments", "shapes", "gmacs"),
    [  # torchvision's own figures, in the metadata of the weights
        ("r3d_18", {}, [(1, 3, 16, 112, 112)], "40.697"),
        ("lraspp_mobilenet_v3_large", {}, [(1, 3, 520, 520)], "2.086"),
        ("fcn_resnet50", {"aux_loss": True}, [(1, 3, 520, 520)], "152.717"),
        ("quantized_resnet18", {}, [(1, 3, 224, 224)], "1.814"),
        ("vit_b_16", {"image_size": 384}, [(1, 3, 384, 384)], "55.484"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_task_knows_its_inputs(name: str, arguments: Any, shapes: Any, gmacs: str) -> None:
    report = ran(name, args=arguments)
    assert [info.shape for info in report.inputs] == shapes
    assert figures(report)[1] == gmacs


@needs
@pytest.mark.slow
def test_optical_flow_takes_two_images_and_names_what_is_not_counted() -> None:
    report = ran("raft_small")
    assert [info.shape for info in report.inputs] == [(1, 3, 512, 512)] * 2
    assert f"{report.totals.macs / 1e9:.3f}" == "47.655"
    assert [row.name for row in report.uncounted] == ["aten.grid_sampler_2d"]


@needs
@pytest.mark.slow
def test_detection_takes_a_list_of_images_and_is_run_for_real() -> None:
    report = ran("ssdlite320_mobilenet_v3_large")
    assert [info.shape for info in report.inputs] == [(3, 320, 320)]
    assert report.run.mode == "real"
    assert f"{report.totals.macs / 1e9:.3f}" == "0.583"
    assert [row.name for row in report.uncounted] == ["torchvision.nms"]


# ── what is asked ───────────────────────────────────────────────────────────────────────────────────


@needs
def test_a_model_by_name_runs_on_shapes_in_evaluation_and_says_whose_size_it_took() -> None:
    report = ran("squeezenet1_1")
    assert (report.run.mode, report.run.training) == ("meta", False)
    assert [note.code for note in report.notes] == ["shapes-alone", "usual-input"]
    assert ran("squeezenet1_1", train=True).run.training is True


@needs
@pytest.mark.parametrize("run", ["real", "meta", "fake"])
def test_every_mode_gives_the_same_numbers(run: str) -> None:
    report = ran("squeezenet1_1", run=run)
    assert (report.run.mode, *figures(report)) == (run, 1_235_496, "0.349")


@needs
def test_batch_inputs_arguments_and_dtype_are_as_asked() -> None:
    assert ran("squeezenet1_1", batch=3).totals.macs == 3 * ran("squeezenet1_1").totals.macs
    assert ran("regnet_y_16gf", "[1,3,384,384]").totals.macs == 46_734_897_152
    report = ran("resnet18", args={"num_classes": 10}, dtype="float16")
    assert report.totals.parameters.total == 11_689_512 - 990 * 513  # 512 weights and a bias for each class left out
    assert report.totals.parameters.bytes == 2 * report.totals.parameters.total
    assert (report.inputs[0].dtype, report.outputs[0].dtype, report.outputs[0].shape) == ("float16", "float16", (1, 10))


@needs
@pytest.mark.parametrize(
    ("name", "inputs", "options", "kind", "words"),
    [
        ("renset18", None, {}, TargetError, "torchvision has no model renset18\n  try: did you mean tv:resnet18, or"),
        ("resnet18", None, {"args": {"weights": "DEFAULT"}}, UsageError, "leave --arg weights out"),
        ("fcn_resnet50", None, {"args": {"weights_backbone": 1}}, UsageError, "leave --arg weights_backbone out"),
        ("resnet18", None, {"args": {"wdith": 2}}, UsageError, "tv:resnet18 has no argument wdith"),
        ("resnet18", "[1,3,64,64]", {"batch": 2}, UsageError, "and so does -B"),
        ("resnet18", None, {"dtype": "int16"}, UsageError, "no model runs in int16"),
        ("resnet18", "[1,1,64,64]", {}, ShapeError, "expects 3 channels in dimension 1, got 1\n  layer: conv1"),
        ("vit_b_16", "[1,3,256,256]", {}, ModelError, "Expected 224 but got 256"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_told(name: str, inputs: Any, options: Any, kind: type[LinscopeError], words: str) -> None:
    error = failed(name, inputs, **options)
    assert type(error) is kind
    assert words in str(error)


# ── without torchvision ─────────────────────────────────────────────────────────────────────────────


def test_a_package_that_is_missing_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    done = command("analyze", "tv:resnet18")
    assert (done.code, done.out) == (3, "")
    assert done.err == ('error[target]: torchvision is not installed\n  try: pip install "linscope[torchvision]"\n')


@pytest.mark.parametrize("target", ["tv:resnet18", "timm:resnet18"])
def test_a_package_that_is_broken_is_told_in_one_line_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    for name, source in (
        ("torchvision", "import torch\ntorch.ops.no_such_library.nms.default"),
        ("timm", "import torchvision"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TargetError) as caught:
        linscope.analyze(target)
    assert caught.value.message.startswith("torchvision is installed and does not import: ")
    assert "no_such_library" in caught.value.message
    assert "\n" not in caught.value.message
    assert "pip install --force-reinstall --no-deps torchvision" in (caught.value.hint or "")
    assert linscope.analyze("[3,4] -> Linear(4,2)").totals.macs == 24
