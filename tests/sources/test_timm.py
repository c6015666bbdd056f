"""``timm:``: timm's models on inputs of their own configuration, without weights and without the network."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from sources import torchvision_ops

import linscope
from linscope.errors import LinscopeError, TargetError, UsageError

if TYPE_CHECKING:
    from linscope.report.record import Report

STRATIFIED = (
    "beit_base_patch16_224", "cait_xxs24_224", "coat_tiny", "coatnet_0_rw_224", "convit_tiny", "convmixer_768_32",
    "convnextv2_nano", "cspdarknet53", "deit3_small_patch16_224", "densenet121", "dla34", "eva02_tiny_patch14_224",
    "efficientformer_l1", "efficientnet_b0", "efficientvit_b0", "ghostnet_100", "hrnet_w18_small", "levit_128",
    "mixer_s32_224", "mobilenetv4_conv_small", "mobilevit_s", "nfnet_f0", "pit_ti_224", "regnety_002", "repvgg_a0",
    "resnest14d", "swinv2_cr_tiny_224", "tnt_s_patch16_224", "twins_svt_small", "xcit_nano_12_p8_224",
)  # fmt: skip
"""One model of each of thirty families, convolutions, attention and mixtures of both."""


@pytest.fixture
def timm() -> None:
    if not torchvision_ops.available("timm"):
        pytest.skip("timm is not installed")


needs = pytest.mark.usefixtures("timm")


def ran(name: str, inputs: Any = None, **options: Any) -> Report:
    return linscope.analyze(f"timm:{name}", inputs, crosscheck=False, **options)


@needs
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", STRATIFIED)
def test_a_model_of_every_kind_builds_and_completes(name: str) -> None:
    import timm

    report = ran(name)
    assert report.complete
    assert report.run.mode == "meta"
    model = timm.create_model(name)  # its parameters, counted as everyone does
    assert report.totals.parameters.total == sum(p.numel() for p in model.parameters())
    assert report.inputs[0].shape == (1, *model.pretrained_cfg["input_size"])


@needs
def test_the_figures_of_models_that_torchvision_publishes_too() -> None:
    # ResNet-18: 11,689,512 parameters and 1.814 GMACs; ViT-B/16 86,567,656 and 17.564, here with 21,843 classes
    assert [ran("resnet18").totals.parameters.total, ran("resnet18").totals.macs] == [11_689_512, 1_814_073_344]
    assert [ran("vit_base_patch16_224").totals.parameters.total] == [86_567_656]
    assert ran("vit_base_patch16_224.augreg_in21k").totals.macs == 17_563_828_224 + 768 * 20_843


@needs
def test_batch_arguments_and_dtype_are_as_asked() -> None:
    report = ran("vit_tiny_patch16_224", args={"img_size": 96, "in_chans": 1, "num_classes": 10}, batch=4)
    assert (report.inputs[0].shape, report.outputs[0].shape) == ((4, 1, 96, 96), (4, 10))
    assert ran("resnet18", dtype="bfloat16").outputs[0].dtype == "bfloat16"


@needs
@pytest.mark.parametrize(
    ("name", "options", "kind", "words"),
    [
        ("resnet5o", {}, TargetError, "timm has no model resnet5o\n  try: did you mean timm:resnet50"),
        ("resnet50.a1_in1", {}, TargetError, "did you mean timm:resnet50.a1_in1k"),
        ("hf-hub:timm/resnet50.a1_in1k", {}, TargetError, "would be looked up outside of timm"),
        ("resnet18", {"args": {"pretrained": True}}, UsageError, "leave --arg pretrained out"),
        ("resnet18", {"args": {"checkpoint_path": "x.pth"}}, UsageError, "leave --arg checkpoint_path out"),
        ("resnet18", {"args": {"in_chnas": 1}}, UsageError, "timm:resnet18 has no argument in_chnas"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_told(name: str, options: Any, kind: type[LinscopeError], words: str) -> None:
    with pytest.raises(kind) as caught:
        ran(name, **options)
    assert words in str(caught.value)


def test_a_package_that_is_missing_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(TargetError, match="timm is not installed") as caught:
        linscope.analyze("timm:resnet18")
    assert caught.value.hint == 'pip install "linscope[timm]"'
