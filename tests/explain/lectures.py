"""Lessons on many layers, and what makes them fail, for the tests of all lessons."""

from __future__ import annotations

import contextlib
import io
import warnings
from functools import cache
from typing import Any

import torch

import linscope
from linscope.explain.registry import NAMES, entry

SPECS = (
    *("[4] -> Linear(4,2)", "[1,4] -> nn.Linear(4,2)", "[3,4] -> nn.Linear(4,4)", "[5,1] -> Linear(1,1)"),
    *("[2,3,5,4] -> nn.Linear(4,3)", "[2,3,512] -> Linear(512,100)", "[3,1,4] -> Linear(4,2)"),
    *("[32,3,4] -> Parameter(4,2)", "[3,4] -> Parameter(4,2,bias=True)", "[4] -> Parameter(4,2)"),
    *("[3,10] -> Linear(_,50) -> GELU() -> Linear(_,2)", "[3,4] -> (nn.Linear(4,4) -> ReLU) * 3"),
    *("[3,10] -> Linear(10,50) -> Tanh -> Linear(50,20) -> ReLU -> Linear(20,2,bias=True)",),
    *("[8,4] -> BatchNorm1d(4)", "[8,4,3] -> BatchNorm1d(_)", "[1,4] -> BatchNorm1d(4)"),
    *("[2,4,8,8] -> BatchNorm2d(4)", "[2,4,8,8] -> GroupNorm(2,4)", "[2,4,8] -> LayerNorm([4,8])"),
    *("[4,8] -> LayerNorm(8,elementwise_affine=False)", "[2,4,3,3,3] -> BatchNorm3d(4)"),
    *("[2,4,7] -> Conv1d(4,2,1)", "[2,4,7,7] -> Conv2d(4,6,(1,1),bias=False)", "[1,2,5,5,5] -> Conv3d(2,3,2)"),
    *("[2,4,7,7] -> Conv2d(_,6,3,stride=2,padding=1,dilation=2,groups=2)", "[2,4,9] -> Conv1d(4,8,3,groups=4)"),
    *("[4,7,7] -> Conv2d(4,6,3)", "[1,4,7,7] -> ConvTranspose2d(4,6,3)"),
    *("[10,2,64] -> MultiheadAttention(64,4)", "[10,64] -> MultiheadAttention(64,4)"),
    "[2,10,64], [2,7,64], [2,7,64] -> MultiheadAttention(64,4,batch_first=True,bias=False)",
    *("[2,10,64] -> TransformerEncoderLayer(64,4,128,batch_first=True)", "[2,1,8] -> MultiheadAttention(8,2)"),
    *("[5,2,3] -> RNN(3,4)", "[5,3] -> GRU(3,4,2,bidirectional=True)", "[2,5,3] -> LSTM(3,4,proj_size=2)"),
    *("[5,2,3] -> RNN(3,4,nonlinearity='relu',bias=False)", "[2,5,3] -> LSTM(_,4,2,batch_first=True)"),
    *("[7]:int64 -> Embedding(10,4)", "[]:int64 -> Embedding(10,4)", "[3,5], [3,7] -> Bilinear(5,7,3)"),
    "[1,3,8,8] -> Conv2d(3,8,3) -> BatchNorm2d(8) -> ReLU -> flatten(1) -> Linear(_,10)",
)
"""Specs with, between them, every lesson on every kind of layer it can be told on."""


@cache
def told(name: str, language: str = "en") -> Any:
    """The lecture of one lesson on its example."""
    return linscope.explain(name, language=language)


def taught(name: str, language: str = "en") -> Any:
    """One lesson on its example."""
    return told(name, language).lesson(name)


@cache
def lecture(target: str) -> Any:
    return linscope.explain(target)


def cases() -> list[tuple[str, str]]:
    """Every lesson on its example."""
    return [(name, entry(name).example) for name in NAMES]


def ran(code: tuple[str, ...]) -> list[str]:
    """What a program prints when it is pasted into a file and run, line by line."""
    printed, names = io.StringIO(), {"__name__": "pasted"}
    state, grad = torch.get_rng_state(), torch.is_grad_enabled()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("error")
        exec("\n".join(code), names)
    torch.set_rng_state(state)
    assert torch.is_grad_enabled() == grad
    return printed.getvalue().splitlines()


def said(lesson: Any) -> str:
    """All that a lesson says, in one string: for what must or must not be in it."""
    parts = [lesson.title, lesson.claim]
    parts += [f"{chain.text} {chain.note}" for chain in lesson.chains]
    parts += [repr(part) for part in lesson.parts]
    parts += [check.statement for check in lesson.checks]
    for mistake in lesson.mistakes:
        parts += [mistake.claim, mistake.ran, *mistake.shown, mistake.instead]
    return "\n".join(parts)
