"""Models of transformers by their configuration: read as data, built without weights, network or remote code."""

from linscope.sources.huggingface.opening import opened

__all__ = ["opened"]
