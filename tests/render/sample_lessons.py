"""Two lessons: one with everything a lesson can have, one of a run that had no values."""

from __future__ import annotations

from linscope.report.record import Explanation, Verification

TRANSPOSE = Explanation(
    lesson="transpose",
    title="Why the weight is transposed",
    claim=(
        "nn.Linear(4, 2) takes (in, out) and stores its weight as (out, in), one row per output; the product "
        "wants it the other way round, so it runs with weight.T, a view that copies nothing."
    ),
    chain="[32, 3, 4] @ [4, 2] = [32, 3, 2]",
    lines=(
        "weight     (2, 4)   strides (4, 1)",
        "weight.T   (4, 2)   strides (1, 4)   same storage",
        "Y = X Wᵀ: row j of the weight is what output j looks at",
    ),
    code=(
        "layer = nn.Linear(4, 2, bias=False)",
        "x = torch.randn(32, 3, 4)",
        "assert torch.allclose(layer(x), x @ layer.weight.T)",
    ),
    verified=(
        Verification("weight.T lies in weight's own memory", None, None, True),
        Verification("layer(x) = x @ weight.T", 0.0, 0.0, True),
        Verification("layer(x) = einsum('...i,oi->...o', x, weight)", 1.1920929e-07, 1e-6, True),
    ),
)
LAST = Explanation(
    lesson="last-dimension",
    title="Only the last dimension changes",
    claim="32 · 3 = 96 rows of 4 numbers go in and 96 rows of 2 come out, each through the same 8 weights.",
    lines=("parameters   4 · 2 = 8, whatever stands before the last dimension",),
    verified=(Verification("layer(x)[0, 0] = layer(x[0, 0])", None, None, None),),
)
