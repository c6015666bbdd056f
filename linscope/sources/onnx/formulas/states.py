"""The operators that have no formula, each in one state. Names as in ``registry``."""

from __future__ import annotations

# Views, moves, look-ups, new data, and what says something about a tensor.
_FREE = """
    Bernoulli BitCast BlackmanWindow Cast CastLike CenterCropPad Compress Concat ConcatFromSequence Constant
    ConstantFill ConstantOfShape DepthToSpace Expand EyeLike Flatten Gather GatherElements GatherND HammingWindow
    HannWindow Identity MaxUnpool MelWeightMatrix Multinomial NonZero OneHot Optional OptionalGetElement
    OptionalHasElement Pad RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range RegexFullMatch Reshape
    ReverseSequence Scatter ScatterElements ScatterND SequenceAt SequenceConstruct SequenceEmpty SequenceErase
    SequenceInsert SequenceLength Shape Size Slice SpaceToDepth Split SplitToSequence Squeeze StringConcat
    StringNormalizer StringSplit TensorScatter Tile Transpose Trilu Unsqueeze
    ai.onnx.ml.ArrayFeatureExtractor ai.onnx.ml.CastMap ai.onnx.ml.CategoryMapper ai.onnx.ml.DictVectorizer
    ai.onnx.ml.FeatureVectorizer ai.onnx.ml.LabelEncoder ai.onnx.ml.OneHotEncoder ai.onnx.ml.ZipMap
    com.microsoft.ExpandDims com.microsoft.GatherND com.microsoft.MurmurHash3 com.microsoft.Pad
    com.microsoft.QLinearConcat com.microsoft.Range com.microsoft.RemovePadding com.microsoft.RestorePadding
    com.microsoft.Trilu
"""

# Work on each element, and reductions.
_ELEMENTWISE = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift BitwiseAnd
    BitwiseNot BitwiseOr BitwiseXor Ceil Celu Clip Col2Im Cos Cosh DequantizeLinear Div Dropout DynamicQuantizeLinear
    Elu Equal Erf Exp Floor Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual
    GroupNormalization HardSigmoid HardSwish Hardmax InstanceNormalization IsInf IsNaN LRN LayerNormalization
    LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool Max MaxPool MaxRoiPool Mean
    MeanVarianceNormalization Min Mish Mod Mul Neg NegativeLogLikelihoodLoss Not Or PRelu Pow QuantizeLinear
    RMSNormalization Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
    ReduceProd ReduceSum ReduceSumSquare Relu Resize RotaryEmbedding Round Selu Shrink Sigmoid Sign
    SimplifiedLayerNormalization Sin Sinh Softmax SoftmaxCrossEntropyLoss Softplus Softsign Sqrt Sub Sum SwiGLU Swish
    Tan Tanh ThresholdedRelu TopK Unique Upsample Where Xor
    ai.onnx.ml.Binarizer ai.onnx.ml.Imputer ai.onnx.ml.Normalizer ai.onnx.ml.Scaler
    ai.onnx.preview.training.Adagrad ai.onnx.preview.training.Adam ai.onnx.preview.training.Momentum
    com.microsoft.BiasAdd com.microsoft.BiasDropout com.microsoft.BiasGelu com.microsoft.BiasSoftmax
    com.microsoft.BiasSplitGelu com.microsoft.DequantizeLinear com.microsoft.EmbedLayerNormalization
    com.microsoft.FastGelu com.microsoft.GatherBlockQuantized com.microsoft.Gelu com.microsoft.GroupNorm
    com.microsoft.NhwcMaxPool com.microsoft.QLinearAdd com.microsoft.QLinearAveragePool
    com.microsoft.QLinearGlobalAveragePool com.microsoft.QLinearLeakyRelu com.microsoft.QLinearMul
    com.microsoft.QLinearReduceMean com.microsoft.QLinearSigmoid com.microsoft.QLinearSoftmax
    com.microsoft.QLinearWhere com.microsoft.QuantizeLinear com.microsoft.QuickGelu com.microsoft.RotaryEmbedding
    com.microsoft.SkipGroupNorm com.microsoft.SkipLayerNormalization com.microsoft.SkipSimplifiedLayerNormalization
    com.microsoft.Unique
"""

_REASONS = {
    "a Fourier transform": "DFT STFT com.microsoft.Irfft com.microsoft.Rfft",
    "a factorisation of a matrix": "Det",
    "a system of equations solved": "com.microsoft.Inverse",
    "distances between all pairs": "NonMaxSuppression com.microsoft.CDist",
    "a running sum or product": "CumProd CumSum",
    "interpolation at computed positions": "GridSample RoiAlign com.microsoft.CropAndResize com.microsoft.GridSample",
    "a recurrence whose products depend on how it is worked out": "LinearAttention com.microsoft.LinearAttention",
    "a model of another kind": """
        TfIdfVectorizer ai.onnx.ml.SVMClassifier ai.onnx.ml.SVMRegressor ai.onnx.ml.TreeEnsemble
        ai.onnx.ml.TreeEnsembleClassifier ai.onnx.ml.TreeEnsembleRegressor
    """,
    "a picture decoded": "ImageDecoder",
    "a gradient of a part of the graph": "ai.onnx.preview.training.Gradient",
    "text generated, as long as values decide": """
        com.microsoft.BeamSearch com.microsoft.GreedySearch com.microsoft.Sampling com.microsoft.WhisperBeamSearch
    """,
}

FREE_NAMES = frozenset(_FREE.split())
ELEMENTWISE_NAMES = frozenset(_ELEMENTWISE.split())

KNOWN_UNCOUNTED = {name: reason for reason, names in _REASONS.items() for name in names.split()}
"""Operators without a count, by name, and why."""

ON_INTEGERS = frozenset({"CumProd", "CumSum"})
"""Uncounted operators that are bookkeeping, and so element-wise, where they work on integers."""
