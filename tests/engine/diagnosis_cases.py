"""Calls that fail, each with what its diagnosis must hold: the tests carry the repairs out besides."""

from __future__ import annotations

from typing import Any

from engine.diagnosis_repairs import Layer
from torch import nn


def layer(name: str, **arguments: Any) -> Layer:
    return Layer(name, arguments)


def linear(**options: Any) -> Layer:
    return layer("Linear", in_features=4, out_features=2, **options)


def conv2d(**options: Any) -> Layer:
    return layer("Conv2d", **{"in_channels": 3, "out_channels": 8, "kernel_size": 3, **options})


def encoder_layer(**options: Any) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(8, 2, 16, **options)


def decoder_layer(**options: Any) -> nn.TransformerDecoderLayer:
    return nn.TransformerDecoderLayer(8, 2, 16, **options)


CASES: list[tuple[Layer, str, dict[str, Any]]] = [
    # Linear maps.
    (linear(), "[32,3,5]", {"arguments": (("in_features", 5),), "before": None}),
    (linear(), "[2,4,5]", {"before": "transpose(1,2)", "before_when": "if the features are dimension 1"}),
    (linear(), "[2,4,5,5]", {"before": "permute(0,2,3,1)"}),
    (linear(), "[32,2,2]", {"before": "flatten(1)"}),
    (layer("Linear", in_features=400, out_features=2), "[1,16,5,5]", {"before": "flatten(1)"}),
    (linear(), "[2,2]", {"before": "flatten(0)"}),
    (linear(), "[]", {"instead": "an input such as [4]"}),
    (layer("Linear", in_features=1, out_features=2), "[]", {"before": "unsqueeze(0)"}),
    (linear(), "[2,4]:int64", {"instead": "[2,4]:float32"}),
    (linear(), "[2,4]:float64", {"instead": "[2,4]:float32 or a layer with dtype=float64"}),
    (linear(), "[2,5]:int64", {"instead": "[2,5]:float32, and with it in_features=5", "arguments": ()}),
    (layer("Parameter", in_features=4, out_features=2), "[32,3,5]", {"arguments": (("in_features", 5),)}),
    (
        layer("Bilinear", in1_features=5, in2_features=7, out_features=3),
        "[4,6], [4,8]",
        {"arguments": (("in1_features", 6), ("in2_features", 8))},
    ),
    (
        layer("Bilinear", in1_features=5, in2_features=7, out_features=3),
        "[32,5], [16,7]",
        {"instead": "inputs such as [32,5], [32,7]"},
    ),
    # Convolutions.
    (conv2d(), "[2,5,8,8]", {"arguments": (("in_channels", 5),)}),
    (
        conv2d(groups=3, out_channels=9),
        "[2,4,8,8]",
        {"arguments": (("in_channels", 4), ("out_channels", 12), ("groups", 4))},
    ),
    (conv2d(in_channels=4, groups=2), "[2,5,8,8]", {"arguments": (("in_channels", 5), ("groups", 1))}),
    (conv2d(), "[2,8,8,3]", {"before": "permute(0,3,1,2)", "before_when": "if the channels are dimension 3"}),
    (layer("Conv1d", in_channels=3, out_channels=4, kernel_size=3), "[2,8,3]", {"before": "transpose(1,2)"}),
    (conv2d(in_channels=1), "[64,28,28]", {"before": "unsqueeze(1)"}),
    (conv2d(in_channels=1), "[28,28]", {"before": "unsqueeze(0)"}),
    (conv2d(), "[3,224]", {"before": None, "instead": "an input such as [1,3,224,224]"}),
    (conv2d(), "[2,6,3,8,8]", {"before": "flatten(0,1)"}),
    (conv2d(), "[2,3,2,2]", {"arguments": (("kernel_size", 2),)}),
    (conv2d(kernel_size=(3, 5)), "[2,3,4,4]", {"arguments": (("kernel_size", (3, 4)),)}),
    (conv2d(padding=3, padding_mode="reflect"), "[2,3,3,3]", {"arguments": (("padding_mode", "zeros"),)}),
    (conv2d(), "[2,3,8,8]:float64", {"instead": "[2,3,8,8]:float32 or a layer with dtype=float64"}),
    (
        layer("ConvTranspose2d", in_channels=3, out_channels=4, kernel_size=3),
        "[2,4,5,5]",
        {"arguments": (("in_channels", 4),)},
    ),
    (
        layer("ConvTranspose2d", in_channels=3, out_channels=4, kernel_size=3, padding=3),
        "[2,3,1,1]",
        {"arguments": (("padding", 1),)},
    ),
    (
        layer("ConvTranspose1d", in_channels=3, out_channels=4, kernel_size=3, output_padding=2),
        "[2,3,4]",
        {"arguments": (("output_padding", 0),)},
    ),
    (layer("LazyConv2d", out_channels=8, kernel_size=3), "[3,224]", {"before": "unsqueeze(0)"}),
    # Normalisation.
    (
        layer("BatchNorm1d", num_features=2),
        "[32,3,2]",
        {
            "arguments": (("num_features", 3),),
            "before": "flatten(0,1)",
            "before_when": "if the features are dimension 2",
        },
    ),
    (layer("BatchNorm1d", num_features=4), "[4]", {"before": "unsqueeze(0)"}),
    (layer("BatchNorm1d", num_features=4), "[2,4,3,3]", {"instead": "BatchNorm2d, which takes [N,C,H,W]"}),
    (layer("BatchNorm2d", num_features=4), "[2,8,8,4]", {"before": "permute(0,3,1,2)"}),
    (layer("BatchNorm2d", num_features=4), "[2,4]", {"instead": "BatchNorm1d, which takes [N,C]"}),
    (layer("BatchNorm3d", num_features=4), "[2,5,3,3,3]", {"arguments": (("num_features", 5),)}),
    (layer("SyncBatchNorm", num_features=4), "[2,5]", {"arguments": (("num_features", 5),)}),
    (layer("InstanceNorm1d", num_features=4, affine=True), "[2,5,3]", {"arguments": (("num_features", 5),)}),
    (
        layer("GroupNorm", num_groups=2, num_channels=4),
        "[2,5,3]",
        {"arguments": (("num_groups", 1), ("num_channels", 5))},
    ),
    (layer("LayerNorm", normalized_shape=64), "[2,64,8,8]", {"before": "permute(0,2,3,1)"}),
    (
        layer("LayerNorm", normalized_shape=(3, 4)),
        "[2,4,3]",
        {"arguments": (("normalized_shape", (4, 3)),), "before": "transpose(1,2)"},
    ),
    (layer("RMSNorm", normalized_shape=4), "[2,5]", {"arguments": (("normalized_shape", 5),)}),
    (layer("LocalResponseNorm", size=2), "[2,4]", {"before": "unsqueeze(0)"}),
    (layer("CrossMapLRN2d", size=2), "[4,8,8]", {"before": "unsqueeze(0)"}),
    # Look-ups.
    (layer("Embedding", num_embeddings=10, embedding_dim=4), "[2,3]", {"instead": "[2,3]:int64"}),
    (layer("EmbeddingBag", num_embeddings=10, embedding_dim=4), "[3]:int64", {"before": "unsqueeze(0)"}),
    (layer("EmbeddingBag", num_embeddings=10, embedding_dim=4), "[2,3,4]:int64", {"before": "flatten(0,1)"}),
    (layer("EmbeddingBag", num_embeddings=10, embedding_dim=4), "[2,3]:int64, [2]:int64", {"instead": "[2,3]:int64"}),
    (layer("EmbeddingBag", num_embeddings=10, embedding_dim=4), "[3]:int64, [2]", {"instead": "[3]:int64, [2]:int64"}),
    # Recurrent layers.
    (layer("LSTM", input_size=4, hidden_size=5), "[3,2,6]", {"arguments": (("input_size", 6),)}),
    (layer("GRU", input_size=4, hidden_size=5), "[3,4,6]", {"before": "transpose(1,2)"}),
    (layer("RNN", input_size=4, hidden_size=5), "[4]", {"before": "unsqueeze(0)"}),
    (layer("RNN", input_size=4, hidden_size=5), "[2,3,2,4]", {"before": "flatten(0,1)"}),
    (layer("GRU", input_size=4, hidden_size=5), "[2,3,4], [1,2,5]", {"arguments": (("batch_first", True),)}),
    (layer("LSTM", input_size=4, hidden_size=5), "[3,2,4], [1,2,6], [1,2,6]", {"instead": "h_0 of [1,2,5]"}),
    (layer("GRUCell", input_size=4, hidden_size=5), "[3,6]", {"arguments": (("input_size", 6),)}),
    (layer("LSTMCell", input_size=4, hidden_size=5), "[3,2,4]", {"instead": "LSTM, which takes whole sequences"}),
    (layer("RNNCell", input_size=4, hidden_size=5), "[3,4], [2,5]", {"instead": "the state of [3,5]"}),
    # Attention and transformers.
    (layer("MultiheadAttention", embed_dim=8, num_heads=2), "[3,2,8]", {"instead": "[3,2,8], [3,2,8], [3,2,8]"}),
    (
        layer("MultiheadAttention", embed_dim=8, num_heads=2),
        "[3,2,6], [3,2,6], [3,2,6]",
        {"arguments": (("embed_dim", 6),)},
    ),
    (
        layer("MultiheadAttention", embed_dim=8, num_heads=2),
        "[3,2,8], [4,2,6], [4,2,5]",
        {"arguments": (("kdim", 6), ("vdim", 5))},
    ),
    (
        layer("MultiheadAttention", embed_dim=8, num_heads=2),
        "[2,3,8], [2,5,8], [2,5,8]",
        {"arguments": (("batch_first", True),)},
    ),
    (layer("TransformerEncoderLayer", d_model=8, nhead=2), "[3,2,6]", {"arguments": (("d_model", 6),)}),
    (layer("TransformerEncoderLayer", d_model=8, nhead=2), "[3,2,5]", {"arguments": (("d_model", 5), ("nhead", 1))}),
    (layer("TransformerEncoderLayer", d_model=8, nhead=2), "[3,8,2]", {"before": "transpose(1,2)"}),
    (layer("TransformerDecoderLayer", d_model=8, nhead=2), "[2,3,8], [2,5,8]", {"arguments": (("batch_first", True),)}),
    (
        layer("TransformerEncoder", encoder_layer=encoder_layer(), num_layers=2),
        "[3,2,6]",
        {"instead": "a TransformerEncoderLayer with d_model=6"},
    ),
    (
        layer("TransformerDecoder", decoder_layer=decoder_layer(), num_layers=1),
        "[2,3,8], [2,5,8]",
        {"instead": "a TransformerDecoderLayer with batch_first=True"},
    ),
    (
        layer("Transformer", num_encoder_layers=1, num_decoder_layers=1),
        "[2,10,512], [2,20,512]",
        {"arguments": (("batch_first", True),)},
    ),
    (
        layer("Transformer", d_model=8, nhead=2, num_encoder_layers=1),
        "[5,2,8], [3,2,6]",
        {"instead": "inputs such as [5,2,8], [3,2,8]"},
    ),
    # Pooling.
    (layer("MaxPool2d", kernel_size=2), "[2,4,1,1]", {"arguments": (("kernel_size", 1),)}),
    (layer("MaxPool2d", kernel_size=2), "[8,8]", {"before": "unsqueeze(0)"}),
    (layer("AvgPool2d", kernel_size=2), "[2,4,3,8,8]", {"before": "flatten(0,1)"}),
    (layer("AvgPool3d", kernel_size=3, padding=1), "[1,2,2,2]", {"arguments": (("kernel_size", 2),)}),
    (layer("MaxPool2d", kernel_size=2, padding=2), "[2,3,8,8]", {"arguments": (("padding", 1),)}),
    (layer("AdaptiveAvgPool2d", output_size=2), "[4,8]", {"before": "unsqueeze(0)"}),
    (layer("FractionalMaxPool2d", kernel_size=2, output_size=3), "[4,3,3]", {"arguments": (("kernel_size", 1),)}),
    (layer("MaxUnpool2d", kernel_size=2), "[4,3,3], [4,3,2]:int64", {"instead": "[4,3,3], [4,3,3]:int64"}),
    # Rearranging, padding, upsampling.
    (layer("Flatten"), "[4]", {"arguments": (("start_dim", 0),), "before": "unsqueeze(0)"}),
    (layer("Flatten", start_dim=2, end_dim=1), "[2,3,4]", {"arguments": (("start_dim", 1), ("end_dim", 2))}),
    (layer("Unflatten", dim=1, unflattened_size=(2, 2)), "[3,6]", {"arguments": (("unflattened_size", (2, 3)),)}),
    (layer("Unflatten", dim=2, unflattened_size=(2, 2)), "[3,4]", {"arguments": (("dim", 1),)}),
    (layer("PixelShuffle", upscale_factor=2), "[1,6,4,4]", {"instead": "an input such as [1,8,4,4]"}),
    (layer("PixelUnshuffle", downscale_factor=4), "[2,6,8,6]", {"arguments": (("downscale_factor", 2),)}),
    (layer("ChannelShuffle", groups=4), "[2,6,3]", {"arguments": (("groups", 2),)}),
    (layer("Unfold", kernel_size=3), "[2,3,2,2]", {"arguments": (("kernel_size", 2),)}),
    (layer("Fold", output_size=(4, 5), kernel_size=2), "[2,8,11]", {"instead": "an input such as [2,8,12]"}),
    (layer("ReflectionPad1d", padding=3), "[2,4,3]", {"arguments": (("padding", 2),)}),
    (layer("CircularPad2d", padding=3), "[2,4,2,5]", {"arguments": (("padding", (3, 3, 2, 2)),)}),
    (layer("ZeroPad2d", padding=-2), "[2,3,3]", {"arguments": (("padding", (-2, 0, -2, 0)),)}),
    (layer("ConstantPad2d", padding=1, value=0.0), "[3]", {"before": "unsqueeze(0)"}),
    (
        layer("Upsample", scale_factor=2, mode="bilinear"),
        "[2,3,8]",
        {"arguments": (("mode", "linear"),), "before": "unsqueeze(0)"},
    ),
    (layer("UpsamplingBilinear2d", scale_factor=2), "[3,8,8]", {"before": "unsqueeze(0)"}),
    (layer("Upsample", mode="bilinear"), "[1,3,8,8]", {"arguments": (("scale_factor", 2),)}),
    # Activations and dropout.
    (layer("Softmax", dim=2), "[3,4]", {"arguments": (("dim", -1),)}),
    (layer("Softmax", dim=1), "[3,4]:int64", {"instead": "[3,4]:float32"}),
    (layer("GELU"), "[3,4]:int64", {"instead": "[3,4]:float32"}),
    (layer("GLU"), "[2,5]", {"arguments": (("dim", 0),)}),
    (layer("GLU"), "[3,5]", {"instead": "an input such as [3,6]"}),
    (layer("PReLU", num_parameters=4), "[2,5]", {"arguments": (("num_parameters", 5),)}),
    (layer("PReLU", num_parameters=4), "[4]", {"before": "unsqueeze(0)"}),
    (layer("Softmax2d"), "[2,3]", {"before": "unsqueeze(0)"}),
    (layer("Dropout1d"), "[2,3,4,4]", {"before": "flatten(0,1)"}),
    # Two inputs that are compared.
    (layer("CosineSimilarity"), "[3], [3]", {"arguments": (("dim", -1),)}),
    (layer("PairwiseDistance"), "[2,3], [2,4]", {"instead": "[2,3], [2,3]"}),
    (layer("MSELoss"), "[3,5], [3,4]", {"instead": "[3,5], [3,5]"}),
    (layer("BCELoss"), "[3,5], [3,1]", {"instead": "[3,5], [3,5]"}),
    (layer("BCEWithLogitsLoss"), "[3,5], [3,5]:int64", {"instead": "[3,5]:float32, [3,5]:float32"}),
    (layer("CrossEntropyLoss"), "[3,5], [4]:int64", {"instead": "[3,5], [3]:int64"}),
    (layer("CrossEntropyLoss"), "[3,5], [3]", {"instead": "[3,5], [3]:int64"}),
    (layer("CrossEntropyLoss"), "[3,5], [3,5]:int64", {"instead": "[3,5], [3]:int64"}),
    (layer("NLLLoss"), "[3,7,5], [3,7]:int64", {"instead": "[3,7,5], [3,5]:int64"}),
    (layer("MultiMarginLoss"), "[3,5], [3,5]", {"instead": "[3,5], [3]:int64"}),
    (layer("MultiLabelMarginLoss"), "[3,5], [3]:int64", {"instead": "[3,5], [3,5]:int64"}),
    (layer("KLDivLoss"), "[3,5], [3,5]:int64", {"instead": "[3,5]:float32, [3,5]:float32"}),
    (layer("GaussianNLLLoss"), "[3,5], [3,5], [3,4]", {"instead": "[3,5], [3,5], [3,5]"}),
    (layer("CosineEmbeddingLoss"), "[3,5], [3,5], [4]", {"instead": "inputs such as [3,5], [3,5], [3]"}),
    (layer("TripletMarginLoss"), "[3,5], [3,5], [3,4]", {"instead": "[3,5], [3,5], [3,5]"}),
    (layer("MarginRankingLoss"), "[3], [4], [3]", {"instead": "[3], [3], [3]"}),
    (
        layer("CTCLoss"),
        "[2,6,5], [2,3]:int64, [2]:int64, [2]:int64",
        {"instead": "[6,2,5], [2,3]:int64, [2]:int64, [2]:int64"},
    ),
    (
        layer("AdaptiveLogSoftmaxWithLoss", in_features=16, n_classes=20, cutoffs=[5, 10]),
        "[3,32], [3]:int64",
        {"arguments": (("in_features", 32),)},
    ),
    (
        layer("LinearCrossEntropyLoss", in_features=8, num_classes=5),
        "[3,8], [4]:int64",
        {"instead": "[3,8], [3]:int64"},
    ),
]
