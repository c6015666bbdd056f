"""What a report's figures mean, told on the run's own shapes and numbers: one file per lesson."""

from linscope.explain.registry import FULL, LEVELS, NONE, SHORT, explain

__all__ = ["FULL", "LEVELS", "NONE", "SHORT", "explain"]
