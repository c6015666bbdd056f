"""A model of layers within layers: two equal encoder layers, each with six of its own."""

from __future__ import annotations

from dataclasses import replace

from render.builders import layer, parameters, product, report

from linscope.report.record import Note, Opinion, Report


def encoder() -> Report:
    # E = 8, 2 heads, F = 16, on [2, 5, 8]: 10 rows.
    # attention: 10*8*24 + 2*2*5*4*5 + 2*2*5*5*4 + 10*8*8 = 1,920 + 400 + 400 + 640 = 3,360
    # feed-forward: 10*8*16 = 1,280 and back 1,280; together 5,920
    # parameters: 24*8+24 + 8*8+8 = 288; 8*16+16 = 144; 16*8+8 = 136; norms 16 and 16; together 600
    x, wide = (2, 5, 8), (2, 5, 16)
    attention = (
        product({"rows": 10}, {"embed_dim": 8, "3 * embed_dim": 24}, "projections in"),
        product({"batch": 2, "heads": 2, "query": 5}, {"head_dim": 4, "key": 5}, "Q Kᵀ"),
        product({"batch": 2, "heads": 2, "query": 5}, {"key": 5, "head_dim": 4}, "A V"),
        product({"rows": 10}, {"embed_dim": 8, "out": 8}, "projection out"),
    )
    own = parameters(
        288, in_proj_weight=(24, 8), in_proj_bias=(24,), **{"out_proj.weight": (8, 8), "out_proj.bias": (8,)}
    )
    norm = parameters(16, weight=(8,), bias=(8,))
    made = report(
        "[2,5,8] -> TransformerEncoder(TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)",
        layer(
            "0",
            "TransformerEncoder(TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)",
            x,
            x,
            subtree=(11840, 1200),
        ),
        *(
            row
            for i in range(2)
            for row in (
                layer(
                    f"0.layers.{i}",
                    "TransformerEncoderLayer(8, 2, 16, batch_first=True)",
                    x,
                    x,
                    depth=1,
                    subtree=(5920, 600),
                    elementwise=320,
                ),
                replace(
                    layer(
                        f"0.layers.{i}.self_attn",
                        "MultiheadAttention(8, 2, batch_first=True)",
                        x,
                        x,
                        depth=2,
                        own=own,
                        terms=attention,
                    ),
                    input_shapes=(x, x, x),
                ),
                layer(f"0.layers.{i}.norm1", "LayerNorm(8)", x, x, depth=2, own=norm, elementwise=80),
                layer(
                    f"0.layers.{i}.linear1",
                    "Linear(8, 16)",
                    x,
                    wide,
                    depth=2,
                    own=parameters(144, weight=(16, 8), bias=(16,)),
                    terms=(product({"rows": 10}, {"in_features": 8, "out_features": 16}),),
                ),
                layer(f"0.layers.{i}.dropout", "Dropout(0.1)", wide, wide, depth=2),
                layer(
                    f"0.layers.{i}.linear2",
                    "Linear(16, 8)",
                    wide,
                    x,
                    depth=2,
                    own=parameters(136, weight=(8, 16), bias=(8,)),
                    terms=(product({"rows": 10}, {"in_features": 16, "out_features": 8}),),
                ),
                layer(f"0.layers.{i}.norm2", "LayerNorm(8)", x, x, depth=2, own=norm, elementwise=80),
            )
        ),
    )
    return replace(
        made,
        crosschecks=(
            Opinion("formula", None, 11840, True),
            Opinion("operators", None, 11840, True),
            Opinion("thop", "0.1.1", None, None, "it has no rule for attention"),
        ),
        notes=(Note("attention", "Attention is counted in full; it ran without a mask."),),
    )
