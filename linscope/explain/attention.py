"""Lesson: attention: queries, keys and values, the two products, and what they cost as the sequence grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing, real
from linscope.explain.layer_costs import check_costs, derivation_of, macs_part, parameter_table
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.explain.worked import Seen, drawn_product
from linscope.explain.written import called
from linscope.report.lesson import Prose, Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson, Picture
    from linscope.report.record import LayerRow, Report

_PRODUCTS = ("Q Kᵀ", "attention × V")
_GROWING = (1, 2, 4, 8)
_MOST = 10**8
"""MACs of a run that is set beside this one."""


class _Sizes(NamedTuple):
    """A call of multi-head attention: N sequences of L queries over S keys, in heads of ``size`` numbers."""

    batch: int
    queries: int
    keys: int
    embed: int
    heads: int
    size: int
    bias: bool
    order: str
    """``batch``, ``length`` or ``none``: which dimension comes first, or that there is no batch."""


def _attention(report: Report) -> LayerRow | None:
    """The first MultiheadAttention whose keys and values are as wide as its queries."""
    return next((row for row in report.layers if _sizes(row) is not None), None)


def _sizes(row: LayerRow) -> _Sizes | None:
    shapes = dict(row.parameters.shapes)
    packed, found = shapes.get("in_proj_weight"), derivation_of(row)
    if row.type != "MultiheadAttention" or packed is None or found is None or "bias_k" in shapes:
        return None
    products = [term for term in found.terms if term.label in _PRODUCTS]
    if len(products) != 2 or len(row.input_shapes) != 3 or row.output_dtypes[0] != "float32":
        return None
    rows, weights = dict(products[0].rows), dict(products[0].weights)
    if "S" not in weights:  # add_zero_attn
        return None
    batch, length = rows.get("N", 1), weights["L"]
    query = row.input_shapes[0]
    call = called(row) or {}
    first = bool(call["batch_first"]) if "batch_first" in call else query[:-1] == (batch, length)
    order = "none" if len(query) == 2 else "batch" if first else "length"
    bias = "in_proj_bias" in shapes
    return _Sizes(batch, length, weights["S"], packed[1], rows["num_heads"], weights["head_dim"], bias, order)


@lesson(
    "attention",
    title="Attention: Q, K, V and two products",
    example="[2,10,64] -> MultiheadAttention(64,4,batch_first=True)",
    about="MultiheadAttention, its keys and values as wide as its queries",
    on=_attention,
)
def attention(b: Board) -> Lesson:
    """Four projections that grow with the sequence, and two products that grow with its square."""
    say, row = b.say, b.row
    s = _sizes(row)
    assert s is not None
    _program(b, s)
    size = "(A @ V.abs()).transpose(1, 2).flatten(2) @ Wo.abs().T * (1 + scores.abs().max())"
    b.same("output", "out", "y", size=size, terms=4 * s.embed + s.keys)
    b.same("weights", "A", "given", size="A * (1 + scores.abs().max())", terms=4 * s.embed,
           statement=say("A is what the layer calls its attention weights"))  # fmt: skip
    b.same("sums", "A.sum(-1)", f"torch.ones({s.batch}, {s.heads}, {s.queries})", size="A.sum(-1)", terms=s.keys + 2,
           statement=say("each query's weights add up to 1"))  # fmt: skip
    check_costs(b)
    head = (s.batch, s.heads)
    worked = _worked(b, s)
    growing, crossing = _growth(b, s), _crossing(b, s)
    _heads(b, s)
    return b.lesson(
        say(
            "Three projections make Q, K and V; Q Kᵀ scores every query against every key, and the scores, made to add "
            "up to 1, weigh V: the two products grow with L · S, the projections only with L and S.",
        ),
        chains=(
            meeting((*head, s.queries, s.size), (*head, s.size, s.keys), (*head, s.queries, s.keys),
                    say("Q Kᵀ: a score for each query and key")),
            meeting((*head, s.queries, s.keys), (*head, s.keys, s.size), (*head, s.queries, s.size),
                    say("A V: each query's mix of values")),
        ),
        parts=(
            _projections(b, s), _picture(b, s), macs_part(b), growing, worked, parameter_table(b),
crossing,
        ),
    )  # fmt: skip


def _program(b: Board, s: _Sizes) -> None:
    """The layer, and the same by hand: projections, heads, scores, weights, mix."""
    shapes = [", ".join(map(str, shape)) for shape in b.row.input_shapes[:2]]
    own = shapes[0] == shapes[1]
    bias = "" if s.bias else ", bias=False"
    first = ", batch_first=True" if s.order == "batch" else ""
    canonical = {"batch": "", "length": ".transpose(0, 1)", "none": ".unsqueeze(0)"}[s.order]
    x, memory = "x", "x" if own else "memory"
    tails = [f" + b{name}" if s.bias else "" for name in "qkv"]
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"layer = nn.MultiheadAttention({s.embed}, {s.heads}{bias}{first})", f"x = torch.randn({shapes[0]})",
        *(() if own else (f"memory = torch.randn({shapes[1]})  # keys and values",)),
        "y, given = layer(", f"    {x}, {memory}, {memory}, average_attn_weights=False", ")", "",
        "Wq, Wk, Wv = layer.in_proj_weight.detach().chunk(3)", "Wo = layer.out_proj.weight.detach()",
        *(("bq, bk, bv = layer.in_proj_bias.detach().chunk(3)", "bo = layer.out_proj.bias.detach()") if s.bias else ()),
        "", "def heads(t):  # (N, L, embed_dim) to (N, heads, L, head_dim)",
        f"    return t.unflatten(-1, ({s.heads}, {s.size})).transpose(1, 2)", "",
        f"X, M = x{canonical}, {memory}{canonical}", f"Q = heads(X @ Wq.T{tails[0]})", f"K = heads(M @ Wk.T{tails[1]})",
        f"V = heads(M @ Wv.T{tails[2]})", f"scores = Q @ K.transpose(-1, -2) / {s.size} ** 0.5",
        "A = scores.softmax(-1)",
        "mixed = (A @ V).transpose(1, 2).flatten(2)", f"out = mixed @ Wo.T{' + bo' if s.bias else ''}",
        *({"batch": (), "length": ("out = out.transpose(0, 1)",), "none": ("out = out.squeeze(0)",)}[s.order]),
        *(("given = given.unsqueeze(0)",) if s.order == "none" else ()),
    )  # fmt: skip
    b.true("q", f"tuple(Q.shape) == {(s.batch, s.heads, s.queries, s.size)}",
           b.say("Q is {shape}", shape=flowing((s.batch, s.heads, s.queries, s.size))))  # fmt: skip
    b.true("a", f"tuple(A.shape) == {(s.batch, s.heads, s.queries, s.keys)}",
           b.say("A is {shape}", shape=flowing((s.batch, s.heads, s.queries, s.keys))))  # fmt: skip


def _projections(b: Board, s: _Sizes) -> Table:
    say = b.say
    head = (s.batch, s.heads)
    queries, keys = (*head, s.queries, s.size), (*head, s.keys, s.size)
    return Table(
        "", ("", say("made as"), say("shape"), say("what it is")),
        (
            ("Q", "x Wqᵀ", flowing(queries), say("what each position looks for")),
            ("K", "x Wkᵀ", flowing(keys), say("what each position offers")),
            ("V", "x Wvᵀ", flowing(keys), say("what it gives")),
            ("A", "softmax(Q Kᵀ / √head_dim)", flowing((*head, s.queries, s.keys)), say("who looks where")),
        ),
        (False, False, False, False),
    )  # fmt: skip


def _picture(b: Board, s: _Sizes) -> Picture | None:
    """The queries of the first head, its keys turned over, and the scores where they meet."""
    return drawn_product(
        b,
        b.say("One head: a row of Q and a column of Kᵀ meet at a score, before it is divided by √{size}.", size=s.size),
        Seen("Q[0, 0]", "Q[0, 0]", (s.queries, s.size)),
        Seen("K[0, 0].T", "K[0, 0].T", (s.size, s.keys)),
        Seen("Q Kᵀ", "Q[0, 0] @ K[0, 0].T", (s.queries, s.keys)),
    )


def _worked(b: Board, s: _Sizes) -> Worked | None:
    """The first query of the first head: its score against the first key, and its weights."""
    if not b.light:
        return None
    dot = b.value("(Q[0, 0, 0] * K[0, 0, 0]).sum()")
    b.same("score", f"(Q[0, 0, 0] * K[0, 0, 0]).sum() / {s.size} ** 0.5", "scores[0, 0, 0, 0]",
           size="(Q[0, 0, 0] * K[0, 0, 0]).abs().sum()", terms=s.size + 4)  # fmt: skip
    weights = b.value("A[0, 0, 0]")
    shown = [real(weight) for weight in weights[:6]]
    more = ", …" if len(weights) > len(shown) else ""
    score = real(b.value("scores[0, 0, 0, 0]"))
    return Worked(
        b.say("One query worked out, rounded to 4 digits:"),
        (
            f"scores[0, 0, 0, 0] = Q[0, 0, 0] · K[0, 0, 0] / √{s.size} = {real(dot)} / {real(s.size**0.5)} = {score}",
            f"A[0, 0, 0] = softmax(scores[0, 0, 0]) = [{', '.join(shown)}{more}]",
        ),
    )


def _growth(b: Board, s: _Sizes) -> Table | None:
    """The same layer on longer sequences, each counted at its operators."""
    say = b.say
    lines = []
    for times in _GROWING:
        length, keys = times * s.queries, times * s.keys
        products = 2 * s.batch * s.heads * length * keys * s.size
        projections = 2 * s.batch * (length + keys) * s.embed**2
        if projections + products > _MOST and times > 1:
            break
        if projections + products <= _MOST:
            run = b.analyze(_spec(s, length, keys), crosscheck=False).totals
            told = say("L = {length:,}: {count} MACs", length=length, count=f"{projections + products:,}")
            b.counts(f"length{times}", told, projections + products, run.macs)
        whole = projections + products
        counts = (f"{count:,}" for count in (length, projections, products, whole))
        lines.append((*counts, f"{products / whole:.0%}", _bar(products / whole)))
    titles = ("L", say("projections"), say("two products"), "MACs", say("share of the products"), "")
    caption = say("As the sequence grows, the products grow with its square:")
    return Table(caption, titles, tuple(lines), (True, True, True, True, True, False))


def _bar(share: float) -> str:
    """A share as a bar: a sign for each twentieth."""
    return "█" * round(20 * share)


def _crossing(b: Board, s: _Sizes) -> Prose | None:
    """The length from which the products are the larger part: 4 L E² = 2 L² E at L = 2 E."""
    length = 2 * s.embed
    projections = 4 * s.batch * length * s.embed**2
    if s.queries != s.keys or 2 * projections > _MOST:
        return None
    run = b.analyze(_spec(s, length, length), crosscheck=False).totals
    told = b.say("L = {length:,}: as much in the products as in the projections", length=length)
    b.counts("crossing", told, 2 * projections, run.macs)
    return Prose(
        b.say("The two products cost as much as the four projections at a length of 2 · embed_dim = {length:,}.",
              length=length)
    )  # fmt: skip


def _spec(s: _Sizes, length: int, keys: int) -> str:
    query, memory = f"[{s.batch},{length},{s.embed}]", f"[{s.batch},{keys},{s.embed}]"
    given = query if length == keys else f"{query}, {memory}, {memory}"
    bias = "" if s.bias else ",bias=False"
    return f"{given} -> MultiheadAttention({s.embed},{s.heads}{bias},batch_first=True)"


def _heads(b: Board, s: _Sizes) -> None:
    """More heads are narrower heads: they cost the same."""
    if s.heads == 1 or b.row.subtree_macs > _MOST:
        return
    say = b.say
    spec = _spec(s._replace(heads=1), s.queries, s.keys)
    one = b.analyze(spec, crosscheck=False).totals
    b.counts("one_head", say("one head takes as many MACs as {heads}", heads=s.heads), b.row.subtree_macs, one.macs)
    b.mistake(
        say("“{heads} heads cost {heads} times as much as one.”", heads=s.heads),
        spec,
        (macs(say, one.macs),),
        say("The heads share embed_dim among them: {heads} of {size} numbers, or one of {embed}.", heads=s.heads,
            size=s.size, embed=s.embed),
    )  # fmt: skip
