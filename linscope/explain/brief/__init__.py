"""The lessons as an analysis tells them beside its figures, from the evidence of its first linear map."""

from linscope.explain.brief.registry import FULL, LEVELS, NONE, SHORT, explain

__all__ = ["FULL", "LEVELS", "NONE", "SHORT", "explain"]
