"""Parametrizations of torch.nn.utils: weights computed anew whenever they are read."""

from __future__ import annotations

from math import prod
from typing import Any

from linscope.engine.derivations.registry import Shapes, derivation
from linscope.report.derivation import Derivation, Factor, Term


@derivation("_SpectralNorm")
def spectral_norm(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """``weight / (uᵀ W v)``, W the weight as a matrix of h rows, and while training two products per power iteration.

    A weight of one dimension is divided by its norm, which contracts nothing.
    """
    if not inputs:
        return None
    shape = inputs[0]
    if len(shape) < 2:
        return Derivation()
    h = Factor("h", shape[module.dim])
    w = Factor("w", prod(shape) // h.value if h.value else 0)
    sigma = Term((), (h, w), "W v"), Term((), (h,), "uᵀ (W v)")
    if not module.training:
        return Derivation(sigma)
    iterations = Factor("n_power_iterations", module.n_power_iterations)
    return Derivation((Term((iterations, Factor("2", 2)), (h, w), "power iteration"), *sigma))


@derivation("_WeightNorm", "ParametrizationList")
def nothing(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation:
    """A norm and a scale; a list does nothing but call what it holds."""
    return Derivation()
