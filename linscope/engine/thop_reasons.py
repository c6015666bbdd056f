"""Why thop differs, where the reason is known: what its hooks count besides contractions, and what they miss.

Each line was read off thop 0.1.1's own hooks.
"""

from __future__ import annotations

_KNOWN: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"Parameter"}), "thop sees modules, and `x @ weight` on a bare nn.Parameter is none: it counts 0"),
    (
        frozenset({"MultiheadAttention"}),
        "thop has no rule for attention: it sees neither the projections nor the two products",
    ),
    (
        frozenset({"ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"}),
        "thop counts a transposed convolution from its output positions, as if every one met the whole kernel",
    ),
    (frozenset({"Bilinear"}), "thop has no rule for Bilinear: it counts 0"),
    (
        frozenset({"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"}),
        "thop adds bias and gate arithmetic to the matrix products of recurrent layers",
    ),
    (
        frozenset(
            {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm", "InstanceNorm1d", "InstanceNorm2d",
             "InstanceNorm3d", "SyncBatchNorm"}
        ),
        "thop counts normalisation, which is no contraction",
    ),
    (
        frozenset({"PReLU", "Softmax", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d",
                   "AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d",
                   "AdaptiveAvgPool3d"}),
        "thop counts activations, pooling and interpolation, which are no contractions",
    ),
    (frozenset({"LinearCrossEntropyLoss"}), "thop has no rule for LinearCrossEntropyLoss: it misses its product"),
)  # fmt: skip


NOT_KNOWN = "the reason is not known"


def reason_for(kinds: frozenset[str], counted: int, total: int) -> str:
    """The known reasons that apply to a model with modules of these ``kinds``, in one line.

    Only what was seen in thop's code is given; where nothing of that applies, no reason is made up.
    """
    reasons = [reason for names, reason in _KNOWN if names & kinds]
    if reasons:
        return "; ".join(reasons)
    if counted < total:
        return "thop counts the modules it has a rule for, and some of this work is in none of them"
    return NOT_KNOWN


def unbatched_convolution(name: str, ranks: tuple[int, ...]) -> str | None:
    """The reason where a convolution of class ``name`` met an input without a batch, which thop misreads."""
    if name not in ("Conv1d", "Conv2d", "Conv3d") or not ranks or ranks[0] != int(name[4]) + 1:
        return None
    return "thop takes an input's second dimension for its channels, which of an unbatched one is a size"


SHARED = "thop hooks a module once for each name it has, and counts every call for each"
