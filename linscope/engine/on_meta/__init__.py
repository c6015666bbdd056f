"""Running on shapes alone, where values that need no weight are known all the same."""

from linscope.engine.on_meta.context import on_meta, routing_notes

__all__ = ["on_meta", "routing_notes"]
