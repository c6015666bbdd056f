"""What one linear map did on the run's tensors, in figures and comparisons, for the explanations."""

from linscope.engine.evidence.collecting import collect

__all__ = ["collect"]
