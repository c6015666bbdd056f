"""Graphs of torch's operators, counted as they were read: with the formulas that runs are counted with."""

from linscope.engine.graph.analysis import analyze_graph

__all__ = ["analyze_graph"]
