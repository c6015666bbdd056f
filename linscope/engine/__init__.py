"""The engine: a model and its inputs, run under a tracer, written down as a report."""

from linscope.engine.modes import Request, analyze, undisturbed

__all__ = ["Request", "analyze", "undisturbed"]
