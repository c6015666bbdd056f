"""The code of the full lessons: pasted as printed, it runs, and prints what the lesson says."""

from __future__ import annotations

import contextlib
import io
import warnings

import pytest
import torch
from explain.brief.taught import evidence_of, exact_layer, report_on
from torch import nn

from linscope.explain.brief import explain
from linscope.sources.layers import Parameter


def programs(layer, x):
    return {s.lesson: s.code for s in explain(report_on(evidence_of(layer, x)), "full")}


def run(code):
    """The namespace after the program ran, and the numbers it printed."""
    printed, names = io.StringIO(), {"__name__": "pasted"}
    before = torch.get_rng_state()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec("\n".join(code), names)
    torch.set_rng_state(before)
    return names, [float(line) for line in printed.getvalue().split()]


@pytest.mark.parametrize("shape", [(32, 3, 4), (2, 4), (4,), (2, 3, 5, 4)])
@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
@pytest.mark.parametrize("bias", [True, False])
def test_every_program_runs_and_every_difference_is_rounding(shape, kind, bias):
    torch.manual_seed(0)
    code = programs(kind(4, 2, bias=bias), torch.randn(shape))
    # five ways; one copy; one matrix; two rows; nothing added or the bias, and the norm where it is Linear's
    batch = int(len(shape) > 1 and (bias or kind is nn.Linear))
    expected = {
        "transpose": 5,
        "parameter-vs-linear": 1,
        "last-dimension": 1,
        "shared-weights": 2,
        "bias": 1 + batch,
    }
    for name, count in expected.items():
        names, differences = run(code[name])
        assert len(differences) == count, name
        assert max(differences) < 1e-4, name
        assert names["x"].shape == shape


@pytest.mark.filterwarnings("ignore:Complex modules are a new feature")
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16, torch.complex64])
@pytest.mark.parametrize("kind", [nn.Linear, Parameter])
def test_every_program_keeps_the_dtype(dtype, kind):
    torch.manual_seed(0)
    for code in programs(kind(4, 2, bias=True).to(dtype), torch.randn(5, 4, dtype=dtype)).values():
        names, differences = run(code)
        assert names["x"].dtype == dtype
        assert max(differences) < 0.1


def test_the_example_gives_its_figures():
    code = programs(*exact_layer())
    names, _ = run(code["transpose"])
    assert tuple(names["y"].shape) == (32, 3, 2)
    assert tuple(names["weight"].shape) == (2, 4)
    assert names["weight"].T.stride() == (1, 4)
    assert "assert weight.T.shape == (4, 2) and weight.T.stride() == (1, 4)" in code["transpose"]
    assert code["shared-weights"][-2:] == (
        "assert sum(p.numel() for p in layer.parameters()) == 8",
        "assert len(rows) * layer.weight.numel() == 768  # MACs",
    )
    assert "assert sum(p.numel() for p in biased.parameters()) == 10" in code["bias"]
    names, (copied,) = run(code["parameter-vs-linear"])
    assert torch.equal(names["hand"].weight, names["layer"].weight.T)
    assert copied < 1e-6


@pytest.mark.parametrize("name", ["transpose", "parameter-vs-linear", "last-dimension", "shared-weights", "bias"])
def test_a_program_is_ascii_and_fits_the_page(name):
    code = programs(*exact_layer(bias=True))[name]
    assert all(line.isascii() and len(line) <= 98 for line in code)
    assert all("\n" not in line and line == line.rstrip() for line in code)


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_there_is_no_program_of_nothing_nor_of_too_much():
    for layer, x in (
        (nn.Linear(4, 2), torch.randn(0, 3, 4)),
        (nn.Linear(0, 2), torch.randn(3, 0)),
        (nn.Linear(100_000, 2, device="meta"), torch.randn(1000, 100_000, device="meta")),
    ):
        assert all(code == () for code in programs(layer, x).values())
