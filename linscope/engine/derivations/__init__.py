"""Counts from a layer's own attributes and the shapes around it, never from the operators that ran.

One file per family of layers; importing the package registers them all.
"""

from linscope.engine.derivations import attention, conv, linear, none, recurrent, transformer, weights
from linscope.engine.derivations.registry import derive

__all__ = ["attention", "conv", "derive", "linear", "none", "recurrent", "transformer", "weights"]
