"""The catalogue agrees with torch, is complete, needs no torch to be read, and its examples run."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import linscope
from linscope.notation import catalogue

GENERATOR = runpy.run_path(str(Path(__file__).with_name("regenerate_signatures.py")))
LAYERS = catalogue.layer_names()
TORCH_LAYERS = [name for name in LAYERS if name != "Parameter"]
CATEGORIES = {
    *("linear", "convolution", "recurrent", "attention", "transformer", "normalization", "activation"),
    *("pooling", "padding", "dropout", "embedding", "shape", "upsampling", "loss", "container", "distance"),
    "other",
}
EXAMPLES = {name: catalogue.guide(name).example for name in LAYERS if catalogue.guide(name).example}


def test_signatures_are_those_of_the_installed_torch():
    if not torch.__version__.startswith("2.13"):
        pytest.skip(f"signatures.json is of torch 2.13, and this is {torch.__version__}")
    written = GENERATOR["PATH"].read_text(encoding="utf-8")
    assert written == GENERATOR["as_text"](GENERATOR["signatures"]())


def test_every_public_layer_of_torch_2_13_is_known():
    assert len(TORCH_LAYERS) == 163
    if torch.__version__.startswith("2.13"):
        assert set(TORCH_LAYERS) == set(GENERATOR["layer_classes"]())


def test_linear_as_torch_has_it():
    linear = catalogue.layer("Linear")
    assert [(a.name, a.kind, a.required, a.default) for a in linear.arguments] == [
        ("in_features", "positional", True, None),
        ("out_features", "positional", True, None),
        ("bias", "positional", False, "True"),
        ("device", "positional", False, "None"),
        ("dtype", "positional", False, "None"),
    ]
    assert [a.name for a in linear.forward] == ["input"]
    assert not linear.abstract


def test_recurrent_layers_have_their_documented_arguments():
    names = {name: [a.name for a in catalogue.layer(name).arguments] for name in ("RNN", "LSTM", "GRU")}
    assert names["GRU"][:5] == ["input_size", "hidden_size", "num_layers", "bias", "batch_first"]
    assert names["RNN"][:5] == ["input_size", "hidden_size", "num_layers", "nonlinearity", "bias"]
    assert [name for name in names if "proj_size" in names[name]] == ["LSTM"]


def test_layers_that_take_nothing_and_layers_that_take_anything():
    for name in ("Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Softmax2d", "Tanhshrink"):
        assert catalogue.layer(name).arguments == (), name
    assert [a.kind for a in catalogue.layer("Identity").arguments] == ["var_positional", "var_keyword"]
    assert [a.kind for a in catalogue.layer("Sequential").arguments] == ["var_positional"]


def test_a_default_that_is_no_literal_is_marked():
    marked = {(n, a.name, a.default) for n in LAYERS for a in catalogue.layer(n).arguments if not a.literal}
    expected = ("Transformer", "TransformerDecoderLayer", "TransformerEncoderLayer")
    assert marked == {(name, "activation", "relu") for name in expected}


def test_forward_arguments_that_a_layer_cannot_do_without():
    def needed(name: str) -> list[str]:
        return [a.name for a in catalogue.layer(name).forward if a.required]

    assert needed("Transformer") == ["src", "tgt"]
    assert needed("MultiheadAttention") == ["query", "key", "value"]
    assert needed("EmbeddingBag") == ["input"]
    assert needed("MaxUnpool2d") == ["input", "indices"]


def test_the_hand_made_parameter_layer():
    parameter = catalogue.layer("Parameter")
    assert catalogue.signature_text(parameter) == "Parameter(in_features, out_features, bias=False)"
    assert catalogue.guide("Parameter").category == "linear"


def test_names_are_exact_and_unknown_ones_are_none():
    assert catalogue.layer("linear") is None
    assert catalogue.layer("__init__") is None
    assert catalogue.guide("Nothing") is None
    assert list(LAYERS) == sorted(set(LAYERS))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Linear", "Linear(in_features, out_features, bias=False)"),
        ("LazyLinear", "LazyLinear(out_features, bias=False)"),
        ("Bilinear", "Bilinear(in1_features, in2_features, out_features, bias=True)"),
        ("GaussianNLLLoss", "GaussianNLLLoss(*, full=False, eps=1e-06, reduction='mean')"),
        ("Sequential", "Sequential(*args)"),
        ("Identity", "Identity(*args, **kwargs)"),
        ("Tanh", "Tanh()"),
    ],
)
def test_signature_text_shows_the_notations_own_defaults(name, text):
    assert catalogue.signature_text(catalogue.layer(name)) == text


# ── The guide ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_a_guide(name):
    guide = catalogue.guide(name)
    assert guide.category in CATEGORIES
    assert re.fullmatch(r"[A-Zx][^\n]*\.", guide.summary), guide.summary
    assert len(guide.summary) <= 130
    assert guide.example or guide.remark, "no example, and no word why"


def test_exactly_what_has_no_forward_has_no_example():
    without = {name for name in LAYERS if catalogue.layer(name).forward is None}
    assert set(LAYERS) - set(EXAMPLES) == without
    assert {name for name in LAYERS if catalogue.layer(name).abstract} <= without


def test_every_layer_has_its_formulas():
    for name in LAYERS:
        guide = catalogue.guide(name)
        assert guide.parameters_formula is not None, name
        assert guide.macs_formula is not None, name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_runs(name):
    example = EXAMPLES[name]
    assert name in example
    report = linscope.analyze(example)
    assert report.outputs
    assert report.complete or all(row.name and row.calls for row in report.uncounted)


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────


def test_dtypes_are_torchs_and_lead_to_the_names_it_prints():
    for written, printed in catalogue.DTYPES.items():
        assert str(getattr(torch, written)) == f"torch.{printed}"


def test_memory_formats_are_torchs():
    assert all(isinstance(getattr(torch, name), torch.memory_format) for name in catalogue.MEMORY_FORMATS)


def test_words_that_print_leaves_unquoted_are_known():
    modules = [
        *(nn.Conv2d(1, 1, 1, padding=padding) for padding in ("same", "valid")),
        *(nn.Conv2d(1, 1, 1, padding_mode=mode) for mode in ("zeros", "reflect", "replicate", "circular")),
        *(nn.RNNCell(1, 1, nonlinearity=word) for word in ("tanh", "relu")),
        *(nn.Upsample(scale_factor=2, mode=mode) for mode in ("nearest", "bilinear")),
        *(nn.EmbeddingBag(1, 1, mode=mode) for mode in ("mean", "sum", "max")),
        nn.GELU(approximate="tanh"),
    ]
    if hasattr(nn, "LinearCrossEntropyLoss"):
        modules += [nn.LinearCrossEntropyLoss(1, 2, reduction=word) for word in ("none", "mean", "sum")]
    unquoted = {word for m in modules for word in re.findall(r"=([a-z]\w*)", repr(m))}
    assert {"same", "circular", "relu"} <= unquoted <= catalogue.WORDS


# ── What reading it costs ───────────────────────────────────────────────────────────────────────────


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has imported after ``code``."""
    program = f"{code}\nimport sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


LOOK_UP = "from linscope.notation import catalogue; catalogue.layer('Linear')"


def test_a_look_up_imports_neither_torch_nor_the_guide():
    loaded = modules_after(f"{LOOK_UP}; assert catalogue._guides.cache_info().currsize == 0")
    assert "linscope.notation.catalogue" in loaded
    assert loaded.isdisjoint({"torch", "rich", "click", "numpy", "pathlib", "difflib"})


def test_the_test_before_can_fail():
    assert "difflib" in modules_after(f"{LOOK_UP}; import difflib")
