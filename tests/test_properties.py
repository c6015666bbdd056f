"""Whatever chain is written: rows add up to the totals, operators add up to the same, and so does the hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import pytest
from engine.user_models import adds_up
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import linscope

BUDGET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@dataclass
class Built:
    """Steps that fit each other, the shape so far, and what they come to, worked out beside them."""

    shape: tuple[int, ...]
    steps: list[str] = field(default_factory=list)
    parameters: int = 0
    macs: int = 0

    def add(self, step: str, shape: tuple[int, ...] | None = None, parameters: int = 0, macs: int = 0) -> None:
        self.steps.append(step)
        self.shape = self.shape if shape is None else shape
        self.parameters += parameters
        self.macs += macs


small = st.integers(1, 5)


@st.composite
def images(draw: st.DrawFn) -> Built:
    """A few layers on (N, C, H, W), then, perhaps, a head on what they flatten to."""
    start = (draw(st.integers(0, 3)), draw(small), draw(st.integers(6, 9)), draw(st.integers(6, 9)))
    chain = Built(start)
    chain.steps.append(f"[{','.join(map(str, start))}]")
    for _ in range(draw(st.integers(0, 3))):
        on_an_image(draw, chain)
    if draw(st.booleans()):
        chain.add("Flatten", (chain.shape[0], prod(chain.shape[1:])))
        on_rows(draw, chain)
    return chain


def on_an_image(draw: st.DrawFn, chain: Built) -> None:
    n, c, h, w = chain.shape
    out, bias = draw(small), draw(st.booleans())
    match draw(st.sampled_from(["conv", "depthwise", "transposed", "norm", "pool", "activation", "assertion"])):
        case "conv":
            # kernel 3 with padding 1 keeps the size; out · c · 9 weights at each position
            chain.add(
                f"Conv2d({c},{out},3,padding=1,bias={bias})", (n, out, h, w),
                out * c * 9 + out * bias, n * h * w * out * c * 9,
            )  # fmt: skip
        case "depthwise":
            chain.add(f"Conv2d({c},{c},1,groups={c},bias=False)", None, c, n * c * h * w)
        case "transposed":
            # stride 2, kernel 2: twice the size, each of the h · w inputs meets c · out · 4 weights
            if h * w < 200:
                chain.add(
                    f"ConvTranspose2d({c},{out},2,stride=2)", (n, out, 2 * h, 2 * w),
                    c * out * 4 + out, n * h * w * c * out * 4,
                )  # fmt: skip
        case "norm":
            chain.add(f"BatchNorm2d({c})", None, 2 * c)
        case "pool" if h >= 2 and w >= 2 and n:
            chain.add("MaxPool2d(2)", (n, c, h // 2, w // 2))
        case "assertion":
            chain.add(f"[{n},_,{h},...]")
        case _:
            chain.add(draw(st.sampled_from(["ReLU", "GELU", "Dropout(0.5)", "Identity"])))


@st.composite
def rows(draw: st.DrawFn) -> Built:
    """Layers on the last dimension of a shape of one to four dimensions."""
    start = (*draw(st.lists(st.integers(0, 4), max_size=3)), draw(small))
    chain = Built(start)
    chain.steps.append(f"[{','.join(map(str, start))}]")
    for _ in range(draw(st.integers(1, 4))):
        on_rows(draw, chain)
    return chain


def on_rows(draw: st.DrawFn, chain: Built) -> None:
    *lead, features = chain.shape
    count, out, bias, times = prod(lead), draw(small), draw(st.booleans()), draw(st.integers(1, 3))
    weights = features * out + out * bias
    linear = f"Linear({features},{out},bias={bias})"
    square = f"Linear({features},{features})"
    match draw(
        st.sampled_from(["linear", "prefixed", "hole", "lazy", "hand", "nested", "group", "norm", "activation"])
    ):
        case "linear":
            chain.add(linear, (*lead, out), weights, count * features * out)
        case "prefixed":
            chain.add(f"nn.Linear({features},{out})", (*lead, out), features * out + out, count * features * out)
        case "hole":
            chain.add(f"Linear(_,{out})", (*lead, out), features * out, count * features * out)
        case "lazy":
            chain.add(f"LazyLinear({out})", (*lead, out), features * out, count * features * out)
        case "hand":
            chain.add(f"Parameter({features},{out},bias={bias})", (*lead, out), weights, count * features * out)
        case "nested":
            inner = f"Sequential({linear}, Sequential(ReLU(), nn.Linear({out},{features})))"
            chain.add(inner, None, weights + out * features + features, 2 * count * features * out)
        case "group":
            chain.add(f"({square} -> Tanh) * {times}", None, times * features**2, times * count * features**2)
        case "norm":
            chain.add(f"LayerNorm({features})", None, 2 * features)
        case _:
            chain.add(draw(st.sampled_from(["ReLU", "Softmax(-1)", "Dropout(0.5)", "unsqueeze(0) -> squeeze(0)"])))


@pytest.mark.filterwarnings("ignore::UserWarning")  # layers without elements
@BUDGET
@given(st.one_of(images(), rows()), st.sampled_from(["real", "meta"]))
def test_any_chain_comes_to_what_its_layers_come_to(chain: Built, mode: str) -> None:
    if len(chain.steps) == 1:
        chain.add("Identity")
    report = linscope.analyze(" -> ".join(chain.steps), run=mode, crosscheck=False)
    adds_up(report)
    assert report.outputs[0].shape == chain.shape
    assert report.totals.parameters.total == chain.parameters
    assert report.totals.macs == chain.macs
    assert report.complete


@pytest.mark.filterwarnings("ignore::UserWarning")
@BUDGET
@given(st.one_of(images(), rows()))
def test_both_modes_and_both_counts_agree(chain: Built) -> None:
    if len(chain.steps) == 1:
        chain.add("Identity")
    spec = " -> ".join(chain.steps)
    real, meta = linscope.analyze(spec, run="real"), linscope.analyze(spec, run="meta")
    assert (real.totals, real.outputs) == (meta.totals, meta.outputs)
    formula, operators, *_ = real.crosschecks
    assert formula.macs == operators.macs == chain.macs
    assert [row.macs for row in real.layers] == [row.macs for row in meta.layers]
    for row in real.layers:
        if row.derivation is not None:
            assert row.derivation.count == row.macs


@pytest.mark.filterwarnings("ignore::UserWarning")
@BUDGET
@given(rows(), st.integers(0, 3))
def test_a_chain_repeated_costs_as_often(chain: Built, times: int) -> None:
    shape, *steps = chain.steps
    start = tuple(int(n) for n in shape.strip("[]").split(","))
    once = linscope.analyze(" -> ".join((shape, *steps, f"nn.Linear({chain.shape[-1]},{start[-1]})")), crosscheck=False)
    group = " -> ".join((*steps, f"nn.Linear({chain.shape[-1]},{start[-1]})"))
    spec = f"{shape} -> Identity -> ({group}) * {times + 1}"
    many = linscope.analyze(spec, crosscheck=False)
    adds_up(many)
    assert many.totals.macs == (times + 1) * once.totals.macs
    assert many.totals.parameters.total == (times + 1) * once.totals.parameters.total
    assert many.totals.elementwise == (times + 1) * once.totals.elementwise
