"""What one linear map did on the run's tensors, in figures and comparisons, for the explanations."""

from linscope.engine.evidence.collecting import collect
from linscope.engine.evidence.watching import Watched

__all__ = ["Watched", "collect"]
