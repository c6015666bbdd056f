"""What the run showed of one linear map, on its own tensors: the material that explanations are made of.

Figures and comparisons only, no prose. A lesson may state what a comparison here supports, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

LINEAR = "Linear"
PARAMETER = "Parameter"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways to compute the same thing, and how far apart they came out.

    Args:
        subject: a stable key, ``einsum``.
        left, right: the two expressions, as PyTorch code.
        max_difference: the largest absolute difference over all elements; infinite where one side is not a
            number and the other is.
        tolerance: the difference up to which they count as equal (0: bit for bit), set by the arithmetic:
            two orders of summing ``in_features`` products in float32 may differ in the last bits.
        holds: whether the shapes agree and ``max_difference <= tolerance``.
    """

    subject: str
    left: str
    right: str
    max_difference: float
    tolerance: float
    holds: bool


@dataclass(frozen=True, slots=True)
class LinearEvidence:
    """One call of ``nn.Linear`` or of the hand-made ``Parameter`` layer.

    ``weight`` is stored (out, in) by ``Linear`` and (in, out) by ``Parameter``; ``used`` is the (in, out)
    matrix that the input meets from the right: ``weight.T``, or ``weight`` itself. ``used_shares_storage``
    says whether it lies in the weight's own memory; None where the run had no memory to look at.

    Comparisons are made on the first ``rows_compared`` of ``rows`` rows and the first ``outputs_compared`` of
    ``out_features`` outputs: all of them unless the layer is large, none (0 and 0) where there was nothing to
    compare: shapes alone, no element, dtypes that differ. ``comparisons`` is then empty, and so is the row.

    The row worked through is the one at ``row_index`` of the input's leading dimensions. Only its first
    ``len(row_output)`` outputs are kept, and, where ``in_features`` exceeds what can be shown, only its first
    ``len(row_input)`` values; ``row_is_whole`` is then False. It is empty for complex numbers.
    ``row_weights[j]`` are the numbers that output ``j`` looks at, ``row_rest[j]`` the sum of the products
    that are not kept, so that for every kept output, up to rounding::

        row_output[j] = sum(row_input[i] * row_weights[j][i]) + row_rest[j] + row_bias[j]
    """

    path: str
    kind: str
    in_features: int
    out_features: int
    has_bias: bool
    dtype: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    weight_shape: tuple[int, ...]
    weight_stride: tuple[int, ...]
    used_shape: tuple[int, ...]
    used_stride: tuple[int, ...]
    used_shares_storage: bool | None
    rows: int
    rows_compared: int = 0
    outputs_compared: int = 0
    row_index: tuple[int, ...] = ()
    row_is_whole: bool = False
    row_input: tuple[float, ...] = ()
    row_weights: tuple[tuple[float, ...], ...] = ()
    row_rest: tuple[float, ...] = ()
    row_bias: tuple[float, ...] = ()
    row_output: tuple[float, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def weights(self) -> int:
        """Elements of the weight, the bias aside."""
        return self.in_features * self.out_features

    @property
    def compared_whole(self) -> bool:
        """Whether every output element took part in the comparisons."""
        return self.rows_compared == self.rows and self.outputs_compared == self.out_features

    def comparison(self, subject: str) -> Comparison | None:
        """The comparison of that key, or None where it was not made."""
        return next((c for c in self.comparisons if c.subject == subject), None)
