"""Running on shapes alone, where values that need no weight are known all the same."""

from linscope.engine.on_meta.context import on_meta, routing_notes
from linscope.engine.on_meta.kernels import OutOfRange

__all__ = ["OutOfRange", "on_meta", "routing_notes"]
