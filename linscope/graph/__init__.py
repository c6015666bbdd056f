"""Models that are read and not run: what a file says its graph does, and what it holds. No torch."""

from linscope.graph.program import Graph

__all__ = ["Graph"]
