"""What every operator of ONNX costs: a formula, or one of the states free, element-wise and uncounted."""

from linscope.sources.onnx.formulas import attention, convolution, product, recurrent
from linscope.sources.onnx.formulas.registry import FORMULAS, INSIDE, state_of

__all__ = ["FORMULAS", "INSIDE", "attention", "convolution", "product", "recurrent", "state_of"]
