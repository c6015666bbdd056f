"""Lesson: why the weight is (out, in), and transposed where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.explain.worked import element, product_picture, stored_picture
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson


@lesson(
    "transpose",
    title="Why the weight is transposed",
    example="[32,3,4] -> Linear(4,2)",
    about="nn.Linear",
    on=torch_row,
    takes_numbers=True,
)
def transpose(b: Board) -> Lesson:
    """``[32, 3, 4] @ [4, 2] = [32, 3, 2]``: the weight's two shapes, and every spelling of the product."""
    m = open_program(b)
    say, stored, used = b.say, (m.out_features, m.in_features), (m.in_features, m.out_features)
    b.true("shape", f"tuple(weight.shape) == {stored}", say("weight is stored (out, in) = {stored}", stored=stored))
    b.true(
        "strides",
        f"weight.T.stride() == (1, {m.in_features})",
        say("weight.T has strides {strides}", strides=(1, m.in_features)),
    )
    b.true(
        "view",
        "weight.T.data_ptr() == weight.data_ptr()",
        say("weight.T is a view: it lies in weight's own memory, nothing is copied"),
    )
    _ways(b, m)
    worked = element(b, m)
    _wrong(b, m)
    return b.lesson(
        say(
            "nn.Linear({n}, {m}) keeps one row of weights per output, so weight is (out, in) = {stored}; "
            "a batch has its samples as rows, so it meets weight.T, {used}: y = x @ weight.T{bias}.",
            n=m.in_features, m=m.out_features, stored=stored, used=used, bias=m.plus_bias,
        ),
        chains=(
            meeting(
                m.input_shape, used, m.output_shape,
                say("the {n}s meet and vanish; {m} takes their place", n=m.in_features, m=m.out_features),
            ),
        ),
        parts=(
            stored_picture(b, m),
            _memory(b, m),
            product_picture(b, m),
            worked,
            Prose(say("Row j of the weight is what output j looks at: that is why it is stored so.")),
        ),
    )  # fmt: skip


def _ways(b: Board, m: LinearMap) -> None:
    """The layer's output against every other way to write it."""
    bias, comma = m.plus_bias, ", bias" if m.has_bias else ""
    rows = f"x.reshape(-1, {m.in_features})"
    flat = f"torch.addmm(bias, {rows}, weight.T)" if m.has_bias else f"torch.mm({rows}, weight.T)"
    same = b.say("bit for bit: it is the layer's own operation")
    b.same("functional", f"nn.functional.linear(x, weight{comma})", "y", why=same)
    for key, way in (
        ("matmul", f"x @ weight.T{bias}"),
        ("torch_matmul", f"torch.matmul(x, weight.t()){bias}"),
        ("einsum", f'torch.einsum("...i,oi->...o", x, weight){bias}'),
        ("addmm", f"{flat}.reshape(y.shape)"),
    ):
        b.same(key, way, "y", size=m.size, terms=m.terms)


def _memory(b: Board, m: LinearMap) -> Table:
    say = b.say
    n, o = m.in_features, m.out_features
    return Table(
        "",
        (say("tensor"), say("shape"), say("strides"), say("what it is")),
        (
            ("weight", str((o, n)), str((n, 1)), say("as stored: a row per output")),
            ("weight.T", str((n, o)), str((1, n)), say("a view: one step right is {n} numbers on", n=n)),
        ),
        (False, False, False, False),
    )


def _wrong(b: Board, m: LinearMap) -> None:
    """Forgetting the transpose: an error, unless the weight is square, and then wrong numbers without one."""
    claim = b.say("“y = x @ weight”: the transpose is forgotten.")
    if m.in_features != m.out_features:
        b.fails(
            "forgotten",
            "x @ weight",
            "RuntimeError",
            claim=claim,
            instead=b.say(
                "x has {n} features and weight has {m} rows; weight.T has the {n}.", n=m.in_features, m=m.out_features
            ),
        )
        return
    if b.light and b.value(f"torch.allclose(x @ weight{m.plus_bias}, y)"):
        return  # a weight that is its own transpose
    b.true(
        "forgotten",
        f"not torch.allclose(x @ weight{m.plus_bias}, y)",
        b.say("x @ weight runs, since the weight is square, and gives other numbers"),
    )
    if b.light:
        far = b.value(f"gap(x @ weight{m.plus_bias}, y)")
        shown = b.say("no error, and numbers that are up to {gap} off", gap=f"{far:.4g}")
        b.mistake(
            claim, f"x @ weight{m.plus_bias}", (shown,), b.say("A square weight hides the mistake: transpose it.")
        )
